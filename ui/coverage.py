"""Coverage drawn: key figures, the map in classes, the table from low to high, one place in a sentence."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

import streamlit as st

from domain.policy.coverage import CLASS_FROM, SMALL_BASE_HOUSEHOLDS, class_of
from i18n import Words
from ui import charts, choropleth, state

ROWS_AT_MOST = 40
NAMES_AT_MOST, LABELS_AT_MOST = 20, 70


Figure = tuple[str, str, str, str, str]


def key_figures(found: Any, target: date | None, say: Words, local: tzinfo) -> list[Figure]:
    """Five figures, each with what it was counted from, as facts.figures draws them. found: a Coverage."""
    whole, today = found.whole, found.asked_at.astimezone(local).date()
    homes = charts.share_text(whole.household_share)
    count = say("coverage.count_unit")
    return [
        (say("coverage.managed_homes"), homes.rstrip("%"), "%" if "%" in homes else "",
         say("coverage.of_homes", part=f"{whole.households_managed:,}", whole=f"{whole.households:,}"), ""),
        (say("coverage.bare_zones"), f"{found.unmanaged_zones:,}", count,
         say("coverage.of_zones", whole=f"{found.zones:,}"), ""),
        (say("coverage.outside_zones"), f"{whole.buildings_in_no_zone:,}", say("coverage.building_unit"),
         say("coverage.of_buildings", whole=f"{whole.buildings:,}"), ""),
        _clearance(target, today, say),
        (say("coverage.never_seen"), f"{found.never_seen:,}", say(f"coverage.{found.unit}_unit"),
         say("coverage.never_note", whole=f"{len(found.rows):,}"), "warn" if found.never_seen else ""),
    ]  # fmt: skip


def _clearance(target: date | None, today: date, say: Words) -> Figure:
    if target is None:
        return say("coverage.clearance"), say("coverage.clearance_unset"), "", say("coverage.clearance_why"), ""
    days = (target - today).days
    what = say("coverage.clearance") if days >= 0 else say("coverage.clearance_past")
    note = say("coverage.clearance_note", day=target.isoformat())
    return what, f"{abs(days):,}", say("coverage.day_unit"), note, "" if days >= 0 else "warn"


def draw_map(found: Any, measure: str, picked: str | None, say: Words, theme: str) -> None:
    """The choropleth with its legend and the line that says what is a sample."""
    drawing = found.drawing()
    if drawing.box is None:
        st.info(say("coverage.none_here"))
        return
    share = {row.area.area_id: row.share(measure) for row in found.rows}
    units = [
        choropleth.Unit(
            id=row.area.area_id, name=row.area.name, share=_on_map(row, measure, say),
            class_no=None if share[row.area.area_id] is None else class_of(share[row.area.area_id]),
            shape=drawing.shapes[row.area.area_id], label_at=drawing.label_at[row.area.area_id],
            hatching=drawing.hatching.get(row.area.area_id),
        )
        for row in found.rows
        if drawing.shapes[row.area.area_id]
    ]  # fmt: skip
    choropleth.draw(
        units, drawing.outline, drawing.box, key=f"cover_map_{found.unit}", theme=theme, picked=picked,
        has_names=len(units) <= NAMES_AT_MOST, has_labels=len(units) <= LABELS_AT_MOST, is_phone=state.is_phone(),
        alt=say("coverage.map_alt", unit=say(f"coverage.{found.unit}"), measure=say(f"coverage.legend_{measure}")),
        on_pick=lambda chosen: state.keep(f"pick_{found.unit}", chosen),
    )  # fmt: skip
    numbers = [unit.class_no for unit in units]
    classes = [(say(f"coverage.class_{i}"), numbers.count(i)) for i in range(len(CLASS_FROM) + 1)]
    bare = sum(not row.figures.is_surveyed for row in found.rows)
    others = [(say("coverage.not_surveyed"), bare, "hatch")]
    if numbers.count(None) > bare:
        others.append((say("coverage.nothing"), numbers.count(None) - bare, ""))
    charts.legend(say(f"coverage.legend_{measure}"), classes, others, say("coverage.fixed"))
    st.caption(say("coverage.map_note_sample" if state.kept("is_sample") else "coverage.map_note"))


def draw_table(found: Any, measure: str, picked: str | None, say: Words, local: tzinfo) -> None:
    """From low to high; small bases in grey after them, then what nobody surveyed."""
    ranked, small, without = found.listed(measure)
    rows = [*ranked, *small, *without]
    shown = rows[:ROWS_AT_MOST]
    heads = [f"col_name_{found.unit}", f"col_base_{measure}", "col_share", "col_bare", "col_seen"]
    charts.ranking(
        [say(f"coverage.{head}") for head in heads],
        [_rank_row(row, measure, row.area.area_id == picked, found.asked_at, say, local) for row in shown],
    )
    notes = [say("coverage.small_note", n=f"{SMALL_BASE_HOUSEHOLDS[found.unit]:,}")] if small else []
    notes += [say("coverage.unsurveyed_note")] if any(not row.figures.is_surveyed for row in without) else []
    notes += [say("coverage.more", n=len(rows) - len(shown))] if len(rows) > len(shown) else []
    for note in notes:
        st.caption(note.replace("*", "\\*"))


def _rank_row(row: Any, measure: str, is_picked: bool, now: datetime, say: Words, local: tzinfo) -> charts.RankRow:
    share = row.share(measure)
    base = _amount(row.counted(measure)[1], measure) if share is not None else charts.NOTHING
    return charts.RankRow(row.area.name, base, share, (f"{row.unmanaged_zones}", seen(row.last_seen, now, say, local)),
                          row.is_small and share is not None, is_picked, _short(row, measure, say), not row.figures.is_surveyed)  # fmt: skip


def about(row: Any, measure: str, now: datetime, say: Words, local: tzinfo) -> str:
    """One picked unit in a sentence or two."""
    name, share = row.area.name, row.share(measure)
    if not row.figures.is_surveyed:
        return say("coverage.picked_bare", name=name)
    if share is None:
        return say("coverage.picked_nothing", name=name, measure=say(f"coverage.{measure}"))
    part, whole = (_amount(value, measure) for value in row.counted(measure))
    unit = {"households": "home_unit", "buildings": "house_unit", "area": "hectare_unit"}[measure]
    first = say("coverage.picked", name=name, part=part, whole=whole, unit=say(f"coverage.{unit}"),
                share=charts.share_text(share))  # fmt: skip
    rest = say("coverage.picked_rest", bare=row.unmanaged_zones, outside=f"{row.figures.buildings_in_no_zone:,}",
               seen=seen(row.last_seen, now, say, local))  # fmt: skip
    return f"{first}{'' if say.lang == 'zh' else ' '}{rest}"


def seen(at: datetime | None, now: datetime, say: Words, local: tzinfo) -> str:
    """Days since the last record, counted by the office's calendar."""
    if at is None:
        return say("coverage.never")
    days = (now.astimezone(local).date() - at.astimezone(local).date()).days
    return say("coverage.today") if days <= 0 else say("coverage.days", n=days)


def _amount(value: float, measure: str) -> str:
    return f"{value / 10_000:,.1f}" if measure == "area" else f"{value:,.0f}"


def _short(row: Any, measure: str, say: Words) -> str:
    """The share, or why there is none: nobody has surveyed, or nothing is there to be managed."""
    share = row.share(measure)
    if share is not None:
        return charts.share_text(share)
    return say("coverage.not_surveyed" if not row.figures.is_surveyed else "coverage.nothing")


def _on_map(row: Any, measure: str, say: Words) -> str:
    return charts.share_text(row.share(measure)) if row.figures.is_surveyed else say("coverage.not_surveyed")
