"""Proposals for zones out of a street's roads: choose how large and what is never crossed, look, pick one, draw on."""

import streamlit as st

from domain.errors import Invalid
from domain.proposals import TARGET_AT_LEAST, TARGET_AT_MOST, TARGET_USUAL
from ui import facts, forms, proposals, shell, state
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
streets = {area.area_id: area.name for area in office.proposals.streets(actor)}
if not streets:
    facts.head(say("proposals.title"), say=say)
    facts.told(say("proposals.no_streets"), "muted", "alt_route")
    st.stop()
street = forms.asked_choice("street", list(streets))
target = proposals.asked_target(TARGET_USUAL, TARGET_AT_LEAST, TARGET_AT_MOST)
main = state.asked_many("main") or None
try:
    found = office.proposals.propose(street, actor, target=target, main=main)
except Invalid as refused:
    facts.head(say("proposals.title"), say=say)
    facts.told(shell.sentence(refused, say), "warn", "info")
    st.stop()
facts.head(proposals.answer(found, say), above=f"{streets[street]} · {say('proposals.title')}",
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
facts.note(say("proposals.what"))
with st.container(horizontal=True, vertical_alignment="bottom"):
    if len(streets) > 1:
        forms.choice(say("proposals.street"), streets, key="street")
    proposals.target_field(target, TARGET_AT_LEAST, TARGET_AT_MOST, say)
    proposals.main_field(found, say)
left, right = st.columns([62, 38], gap="large")
with right:
    row = proposals.listed(found, f"{street}_{target}_{main}", say)
    picked = next((one for one in found.found if one.key == state.asked("find")), None)
    if picked:
        proposals.about(picked, street, target, main, say)
    proposals.left_out(found, say)
with left:
    pressed = proposals.proposals_map(found, office.bundles.urls, say, street=street, target=target, main=main,
                                      picked=picked.key if picked else None, box=office.topology.box(street, actor))  # fmt: skip
if (wanted := pressed or row) and wanted != state.asked("find"):
    state.remember(find=wanted)
    st.rerun()
