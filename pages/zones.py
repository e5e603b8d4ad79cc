"""The zones of a street or of the city: what is in force, what is a draft, what crosses grids, what nobody manages."""

import streamlit as st

from ui import facts, forms, shell, state, zone_list
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
words = office.policy.now().zones
own = {held.scope_id for held in actor.assignments}
areas = sorted(office.places.choices("street", actor), key=lambda area: area.area_id not in own)
streets = {area.area_id: area.name for area in areas}
in_all = {"all": say("zones.all_streets")}
choices = {**streets, **in_all} if own & set(streets) else {**in_all, **streets}

facts.head(
    say("zones.title"), above=shell.where_of(office, actor, say), is_sample=bool(state.kept("is_sample")), say=say
)
counted = st.container()  # what wants attention stands above the choices
with st.container(horizontal=True, vertical_alignment="bottom"):
    show = forms.switch(say("zones.show"), {s: say(f"zones.show_{s}") for s in zone_list.SHOWS}, key="show")
    street = forms.choice(say("zones.which_street"), choices, key="street")
    text = st.text_input(say("zones.search"), key="slg.zones_text") or ""
chosen = None if street == "all" else street
lines = office.zone_division.lines(chosen, actor)
found = zone_list.narrowed(lines, show, text, words)
if office.permissions.allows(actor, "zone.draft"):
    st.page_link("pages/draw.py", label=say("zones.draw"), icon=":material/polyline:")
    st.page_link("pages/proposals.py", label=say("proposals.go"), icon=":material/alt_route:",
                 query_params={"street": street} if chosen else None)  # fmt: skip
if office.permissions.allows(actor, "zone.decide"):
    if sum(line.draft is not None for line in lines) > 1:
        st.page_link("pages/zone_drafts.py", label=say("zone_drafts.go"), icon=":material/done_all:",
                     query_params={"street": street} if chosen else None)  # fmt: skip
    zone_list.successions(office.zone_successions.waiting(actor), say)
if lines:
    with counted:
        facts.lead(zone_list.counted(lines, words, say))
else:
    facts.told(say("zones.none"), "muted", "polyline")
if found:
    zone_list.rows(found, words, say, names_street=chosen is None)
elif lines:
    facts.told(say("zones.none_found"), "muted", "search_off")
if any(line.in_force for line in lines):
    zone_list.downloads(chosen, say)
