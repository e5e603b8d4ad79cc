"""Draw a zone: the polygon on the map, its division over the grids beside it, saved as a draft version."""

import streamlit as st

from ui import bundle, shell, state
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
urls = office.bundles.urls
found = bundle.mount(
    "map",
    urls,
    key="draw",
    mode="draw",
    bounds=state.asked_box() or office.places.bounds(actor),
    kinds=office.policy.now().zones.as_json(office.policy.today()),
    height="calc(100dvh - 90px)",
    **bundle.common(say, urls, "map", "draw"),
)
if found.saved:
    st.success(say("draw.draw_title") + f": {found.saved['name']}")
