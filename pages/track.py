"""Where one walked on patrol, for oneself; and for a written reason, where those in one's reach walked."""

import streamlit as st

from domain.errors import NotSignedIn, Refused
from domain.records import Person
from ui import facts, shell, state, track
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
zone, urls = office.timezone, office.bundles.urls


def look(person: Person, day) -> None:
    """One look, one entry in the history; what came of it is shown until another is chosen."""
    state.keep("track_shown", None)
    try:
        found = office.tracks.see(person.id, day, state.kept("track_reason") or "", actor)
    except NotSignedIn:
        return
    except Refused as refused:
        state.keep("track_told", shell.sentence(refused, say))
    else:
        state.keep("track_shown", (person.id, day, found))


def draw_own() -> None:
    mine = office.tracks.mine(actor)
    facts.section(say("track.own"))
    if not mine.days:
        facts.told(say("track.own_none"), "muted", "route")
    elif day := track.pick_day(mine.days, say, key="track_own_day"):
        track.show(office.tracks.own(day, actor), urls, zone, say, key=f"track_own_{day}")
    track.seen_by(mine.seen, zone, say)


def draw_others() -> None:
    people = office.tracks.people(actor)
    facts.section(say("track.others"))
    facts.note(say("track.others_note"))
    if not people:
        facts.told(say("track.others_none"), "muted", "route")
        return
    person = track.pick_person(people, say)
    if person is None:
        return
    day = track.pick_day(office.tracks.days(person.id, actor), say, key=f"track_day.{person.id}")
    if day is None:
        return
    st.text_input(say("track.why"), placeholder=say("track.why_hint"), key="slg.track_reason", max_chars=200)
    if told := state.take("track_told"):
        facts.told(told, "danger", "edit_note")
    st.button(say("track.look", name=person.name), type="primary", icon=":material/route:", key="slg.track_look",
              on_click=look, args=(person, day))  # fmt: skip
    shown = state.kept("track_shown")
    if shown and shown[:2] == (person.id, day):
        facts.section(say("track.of", name=person.name, day=day.isoformat()))
        track.show(shown[2], urls, zone, say, key=f"track_{person.id}_{day}")


facts.head(say("track.title"), is_sample=bool(state.kept("is_sample")), say=say)
facts.lead(say("track.lead", days=office.tracks.keep_days))
if office.permissions.allows(actor, "track.read"):
    draw_others()
if office.permissions.allows(actor, "record.report"):
    draw_own()
