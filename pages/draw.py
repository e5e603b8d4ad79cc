"""Draw a zone: the polygon on the map, its division over the grids beside it, saved as a draft version."""

from dataclasses import asdict

import streamlit as st

from domain.errors import Conflict, Invalid, NotFound
from domain.proposals import TARGET_AT_LEAST, TARGET_AT_MOST, TARGET_USUAL
from ui import bundle, facts, proposals, shell, state
from wiring import services

st.set_page_config(initial_sidebar_state="collapsed")  # a tablet needs its whole width for the map
actor, say, office = shell.actor(), shell.say(), services()
urls = office.bundles.urls
zone_id, proposal = state.asked("zone"), state.asked("proposal")


def opened():
    """What is drawn on: a zone, a proposal out of the roads, or nothing yet."""
    if zone_id:
        return asdict(office.drawing.open(zone_id, actor))
    if proposal:
        target = proposals.asked_target(TARGET_USUAL, TARGET_AT_LEAST, TARGET_AT_MOST)
        return office.proposals.opened(state.asked("street"), proposal, state.asked_many("reasons"), actor,
                                       target=target, main=state.asked_many("main") or None)  # fmt: skip
    return None


try:
    zone = opened()
except (NotFound, Conflict, Invalid) as refused:
    facts.head(say("page.draw"), say=say)
    facts.told(shell.sentence(refused, say), "danger", "search_off")
    st.stop()
found = bundle.mount(
    "map",
    urls,
    key=f"draw-{zone_id}{proposal}",
    mode="draw",
    zone=zone,
    bounds=state.asked_box() or (None if zone else office.places.bounds(actor)),
    kinds=office.policy.now().zones.as_json(office.policy.today()),
    height="calc(100dvh - 100px)",
    **bundle.common(say, urls, "map", "draw"),
)
if found.saved:
    st.success(say("draw.draw_title") + f": {found.saved['name']}")
