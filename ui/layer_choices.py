"""What a person decides about a file: how its numbers are meant, which column is which, what is mended, what became of codes.

Each control hands a change to `change(**values)`, which has the file read again; nothing here stores anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from domain.layers import FIELDS, LayerImport
from i18n import Words
from ui import facts, state
from ui.layer_sheet import field

Change = Callable[..., None]
DATUMS = ("wgs84", "gcj02", "bd09")
FRAMES = ("EPSG:4326", "EPSG:4490", "EPSG:4549", "EPSG:4528", "EPSG:3857", "EPSG:4548", "EPSG:4550", "EPSG:32651")
LINEAGE_AT_MOST = 30


def frame(found: LayerImport, change: Change, say: Words) -> None:
    """Coordinate system and datum: the guess, its reason in plain words, and the choice."""
    summary = found.summary or {}
    guess, used, choices = summary["guess"], summary["frame"], found.choices
    is_asked = any(b["code"] in ("layer_frame_unsure", "layer_swapped") for b in summary["blockers"])
    facts.section(say("layers.where"), say("layers.to_say") if is_asked and choices.get("datum") is None else None,
                  tone="warn", sign="help")  # fmt: skip
    for reason in guess["reasons"]:
        tone = {"fits_known": "ok", "told_by_file": "muted", "degrees": "muted", "metres": "muted"}.get(reason, "warn")
        sign = {"ok": "check_circle", "muted": "info", "warn": "near_me"}[tone]
        facts.told(say(f"layers.{reason}", **{"off_m": "", **guess["facts"]}), tone, sign)
    key = f"slg.datum_{found.id}_{found.revision}"
    chosen = choices.get("datum") or (used["datum"] if guess["is_sure"] else None)
    st.radio(
        say("layers.datum"), DATUMS, index=DATUMS.index(chosen) if chosen else None, key=key,
        format_func=lambda d: _datum(d, guess, say), on_change=lambda: change(datum=state.kept(key.removeprefix("slg."))),
    )  # fmt: skip
    facts.note(say("layers.datum_note"))
    swap = f"slg.swap_{found.id}_{found.revision}"
    if "swapped" in guess["reasons"] and choices.get("is_swapped") is None:
        left, right = st.columns(2)
        left.button(
            say("layers.swap_yes"), on_click=change, kwargs={"is_swapped": True}, key=f"{swap}_yes", width="stretch"
        )
        right.button(
            say("layers.swap_no"), on_click=change, kwargs={"is_swapped": False}, key=f"{swap}_no", width="stretch"
        )
    else:
        st.checkbox(say("layers.swap"), used["is_swapped"], key=swap,
                    on_change=lambda: change(is_swapped=bool(state.kept(swap.removeprefix("slg.")))))  # fmt: skip
    crs_of(found, change, say, used["crs"])


def crs_of(found: LayerImport, change: Change, say: Words, used: str | None) -> None:
    """The coordinate system by its common name; a rare one keeps its own."""
    codes = list(FRAMES) if used in FRAMES or not used else [used, *FRAMES]
    key = f"slg.crs_{found.id}_{found.revision}"
    st.selectbox(
        say("layers.crs"), codes, index=codes.index(used) if used else None, key=key,
        format_func=lambda code: _crs(code, say), placeholder=say("layers.crs_hint"),
        on_change=lambda: change(crs=state.kept(key.removeprefix("slg."))),
    )  # fmt: skip


def _datum(datum: str, guess: dict[str, Any], say: Words) -> str:
    word = say(f"layers.datum_{datum}")
    return say("layers.looks_right", datum=word) if datum == guess["datum"] and not guess["is_sure"] and any(
        reason.startswith("looks_like") for reason in guess["reasons"]) else word  # fmt: skip


def _crs(code: str, say: Words) -> str:
    name = f"layers.crs_{code.removeprefix('EPSG:')}"
    return f"{say(name)} · {code}" if say.has(name) else code[:60]


def columns(found: LayerImport, change: Change, say: Words) -> None:
    """Which column of the file fills which field."""
    summary = found.summary or {}
    mapping, samples = summary["mapping"], {c["name"]: c["samples"] for c in summary["columns"]}
    pairs = "，".join(f"{field(name, say)} = {column}" for name, column in mapping.items())
    is_poor = found.layer in ("street", "community", "grid", "zone") and not {"code", "name"} & set(mapping)
    facts.section(say("layers.columns_head"))
    facts.note(pairs or say("layers.no_columns"))
    with st.expander(say("layers.columns_change"), expanded=is_poor, key=f"slg.columns_{found.id}"):
        for name in FIELDS[found.layer]:
            key = f"slg.column_{found.id}_{found.revision}_{name}"
            st.selectbox(
                field(name, say), ["", *samples], index=["", *samples].index(mapping.get(name, "")), key=key,
                format_func=lambda column: _column(column, samples, say),
                on_change=lambda name=name, key=key: change(columns={name: state.kept(key.removeprefix("slg.")) or ""}),
            )  # fmt: skip


def _column(column: str, samples: dict[str, list[str]], say: Words) -> str:
    if not column:
        return say("layers.column_none")
    return f"{column}（{'、'.join(samples[column])}）" if samples[column] else column


def repairs(
    found: LayerImport, change: Change, show: Callable[[str | None], None], shown: str | None, say: Words
) -> None:
    """What can be mended, kind by kind: how many rows, before and after on the map, yes or no."""
    summary, chosen = found.summary or {}, list(found.choices.get("repairs") or [])
    offered = {**summary["repairs"], **summary["repaired"]}
    if not offered:
        return
    facts.section(say("layers.repairs"))
    for name, count in offered.items():
        is_made = name in chosen
        with st.container(horizontal=True, vertical_alignment="center", key=f"slg.repair_{name}"):
            st.html(f"<b>{say('layers.repair_row', name=say(f'layers.{name}'), n=count)}</b>")
            if name in ("make_valid", "keep_polygons"):
                st.button(say("layers.repair_hide" if shown == name else "layers.repair_show"), type="tertiary",
                          on_click=show, args=(None if shown == name else name,), key=f"slg.repair_show_{name}")  # fmt: skip
            st.button(say("layers.repair_undo" if is_made else "layers.repair_do", n=count), on_click=change,
                      kwargs={"repairs": {name: not is_made}}, key=f"slg.repair_do_{name}")  # fmt: skip


def lineage(found: LayerImport, change: Change, say: Words) -> None:
    """Codes that vanish beside new ones over the same ground: renamed, split or merged, if the officer says so."""
    accepted = [{**line, "is_accepted": True} for line in found.choices.get("lineage") or []]
    offered = [{**line, "is_accepted": False} for line in (found.summary or {})["proposals"]]
    every = sorted([*accepted, *offered], key=lambda line: line["old"])
    if not every:
        return
    facts.section(say("layers.lineage", n=len(every)))
    facts.note(say("layers.lineage_note"))
    if len(offered) > 1:
        st.button(say("layers.lineage_all", n=len(offered)), on_click=change, key="slg.lineage_all",
                  kwargs={"lineage": [{**_bare(line), "is_accepted": True} for line in every]})  # fmt: skip
    for i, line in enumerate(every[:LINEAGE_AT_MOST]):
        key = f"slg.lineage_{found.id}_{found.revision}_{i}"
        st.checkbox(_lineage(line, say), line["is_accepted"], key=key, on_change=lambda line=line, key=key: change(
            lineage=[{**_bare(line), "is_accepted": bool(state.kept(key.removeprefix("slg.")))}]))  # fmt: skip
    if len(every) > LINEAGE_AT_MOST:
        facts.note(say("layers.more", count=len(every) - LINEAGE_AT_MOST))


def _bare(line: dict[str, Any]) -> dict[str, Any]:
    return {"old": line["old"], "new": line["new"]}


def _lineage(line: dict[str, Any], say: Words) -> str:
    old, new = line["old"], line["new"]
    relation = "recoded" if len(old) == len(new) == 1 else "split" if len(old) == 1 else "merged"
    return say(f"layers.was_{relation}", old="、".join(old), new="、".join(new))


def actions(found: LayerImport, change: Change, say: Words) -> None:
    """Leave the rows out that cannot be stored, or take them in again."""
    bad = (found.summary or {})["counts"]["bad"]
    if found.choices.get("leave_out"):
        st.button(say("layers.leave_undo"), on_click=change, kwargs={"leave_out": False}, key="slg.layer_leave")
    elif bad:
        st.button(say("layers.leave_out", n=bad), on_click=change, kwargs={"leave_out": True}, key="slg.layer_leave")


def blockers(found: LayerImport, say: Words) -> None:
    """What keeps it from being stored as it is, in one line."""
    told = [
        say(f"layers.must_{one['code']}", **{"bad": "", **one["facts"]}) for one in (found.summary or {})["blockers"]
    ]
    if told:
        facts.told(say("layers.must", what=say("layers.must_join").join(told)), "warn", "front_hand")


def all_of_them(found: LayerImport, change: Change, say: Words) -> None:
    frame(found, change, say)
    lineage(found, change, say)
    repairs(found, change, lambda name: state.keep("layer_repair", name), state.kept("layer_repair"), say)
    columns(found, change, say)
