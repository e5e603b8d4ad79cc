"""Draw a zone: the polygon on the map, its division over the grids beside it, saved as a draft version."""

from dataclasses import asdict

import streamlit as st

from domain.errors import NotFound
from ui import bundle, facts, shell, state
from wiring import services

st.set_page_config(initial_sidebar_state="collapsed")  # a tablet needs its whole width for the map
actor, say, office = shell.actor(), shell.say(), services()
urls = office.bundles.urls
zone_id = state.asked("zone")
try:
    zone = asdict(office.drawing.open(zone_id, actor)) if zone_id else None
except NotFound as refused:
    facts.head(say("page.draw"), say=say)
    facts.told(shell.sentence(refused, say), "danger", "search_off")
    st.stop()
found = bundle.mount(
    "map",
    urls,
    key=f"draw-{zone_id}",
    mode="draw",
    zone=zone,
    bounds=state.asked_box() or (None if zone else office.places.bounds(actor)),
    kinds=office.policy.now().zones.as_json(office.policy.today()),
    height="calc(100dvh - 100px)",
    **bundle.common(say, urls, "map", "draw"),
)
if found.saved:
    st.success(say("draw.draw_title") + f": {found.saved['name']}")
