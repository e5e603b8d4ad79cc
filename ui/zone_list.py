"""Zones in a list: filters that stand in the address, one row each, and the way to one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from domain.policy.zones import ZonePolicy
from i18n import Words
from ui import chips, facts, state, zone_page
from ui.markup import el, join

SHOWN_AT_MOST = 100
SHOWS = ("all", "draft", "crosses", "bare")


def narrowed(lines: Sequence[Any], show: str, text: str, zones: ZonePolicy) -> list[Any]:
    """lines: ZoneLines."""
    keep = {
        "all": lambda line: True, "draft": lambda line: line.draft is not None,
        "crosses": lambda line: line.shown.crosses_grids or bool(line.draft and line.draft.crosses_grids),
        "bare": lambda line: not zones.is_managed(line.shown.mode),
    }[show]  # fmt: skip
    text = text.strip().casefold()
    return [line for line in lines
            if keep(line) and (not text or text in line.shown.name.casefold() or text in line.shown.code.casefold())]  # fmt: skip


def counted(lines: Sequence[Any], zones: ZonePolicy, say: Words) -> str:
    size = {show: len(narrowed(lines, show, "", zones)) for show in SHOWS}
    return say("zones.count", n=size["all"], drafts=size["draft"], crosses=size["crosses"], bare=size["bare"])


def rows(found: Sequence[Any], zones: ZonePolicy, say: Words, *, names_street: bool) -> None:
    """names_street: where the list holds more than one street's."""
    st.html(el("ul", [_row(line, zones, say, names_street) for line in found[:SHOWN_AT_MOST]], class_="slg-zones"))
    if len(found) > SHOWN_AT_MOST:
        facts.note(say("zones.page_more", n=SHOWN_AT_MOST))


def _row(line: Any, zones: ZonePolicy, say: Words, names_street: bool) -> Any:
    area = line.shown
    marks = [zone_page.status_chip(area.status, say) if area.status == "draft" else None,
             chips.chip(say("zones.draft_ahead", version=line.draft.version), "primary", "edit")
             if line.draft and line.in_force else None,
             chips.chip(say("zones.crosses"), "warn", "grid_4x4") if area.crosses_grids else None]  # fmt: skip
    mode = zones.modes.get(area.mode or "")
    about = " · ".join(part for part in (
        area.code, mode.name(say.lang) if mode else "", zone_page.hectares(area.area_m2, say), line.street if names_street else "") if part)  # fmt: skip
    return el("li", el("a", chips.mode_mark(mode, state.theme()) if mode else None,
                       el("span", el("b", area.name), el("span", about, class_="about"), class_="what"),
                       el("span", marks, class_="marks"),
                       href="/zone?" + urlencode({"id": line.zone_id}), target="_self"))  # fmt: skip


def downloads(street_id: str | None, say: Words) -> None:
    with st.expander(say("zones.download_title"), icon=":material/download:"):
        facts.note(say("zones.download_note"))
        with st.container(horizontal=True):
            for kind, word in (("xlsx", "XLSX"), ("csv", "CSV"), ("geojson", "GeoJSON"), ("gpkg", "GeoPackage")):
                query = f"?{urlencode({'street': street_id})}" if street_id else ""
                st.link_button(word, f"/api/v1/zones/division.{kind}{query}", icon=":material/download:")


def successions(found: Sequence[Any], say: Words) -> None:
    """What splits and merges left open, with the ways to the zones. found: Waitings."""
    if not found:
        return
    zones = {w.one.from_zone: w.from_name for w in found}
    ways = [el("a", name, href=f"/zone?id={zone_id}", target="_self") for zone_id, name in list(zones.items())[:10]]
    facts.told(join(say("zones.successions", n=len(found)), *[part for way in ways for part in (" ", way)]), "warn",
               "call_split")  # fmt: skip
