"""A record's history in words, link by link, and the laws behind its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import streamlit as st

from domain.policy.catalogue import Catalogue
from domain.policy.clock import Due
from domain.policy.issue import IssueType
from domain.records import HistoryEntry, Record
from i18n import Words
from ui import facts, times
from ui.markup import el, icon
from ui.photos import kind_name, short_hash, shot_name

NAMED, SHOWN_AT_MOST = ("issue_type", "building", "unit", "floor", "plate", "note"), 60


def history(
    entries: Sequence[HistoryEntry], is_whole: bool, record: Record, issue: IssueType | None, catalogue: Catalogue,
    zone: tzinfo, say: Words,
) -> None:  # fmt: skip
    """Newest first; beside the title whether the chain still holds, judged by whoever read it."""
    if is_whole:
        facts.section(say("record.history"), say("record.chain_whole", n=len(entries)), tone="ok", sign="verified_user")
    else:
        facts.section(say("record.history"), say("record.chain_broken"), tone="danger", sign="gpp_bad")
    drawings = frozenset(photo.sha256 for photo in record.photos if photo.derived_from)
    lines = [
        el("li", el("time", times.moment(entry.at, zone), class_="at"),
           el("span", entry.actor_name or say("record.nobody"), class_="by"),
           el("span", did(entry, drawings, issue, catalogue, say), class_="did"),
           el("span", icon("link"), short_hash(entry.hash), class_="link slg-mono", title=entry.hash))
        for entry in reversed(entries)
    ]  # fmt: skip
    st.html(el("ol", lines, class_="slg-story"))


def did(
    entry: HistoryEntry, drawings: frozenset[str], issue: IssueType | None, catalogue: Catalogue, say: Words
) -> str:
    """What happened, in words; an action that has no words yet is shown by its code. drawings: their hashes."""
    told = entry.payload
    is_drawing = entry.action == "photo.kept" and told.get("sha256") in drawings
    key = "action.drawing_kept" if is_drawing else "action." + entry.action.replace(".", "_")
    if not say.has(key):
        return entry.action
    known = {
        "number": told.get("number", ""), "reason": told.get("reason", ""), "hash": short_hash(told.get("sha256", "")),
        "shot": shot_name(told.get("shot", ""), issue, say),
        "name": told.get("name", ""),
        "changes": _changes(told, catalogue, say) if "after" in told else "",
    }  # fmt: skip
    return say(key, **known)


def _changes(told: Mapping[str, Any], catalogue: Catalogue, say: Words) -> str:
    """Both versions of what a correction changed: 楼层 “1” → “2”."""

    def shown(name: str, value: Any) -> str:
        if name == "issue_type" and value:
            return kind_name(value, catalogue, say)
        text = str(value) if value else say("own.nothing")
        return text if len(text) <= SHOWN_AT_MOST else f"{text[:SHOWN_AT_MOST]}…"

    before, after = told["before"], told["after"]
    lines = [
        (say(f"own.{name}"), shown(name, before[name]), shown(name, after[name])) for name in NAMED if name in after
    ]
    if "pin" in after:
        old, new = told.get("zones", (None, None))
        lines.append((say("own.pin"), old or say("own.no_zone"), new or say("own.no_zone")))
    return say("own.between").join(say("own.changed", what=what, old=old, new=new) for what, old, new in lines)


def laws(issue: IssueType, catalogue: Catalogue, edition: str, due: Due | None, zone: tzinfo, say: Words) -> None:
    """Articles that were read, with the version that was read; nothing is quoted that nobody read."""
    en = say.lang == "en"
    facts.section(say("record.laws"), say("record.edition_of", edition=edition))
    facts.facts([(say("record.scheme"), issue.departments.scheme_en if en else issue.departments.scheme_zh),
                 (say("record.limit"), _limit(issue, due, zone, say))])  # fmt: skip
    lines = []
    for basis in issue.legal_basis:
        known = (say("record.law_read", version=basis.version), basis.note_en if en else basis.note_zh)
        version = ("; " if en else "；").join(part for part in known if part)
        lines.append(el("li", el("div", f"{basis.en if en else basis.zh} {basis.article}"),
                        el("div", basis.gist_en if en else basis.gist_zh), el("div", version, class_="dim")))  # fmt: skip
    if lines:
        st.html(el("ul", lines, class_="slg-laws"))
        for code in dict.fromkeys(basis.source for basis in issue.legal_basis):
            source = catalogue.sources[code]
            facts.note(say("record.law_source", source=source.en if en else source.zh))
    else:
        facts.lead(say("record.no_law"))


def _limit(issue: IssueType, due: Due | None, zone: tzinfo, say: Words) -> str:
    """The limit and the day it ends; a day counted over a year that is not known yet says so."""
    limit = issue.time_limit
    key = "record.limit_proposal" if limit.is_proposal else "record.limit_set"
    told = say(key, value=limit.value, unit=say(f"record.unit_{limit.unit}"))
    if due is None:
        return told
    return told + say("record.due_provisional" if due.is_provisional else "record.due", at=times.moment(due.at, zone),
                      year=due.at.astimezone(zone).year)  # fmt: skip
