"""Proposals for zones drawn: the answer, what was asked, the list, one of them with its reasons, the map."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from domain.proposals import ProposalList, Proposed
from domain.zones import REASONS
from i18n import Words
from ui import bundle, facts, state, zone_page

ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 10
NO_KIND = "-"  # stands in the address where no class of road is a main road


def answer(found: ProposalList, say: Words) -> str:
    if found.none:
        return say(f"proposals.none_{found.none}")
    return say("proposals.title_some", n=len(found.found), households=f"{found.households:,}")


def asked_target(usual: int, at_least: int, at_most: int) -> int:
    """What the address asks for; an address can hold anything."""
    asked = state.asked("target")
    return min(max(int(asked), at_least), at_most) if asked.isdecimal() else usual


def target_field(target: int, at_least: int, at_most: int, say: Words) -> None:
    def write() -> None:
        state.remember(target=str(state.kept("proposals_target") or target), find=None)

    st.number_input(say("proposals.target"), at_least, at_most, target, step=50, key="slg.proposals_target",
                    on_change=write)  # fmt: skip


def main_field(found: ProposalList, say: Words) -> None:
    """Which classes of road are never crossed; the choice stands in the address."""

    def write() -> None:
        state.remember(main=list(state.kept("proposals_main") or [NO_KIND]), find=None)

    if found.kinds:
        st.multiselect(say("proposals.main"), list(found.kinds), default=list(found.main), key="slg.proposals_main",
                       format_func=lambda code: kind_word(code, say), on_change=write,
                       placeholder=say("proposals.main_none"))  # fmt: skip


def kind_word(code: str, say: Words) -> str:
    """A class of road as the layer has it; in words where it is one of this app's own."""
    return say(f"proposals.kind_{code}") if say.has(f"proposals.kind_{code}") else code


def listed(found: ProposalList, of: str, say: Words) -> str | None:
    """The table; gives the key of the row that was pressed in this run."""
    if not found.found:
        return None
    facts.section(say("proposals.list"))
    frame = pd.DataFrame({
        "n": [say("proposals.nth", n=i + 1) for i in range(len(found.found))],
        "households": [one.households for one in found.found], "buildings": [one.buildings for one in found.found],
        "area": [round(one.area_m2 / 10_000, 2) for one in found.found],
    })  # fmt: skip
    column = st.column_config
    config: dict[str, Any] = {
        "n": column.TextColumn(say("proposals.which")),
        "households": column.NumberColumn(say("proposals.households"), format="localized", width="small"),
        "buildings": column.NumberColumn(say("proposals.buildings"), format="localized", width="small"),
        "area": column.NumberColumn(say("zone.area_ha"), format="%.2f", width="small"),
    }  # fmt: skip
    event = st.dataframe(
        frame, column_config=config, hide_index=True, row_height=ROW_PX, key=f"slg.proposals_{of}",
        height=HEAD_PX + ROW_PX * min(len(frame), TALL_ROWS) + 2, on_select="rerun", selection_mode="single-cell",
    )  # fmt: skip
    facts.note(say("proposals.pick_hint"))
    cells = event.selection.cells
    row = found.found[cells[0][0]].key if cells and cells[0][0] < len(found.found) else None
    if row == state.kept(f"proposals_row_{of}"):
        return None  # still selected from before: no press
    state.keep(f"proposals_row_{of}", row)
    return row


def about(one: Proposed, street: str, target: int, main: list[str] | None, say: Words) -> None:
    """One proposal, the reasons that go with a draft of it, and the way to the drawing board."""
    facts.section(say("proposals.one"))
    facts.lead(say("proposals.lead", area=zone_page.hectares(one.area_m2, say), buildings=f"{one.buildings:,}",
                   households=f"{one.households:,}", blocks=one.blocks))  # fmt: skip
    chosen = st.pills(say("proposals.reasons"), REASONS, selection_mode="multi", key=f"slg.proposals_reasons_{one.key}",
                      format_func=lambda code: say(f"zone.reason_{code}"))  # fmt: skip
    facts.note(say("proposals.reasons_law"))
    if not chosen:
        facts.note(say("proposals.reasons_first"))
        return
    asked = {"proposal": one.key, "street": street, "target": str(target), "main": main or [],
             "reasons": list(chosen)}  # fmt: skip
    st.page_link("pages/draw.py", label=say("proposals.draw_on"), icon=":material/polyline:", query_params=asked)
    facts.note(say("proposals.draw_note"))


def left_out(found: ProposalList, say: Words) -> None:
    if found.too_large:
        facts.note(say("proposals.too_large", n=found.too_large))


def proposals_map(
    found: ProposalList, urls: dict[str, str], say: Words, *, street: str, target: int, main: list[str] | None,
    picked: str | None, box: tuple[float, float, float, float] | None,
) -> str | None:  # fmt: skip
    """The proposals over the zones; gives the key of the one that was pressed on the map."""
    asked = urlencode({"street": street, "target": target, "main": main or []}, doseq=True)
    as_of = "".join(one.key[:2] for one in found.found)[:64]
    opened = bundle.mount(
        "map", urls, key="proposals_map", mode="proposals", picked=picked, bounds=box,
        height=420 if state.is_phone() else 640, rows_url=f"/zones/proposals.geojson?{asked}&v={as_of}",
        **bundle.common(say, urls, "map", "proposals_map"),
    ).open  # fmt: skip
    return opened["id"] if opened and opened["kind"] == "proposal" else None
