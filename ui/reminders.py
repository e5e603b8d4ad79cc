"""What waits for this person, one sentence each, a few of a kind and the rest counted."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from domain.reminders import Reminder
from i18n import Words
from ui import facts
from ui.markup import el, icon

OF_A_KIND_AT_MOST = 4
# kind: its sign and the page that settles it
LEADS = {
    "contract_ends": ("event_busy", "asset", "open_assets"),
    "originals_late": ("cloud_upload", "records", "open_records"),
    "calendar_unknown": ("calendar_month", "calendar", "open_calendar"),
    "backup_old": ("backup", "operations", "open_operations"),
    "backup_none": ("backup", "operations", "open_operations"),
    "verify_found": ("gpp_bad", "operations", "open_operations"),
    "jobs_given_up": ("build", "operations", "open_operations"),
}


def draw(found: Sequence[Reminder], today: str, may_open: frozenset[str], say: Words) -> None:
    """today: YYYY-MM-DD in the office's time. Nothing is drawn when nothing waits."""
    if not found:
        return
    facts.section(say("reminder.title"))
    for kind in dict.fromkeys(one.kind for one in found):
        sign, page, lead = LEADS.get(kind, ("notifications", "", ""))
        ours = [one for one in found if one.kind == kind]
        lines = [el("li", icon(sign), el("span", sentence(one, today, say))) for one in ours[:OF_A_KIND_AT_MOST]]
        st.html(el("ul", lines, class_="slg-waits"))
        left = len(ours) - OF_A_KIND_AT_MOST
        if page in may_open or left > 0:
            with st.container(horizontal=True):
                if left > 0:
                    st.caption(say("reminder.more", n=left))
                if page in may_open:
                    st.page_link(f"pages/{page}.py", label=say(f"reminder.{lead}"), icon=":material/arrow_forward:")


def sentence(found: Reminder, today: str, say: Words) -> str:
    """The reminder in words; one that is over says so where there are words for it."""
    key = f"reminder.{found.kind}"
    if found.kind == "contract_ends" and (found.due_on or today) < today:
        key = "reminder.contract_ended"
    if found.kind == "originals_late" and "who" in found.facts:
        key = "reminder.originals_late_of"
    return say(key, **found.facts) if say.has(key) else found.kind
