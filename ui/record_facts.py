"""What is known of one record, in rows: place, people, clocks, and the way to its originals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from urllib.parse import urlencode

import streamlit as st

from domain.policy.catalogue import Catalogue
from domain.policy.issue import IssueType
from domain.policy.zones import ZonePolicy
from domain.records import Record
from i18n import Words
from i18n.whereabouts import inside
from ui import chips, state, times
from ui import facts as rows
from ui.markup import Markup, el, join
from ui.photos import kind_name, shot_name

REASON_AT_LEAST, APART_AT_LEAST_M, SIGHTINGS_SHOWN = 4, 10.0, 6


def head(record: Record, catalogue: Catalogue, say: Words) -> None:
    kind = kind_name(record.issue_type, catalogue, say)
    rows.head(
        say("record.suspected", kind=kind), chips.state_chip(record.state, say), is_sample=record.is_sample, say=say
    )


def warnings(record: Record, zone: tzinfo, say: Words) -> None:
    """What its reader must know before looking: place open, photos not all here, a clock that is off."""
    if record.place_state != "settled":
        rows.told(say(f"place.{record.place_state}"), "warn", "wrong_location")
    if record.photos_kept < record.photos_expected:
        sentence = say("record.originals_short", kept=record.photos_kept, n=record.photos_expected)
        rows.told(sentence, "warn", "cloud_upload")
    if record.clock_off_s is not None and record.sent_at is not None:
        way = say("record.clock_fast" if record.clock_off_s > 0 else "record.clock_slow")
        sentence = say("record.clock_off", way=way, span=times.span(record.clock_off_s, say),
                       phone=times.precise(record.sent_at, zone), server=times.precise(record.received_at, zone))  # fmt: skip
        rows.told(sentence, "warn", "more_time")


def relations(record: Record, sightings: Sequence[Record], zone: tzinfo, say: Words) -> None:
    """What it saw again, and what saw it again."""
    if record.subject_number:
        rows.told(join(say("record.sighting_of"), " ", _link(record.subject_number)), "muted", "repeat")
    if sightings:
        seen = [
            el("span", _link(s.number), f" {times.moment(s.captured_at, zone)} ", chips.state_chip(s.state, say))
            for s in sightings[-SIGHTINGS_SHOWN:]
        ]
        rows.told(join(say("record.seen_again", n=len(sightings)), " ", *seen), "muted", "repeat")


def _link(number: str) -> Markup:
    return el("a", rows.mono(number), href="/one_record?" + urlencode({"id": number}), target="_self")


def facts(
    record: Record, issue: IssueType | None, zones: ZonePolicy, apart_m: float | None, zone: tzinfo, say: Words
) -> None:
    area = record.zone_name or say(f"place.{record.place_state}")
    place = " · ".join(part for part in (area, inside(record, say)) if part)
    rows.facts([
        (say("record.place"), place),
        (say("record.grid"), " · ".join(part for part in (record.grid_name, record.street_name) if part)),
        (say("record.mode"), _mode(record, zones, say)),
        (say("record.plate"), record.plate),
        (say("record.note"), record.note),
        (say("record.lead"), _offices(issue, say)),
        (say("record.grade"), say("record.grade_lead", who=record.reporter_name)),
        (say("record.seen"), _seen(record, zone, say)),
            (say("record.received"), times.moment(record.received_at, zone)),
        (say("record.fix"), _position(record, apart_m, say)),
    ])  # fmt: skip


def _seen(record: Record, zone: tzinfo, say: Words) -> str:
    """By our clock; what a phone said whose clock was off stands beside it."""
    ours = times.moment(record.captured_at, zone)
    if record.clock_off_s is None:
        return ours
    phone = record.captured_at + timedelta(seconds=record.clock_off_s)
    return say("record.seen_by_phone", ours=ours, phone=times.moment(phone, zone))


def fix(record: Record) -> dict[str, float | None] | None:
    """The fix for the map; None when it stood where the pin stands or there was none."""
    if record.position is None:
        return None
    return {"lon": record.position.lon, "lat": record.position.lat, "accuracy_m": record.position.accuracy_m}


def originals(record: Record, issue: IssueType | None, say: Words) -> None:
    """A reason first, then links to the untouched files; each taking leaves an entry in the history."""
    rows.section(say("record.take_original"))
    kept = [photo for photo in record.photos if photo.state == "kept"]
    if not kept:
        rows.lead(say("record.take_none"))
        return
    with st.form(f"originals-{record.id}", border=False):
        reason = st.text_input(say("record.take_why"), placeholder=say("record.reason_hint"), max_chars=200).strip()
        asked = st.form_submit_button(say("record.take"), icon=":material/download:")
    if asked and len(reason) < REASON_AT_LEAST:
        rows.told(say("refused.reason_missing"), "danger", "edit_note")
    elif asked:
        with st.container(horizontal=True):
            for photo in kept:
                link = f"/api/v1/photos/{photo.id}/original?{urlencode({'reason': reason})}"
                st.link_button(say("record.take_one", shot=shot_name(photo.shot, issue, say)), link,
                               icon=":material/download:")  # fmt: skip


def _mode(record: Record, zones: ZonePolicy, say: Words) -> Markup | None:
    mode = zones.modes.get(record.zone_mode or "")
    if mode is None:
        return None
    return el("span", chips.mode_mark(mode, state.theme()), mode.name(say.lang), class_="slg-row")


def _offices(issue: IssueType | None, say: Words) -> str | None:
    if issue is None:
        return None
    en = say.lang == "en"

    def named(units: tuple) -> str:
        return (", " if en else "、").join(unit.en if en else unit.zh for unit in units)

    return " / ".join(part for part in (named(issue.departments.lead), named(issue.departments.joint)) if part)


def _position(record: Record, apart_m: float | None, say: Words) -> Markup:
    lines = []
    found = record.position
    if found is None:
        reason = record.position_reason
        lines.append(say("record.no_fix_because", reason=reason) if reason else say("record.no_fix"))
    else:
        good = (
            say("record.fix_good", m=round(found.accuracy_m))
            if found.accuracy_m is not None
            else say("record.fix_unknown")
        )
        lines.append(good if not record.position_reason else f"{good} · {record.position_reason}")
    if apart_m is not None and apart_m >= APART_AT_LEAST_M:
        lines.append(say("record.pin_apart", m=round(apart_m)))
    at = rows.mono(f"{record.lon:.6f}, {record.lat:.6f}") if record.lon is not None and record.lat is not None else None
    return join([el("div", line) for line in lines], el("div", at) if at else None)
