"""The first screen: the sentence its reader came for, the one action, then what is new. What stands here goes by role."""

import streamlit as st

from domain.filters import AssetFilter
from domain.policy.assets import findings
from ui import facts, first_steps, reminders, shell, state, today
from wiring import now, services

actor, say = shell.actor(), shell.say()
office = services()


def may(action: str) -> bool:
    return office.permissions.allows(actor, action)


def verify() -> None:
    """Runs before the next draw; what was found stays until somebody checks again."""
    state.keep("verified", (office.history.verify_as(actor), now()))


day = office.records.day(actor) if may("record.read") else None
covered = office.coverage.per("street", actor) if actor.has_role(*today.SEES_THE_CITY) else None
held = office.assets.search(AssetFilter(), actor) if may("asset.write") else None
steps = office.first_steps.open(actor) if may("ops.read") else None
opening = first_steps.opening(steps, say) if steps else today.opening(actor, day, covered, held, findings, say)
shell_sample = bool(state.kept("is_sample"))
facts.head(opening.title, is_sample=shell_sample, say=say)
if opening.note:
    facts.lead(opening.note)

if steps:
    first_steps.draw(steps, office.public_url, say)
if may("record.report"):
    today.report_button(is_first=opening.code == "report", say=say)
to_day = now().astimezone(office.timezone).date().isoformat()
open_pages = frozenset(page for page, permission, *_ in shell.PAGES if may(permission))
reminders.draw(office.reminders.open(actor), to_day, open_pages, say)
if held is not None:
    today.assets(held, findings, is_first=opening.code == "assets", say=say)
if covered is not None:
    today.coverage(covered, is_first=opening.code == "managed", say=say)
if may("history.verify"):
    st.button(say("today.verify"), key="go_verify", type="secondary" if steps else "primary",
              icon=":material/verified_user:", on_click=shell.attempt, args=(verify,))  # fmt: skip
    today.verified(state.kept("verified"), office.timezone, say)
    today.queue(office.queue.waiting(), say)
    if may("people.read") and not steps:
        st.page_link("pages/people.py", label=say("today.people"), icon=":material/group:")
if day is not None:
    opened = today.news(actor, day, office.catalogue, office.policy.issues_of, office.timezone, say)
    if opened:
        st.switch_page("pages/one_record.py", query_params={"id": opened})
