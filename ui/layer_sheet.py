"""One file like a sheet on the desk: the answer, the map, how its numbers are meant, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from domain.layers import PLURAL, LayerImport
from i18n import Words
from ui import bundle, facts, state
from ui.chips import chip
from ui.markup import el

ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 10
PLURAL_OF = {layer: plural for plural, layer in PLURAL.items()}


def answer(found: LayerImport, say: Words) -> str:
    """The one sentence that its reader came for."""
    summary = found.summary
    if found.state == "storing":
        return say("layers.storing", n=kept(found))
    if found.state == "stored":
        return say("layers.stored_head", n=(found.stored or {}).get("new", 0) + (found.stored or {}).get("changed", 0),
                   layer=say(f"layers.name_{found.layer}"))  # fmt: skip
    if found.state == "refused":
        return say("layers.refused_head")
    if found.state == "closed":
        return say("layers.closed_head")
    if not summary:
        return say("layers.reading_head")
    counts = summary["counts"]
    parts = [say(f"layers.part_{fate}", n=counts[fate]) for fate in ("new", "changed", "same", "bad") if counts[fate]]
    return say("layers.answer", rows=summary["rows"], parts=say("layers.and").join(parts))


def kept(found: LayerImport) -> int:
    counts = (found.summary or {}).get("counts", {})
    return counts.get("new", 0) + counts.get("changed", 0)


def progress(found: LayerImport, say: Words) -> None:
    """How far a run is; drawn again every second while it runs."""
    step, done, of = (found.progress.get(name) for name in ("step", "done", "of"))
    share = min(1.0, done / of) if of else 0.0
    if found.state == "storing":
        share = 0.4 * share if step != "store" else 0.4 + 0.6 * share
    word = say(f"layers.step_{step}") if step and say.has(f"layers.step_{step}") else say("layers.step_waits")
    count = say("layers.step_count", done=done, of=of) if step == "store" and of else ""
    st.progress(share, f"{word}{count}")


def rows_map(
    found: LayerImport, urls: dict[str, str], say: Words, *, picked: int | None, repair: str | None
) -> int | None:
    """The file's rows over what is in force; gives the row that was pressed on the map."""
    datum = found.choices.get("datum")
    address = f"/layers/imports/{found.id}/rows.geojson?v={found.revision}{'' if found.state == 'ready' else 'r'}"
    opened = bundle.mount(
        "map", urls, key=f"layer_map_{found.id}", mode="rows", layer=PLURAL_OF[found.layer], picked=picked,
        repair=repair, bounds=(found.summary or {}).get("bounds"), height=320 if state.is_phone() else 560,
        rows_url=f"{address}&datum={datum}" if datum else address, **bundle.common(say, urls, "map", "layer_map"),
    ).open  # fmt: skip
    return opened["id"] if opened and opened["kind"] == "row" else None


def problems(found: LayerImport, say: Words) -> int | None:
    """Rows with something to tell, those that cannot be stored first; gives the row that was pressed."""
    told = (found.summary or {}).get("problems", [])
    total = (found.summary or {}).get("problem_count", 0)
    facts.section(say("layers.problems", n=total))
    if not told:
        facts.told(say("layers.no_problems"), "ok", "check_circle")
        return None
    frame = pd.DataFrame({
        "row": [p["row"] for p in told], "key": [p["key"] or p["name"] for p in told],
        "fate": [say("layers.sheet_noted" if p["is_note"] else "layers.sheet_bad") for p in told],
        "said": [say.refusal((p["code"],), p["field"], p["facts"]) for p in told],
        "field": [field(p["field"], say) for p in told],
        "repair": [say(f"layers.{p['repair']}") if p["repair"] else "" for p in told],
    })  # fmt: skip
    column = st.column_config
    config: dict[str, Any] = {name: column.TextColumn(say(f"layers.sheet_{name}")) for name in frame.columns}
    config["row"] = column.NumberColumn(say("layers.sheet_row"), width="small")
    config["fate"] = column.TextColumn(say("layers.sheet_kept"), width="small")
    config["said"] = column.TextColumn(say("layers.sheet_said"), width="large")
    event = st.dataframe(
        frame, column_config=config, hide_index=True, row_height=ROW_PX, key=f"slg.problems_{found.id}_{found.revision}",
        height=HEAD_PX + ROW_PX * min(len(frame), TALL_ROWS) + 2, on_select="rerun", selection_mode="single-cell",
    )  # fmt: skip
    more = say("layers.more_problems", n=total - len(told)) + " " if total > len(told) else ""
    sheet = el("a", say("layers.all_problems"), href=f"/api/v1/layers/imports/{found.id}/problems.xlsx", download=True)
    st.html(el("p", more, sheet, class_="slg-note"))
    cells = event.selection.cells
    return told[cells[0][0]]["row"] if cells and cells[0][0] < len(told) else None


def field(name: str | None, say: Words) -> str:
    return say(f"layers.field_{name}") if name and say.has(f"layers.field_{name}") else name or ""


def about_row(found: LayerImport, number: int | None, say: Words) -> None:
    """What is wrong with the row that was pressed on the map."""
    told = [p for p in (found.summary or {}).get("problems", []) if p["row"] == number]
    for problem in told[:3]:
        sentence = say.refusal((problem["code"],), problem["field"], problem["facts"])
        facts.told(say("layers.row", index=number, code=problem["key"], said=sentence),
                   "muted" if problem["is_note"] else "danger", "info" if problem["is_note"] else "error")  # fmt: skip


def refusal(found: LayerImport, say: Words, tone: str = "danger") -> None:
    told = found.refusal
    if told:
        facts.told(say.refusal((told["code"], told["family"]), told["field"], told["facts"]), tone,
                   "error" if tone == "danger" else "warning")  # fmt: skip


def stored(found: LayerImport, say: Words) -> None:
    """What was kept, and what it means for the work."""
    told: Mapping[str, Any] = found.stored or {}
    facts.told(say("layers.stored", **{name: told.get(name, 0) for name in ("new", "changed", "same", "left_out", "links")}),
               "ok", "check_circle")  # fmt: skip
    if found.layer == "zone" and told.get("new", 0) + told.get("changed", 0):
        facts.told(say("layers.drafts"), "warn", "edit_note")
    if told.get("buildings_placed"):
        facts.told(say("layers.placed", count=told["buildings_placed"]), "muted", "apartment")


def origin(found: LayerImport, say: Words) -> None:
    """Small facts about the file: format, letters, what it does not name."""
    summary = found.summary or {}
    marks = [chip(str(summary.get("format", "")).upper())]
    if summary.get("encoding"):
        marks.append(
            chip(
                say(
                    "layers.encoding",
                    encoding=summary["encoding"],
                    reason=say(f"layers.by_{summary['encoding_reason']}"),
                )
            )
        )
    if summary.get("missing"):
        marks.append(chip(say("layers.missing", n=summary["missing"])))
    st.html(el("div", marks, class_="slg-row"))


def ended(found: LayerImport, change: Any, say: Words) -> None:
    """Stored, refused or closed: what came of it, and the one question that may still be open."""
    if found.state == "stored":
        stored(found, say)
        st.page_link("pages/map.py", label=say("layers.see_map"), icon=":material/map:")
        return
    refusal(found, say)
    if found.state != "refused" or not found.refusal:
        return
    code, told = found.refusal["code"], found.refusal["facts"]
    key = f"slg.refused_{found.id}_{found.revision}"
    if code == "layer_choose" and told.get("each"):
        st.selectbox(say("layers.file_layer"), told["each"], index=None, key=key, placeholder=say("layers.file_layer_hint"),
                     on_change=lambda: change(file_layer=state.kept(key.removeprefix("slg."))))  # fmt: skip
    elif code in ("layer_frame_unknown", "layer_crs_unknown", "layer_outside_country", "layer_outside_city"):
        from ui.layer_choices import crs_of

        crs_of(found, change, say, found.choices.get("crs"))
