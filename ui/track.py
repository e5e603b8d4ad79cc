"""Patrols of one day on a map, with the same facts in a list; who looked at one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo

import streamlit as st

from domain.records import HistoryEntry, Person
from domain.tracks import Patrol
from i18n import Words
from ui import bundle, facts, state, times
from ui.markup import el

SEEN_AT_MOST = 20


def show(patrols: Sequence[Patrol], urls: Mapping[str, str], zone: tzinfo, say: Words, *, key: str) -> None:
    """The map, and a line for each patrol."""
    lines = [[[p.lon, p.lat] for p in run] for patrol in patrols for run in patrol.lines()]
    bundle.mount("map", dict(urls), key=key, mode="track", track=lines, height=320 if state.is_phone() else 460,
                 **bundle.common(say, dict(urls), "map"))  # fmt: skip
    for patrol in patrols:
        start, end = (patrol.points[i].at.astimezone(zone).strftime("%H:%M") for i in (0, -1))
        gaps = sum(1 for _ in patrol.lines()) - 1
        key_of = "track.patrol_gaps" if gaps else "track.patrol"
        facts.note(say(key_of, start=start, end=end, n=f"{len(patrol.points):,}", gaps=gaps))


def pick_day(days: Sequence[date], say: Words, *, key: str) -> date | None:
    """One of the days, the newest first."""
    return st.selectbox(say("track.day"), days, format_func=lambda day: day.isoformat(), key=f"slg.{key}")


def pick_person(people: Sequence[Person], say: Words) -> Person | None:
    named = {person.id: f"{person.name}（{person.username}）" for person in people}
    chosen = st.selectbox(
        say("track.who"), list(named), index=None, format_func=lambda code: named.get(code, code), key="slg.track_who",
        placeholder=say("track.who_hint"),
    )  # fmt: skip
    return next((person for person in people if person.id == chosen), None)


def seen_by(seen: Sequence[HistoryEntry], zone: tzinfo, say: Words) -> None:
    """Whoever looked at one's own track, with day and reason."""
    facts.section(say("track.seen"))
    if not seen:
        facts.note(say("track.seen_none"))
        return
    told = [
        el("li", el("time", times.moment(entry.at, zone), class_="at"),
           el("span", entry.actor_name or say("record.nobody"), class_="by"),
           el("span", say("track.seen_line", day=entry.payload["day"], reason=entry.payload["reason"]), class_="did"))
        for entry in seen[:SEEN_AT_MOST]
    ]  # fmt: skip
    st.html(el("ol", told, class_="slg-story"))
