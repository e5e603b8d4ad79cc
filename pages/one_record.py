"""One record: what was seen, where, with which photos, on what legal basis, and its history."""

import streamlit as st

from domain.errors import NotFound, NotSignedIn, Refused
from ui import bundle, facts, filters, forms, own_record, photos, record_facts, shell, state, story
from wiring import services

actor, say = shell.actor(), shell.say()
office = services()
zone = office.timezone
try:
    record = office.records.get(state.asked("id"), actor)
except NotFound as refused:
    facts.head(say("record.gone"), say=say)
    facts.told(shell.sentence(refused, say), "danger", "search_off")
    filters.way_back(say)
    st.stop()

catalogue = office.policy.issues_of(record.catalogue_edition)
issue = catalogue.get(record.issue_type) if catalogue.has(record.issue_type) else None
told = office.records.story(record.id, actor)
filters.way_back(say, record.number)
record_facts.head(record, catalogue, say)
own_record.outcome()
record_facts.warnings(record, zone, say)
record_facts.relations(record, told.sightings, zone, say)
left, right = st.columns([1.62, 1], gap="medium")
with left:
    photos.viewer(record, issue, office.evidence.unchanged(record, actor), zone, say)
with right:
    record_facts.facts(record, issue, office.policy.now().zones, told.apart_m, zone, say)
    if record.lon is None or record.lat is None:
        st.caption(say("record.no_place"))
    else:
        bundle.mount("map", office.bundles.urls, key=f"place-{record.id}", mode="spot", height=240,
                     spot={"lon": record.lon, "lat": record.lat}, fix=record_facts.fix(record),
                     **bundle.common(say, office.bundles.urls, "map"))  # fmt: skip


def correct(pin):
    fields = forms.Fields(f"own_correct.{record.id}", say)
    changes = own_record.changes(fields, record, pin)
    attempt(fields, "own.corrected", lambda reason: office.own.correct(record.id, changes, reason, actor))


def withdraw():
    fields = forms.Fields(f"own_withdraw.{record.id}", say)
    attempt(fields, "own.withdrawn", lambda reason: office.own.withdraw(record.id, reason, actor))


def attempt(fields, done, act):
    try:
        act(fields.typed().get("reason") or "")
    except NotSignedIn:
        return
    except Refused as refused:
        fields.refuse({refused.field or "reason": shell.sentence(refused, say)})
    else:
        state.keep("own_told", say(done))
        fields.clear()


if office.own.may_change(record, actor):
    kinds = office.policy.now().issues
    own_record.correction(
        forms.Fields(f"own_correct.{record.id}", say), record, kinds, office.bundles.urls, correct, say
    )
    own_record.withdrawal(forms.Fields(f"own_withdraw.{record.id}", say), record, withdraw, say)
story.history(told.entries, told.is_whole, record, issue, catalogue, zone, say)
if issue:
    story.laws(issue, catalogue, record.catalogue_edition, told.due, zone, say)
if told.may_take_originals:
    record_facts.originals(record, issue, say)
