"""What is not drawn right yet: findings by kind over the map, the worst first, and the repair of one of them."""

import streamlit as st

from domain.errors import Conflict, NotFound, Refused
from domain.topology import BASES
from ui import facts, forms, shell, state, topology
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
lines = office.topology
streets = {area.area_id: area.name for area in lines.streets(actor)}
if len(streets) != 1:
    streets = {"": say("topology.all_streets" if streets else "topology.everywhere"), **streets}
asked = state.asked("street")
street = asked if asked in streets else next(iter(streets))
basis = forms.asked_choice("basis", BASES)
found = lines.report(street or None, actor, basis=basis)


def keep(key: str, choice: str) -> None:
    version_id = topology.version_id(key, choice)
    version, is_new = lines.repair(key, choice, version_id, actor, basis=basis)
    state.keep("topology_saved", (version.name, version.version, is_new, version.area_id))


def put_aside(key: str) -> None:
    fields = forms.Fields(f"topology_aside.{key}", say)
    try:
        office.set_asides.put(key, fields.typed().get("reason") or "", actor, basis=basis)
    except Refused as refused:
        fields.refuse({refused.field or "reason": shell.sentence(refused, say)})
    else:
        fields.clear()


facts.head(topology.answer(found, say), above=topology.above(found, streets[street], office.timezone, say),
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
topology.lead(found, say)
topology.saved(state.take("topology_saved"), say)
with st.container(horizontal=True, vertical_alignment="bottom", key="slg.topology_asks"):
    if len(streets) > 1:
        forms.choice(say("topology.street"), streets, key="street")
    forms.switch(say("topology.basis"), {code: say(f"topology.basis_{code}") for code in BASES}, key="basis")
kind = topology.kinds(found, say)

picked, choices, repair = None, (), None
try:
    if key := state.asked("find"):
        picked, choices = lines.choices(key, actor, basis=basis)
except (Conflict, NotFound) as gone:
    facts.told(shell.sentence(gone, say), "warn", "info")
left, right = st.columns([58, 42], gap="large")
with right.container(key="slg.topology_desk"):
    aside = found.aside(picked.key) if picked else None
    if picked and aside:
        may = office.set_asides.may(picked.key, actor, basis=basis)
        topology.aside(picked, aside, may, office.timezone, say=say, on_back=lambda: shell.attempt(
            lambda key: office.set_asides.take_back(key, actor, basis=basis), picked.key))  # fmt: skip
    elif picked:
        choice = topology.about(picked, choices, office.policy.now().zones, say)
        if choice:
            with shell.refusals(say):
                repair = lines.preview(picked.key, choice, actor, basis=basis)
                topology.before_and_after(repair, office.policy.now().zones, say)
                st.button(say("topology.save"), type="primary", icon=":material/save:", key="slg.topology_save",
                          on_click=shell.attempt, args=(keep, picked.key, choice))  # fmt: skip
                facts.note(say("topology.save_note"))
        topology.to_draw(picked, choices, say)
        topology.aside_form(forms.Fields(f"topology_aside.{picked.key}", say),
                            office.set_asides.may(picked.key, actor, basis=basis),
                            on_put=lambda: put_aside(picked.key), say=say)  # fmt: skip
    table = f"{street}_{basis}_{kind}_{found.asides}"  # another table when rows leave or come: no row stays pressed
    row = topology.listed(found.group(kind), table, say)
    row = topology.listed_aside(found.group(kind), table, office.timezone, say) or row
with left:
    box = office.places.bounds(actor) if not (asked and street) else lines.box(street, actor)
    pressed = topology.findings_map(found, office.bundles.urls, say, street=street, basis=basis, box=box,
                                    picked=picked.key if picked else None, repair=repair)  # fmt: skip
with st.expander(say("topology.how_counted"), icon=":material/functions:"):
    topology.how(say)
if (wanted := pressed or row) and wanted != state.asked("find"):
    state.remember(find=wanted)
    st.rerun()
