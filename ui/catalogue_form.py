"""The form for one entry in the trade's words, Chinese and English beside each other; refusals stand at their field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy import changes
from domain.policy.changes import Tables
from domain.policy.entry_fields import FORMS, TILES, Field
from i18n import Words
from ui import catalogue_words as words
from ui import facts, state
from ui.forms import Fields


def draw(
    fields: Fields, family: str, section: str, part: str, entry: Mapping[str, Any], tables: Tables, say: Words
) -> dict[str, Any]:
    """Draws every field with what the entry holds; gives what now stands in them, by path. part: fields of one inner
    table alone."""
    flat, typed = changes.flat(entry), dict[str, Any]()
    specs = [spec for spec in FORMS[family, section] if spec.path.startswith(part)]
    at = 0
    while at < len(specs):
        spec = specs[at]
        is_pair = at + 1 < len(specs) and spec.path.endswith("zh") and specs[at + 1].path == spec.path[:-2] + "en"
        row = specs[at : at + 2] if is_pair else _row(specs, at)
        at += len(row)
        for column, one in zip(st.columns(len(row), vertical_alignment="bottom") if len(row) > 1 else [st.container()],
                               row, strict=True):  # fmt: skip
            with column:
                typed |= _draw(fields, one, flat, entry, tables, say)
        for one in row:
            if say.has(about := f"catalogue.about_{one.path.replace('.', '_')}"):
                facts.note(say(about))
    return typed


def _row(specs: Sequence[Field], at: int) -> Sequence[Field]:
    """Fields that belong on one line: those of one inner table or of one small kind, at most three."""
    small = ("whole", "number", "flag", "pick", "day")
    end = at + 1
    while end < len(specs) and end - at < 3 and specs[at].kind in small and specs[end].kind in small:
        if specs[at].path.partition(".")[0] != specs[end].path.partition(".")[0] and (
            "." in specs[at].path or "." in specs[end].path
        ):
            break
        end += 1
    return specs[at:end]


def _draw(
    fields: Fields, spec: Field, flat: Mapping[str, Any], entry: Mapping[str, Any], tables: Tables, say: Words
) -> dict[str, Any]:
    found, label = flat.get(spec.path), words.field_name(spec.path, say)
    if spec.is_optional:
        label += say("asset.optional")
    shown, key = fields.label(spec.path, label), fields.key(spec.path)
    if spec.kind == "shots":
        return {"shots": _shots(fields, shown, found or [], tables, say)}
    if spec.kind == "rows":
        return {spec.path: _rows(fields, spec, shown, found or [], say)}
    if spec.kind == "icon":
        return _icon(shown, key, entry, tables, say)
    if spec.kind in ("text", "long"):
        at_most = TILES.get(spec.path, spec.at_most)
        draw = st.text_area if spec.kind == "long" else st.text_input
        return {spec.path: draw(shown, value=str(found or ""), key=key, max_chars=at_most)}
    if spec.kind == "lines":
        return {spec.path: st.text_area(shown, value="\n".join(found or []), key=key)}
    if spec.kind == "flag":
        return {spec.path: st.checkbox(shown, value=bool(found), key=key)}
    if spec.kind == "whole":
        usual = found if isinstance(found, int) else 0 if spec.is_optional else None
        return {spec.path: st.number_input(shown, value=usual, min_value=0, max_value=10_000, step=1, key=key)}
    if spec.kind == "number":
        return {spec.path: st.number_input(shown, value=found, min_value=0.0, max_value=10_000.0, step=5.0, key=key)}
    if spec.kind == "day":
        return {spec.path: st.date_input(shown, value=found, key=key, format="YYYY-MM-DD")}
    labels = words.choices_of(spec.choices, tables, say)
    if spec.kind == "pick":
        codes = list(labels)
        return {spec.path: st.selectbox(shown, codes, index=codes.index(found) if found in codes else None, key=key,
                                        format_func=lambda code: labels.get(code, code),
                                        placeholder=say("asset.choose"))}  # fmt: skip
    if spec.kind == "units":
        return {spec.path: _units(shown, key, found or [], labels, say)}
    chosen = st.multiselect(shown, list(labels), default=[c for c in found or [] if c in labels], key=key,
                            format_func=lambda code: labels.get(code, code), placeholder=say("asset.choose"))  # fmt: skip
    return {spec.path: _in_order(chosen, found or [])}


def _in_order(chosen: Sequence[str], found: Sequence[str]) -> list[str]:
    """What stood there keeps its order, what is new comes after it: choosing again what was there changes nothing."""
    return [code for code in found if code in chosen] + [code for code in chosen if code not in found]


def _units(
    shown: str, key: str, found: Sequence[Mapping[str, Any]], labels: Mapping[str, str], say: Words
) -> list[Any]:
    """Departments in their order; a note that narrows one stays with it."""
    known = {each["code"]: dict(each) for each in found}
    noted = {
        code: f"{labels.get(code, code)}（{each['note_zh']}）" for code, each in known.items() if each.get("note_zh")
    }
    chosen = st.multiselect(shown, list(labels), default=[c for c in known if c in labels], key=key,
                            format_func=lambda code: noted.get(code, labels.get(code, code)),
                            placeholder=say("asset.choose"))  # fmt: skip
    return [known.get(code, {"code": code}) for code in _in_order(chosen, list(known))]


def _icon(shown: str, key: str, entry: Mapping[str, Any], tables: Tables, say: Words) -> dict[str, Any]:
    """Signs that the phone has; each with the one that stands for it on the pages."""
    known: dict[str, str] = {}
    for family, section in (("issues", "types"), ("assets", "categories")):
        for each in changes.entries(tables, family, section).values():
            known.setdefault(each["icon"], each["material"])
    if entry.get("icon"):
        known.setdefault(entry["icon"], entry["material"])
    codes = list(known)
    index = codes.index(entry["icon"]) if entry.get("icon") in codes else None
    chosen = st.selectbox(shown, codes, index=index, key=key, placeholder=say("asset.choose"))
    return {"icon": chosen, "material": known.get(chosen or "", "")}


def _shots(fields: Fields, shown: str, found: Sequence[Mapping[str, Any]], tables: Tables, say: Words) -> list[Any]:
    """An ordered list: each shot with its flag and its own hint, moved, added and taken out by buttons."""
    labels = {code: words.named(each, code, say) for code, each in changes.entries(tables, "issues", "shots").items()}
    name = f"{fields.name}.{fields.round}.shot_rows"
    rows: list[tuple[int, dict[str, Any]]] = state.kept(name) or [(i, dict(each)) for i, each in enumerate(found)]
    state.keep(name, rows)
    st.markdown(f"**{shown}**")
    typed = []
    for place, (number, usual) in enumerate(rows):
        with st.container(border=True):
            codes = list(labels)
            code = st.selectbox(say("catalogue.shot_n", n=place + 1), codes, key=fields.key(f"shot.{number}.code"),
                                index=codes.index(usual["code"]) if usual.get("code") in codes else None,
                                format_func=lambda c: labels.get(c, c), placeholder=say("asset.choose"))  # fmt: skip
            with st.container(horizontal=True, vertical_alignment="center"):
                required = st.checkbox(say("catalogue.required"), value=bool(usual.get("required")),
                                       key=fields.key(f"shot.{number}.required"))  # fmt: skip
                for sign, way, told in (("arrow_upward", -1, "up"), ("arrow_downward", 1, "down"), ("close", 0, "out")):
                    edge = (way == -1 and place == 0) or (way == 1 and place == len(rows) - 1)
                    st.button(f":material/{sign}:", key=fields.key(f"shot.{number}.{told}"), disabled=edge,
                              help=say(f"catalogue.shot_{told}"), on_click=_move, args=(name, place, way))  # fmt: skip
            usual_hint = changes.entries(tables, "issues", "shots").get(code or "", {})
            zh, en = st.columns(2)
            hints = {
                lang: column.text_input(say(f"catalogue.hint_{lang}"), value=str(usual.get(f"hint_{lang}", "")),
                                        placeholder=str(usual_hint.get(f"hint_{lang}", "")), max_chars=90,
                                        key=fields.key(f"shot.{number}.hint_{lang}")).strip()
                for lang, column in (("zh", zh), ("en", en))
            }  # fmt: skip
        made: dict[str, Any] = {"code": code or "", "required": required}
        typed.append(made | {f"hint_{lang}": text for lang, text in hints.items() if text})
    st.button(say("catalogue.shot_add"), icon=":material/add:", key=fields.key("shot.add"), on_click=_add, args=(name,))
    return typed


def _move(name: str, place: int, way: int) -> None:
    rows = list(state.kept(name))
    row = rows.pop(place)
    if way:
        rows.insert(place + way, row)
    state.keep(name, rows)


def _add(name: str) -> None:
    rows = list(state.kept(name))
    state.keep(name, [*rows, (max((n for n, _ in rows), default=-1) + 1, {"required": False})])


def _rows(fields: Fields, spec: Field, shown: str, found: Sequence[Mapping[str, Any]], say: Words) -> list[Any]:
    """A small table: rows may be added, changed, put away; what its columns do not show stays with the code."""
    st.markdown(f"**{shown}**")
    name = f"{fields.name}.{fields.round}.{spec.path}.opened"
    opened: list[dict[str, Any]] = state.kept(name) or [dict(each) for each in found]
    state.keep(name, opened)
    frame = pd.DataFrame(
        [{c: each.get(c, "") for c in spec.columns} for each in opened], columns=list(spec.columns), dtype=str
    )
    config = {c: st.column_config.TextColumn(words.field_name(f"row_{c}", say)) for c in spec.columns}
    typed = st.data_editor(frame, column_config=config, hide_index=True, num_rows="dynamic", key=fields.key(spec.path))
    known = {each["code"]: each for each in opened}
    made = []
    for row in typed.to_dict("records"):
        cells = {c: str(row[c]).strip() for c in spec.columns if row.get(c) not in (None, "") and str(row[c]).strip()}
        kept = {k: v for k, v in known.get(cells.get("code", ""), {}).items() if k not in spec.columns}
        made.append({**cells, **kept})
    return made
