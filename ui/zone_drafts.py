"""Drafts of zones in a list to decide in one go: the answer, the switch, the table, the figures, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy.zones import ZonePolicy
from i18n import Words
from ui import facts, forms, times, zone_forms, zone_page
from ui.markup import el

ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 16
SHOWS = ("clear", "consent", "some", "held")
COLUMNS = ("name", "mode", "area", "buildings", "households", "about", "open")
REFUSED_AT_MOST, HELD_AT_MOST = 50, 200


def count(found: Sequence[Any]) -> int:
    """Drafts of Candidates: the halves of a split are two."""
    return sum(len(one.judged.versions) for one in found)


def answer(found: Sequence[Any], say: Words) -> str:
    if not found:
        return say("zone_drafts.title_none")
    ready = count([one for one in found if one.is_clear])
    return say("zone_drafts.title_some", n=ready) if ready else say("zone_drafts.title_held", n=count(found))


def shows(found: Sequence[Any], say: Words) -> str:
    """All that are free, those that need the street's consent, one's own pick of both, what is held back."""
    size = {show: count(_of(found, show)) for show in SHOWS}
    return forms.switch(
        say("zone_drafts.show"), {s: say(f"zone_drafts.show_{s}", n=size[s]) for s in SHOWS}, key="show"
    )


def _of(found: Sequence[Any], show: str) -> list[Any]:
    keep = {"clear": lambda one: one.is_clear, "consent": lambda one: one.needs_consent,
            "some": lambda one: not one.obstacles, "held": lambda one: bool(one.obstacles)}[show]  # fmt: skip
    return [one for one in found if keep(one)]


def table(found: Sequence[Any], show: str, zones: ZonePolicy, say: Words) -> list[Any]:
    """The drafts of a choice; gives those that the decision is about."""
    rows = _of(found, show)
    if not rows:
        facts.told(say(f"zone_drafts.none_{show}"), "ok" if show == "held" else "muted", "check_circle")
        return []
    if show == "held":
        _held(rows, say)
        return []
    frame = pd.DataFrame({name: [_cell(name, one, zones, say) for one in rows] for name in COLUMNS})
    config = {name: _column(name, say) for name in frame.columns}
    more: Any = {"on_select": "rerun", "selection_mode": "multi-row"} if show == "some" else {}
    drawn = st.dataframe(frame, column_config=config, hide_index=True,
                         row_height=ROW_PX, height=HEAD_PX + ROW_PX * min(len(rows), TALL_ROWS) + 2,
                         key=f"slg.zone_drafts_{show}_{hash(tuple(one.id for one in rows))}", **more)  # fmt: skip
    return [rows[i] for i in drawn.selection.rows if i < len(rows)] if show == "some" else rows


def _held(rows: Sequence[Any], say: Words) -> None:
    """Sentences, not cells: they must be read to their end, on a phone too."""
    lines = [
        el("li", el("a", el("span", el("b", _names(one.judged.versions, say)),
                            *[el("span", why, class_="about") for why in zone_forms.sentences(one.obstacles, say)],
                            class_="what"), href=f"/zone?id={one.judged.versions[0].area_id}", target="_self"))
        for one in rows[:HELD_AT_MOST]
    ]  # fmt: skip
    st.html(el("ul", lines, class_="slg-zones"))
    if len(rows) > HELD_AT_MOST:
        facts.note(say("zone_drafts.held_more", n=HELD_AT_MOST))


def _column(name: str, say: Words) -> Any:
    column, word = st.column_config, say("zone.area_ha" if name == "area" else f"zone_drafts.{name}")
    if name == "area":
        return column.NumberColumn(word, format="%.2f", width="small")
    if name in ("buildings", "households"):
        return column.NumberColumn(word, format="localized", width="small")
    if name == "open":
        return column.LinkColumn(word, display_text=say("zone_drafts.open_one"), width="small")
    return column.TextColumn(word, width="medium" if name == "name" else None)


def _cell(name: str, one: Any, zones: ZonePolicy, say: Words) -> Any:
    first = one.judged.versions[0]
    mode = zones.modes.get(first.mode or "")
    return {
        "name": lambda: _names(one.judged.versions, say),
        "mode": lambda: mode.name(say.lang) if mode else say("zone_drafts.no_mode"),
        "area": lambda: round(_area_m2([one]) / 10_000, 2),
        "buildings": lambda: one.judged.buildings, "households": lambda: one.judged.households,
        "about": lambda: "；".join(_about(one, say)) if say.lang == "zh" else "; ".join(_about(one, say)),
        "open": lambda: f"/zone?id={first.area_id}",
    }[name]()  # fmt: skip


def _names(areas: Sequence[Any], say: Words) -> str:
    return (", " if say.lang == "en" else "、").join(area.name for area in areas)


def _about(one: Any, say: Words) -> list[str]:
    told = []
    if one.over:
        told.append(say("zone_drafts.over", n=one.over.version))
    if len(one.judged.versions) > 1:
        told.append(say("zone_drafts.halves"))
    if one.judged.taken:
        told.append(say("zone_drafts.takes_in", names=_names(one.judged.taken, say)))
    if one.judged.crosses_grids:
        told.append(say("zones.crosses"))
    return told


def figures(picked: Sequence[Any], say: Words) -> None:
    """What the decision is about, in one sentence, and what it replaces."""
    facts.lead(say("zone_drafts.lead", n=count(picked), area=zone_page.hectares(_area_m2(picked), say),
                   buildings=f"{sum(one.judged.buildings for one in picked):,}",
                   households=f"{sum(one.judged.households for one in picked):,}"))  # fmt: skip
    if over := sum(1 for one in picked if one.over):
        facts.note(say("zone_drafts.lead_over", n=over))
    if ending := sum(len(one.judged.taken) for one in picked):
        facts.note(say("zone_drafts.lead_ending", n=ending))


def _area_m2(picked: Sequence[Any]) -> float:
    return sum(version.area_m2 for one in picked for version in one.judged.versions)


def outcome(told: Any, zone: tzinfo, say: Words) -> None:
    """told: a Decided, or None."""
    if told is None:
        return
    forced = [d for d in told.decisions if d.state == "in_force"]
    planned = [d for d in told.decisions if d.state == "planned"]
    if forced:
        facts.told(say("zone_drafts.forced", n=sum(len(d.versions) for d in forced)), "ok", "check_circle")
    if planned:
        day = times.moment(planned[0].starts_at, zone)[:10]
        facts.told(say("zone_drafts.planned", n=sum(len(d.versions) for d in planned), day=day), "ok", "event")
    if told.refused:
        facts.told(say("zone_drafts.refused", n=len(told.refused)), "danger", "block")
        whys = zone_forms.sentences([refused for _, refused in told.refused[:REFUSED_AT_MOST]], say)
        lines = [el("li", el("b", name), " " if name else "", why)
                 for (name, _), why in zip(told.refused, whys, strict=False)]  # fmt: skip
        st.html(el("ul", lines, class_="slg-note"))
        if len(told.refused) > REFUSED_AT_MOST:
            facts.note(say("zone_drafts.refused_more", n=len(told.refused) - REFUSED_AT_MOST))
