"""Parts of the first screen: its opening sentence by role, and one block for each kind of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import streamlit as st

from domain.policy.catalogue import Catalogue, CatalogueOf
from domain.records import Actor, Asset
from i18n import Words
from ui import facts, photos, times
from ui.markup import el

WALKS = ("inspector", "grid_leader")
SETTLES = ("community_specialist", "supervisor", "street_officer", "dispatcher", "handler")
SEES_THE_CITY = ("leader", "housing_bureau")
MOST_AT_MOST, ASSETS_AT_MOST, LOWEST_AT_MOST = 5, 8, 5
OPEN_JOBS = ("queued", "running")

Findings = Callable[[Asset], Sequence[Any]]


@dataclass(frozen=True)
class Opening:
    """What the page opens with. code: steps, report, news, assets, managed or verify."""

    code: str
    title: str
    note: str = ""


def opening(
    actor: Actor, day: Any, covered: Any, held: Sequence[Asset] | None, findings: Findings, say: Words
) -> Opening:
    """The sentence this person came for; of several roles the one closest to the street speaks."""
    if actor.has_role(*WALKS):
        return Opening("report", say("today.report_title"), say("today.report_note"))
    if actor.has_role(*SETTLES) and day is not None:
        return _news(day, say)
    if held is not None:
        open_ones = sum(1 for asset in held if findings(asset))
        title = say("today.assets_title", n=open_ones) if open_ones else say("today.assets_title_none")
        return Opening("assets", title, say("today.assets_note", n=len(held)))
    if covered is not None:
        return _managed(covered, say)
    if actor.has_role("auditor", "admin"):
        return Opening("verify", say("today.verify_title"), say("today.verify_note"))
    return _news(day, say) if day is not None else Opening("none", say("today.none_title"), say("today.none_note"))


def _news(day: Any, say: Words) -> Opening:
    if not day.total:
        return Opening("news", say("today.no_records"))
    title = say("today.news_title", n=day.week) if day.week else say("today.news_title_none")
    return Opening(
        "news", title, say("today.settle_note", n=day.unsettled) if day.unsettled else say("today.settled_note")
    )


def _managed(covered: Any, say: Words) -> Opening:
    share = covered.whole.household_share
    if share is None:
        return Opening("managed", say("today.managed_unknown"))
    return Opening("managed", say("today.managed_title", share=_percent(share, say)), _managed_note(covered, say))


def _managed_note(covered: Any, say: Words) -> str:
    whole = covered.whole
    return say("today.managed_note", managed=f"{whole.households_managed:,}", households=f"{whole.households:,}",
               zones=covered.unmanaged_zones)  # fmt: skip


def report_button(*, is_first: bool, say: Words) -> None:
    pressed = st.button(say("today.report"), key="go_record", type="primary" if is_first else "secondary",
                        icon=":material/photo_camera:", width="stretch" if is_first else "content")  # fmt: skip
    if pressed:
        st.switch_page("pages/record.py")


def assets(held: Sequence[Asset], findings: Findings, *, is_first: bool, say: Words) -> None:
    """The assets with something to put right, each with what it is."""
    told = [(asset, findings(asset)) for asset in held]
    told = [(asset, found) for asset, found in told if found]
    if not is_first:
        facts.section(say("today.assets_title", n=len(told)))
    _open("pages/asset.py", say("today.assets_open"), "inventory_2", is_first=is_first)
    lines = [
        el("li", facts.mono(asset.asset_no), el("span", asset.name, class_="by"),
           el("span", " ".join(_finding(one, say) for one in found), class_="did"))
        for asset, found in told[:ASSETS_AT_MOST]
    ]  # fmt: skip
    if lines:
        st.html(el("ol", lines, class_="slg-story slg-wide"))
    if len(told) > ASSETS_AT_MOST:
        st.caption(say("today.assets_more", n=len(told) - ASSETS_AT_MOST))


def coverage(covered: Any, *, is_first: bool, say: Words) -> None:
    """The city in four figures, then the streets that are furthest behind."""
    if not is_first:
        found = _managed(covered, say)
        facts.section(found.title, found.note)
    _open("pages/coverage.py", say("today.open_coverage"), "bar_chart", is_first=is_first)
    whole, never = covered.whole, covered.never_seen
    facts.figures([
        (say("today.share_households"), _percent(whole.household_share, say), "",
         say("today.of", part=f"{whole.households_managed:,}", whole=f"{whole.households:,}"), ""),
        (say("today.share_buildings"), _percent(whole.building_share, say), "",
         say("today.of", part=f"{whole.buildings_managed:,}", whole=f"{whole.buildings:,}"), ""),
        (say("today.bare_zones"), covered.unmanaged_zones, say("today.unit_zones"),
         say("today.of", part=f"{covered.unmanaged_zones:,}", whole=f"{covered.zones:,}"), ""),
        (say("today.never_seen"), never, say("today.unit_streets"), say("today.never_seen_note") if never else "",
         "warn" if never else ""),
    ])  # fmt: skip
    counted, _, _ = covered.listed("households")
    lines = [
        el("li", el("span", row.area.name, class_="at"), el("span", _percent(row.figures.household_share, say), class_="by"),
           el("span", say("today.lowest_item", managed=f"{row.figures.households_managed:,}",
                          households=f"{row.figures.households:,}"), class_="did"))
        for row in counted[:LOWEST_AT_MOST]
    ]  # fmt: skip
    if lines:
        facts.section(say("today.lowest"))
        st.html(el("ol", lines, class_="slg-story slg-pairs"))


def _open(page: str, label: str, sign: str, *, is_first: bool) -> None:
    """The one action of a page is a button; the same thing further down is a link."""
    if not is_first:
        st.page_link(page, label=label, icon=f":material/{sign}:")
    elif st.button(label, key="go_on", type="primary", icon=f":material/{sign}:"):
        st.switch_page(page)


def _finding(found: Any, say: Words) -> str:
    key = next((k for k in (f"findings.{found.code}", f"refused.{found.code}") if say.has(k)), None)
    return say(key, **found.facts) if key else found.code


def _percent(share: float | None, say: Words) -> str:
    """Cut, never rounded up: 99.96 % is not everybody."""
    return say("today.unsurveyed") if share is None else f"{int(share * 1000) / 10:.1f}%"


def verified(outcome: tuple[Any, datetime] | None, zone: tzinfo, say: Words) -> None:
    """What the last check of this session found."""
    if outcome is None:
        return
    found, at = outcome[0], times.moment(outcome[1], zone)
    if found.is_clean:
        sentence = say("today.verified", links=found.links, photos=found.photos, days=found.checkpoints, at=at)
        facts.told(sentence, "ok", "verified_user")
        return
    first = found.findings[0]
    what = say(f"verify.{first.code}") if say.has(f"verify.{first.code}") else first.code
    sentence = say("today.verify_found", n=len(found.findings), what=what, subject=first.subject, at=at)
    facts.told(sentence, "danger", "gpp_bad")


def queue(states: Mapping[str, int], say: Words) -> None:
    """states: how many jobs are in each state of storage/jobs.py."""
    facts.section(say("today.queue"))
    facts.lead(say("today.queue_open", open=sum(states.get(s, 0) for s in OPEN_JOBS), done=states.get("done", 0)))
    if states.get("failed"):
        facts.told(say("today.queue_failed", n=states["failed"]), "warn", "build")


def news(actor: Actor, day: Any, catalogue: Catalogue, issues_of: CatalogueOf, zone: tzinfo, say: Words) -> str | None:
    """Figures and the newest records; gives the number of a record that was pressed."""
    if not day.total:
        facts.section(say("today.latest"))
        facts.told(say("today.no_records"), "muted", "photo_camera")
        return None
    facts.figures(_figures(actor, day, say))
    most = sorted(day.by_issue.items(), key=lambda pair: -pair[1])[:MOST_AT_MOST]
    if most and not actor.has_role(*WALKS):
        named = [say("today.most_item", kind=_tile(code or "", catalogue, say), n=n) for code, n in most]
        facts.lead(say("today.most", list=" · ".join(named)))
    with st.container(horizontal=True):
        if day.mine:
            st.page_link("pages/records.py", label=say("today.all_mine", n=day.mine), icon=":material/person:",
                         query_params={"whose": "mine"})  # fmt: skip
        if day.unsettled and not actor.has_role(*WALKS):
            st.page_link("pages/records.py", label=say("today.settle", n=day.unsettled), icon=":material/wrong_location:",
                         query_params={"place": "unsettled"})  # fmt: skip
        st.page_link("pages/records.py", label=say("today.all_records", n=day.total), icon=":material/folder_open:")
    facts.section(say("today.latest"))
    return photos.cards(day.latest, issues_of, zone, say, key="latest")


def _figures(actor: Actor, day: Any, say: Words) -> list[tuple[str, int, str, str, str]]:
    """Whoever walks wants to know of their own; whoever sits at a desk, of what came in and what waits."""
    unit = say("today.unit")
    week, total = (say("today.week"), day.week, unit, "", ""), (say("today.total"), day.total, unit, "", "")
    if actor.has_role(*WALKS):
        return [(say("today.mine"), day.mine, unit, "", ""), week]
    unsettled = (say("today.unsettled"), day.unsettled, unit, "", "warn" if day.unsettled else "")
    return [(say("today.day"), day.today, unit, "", ""), week, unsettled, total]


def _tile(code: str, catalogue: Catalogue, say: Words) -> str:
    """The short name that the tiles of the capture form carry."""
    return catalogue.get(code).tile(say.lang) if catalogue.has(code) else code
