"""Draw a zone: the polygon on the map, its division over the grids beside it, saved as a draft version."""

import streamlit as st

from domain.policy.zones import load_zones
from ui import bundle, shell, state
from wiring import services

actor, say = shell.actor(), shell.say()
urls = services().bundles.urls
found = bundle.mount(
    "map",
    urls,
    key="draw",
    mode="draw",
    bounds=state.asked_box() or services().places.bounds(actor),
    kinds=load_zones().as_json(),
    height="calc(100dvh - 90px)",
    **bundle.common(say, urls, "map", "draw"),
)
if found.saved:
    st.success(say("draw.draw_title") + f": {found.saved['name']}")
