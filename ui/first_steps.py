"""A city of one's own, step by step: what is there already, what comes next, and the way to it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from i18n import Words
from ui import facts, state
from ui.markup import join
from ui.today import Opening


def opening(found: Any, say: Words) -> Opening:
    """found: FirstSteps. Before a city can work, this is what its administrator came for."""
    return Opening("steps", say("first_steps.title", n=found.left), say("first_steps.note"))


def draw(found: Any, public_url: str, say: Words) -> None:
    """found: FirstSteps. public_url: of the app, "" when nobody set it."""
    draw_step = {"layers": _layers, "people": _people, "phones": _phones, "backup": _backup}
    for number, (name, is_done) in enumerate(found.done.items(), 1):
        tone, sign = ("ok", "check_circle") if is_done else ("warn", "radio_button_unchecked")
        facts.section(say(f"first_steps.{name}", number=number), say("first_steps.done" if is_done else "first_steps.open"),
                      tone=tone, sign=sign)  # fmt: skip
        draw_step[name](found, public_url, say)


def _layers(found: Any, _: str, say: Words) -> None:
    facts.note(say("first_steps.layers_note"))
    with st.container(horizontal=True):
        for layer, count in found.layers.items():
            label = say("first_steps.layer", layer=say(f"layers.name_{layer}"), n=f"{count:,}")
            sign = ":material/check_circle:" if count else ":material/radio_button_unchecked:"
            st.page_link("pages/layers.py", label=label, icon=sign, query_params={"layer": layer})


def _people(found: Any, _: str, say: Words) -> None:
    facts.note(say("first_steps.people_note" if found.people else "first_steps.people_none", n=found.people))
    st.page_link("pages/people.py", label=say("today.people"), icon=":material/group:")


def _phones(found: Any, public_url: str, say: Words) -> None:
    address = f"{public_url or state.origin()}/capture/"
    facts.lead(join(say("first_steps.phones_how"), " ", facts.mono(address)))
    facts.note(say("first_steps.phones_note" if found.phones else "first_steps.phones_none", n=found.phones))
    if not found.is_tls:
        facts.told(say("first_steps.phones_http"), "warn", "lock_open")


def _backup(found: Any, _: str, say: Words) -> None:
    facts.note(say("first_steps.backup_on" if found.backs_up else "operations.backup_off"))
    st.page_link("pages/operations.py", label=say("reminder.open_operations"), icon=":material/monitor_heart:")
