"""For its reporter: correct a record or take it back, while nobody has taken it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from domain.policy.catalogue import Catalogue
from domain.records import Record
from i18n import Words
from ui import bundle, facts, state
from ui.forms import Fields
from ui.photos import kind_name

MAP_PX = 320
AROUND_DEG = 0.004
TEXTS = ("building", "unit", "floor", "plate", "note")


def correction(
    fields: Fields, record: Record, catalogue: Catalogue, urls: Mapping[str, str], save: Callable[[dict[str, Any]], None],
    say: Words,
) -> None:  # fmt: skip
    """The record as a form; save is called with what stands there now."""
    with st.expander(say("own.correct"), icon=":material/edit:", expanded=bool(fields.refusals)):
        if record.kind == "report":
            kinds = {kind.code: kind_name(kind.code, catalogue, say) for kind in catalogue.types}
            fields.pick("issue_type", say("records.kind"), kinds, usual=record.issue_type)
        for column, name in zip(st.columns(3), TEXTS[:3], strict=True):
            with column:
                fields.text(name, say(f"own.{name}"), usual=getattr(record, name) or "")
        fields.text("plate", say("record.plate"), usual=record.plate or "")
        fields.text("note", say("record.note"), usual=record.note or "", is_long=True)
        pin = _pin(fields, record, urls, say)
        fields.text("reason", say("own.why"), hint=say("own.why_hint"))
        if fields.refusals:
            facts.told(say("own.wrong"), "danger", "error")
        st.button(say("own.save"), type="primary", icon=":material/save:", key=f"slg.own_save.{record.id}", on_click=save,
                  args=(pin,))  # fmt: skip


def withdrawal(fields: Fields, record: Record, take_back: Callable[[], None], say: Words) -> None:
    with st.expander(say("own.withdraw"), icon=":material/undo:", expanded=bool(fields.refusals)):
        facts.note(say("own.withdraw_note"))
        fields.text("reason", say("own.why"), hint=say("own.withdraw_hint"))
        st.button(say("own.withdraw_now", number=record.number), icon=":material/undo:", on_click=take_back,
                  key=f"slg.own_withdraw.{record.id}")  # fmt: skip


def changes(fields: Fields, record: Record, pin: dict[str, Any]) -> dict[str, Any]:
    """What differs from the record."""
    typed = fields.typed()
    found = {name: typed.get(name) or "" for name in TEXTS if (typed.get(name) or "") != (getattr(record, name) or "")}
    if (chosen := typed.get("issue_type")) and chosen != record.issue_type:
        found["issue_type"] = chosen
    return {**found, **pin}


def _pin(fields: Fields, record: Record, urls: Mapping[str, str], say: Words) -> dict[str, Any]:
    """The pin only when it is to move: a map that nobody asked for costs a phone half a megabyte."""
    if not st.checkbox(say("own.move_pin"), key=fields.key("moves_pin")):
        return {}
    fields.note("pin")
    lon, lat = record.lon, record.lat
    box = (lon - AROUND_DEG, lat - AROUND_DEG, lon + AROUND_DEG, lat + AROUND_DEG) if lon and lat else None
    found = bundle.mount("map", dict(urls), key=f"own_map_{record.id}_{fields.round}", mode="place", bounds=box,
                         height=MAP_PX, **bundle.common(say, dict(urls), "map"))  # fmt: skip
    return {"pin": (found.pin["lon"], found.pin["lat"])} if found.pin else {}


def outcome() -> None:
    """What the button before this run did."""
    if told := state.take("own_told"):
        facts.told(told, "ok", "check_circle")
