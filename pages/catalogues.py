"""The catalogues: every list of the policy, one entry in a form, the draft, its editions, an upgrade to look through."""

import streamlit as st

from domain.errors import Refused
from ui import catalogue_entry, catalogue_lists, facts, forms, shell, state
from ui import catalogue_words as words
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
seen, today, local = office.catalogues.overview(actor), office.policy.today(), office.timezone


def attempt(told: str, deed, *args, **more) -> bool:
    """One deed; what came of it is told on the next run, a refusal at its field."""
    try:
        deed(*args, actor=actor, **more)
    except Refused as refused:
        field = refused.field if refused.field in ("note", "from_day") else ""
        state.keep("adopt_refusals", {field: words.refusal(refused, seen.tables, say)})
        return False
    state.keep("adopt_refusals", {})
    state.keep("catalogue_told", told)
    return True


def adopt() -> None:
    day = state.kept("adopt_day") if state.kept("adopt_when") == "day" else None
    if state.kept("adopt_when") == "day" and day is None:
        return state.keep("adopt_refusals", {"from_day": say("catalogue.day_missing")})
    told = say("catalogue.planned", day=day.isoformat()) if day and day > today else say("catalogue.adopted")
    attempt(told, office.catalogues.adopt, state.kept("adopt_note") or "", seen=seen.token, from_day=day)


def draft() -> None:
    if not seen.draft and not seen.draft_base:
        return facts.told(say("catalogue.draft_none"), "muted", "draft")
    if seen.draft_base:
        facts.told(say("catalogue.draft_upgrades", edition=seen.draft_base), "muted", "upgrade")
    for change in seen.lost:
        name = words.entry_name(*change.place, seen.tables, say)
        facts.told(say("catalogue.lost", entry=name, field=words.field_name(change.field, say)), "warn", "call_split")
    catalogue_lists.differences(seen.changes, seen.tables, say)
    if seen.refusal:
        facts.told(words.refusal(seen.refusal, seen.tables, say), "danger", "error")
    catalogue_lists.adopt_form(state.kept("adopt_refusals") or {}, today, adopt, say)
    sure = st.checkbox(say("catalogue.discard_sure"), key="slg.discard_sure")
    st.button(say("catalogue.discard", n=len(seen.changes)), disabled=not sure, key="slg.discard",
              on_click=lambda: attempt(say("catalogue.discarded"), office.catalogues.discard, seen=seen.token))  # fmt: skip


def entries() -> None:
    family, section, part = catalogue_lists.which_list(say)
    if code := state.asked("entry"):
        return catalogue_entry.draw(office.catalogues, family, section, part, code, seen, actor, say)
    if family == "zones" and section == "modes":
        st.caption(say("catalogue.modes_note"))
    if part:
        st.caption(say("catalogue.limits_note"))
    rows = office.catalogues.rows(family, section, actor)
    if pressed := catalogue_lists.table(rows, family, section, part, seen.tables, say):
        catalogue_entry.open_entry(pressed)
        st.rerun()


facts.head(say("catalogue.title"), above=say("catalogue.above", edition=seen.current.edition),
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
if told := state.take("catalogue_told"):
    facts.told(told, "ok", "check_circle")
if seen.unfit:
    facts.told(say("catalogue.unfit", why=words.refusal(seen.unfit, seen.tables, say)), "danger", "error")
for each in seen.planned:
    day = each.in_force_from.astimezone(local).date().isoformat() if each.in_force_from else ""
    facts.told(say("catalogue.planned_line", edition=each.edition, day=day, note=each.note), "muted", "event_upcoming")
views = {"entries": say("catalogue.view_entries"), "draft": say("catalogue.view_draft", n=len(seen.draft)),
         "editions": say("catalogue.view_editions")} | (
    {"upgrade": say("catalogue.view_upgrade")} if seen.upgrade_to else {})  # fmt: skip
if seen.upgrade_to:
    facts.told(say("catalogue.upgrade_waits", edition=seen.upgrade_to), "warn", "upgrade")
match forms.switch(say("catalogue.view"), views, key="view"):
    case "draft":
        draft()
    case "editions":
        catalogue_lists.editions(seen.editions, lambda edition: attempt(say("catalogue.withdrawn"),
                                 office.catalogues.withdraw, edition), seen.tables, local, say)  # fmt: skip
    case "upgrade":
        catalogue_lists.upgrade(office.catalogues.upgrade(actor), seen.upgrade_to or "", seen.tables,
            lambda chosen: attempt(say("catalogue.upgrade_taken"), office.catalogues.take_upgrade, chosen), say)  # fmt: skip
    case _:
        entries()
if refused := (state.kept("adopt_refusals") or {}).get("") if state.asked("view") != "draft" else None:
    facts.told(refused, "danger", "error")
