"""One zone in words and rows: its head, what it is now, its division over grids, its versions and who managed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy.zones import ZonePolicy
from domain.records import Area, DivisionRow
from domain.zones import Decision, ModeEntry
from i18n import Words
from ui import bundle, chips, state, times
from ui import facts as rows
from ui.markup import Markup, el, join

ROW_PX, HEAD_PX = 36, 38
DRAWN = "drawn in the app"  # how services.zones begins the origin of a line drawn here
TONES = {"in_force": ("ok", "check_circle"), "draft": ("primary", "edit"), "superseded": ("muted", "history"),
         "retired": ("muted", "block")}  # fmt: skip


def status_chip(status: str, say: Words) -> Markup:
    tone, sign = TONES.get(status, ("muted", "help"))
    return chips.chip(say(f"zones.{status}"), tone, sign)


def mode_name(mode: str | None, zones: ZonePolicy, say: Words) -> Markup:
    found = zones.modes.get(mode or "")
    if found is None:
        return el("span", mode or say("app.none"))
    return el("span", chips.mode_mark(found, state.theme()), found.name(say.lang), class_="slg-row")


def head(area: Area, zones: ZonePolicy, street: str, say: Words) -> None:
    marks = [mode_name(area.mode, zones, say), status_chip(area.status, say)]
    if area.crosses_grids:
        marks.append(chips.chip(say("zones.crosses"), "warn", "grid_4x4"))
    way = el("a", say("zone.back"), href="/zones", target="_self")
    rows.head(area.name, *marks, above=join(way, f" / {street} / ", rows.mono(area.code)), is_sample=area.is_sample,
              say=say)  # fmt: skip


def hectares(m2: float, say: Words) -> str:
    return say("zone.area_unit", n=f"{m2 / 10_000:,.2f}")


def facts(
    area: Area, division: Sequence[DivisionRow], modes: Sequence[ModeEntry], zones: ZonePolicy, street: str,
    clearance: tuple[date | None, date], say: Words,
) -> None:  # fmt: skip
    last = modes[-1] if modes else None
    contract = None
    if last and (last.contract_start or last.contract_end):
        open_end = say("zone.contract_open")
        contract = say("zone.contract_span", start=last.contract_start or open_end, end=last.contract_end or open_end)
    kind = zones.kinds.get(area.kind or "")
    rows.facts([
        (say("zone.mode"), mode_name(area.mode, zones, say)),
        (say("zone.manager"), area.manager),
        (say("zone.since"), last.since if last else None),
        (say("zone.contract"), contract),
        (say("zone.clearance"), None if zones.is_managed(area.mode) else _clearance(*clearance, say)),
        (say("zone.reasons"), _reasons(area, say)),
        (say("zone.kind"), kind.name(say.lang) if kind else area.kind),
        (say("zone.street"), street),
        (say("zone.area"), hectares(area.area_m2, say)),
        (say("zone.counted"), say("zone.homes", buildings=sum(r.buildings for r in division),
                                  households=f"{sum(r.households for r in division):,}")),
        (say("zone.origin"), say("zone.origin_drawn") if area.origin.startswith(DRAWN) else area.origin),
    ])  # fmt: skip


def _reasons(area: Area, say: Words) -> str:
    known = [code for code in area.attributes.get("reasons") or () if say.has(f"zone.reason_{code}")]
    return (", " if say.lang == "en" else "、").join(say(f"zone.reason_{code}") for code in known)


def _clearance(target: date | None, today: date, say: Words) -> str:
    if target is None:
        return say("zone.clearance_unset")
    days = (target - today).days
    key = "zone.clearance_left" if days >= 0 else "zone.clearance_past"
    return say(key, n=f"{abs(days):,}", day=target.isoformat())


def version_map(address: str, urls: dict[str, str], say: Words, *, key: str, as_of: str) -> None:
    """as_of: another word whenever something was decided, so that the layers around the zone are fetched again."""
    bundle.mount("map", urls, key=key, mode="version", height=340 if state.is_phone() else 460, version_url=address,
                 as_of=as_of,
                 **bundle.common(say, urls, "map", "zone_map"))  # fmt: skip


def division(area: Area, found: Sequence[DivisionRow], say: Words, *, is_newer: bool, consent: str | None) -> None:
    """The answer in a sentence, then one row per grid."""
    rows.section(say("zone.division"))
    counted = [r for r in found if r.grid_id and not r.is_sliver]
    names = [r.grid_name or r.grid_code for r in counted]
    if len(counted) > 1:
        join_with = ", " if say.lang == "en" else "、"
        rows.told(say("zone.crosses_told", n=len(counted), grids=join_with.join(names)), "warn", "grid_4x4")
        if consent:
            rows.note(say("zone.crosses_consent", text=consent))
    elif counted:
        rows.lead(say("zone.one_grid", grid=names[0]))
    if (left := sum(r.share for r in found if r.grid_id is None)) > 0.0005:
        rows.told(say("zone.outside_told", share=f"{left:.1%}"), "warn", "border_clear")
    if is_newer:
        rows.note(say("zone.division_frozen", n=area.version))
    frame = pd.DataFrame({
        "grid": [r.grid_name or r.grid_code or say("zone.outside") for r in found],
        "share": [round(r.share * 100, 2) for r in found],
        "area": [round(r.area_m2 / 10_000, 3) for r in found],
        "buildings": [r.buildings for r in found], "households": [r.households for r in found],
        "note": [say("zone.sliver") if r.is_sliver else "" if r.grid_id else say("zone.outside") for r in found],
    })  # fmt: skip
    column = st.column_config
    _table(frame, {
        "grid": column.TextColumn(say("zone.grid")),
        "share": column.NumberColumn(say("zone.share"), format="%.2f %%"),
        "area": column.NumberColumn(say("zone.area_ha"), format="%.3f"),
        "buildings": column.NumberColumn(say("zone.buildings")),
        "households": column.NumberColumn(say("zone.households")),
        "note": column.TextColumn(say("zone.note")),
    })  # fmt: skip
    rows.note(say("zone.division_note"))


def versions(found: Sequence[Any], zone: tzinfo, say: Words) -> None:
    """Newest first. found: VersionViews."""
    rows.section(say("zone.versions"))

    def span(area: Area) -> str:
        if area.valid_from is None:
            return ""
        return f"{times.moment(area.valid_from, zone)} – {times.moment(area.valid_to, zone)}"

    frame = pd.DataFrame({
        "version": [v.area.version for v in found],
        "state": [say(f"zones.{v.area.status}") for v in found],
        "area": [round(v.area.area_m2 / 10_000, 2) for v in found],
        "who": [v.author or say("zone.nobody") for v in found],
        "when": [times.moment(v.area.created_at, zone) for v in found],
        "span": [span(v.area) for v in found],
    })  # fmt: skip
    column = st.column_config
    _table(frame, {
        "version": column.NumberColumn(say("zone.version"), width="small"),
        "state": column.TextColumn(say("zone.state")),
        "area": column.NumberColumn(say("zone.area_ha"), format="%.2f"),
        "who": column.TextColumn(say("zone.who")), "when": column.TextColumn(say("zone.when")),
        "span": column.TextColumn(say("zone.from_to"), width="medium"),
    })  # fmt: skip


def comparison(found: Any, zones: ZonePolicy, say: Words) -> None:
    """found: a Comparison."""
    before, after = found.before, found.after
    rows.section(say("zone.compare_title", before=before.version, after=after.version))

    def part(each: Any) -> str:
        if each.area_m2 < 1:
            return say("zone.compare_nothing")
        return say("zone.compare_part", area=hectares(each.area_m2, say), buildings=each.buildings,
                   households=f"{each.households:,}")  # fmt: skip

    areas = f"{hectares(before.area_m2, say)} → {hectares(after.area_m2, say)}"
    rows.facts([
        (say("zone.compare_area"), areas),
        (say("zone.compare_gained"), part(found.gained)),
        (say("zone.compare_lost"), part(found.lost)),
        (say("zone.compare_pieces"), say("zone.compare_pieces_told", before=found.pieces[0], after=found.pieces[1])),
        (say("zone.compare_mode"), None if before.mode == after.mode else
         el("span", mode_name(before.mode, zones, say), "→", mode_name(after.mode, zones, say), class_="slg-row")),
    ])  # fmt: skip


def mode_history(
    found: Sequence[ModeEntry], names: Mapping[str, str], zones: ZonePolicy, zone: tzinfo, say: Words
) -> None:
    rows.section(say("zone.modes"))
    if not found:
        rows.lead(say("zone.modes_none"))
    for entry in reversed(found):
        who = names.get(entry.entered_by or "", say("zone.nobody"))
        contract = ""
        if entry.contract_start or entry.contract_end:
            open_end = say("zone.contract_open")
            contract = f"{say('zone.contract')} " + say(
                "zone.contract_span", start=entry.contract_start or open_end, end=entry.contract_end or open_end)  # fmt: skip
        told = [entry.manager, say("zone.mode_line", since=entry.since), contract,
                say("zone.mode_source", text=entry.source) if entry.source else "",
                say("zone.mode_entered", who=who, at=times.moment(entry.entered_at, zone))]  # fmt: skip
        mode = zones.modes.get(entry.mode)
        rows.item(mode.name(say.lang) if mode else entry.mode, " · ".join(part for part in told if part))


def plans(found: Sequence[Decision], names: Mapping[str, str], zone: tzinfo, say: Words) -> None:
    """Why a plan could not take force, until something else was decided."""
    if found and found[-1].state == "failed":
        last = found[-1]
        refusal = dict(last.refusal or {})
        why = say.refusal((str(refusal.pop("code", "conflict")), "conflict"), None, refusal)
        rows.told(say("zone.plan_failed", day=times.moment(last.starts_at, zone)[:10], why=why), "danger", "event_busy")


def _table(frame: pd.DataFrame, config: dict[str, Any]) -> None:
    st.dataframe(frame, column_config=config, hide_index=True, row_height=ROW_PX,
                 height=HEAD_PX + ROW_PX * min(len(frame), 12))  # fmt: skip
