"""One record: what was seen, where, with which photos, and its history."""

import streamlit as st

from ui import shell, state
from wiring import services

actor, say = shell.actor(), shell.say()
record = services().records.get(state.asked("id"), actor)
shell.title(record.number)
for photo in record.photos:
    st.markdown(f"![{photo.shot}](/api/v1/photos/{photo.id}/view)")
for entry in services().records.history(record.id, actor):
    st.text(f"{entry.at} {entry.actor_name} {entry.action} {entry.hash[:12]}")
