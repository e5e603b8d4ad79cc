"""Parts of the first screen: its opening sentence by role, and one block for each kind of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import streamlit as st

from domain.policy.catalogue import Catalogue
from domain.records import Actor, Asset
from i18n import Words
from ui import facts, photos, times

WALKS = ("inspector", "grid_leader")
SETTLES = ("community_specialist", "supervisor", "street_officer", "dispatcher", "handler")
SEES_THE_CITY = ("leader", "housing_bureau")
MOST_AT_MOST = 5

Findings = Callable[[Asset], Sequence[Any]]


@dataclass(frozen=True)
class Opening:
    """What the page opens with. code: report, news, assets, managed or verify."""

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
    return _news(day, say) if day is not None else Opening("none", say("page.today"))


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
    # Never rounded up: 99.96 % is not everybody.
    return Opening(
        "managed", say("today.managed_title", share=f"{int(share * 1000) / 10:.1f}%"), _managed_note(covered, say)
    )


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
    if not is_first:
        facts.section(say("today.assets_title", n=sum(1 for asset in held if findings(asset))))
    st.page_link("pages/asset.py", label=say("today.assets_open"), icon=":material/inventory_2:")


def coverage(covered: Any, *, is_first: bool, say: Words) -> None:
    if not is_first:
        found = _managed(covered, say)
        facts.section(found.title, found.note)
    st.page_link("pages/coverage.py", label=say("today.open_coverage"), icon=":material/bar_chart:")


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


def queue(waiting: Mapping[str, int], say: Words) -> None:
    if not waiting:
        facts.lead(say("today.queue_none"))
        return
    names = {kind: f"today.job_{kind.replace('.', '_')}" for kind in waiting}
    items = [
        say("today.queue_item", kind=say(key) if say.has(key) else kind, n=waiting[kind]) for kind, key in names.items()
    ]
    facts.lead(
        say(
            "today.queue_waiting",
            n=sum(waiting.values()),
            list="、".join(items) if say.lang == "zh" else ", ".join(items),
        )
    )


def news(day: Any, catalogue: Catalogue, zone: tzinfo, say: Words) -> str | None:
    """Figures and the newest records; gives the number of a record that was pressed."""
    if not day.total:
        facts.section(say("today.latest"))
        facts.told(say("today.no_records"), "muted", "photo_camera")
        return None
    unit = say("today.unit")
    facts.figures([
        (say("today.day"), day.today, unit, "", ""), (say("today.week"), day.week, unit, "", ""),
        (say("today.unsettled"), day.unsettled, unit, "", "warn" if day.unsettled else ""),
        (say("today.total"), day.total, unit, "", ""), *([(say("today.mine"), day.mine, unit, "", "")] if day.mine else []),
    ])  # fmt: skip
    most = sorted(day.by_issue.items(), key=lambda pair: -pair[1])[:MOST_AT_MOST]
    if most:
        named = [say("today.most_item", kind=photos.kind_name(code or "", catalogue, say), n=n) for code, n in most]
        facts.lead(
            f"{say('today.most')}: {' · '.join(named)}"
            if say.lang == "en"
            else f"{say('today.most')}：{' · '.join(named)}"
        )
    with st.container(horizontal=True):
        if day.unsettled:
            st.page_link("pages/records.py", label=say("today.settle", n=day.unsettled), icon=":material/wrong_location:",
                         query_params={"place": "unsettled"})  # fmt: skip
        st.page_link("pages/records.py", label=say("today.all_records", n=day.total), icon=":material/folder_open:")
    facts.section(say("today.latest"))
    return photos.cards(day.latest, catalogue, zone, say, key="latest")
