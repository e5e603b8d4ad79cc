"""The city on one map: zones by mode, grids, buildings, and the records one may see."""

import streamlit as st

from ui import bundle, facts, shell, state
from wiring import services

actor, say = shell.actor(), shell.say()
urls = services().bundles.urls
facts.head(say("page.map"), is_sample=state.kept("is_sample"), say=say)
found = bundle.mount(
    "map",
    urls,
    key="map",
    mode="view",
    bounds=state.asked_box() or services().places.bounds(actor),
    records_query="" if services().permissions.allows(actor, "record.read") else None,
    selected={"layer": "zone", "id": zone} if (zone := state.asked("zone")) else None,
    height="calc(100dvh - 150px)",
    **bundle.common(say, urls, "map"),
)
opened = found.open
if opened and opened["kind"] == "record":
    st.switch_page("pages/one_record.py", query_params={"id": opened["id"]})
