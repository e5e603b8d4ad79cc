"""What the operator's page draws: what waits, backup and check, the queue, the timetable, the machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy.timetable import job_kinds
from i18n import Words
from ui import facts, tables, times
from ui.markup import el

STATES = ("queued", "running", "done", "failed", "dropped")
FAILED_AT_MOST = 10
EVERY_DAY = -1  # a choice of its own: Streamlit shows no label for None
Press = Callable[..., None]


def head(status: Any, *, is_sample: bool, say: Words) -> None:
    """One sentence, then what waits."""
    n = len(status.troubles)
    facts.head(say("operations.title_waits", n=n) if n else say("operations.title_ok"), is_sample=is_sample, say=say)
    for trouble in sorted(status.troubles, key=lambda t: t.tone):
        facts.told(
            say(f"operations.{trouble.code}", **trouble.facts),
            trouble.tone,
            "error" if trouble.tone == "danger" else "warning",
        )


def backup(status: Any, entry: Any, zone: tzinfo, say: Words) -> None:
    facts.section(say("operations.backup"))
    last = status.last_backup
    if last is None:
        facts.told(say("operations.backup_none"), "muted", "backup")
    rows = []
    if last is not None:
        found = last.facts
        what = say("operations.backup_what", mb=f"{found['database_bytes'] / 1e6:,.1f}", originals=f"{found['originals']:,}",
                   copied=f"{found['copied']:,}")  # fmt: skip
        what += say("operations.backup_mended", n=found["mended"]) if found.get("mended") else ""
        when = say("operations.backup_at", at=times.moment(last.at, zone), span=times.span(last.seconds, say))
        rows = [
            (say("operations.backup_last"), when),
            ("", what),
            (say("operations.backup_where"), facts.mono(found["folder"])),
        ]
    if entry is not None and entry.next_due:
        rows.append((say("operations.backup_next"), times.moment(entry.next_due, zone)))
    facts.facts(rows)


def checked(status: Any, entry: Any, zone: tzinfo, say: Words) -> None:
    last = status.last_verify
    if last is None:
        facts.section(say("operations.verify"))
        facts.told(say("operations.verify_none"), "muted", "verified_user")
    else:
        found = last.facts
        is_clean = not found["found"]
        beside = say("operations.verify_clean") if is_clean else say("operations.verify_dirty", n=found["found"])
        facts.section(say("operations.verify"), beside, tone="ok" if is_clean else "danger",
                      sign="verified_user" if is_clean else "gpp_bad")  # fmt: skip
        what = say(
            "operations.verify_what",
            links=f"{found['links']:,}",
            photos=f"{found['photos']:,}",
            days=found["checkpoints"],
        )
        when = say("operations.verify_at", at=times.moment(last.at, zone), span=times.span(last.seconds, say))
        rows = [(say("operations.backup_last"), when), ("", what)]
        if entry is not None and entry.next_due:
            rows.append((say("operations.backup_next"), times.moment(entry.next_due, zone)))
        facts.facts(rows)
        lines = [
            el("li", el("span", say(f"verify.{one['code']}") if say.has(f"verify.{one['code']}") else one["code"], class_="by"),
               facts.mono(f"{one['subject']} {one['detail']}"))
            for one in found["findings"]
        ]  # fmt: skip
        if lines:
            st.html(el("ol", lines, class_="slg-story slg-wide"))


def queue(status: Any, say: Words) -> None:
    waits = sum(states.get("queued", 0) + states.get("running", 0) for states in status.queue.values())
    beside = (
        say("operations.queue_oldest", span=times.span(status.oldest_wait_s, say)) if status.oldest_wait_s else None
    )
    facts.section(say("operations.queue"), beside)
    if not waits:
        facts.note(say("operations.queue_none"))
    if not status.queue:
        return
    shown = [s for s in STATES if s != "dropped" or any(states.get(s) for states in status.queue.values())]
    frame = pd.DataFrame(
        [[kind(code, say), *(states.get(s, 0) for s in shown)] for code, states in sorted(status.queue.items())],
        columns=["kind", *shown],
    )
    labels = {"kind": "kind", "failed": "failed_n"}
    config = {name: st.column_config.Column(say(f"operations.{labels.get(name, name)}")) for name in frame.columns}
    st.dataframe(frame, column_config=config, hide_index=True, height=tables.HEAD_PX + tables.ROW_PX * len(frame),
                 row_height=tables.ROW_PX)  # fmt: skip


def failed(status: Any, zone: tzinfo, say: Words, again: Press | None, drop: Press | None) -> None:
    """Each with its reason in words, and as it came."""
    if status.failed:
        facts.section(say("operations.failed_title"))
    for job in status.failed[:FAILED_AT_MOST]:
        with st.container(border=True):
            when = say("operations.tries", n=job.attempts, at=times.moment(job.done_at, zone))
            st.html(el("p", el("strong", kind(job.kind, say)), " · ", when, class_="slg-lead"))
            facts.lead(reason(job.error, say))
            with st.expander(say("operations.raw_error")):
                st.html(el("p", f"{job.key}\n{job.error or ''}", class_="slg-error"))
            if again is not None and drop is not None:
                with st.container(horizontal=True):
                    st.button(say("operations.again", kind=kind(job.kind, say)), key=f"again-{job.serial}",
                              icon=":material/replay:", on_click=again, args=(job.serial,))  # fmt: skip
                    st.button(say("operations.drop", kind=kind(job.kind, say)), key=f"drop-{job.serial}",
                              icon=":material/close:", on_click=drop, args=(job.serial,))  # fmt: skip
    if status.struggling:
        facts.section(say("operations.struggling"))
        lines = [
            el("li", el("span", kind(job.kind, say), class_="by"),
               el("span", say("operations.struggling_note", n=job.attempts, at=times.moment(job.run_after, zone)), class_="did"),
               el("span", reason(job.error, say), class_="did"))
            for job in status.struggling[:FAILED_AT_MOST]
        ]  # fmt: skip
        st.html(el("ol", lines, class_="slg-story slg-wide"))


def reason(error: str | None, say: Words) -> str:
    """A stored error as a sentence where it is one of our codes, with whatever facts it kept."""
    code, _, rest = (error or "").partition(" ")
    if not say.has(f"refused.{code}"):
        return say("refused.broken")
    kept = dict(pair.split("=", 1) for pair in rest.split(", ") if "=" in pair)
    try:
        return say.refusal((code,), None, kept)
    except (KeyError, IndexError):
        return say("refused.busy")


def timetable(entries: Sequence[Any], zone: tzinfo, say: Words) -> None:
    facts.section(say("operations.timetable"))
    facts.note(say("operations.timetable_note"))
    rows = []
    for entry in entries:
        after = say("operations.switched_off") if not entry.slot.is_on else say("operations.cannot")
        if entry.next_due:
            after = say("operations.due", at=times.moment(entry.next_due, zone))
        rows.append((entry.kind.name(say.lang), [rhythm(entry, say), el("br"), facts.dim(after)]))
    facts.facts(rows)


def rhythm(entry: Any, say: Words) -> str:
    if entry.kind.every_minutes:
        return say("operations.every_minutes", n=entry.kind.every_minutes)
    if entry.slot.weekday is None:
        return say("operations.every_day", at=entry.slot.at)
    day = say("operations.weekdays").split(",")[entry.slot.weekday]
    return say("operations.every_week", day=day, at=entry.slot.at)


def change(entries: Sequence[Any], say: Words, save: Press, start: Press) -> None:
    """Pick a line, change it, or have it done now. The fields belong to the line, so that picking another shows its own."""
    by_code = {entry.kind.code: entry for entry in entries}
    code = st.selectbox(say("operations.which"), list(by_code), key="slg.slot_kind",
                        format_func=lambda c: by_code[c].kind.name(say.lang))  # fmt: skip
    entry = by_code[code]
    names = [say("operations.any_day"), *say("operations.weekdays").split(",")]
    with st.form("timetable_form", border=False):
        st.toggle(say("operations.is_on"), entry.slot.is_on, key=f"slg.slot_on_{code}")
        if not entry.kind.every_minutes:
            st.text_input(say("operations.at"), entry.slot.at, key=f"slg.slot_at_{code}", max_chars=5)
            st.selectbox(say("operations.weekday"), [EVERY_DAY, *range(7)], key=f"slg.slot_day_{code}",
                         index=0 if entry.slot.weekday is None else entry.slot.weekday + 1,
                         format_func=lambda d: names[d + 1])  # fmt: skip
        st.form_submit_button(say("operations.save"), on_click=save, args=(code,), type="primary")
    if entry.can_run:
        st.button(
            say("operations.start"), key=f"start-{code}", icon=":material/play_arrow:", on_click=start, args=(code,)
        )


def machine(status: Any, zone: tzinfo, say: Words) -> None:
    facts.section(say("operations.about"))
    base = status.database
    clock = (
        say("operations.clock_same")
        if base.clock_off_s is None
        else say("operations.seconds", n=f"{base.clock_off_s:+.2f}")
    )
    facts.facts([
        (say("operations.app"), status.app), (say("operations.schema"), base.schema),
        ("Python", status.python), ("Streamlit", status.streamlit),
        (say("operations.database"), f"{base.engine} {base.version}"), (say("operations.geometry"), base.geometry),
        (say("operations.size"), f"{base.size_bytes / 1e6:,.1f} MB"),
        (say("operations.uptime"), times.span(status.uptime_s, say)),
        (say("operations.sessions"), say("operations.sessions_n", n=status.sessions)),
        (say("operations.certificate"), times.moment(status.certificate_ends, zone)),
        (say("operations.clock"), clock),
        *((say(f"operations.disk_{room.name}"),
           [say("operations.disk_free", free=f"{room.free / 1e9:,.1f}", total=f"{room.total / 1e9:,.1f}"), el("br"),
            facts.mono(room.path)]) for room in status.rooms),
    ])  # fmt: skip


def kind(code: str, say: Words) -> str:
    return job_kinds()[code].name(say.lang) if code in job_kinds() else code
