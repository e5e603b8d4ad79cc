"""The office's working days and hours: what differs from Monday to Friday, and which years are known."""

from datetime import date

import streamlit as st

from domain.errors import Refused
from ui import facts, shell, state, tables
from wiring import now, services

actor, say, office = shell.actor(), shell.say(), services()
today = now().astimezone(office.timezone).date()


def attempt(change, told: str) -> None:
    """One change; what came of it is told on the next run."""
    try:
        change()
        state.keep("calendar_told", ("ok", told))
    except Refused as refused:
        state.keep("calendar_told", ("danger", shell.sentence(refused, say)))


def set_day() -> None:
    day: date = state.kept("calendar_day")
    working = state.kept("calendar_kind") == "working"
    attempt(lambda: office.calendar.set_day(day, is_working=working, name=state.kept("calendar_name"), actor=actor),
            say("calendar.day_set", day=day.isoformat()))  # fmt: skip


facts.head(say("calendar.title"), is_sample=bool(state.kept("is_sample")), say=say)
year = st.selectbox(say("calendar.year"), range(today.year - 2, today.year + 3), index=2, key="calendar_year")
days, is_provisional, hours = office.calendar.year(year, actor)
told = state.take("calendar_told")
if told:
    facts.told(told[1], told[0], "check_circle" if told[0] == "ok" else "block")
if is_provisional:
    facts.told(say("calendar.provisional", year=year), "warn", "hourglass_empty")
    st.button(say("calendar.confirm", year=year), on_click=attempt, key="calendar_confirm",
              args=(lambda: office.calendar.confirm_year(year, actor), say("calendar.confirmed", year=year)))  # fmt: skip

left, right = st.columns([1.4, 1], gap="large")
with left:
    st.caption(say("calendar.differs", n=len(days)))
    tables.calendar(days, say)
with right:
    with st.form("calendar_form", border=True):
        usual = today if today.year == year else date(year, 1, 1)
        st.date_input(say("calendar.day"), usual, min_value=date(year, 1, 1), max_value=date(year, 12, 31),
                      key="slg.calendar_day", format="YYYY-MM-DD")  # fmt: skip
        st.radio(say("calendar.kind"), ("free", "working"), key="slg.calendar_kind", horizontal=True,
                 format_func=lambda kind: say(f"calendar.{kind}"))  # fmt: skip
        st.text_input(say("calendar.name"), key="slg.calendar_name", max_chars=80)
        st.form_submit_button(say("calendar.save_day"), on_click=set_day, type="primary")
    with st.form("calendar_hours_form", border=True):
        st.text_input(say("calendar.hours"), hours, key="slg.calendar_hours", help=say("calendar.hours_note"))
        st.form_submit_button(
            say("calendar.save_hours"),
            on_click=lambda: attempt(
                lambda: office.calendar.set_hours(state.kept("calendar_hours"), actor), say("calendar.hours_set")
            ),
        )
