"""Layers in from files, looked at on the map before anything is stored, and out again."""

import streamlit as st

from domain.errors import NotFound
from domain.layers import LayerImport
from ui import facts, layer_choices, layer_desk, layer_sheet, shell, state
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
imports = office.layer_imports


def change(found: LayerImport, **values) -> None:
    shell.attempt(imports.change, found.id, found.revision, values, actor)


def leave() -> None:
    state.remember(**{"import": None})
    for name in ("row", "repair"):
        state.take(f"layer_{name}")


def close(found: LayerImport) -> None:
    shell.attempt(imports.close, found.id, actor)
    leave()


@st.fragment(run_every=1.0)
def watch(import_id: str) -> None:
    """Only this part is drawn again while a run goes on; the rest of the page stays free."""
    with shell.refusals(say):
        found = imports.get(import_id, actor)
        if not found.is_under_way:
            st.rerun()
        layer_sheet.progress(found, say)


def draw_sheet(found: LayerImport) -> None:
    """Progress and notes have a place of their own, so that the map below stays where it is when they come and go."""
    above, desk = st.container(key="slg.layer_above"), st.container(key="slg.layer_desk")
    with above:
        if found.is_under_way:
            watch(found.id)
        if found.state == "storing" or not found.summary:
            return
        layer_sheet.refusal(found, say, "warn")
        layer_choices.blockers(found, say)
        kept, blockers = layer_sheet.kept(found), found.summary["blockers"]
        if found.state == "ready" and not kept and not blockers:
            facts.told(say("layers.nothing_new"), "ok", "check_circle")
        with st.container(horizontal=True, vertical_alignment="center", key="slg.layer_actions"):
            if kept or blockers:
                st.button(say("layers.save", n=kept), type="primary", icon=":material/save:", key="slg.layer_save",
                          disabled=found.state != "ready" or bool(blockers),
                          on_click=shell.attempt, args=(imports.confirm, found.id, found.revision, actor))  # fmt: skip
            layer_choices.actions(found, lambda **values: change(found, **values), say)
            st.button(say("layers.close"), type="tertiary", on_click=close, args=(found,), key="slg.layer_close")
    left, right = desk.columns([60, 40], gap="large")
    with right:
        layer_choices.all_of_them(found, lambda **values: change(found, **values), say)
    with left:
        pressed = layer_sheet.rows_map(found, office.bundles.urls, say, picked=state.kept("layer_row"),
                                       repair=state.kept("layer_repair"))  # fmt: skip
        layer_sheet.about_row(found, pressed or state.kept("layer_row"), say)
        row = layer_sheet.problems(found, say)
        layer_sheet.origin(found, say)
    if row != state.kept("layer_row"):
        state.keep("layer_row", row)
        st.rerun()


def draw_desk() -> None:
    facts.head(say("layers.title"), is_sample=bool(state.kept("is_sample")), say=say)
    if brought := layer_desk.bring(say):
        state.remember(**{"import": brought})
        st.rerun()
    if lately := imports.recent(actor):
        facts.section(say("layers.lately"))
        layer_desk.recent(lately, office.timezone, say)
    facts.section(say("layers.there"))
    layer_desk.there(imports.overview(actor), office.timezone, say, is_sample=bool(state.kept("is_sample")))


try:
    found = imports.get(asked, actor) if (asked := state.asked("import")) else None
except NotFound:
    found = None
if found is None:
    draw_desk()
else:
    above = say("layers.above", layer=say(f"layers.name_{found.layer}"), file=found.file_name)
    facts.head(layer_sheet.answer(found, say), above=above, is_sample=bool(state.kept("is_sample")), say=say)
    if found.is_open:
        draw_sheet(found)
    else:
        layer_sheet.ended(found, lambda **values: change(found, **values), say)
        st.button(say("layers.another"), on_click=shell.attempt, args=(leave,), key="slg.layer_another", type="primary")
