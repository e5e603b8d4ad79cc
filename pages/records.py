"""Records: a list that one may narrow and share by its address."""

import streamlit as st

from domain.filters import RecordFilter
from ui import shell, state
from wiring import services

actor, say = shell.actor(), shell.say()
shell.title(say("page.records"))
found, total = services().records.search(RecordFilter(text=state.asked("q")), actor)
for record in found[:20]:
    issue = services().catalogue.get(record.issue_type)
    st.page_link("pages/one_record.py", label=f"{record.number} · {issue.zh} · {record.zone_name or ''}",
                 query_params={"id": record.number})  # fmt: skip
