"""Accounts: who may do what, and where. The administrator adds, disables and resets; the auditor reads."""

import streamlit as st

from domain.errors import Refused
from domain.records import Person
from ui import facts, logins, people_form, people_sheet, shell, state
from ui.forms import Fields
from wiring import now, services

actor, say, office = shell.actor(), shell.say(), services()
policy, today = office.policy.now(), office.policy.today()
roles, fields = policy.permissions.roles, Fields("person", say)
offered = {code: roles[code] for code in policy.permissions.offered_roles(today)}
units = {code: each.name(say.lang) for code, each in policy.offices.departments.items() if each.term.holds(today)}


def add() -> None:
    texts, assignments, missing = people_form.typed(fields)
    told = {field: say(key) for field, key in missing.items()}
    if not told:
        try:
            person, token = office.people.add(
                actor, username=texts["username"], name=texts["name"], phone=texts["phone"], assignments=assignments)  # fmt: skip
        except Refused as refused:
            told = {refused.field or "role": shell.sentence(refused, say)}
        else:
            state.keep("people_told", say("people.added", name=person.name, username=person.username))
            state.keep("people_link", people_form.link_of(office.public_url, token))
            fields.clear()
            return
    fields.refuse(told)


def switch(person: Person) -> None:
    disabled = person.disabled_at is None
    try:
        office.people.disable(actor, person.id, disabled=disabled)
        state.keep("people_told", say("people.disabled_done" if disabled else "people.enabled_done", name=person.name))
    except Refused as refused:
        state.keep("people_refused", shell.sentence(refused, say))
    state.keep("people_switch_sure", False)


def reset(person: Person) -> None:
    try:
        state.keep(
            "people_link", people_form.link_of(office.public_url, office.people.reset_password(actor, person.id))
        )
        state.keep("people_told", say("people.reset_done", name=person.name))
    except Refused as refused:
        state.keep("people_refused", shell.sentence(refused, say))
    state.keep("people_reset_sure", False)


def end(told: str, act, *args) -> None:
    try:
        act(actor, *args)
        state.keep("people_told", told)
    except Refused as refused:
        state.keep("people_refused", shell.sentence(refused, say))


def draw_open(person: Person) -> None:
    """Where the person is logged in, and what machines speak for them."""
    facts.section(say("people.open", name=person.name))
    sessions, tokens = office.account.sessions_of(actor, person.id), office.tokens.list_of(actor, person.id)
    if not sessions and not tokens:
        facts.note(say("people.open_none"))
    logins.sessions(sessions, actor.session_id, office.timezone, lambda session: end(
        say("account.login_ended"), office.account.end_session_of, person.id, session.id), say)  # fmt: skip
    logins.tokens(tokens, named, now(), office.timezone, lambda token: end(
        say("account.revoked", name=token.name), office.tokens.revoke_of, token.id), say)  # fmt: skip


def draw_identity(person: Person) -> None:
    """Whether the identity provider opens this account; it is bound at the first login by it."""
    if office.identities.of(actor, person.id):
        logins.identity(lambda: end(say("people.unbound", name=person.name), office.identities.unbind, person.id), say)


def named(code: str) -> str:
    return logins.action(office.permissions.actions, code, say)


def draw_manage(people: list[Person]) -> None:
    person = people_form.pick_one(people, say)
    if person is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        if not person.disabled_at:
            people_form.confirmed(say("people.confirm"), say("people.reset_note"), say("people.reset", name=person.name),
                                  "people_reset", reset, person)  # fmt: skip
    with right:
        if person.id == actor.person_id:
            facts.told(say("people.yourself"), "muted", "person")
        elif person.disabled_at:
            facts.told(say("people.enable_note"), "muted", "info")
            st.button(say("people.enable", name=person.name), on_click=switch, args=(person,), key="slg.people_enable")
        else:
            people_form.confirmed(say("people.confirm_disable"), say("people.disable_note"),
                                  say("people.disable", name=person.name), "people_switch", switch, person)  # fmt: skip
    draw_open(person)
    draw_identity(person)


everyone = list(office.people.list(actor))
off = sum(person.disabled_at is not None for person in everyone)
facts.head(say("people.title"), above=say("people.above", n=len(everyone), disabled=off),
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
may_manage = office.permissions.allows(actor, "people.manage")
people_form.outcome(say)
if not may_manage:
    facts.told(say("people.read_only"), "muted", "visibility")
text = st.text_input(say("people.search"), placeholder=say("people.search_hint"), key="slg.people_text").strip()[:50]
if found := people_form.matching(everyone, text, roles, say):
    people_form.table(found, roles, policy.offices, office.places.name_of(), say)
else:
    facts.told(say("people.empty_filter", text=text), "muted", "search_off")
if may_manage:
    with st.expander(say("people.add"), icon=":material/person_add:", expanded=bool(fields.refusals)):
        people_form.new(fields, offered, units, lambda layer: office.places.choices(layer, actor), say)
        st.button(say("people.save"), type="primary", on_click=add, key="slg.people_add")
    with st.expander(say("people_sheet.title"), icon=":material/group_add:", expanded=people_sheet.is_open()):
        people_sheet.draw(office.people_sheets, actor, office.public_url or state.origin(),
                          lambda refused: shell.sentence(refused, say), say)  # fmt: skip
    with st.expander(say("people.manage"), icon=":material/manage_accounts:"):
        draw_manage(everyone)
