"""How the system runs: one sentence, what waits, backup and check, the queue, the timetable, the machine."""

import streamlit as st

from ui import facts, operations, shell, state
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
zone = office.timezone
may_manage = office.permissions.allows(actor, "ops.manage")


def start(kind: str) -> None:
    office.timetable.start(kind, actor)
    state.keep("operations_told", say("operations.asked", kind=operations.kind(kind, say)))


def save(kind: str) -> None:
    state.keep("timetable_open", True)  # a message above moves it, and Streamlit would draw it closed
    day = state.kept(f"slot_day_{kind}")
    office.timetable.change(kind, actor, is_on=bool(state.kept(f"slot_on_{kind}")), at=state.kept(f"slot_at_{kind}", ""),
                            weekday=None if day == operations.EVERY_DAY else day)  # fmt: skip
    state.keep("operations_told", say("operations.saved"))


def again(serial: int) -> None:
    office.operations.again(serial, actor)
    state.keep("operations_told", say("operations.again_done"))


def drop(serial: int) -> None:
    office.operations.drop(serial, actor)
    state.keep("operations_told", say("operations.drop_done"))


def press(act):
    """A button's callback that may be refused."""
    return lambda *given: shell.attempt(act, *given)


status = office.operations.status(actor)
entries = office.timetable.entries(actor)
by_code = {entry.kind.code: entry for entry in entries}
operations.head(status, is_sample=bool(state.kept("is_sample")), say=say)
if told := state.take("operations_told"):
    facts.told(told, "ok", "check_circle")
operations.failed(status, zone, say, press(again) if may_manage else None, press(drop) if may_manage else None)
left, right = st.columns(2, gap="large")
with left:
    operations.backup(status, by_code.get("backup"), zone, say)
    if may_manage and by_code["backup"].can_run:
        st.button(say("operations.backup_now"), key="backup_now", icon=":material/backup:", type="primary",
                  on_click=shell.attempt, args=(start, "backup"))  # fmt: skip
    operations.checked(status, by_code.get("verify"), zone, say)
    if may_manage:
        st.button(say("operations.verify_now"), key="verify_now", icon=":material/verified_user:",
                  on_click=shell.attempt, args=(start, "verify"))  # fmt: skip
    operations.queue(status, say)
with right:
    operations.timetable(entries, zone, say)
    if may_manage:
        with st.expander(
            say("operations.change"), icon=":material/schedule:", expanded=bool(state.kept("timetable_open"))
        ):
            operations.change(entries, say, press(save), press(start))
    operations.machine(status, zone, say)
st.button(say("operations.refresh"), key="refresh", icon=":material/refresh:")
