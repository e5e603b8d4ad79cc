"""Records: a list, a table or a map that one may narrow and share by its address."""

import streamlit as st

from ui import bundle, facts, filters, photos, shell, state, tables
from wiring import now, services

actor, say = shell.actor(), shell.say()
office = services()
kinds = office.catalogue.types
sees_all = office.permissions.reach(actor, "record.read").everything
streets = office.places.choices("street", actor) if sees_all else []
choice = filters.asked(kinds, streets)
view = filters.question(choice, now(), actor.person_id)
found, total = office.records.search(view, actor)
filters.keep_address()

facts.head(say("records.title"), is_sample=bool(state.kept("is_sample")), say=say)
filters.controls(choice, kinds, streets, say, may_report=office.permissions.allows(actor, "record.report"))
with st.container(horizontal=True, vertical_alignment="center", key="list_head"):
    filters.view_switch(choice, say)
    if total:
        st.caption(say("records.count_found" if choice.narrows else "records.count", n=total))

opened = None
if not total:
    facts.told(filters.nothing(choice, say), "muted", "search_off" if choice.narrows else "photo_camera")
    if choice.narrows:
        filters.loosen(choice, say)
elif choice.view == "map":
    shown = bundle.mount("map", office.bundles.urls, key="records_map", mode="view", height="calc(100dvh - 260px)",
                         bounds=office.places.bounds(actor), records_query=filters.map_query(view),
                         **bundle.common(say, office.bundles.urls, "map"))  # fmt: skip
    st.caption(say("records.unplaced"))
    opened = shown.open["id"] if shown.open and shown.open["kind"] == "record" else None
elif not found:
    facts.told(say("records.empty_page"), "muted", "last_page")
    filters.to_first_page(say)
elif choice.view == "table":
    st.caption(say("records.table_note"))
    opened = tables.records(found, office.policy.issues_of, office.timezone, say, key="records_table")
else:
    opened = photos.cards(found, office.policy.issues_of, office.timezone, say, key="records_cards")
if choice.view != "map" and found:
    filters.pages(choice, total, say)
if office.permissions.allows(actor, "track.read"):
    st.page_link("pages/track.py", label=say("page.track"), icon=":material/route:")
if opened:
    st.switch_page("pages/one_record.py", query_params={"id": opened})
