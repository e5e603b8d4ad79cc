"""The lists of the catalogues, the draft as differences, the editions, and an upgrade field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy.changes import Change, Step, Tables, entries
from domain.policy.entry_fields import NO_NEW
from i18n import Words
from ui import catalogue_words as words
from ui import facts, forms, state, times
from ui.markup import Markup, el
from ui.tables import HEAD_PX, ROW_PX

TALL_ROWS = 14
STATES = {"in_force": "ok", "planned": "primary", "offered": "warn", "superseded": "muted", "withdrawn": "muted"}


def which_list(say: Words) -> tuple[str, str, str]:
    """One of words.LISTS; it stands in the address. While an entry is open it is not offered."""
    names = {name: say(f"catalogue.list_{name.replace('-', '_')}") for name in words.LISTS}
    if state.asked("entry"):
        chosen: str | None = forms.asked_choice("list", list(names))
    else:
        chosen = forms.choice(say("catalogue.which_list"), names, key="list")
    return words.LISTS[chosen or next(iter(names))]


def table(rows: Sequence[Any], family: str, section: str, part: str, tables: Tables, say: Words) -> str | None:
    """One row an entry; gives the code of the row that was pressed, "+" for a new one. part: as in words.LISTS."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(say("catalogue.search"), key="slg.cat_search", placeholder=say("catalogue.search_hint"))
        may_be_new = not part and (family, section) not in NO_NEW
        pressed = may_be_new and st.button(say("catalogue.new_entry"), icon=":material/add:", key="slg.cat_new")
    wanted = text.strip().casefold()
    found = [row for row in rows if wanted in f"{row.code} {row.zh} {row.en}".casefold()]
    if not found:
        facts.told(say("catalogue.nothing_found", text=text.strip()), "muted", "search_off")
        return "+" if pressed else None
    en = say.lang == "en"
    about = _limits(found, entries(tables, family, section), say) if part else {
        "other": [row.zh if en else row.en for row in found]}  # fmt: skip
    frame = pd.DataFrame({
        "name": [row.en if en else row.zh for row in found], **about,
        "state": [_state(row, say) for row in found], "code": [row.code for row in found],
    })  # fmt: skip
    widths = {"name": 260, "other": 300, "limit": 140, "decided": 160, "state": 220, "code": 200}
    config = {name: st.column_config.TextColumn(say(f"catalogue.col_{name}"), width=widths[name]) for name in frame}
    st.caption(say("catalogue.press_row", n=len(found)))
    event = st.dataframe(frame, column_config=config, hide_index=True, row_height=ROW_PX, on_select="rerun",
                         selection_mode="single-cell", key=f"slg.cat_rows.{state.kept('cat_round', 0)}",
                         height=HEAD_PX + ROW_PX * min(len(found), TALL_ROWS) + 2)  # fmt: skip
    cells = event.selection.cells
    return "+" if pressed else found[cells[0][0]].code if cells and cells[0][0] < len(found) else None


def _limits(rows: Sequence[Any], held: Mapping[str, Any], say: Words) -> dict[str, list[str]]:
    limits = [held[row.code]["time_limit"] for row in rows]
    return {
        "limit": [say("record.limit_set", value=x["value"], unit=say(f"record.unit_{x['unit']}")) for x in limits],
        "decided": [say("catalogue.limit_open" if x["is_proposal"] else "catalogue.limit_decided") for x in limits],
    }


def _state(row: Any, say: Words) -> str:
    told = [say(f"catalogue.origin_{row.origin}")]
    if row.term:
        told.append(say(f"catalogue.term_{row.term}"))
    if row.in_draft:
        told.append(say("catalogue.in_draft"))
    return " · ".join(told)


def differences(changes: Sequence[Change], tables: Tables, say: Words) -> None:
    """Entry by entry: field, what stood there, what will stand there."""
    by_entry: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        by_entry.setdefault(change.place, []).append(change)
    for (family, section, code), own in by_entry.items():
        name = words.entry_name(family, section, code, tables, say)
        lines = [_line(change, tables, say) for change in own]
        head = el("h3", name, el("small", words.list_name(family, section, say)))
        st.html(el("div", head, el("dl", lines), class_="slg-diff"))


def _line(change: Change, tables: Tables, say: Words) -> list[Markup]:
    def told(found: Any) -> str:
        return words.value(found, change.family, change.section, change.field, tables, say)

    return [
        el("dt", words.field_name(change.field, say)),
        el("dd", el("del", told(change.before)), el("span", "→", aria_hidden=True), el("ins", told(change.after))),
    ]


def adopt_form(refusals: Mapping[str, str], today: date, act: Callable[[], None], say: Words) -> None:
    with st.container(border=True, key="adopt"):
        facts.section(say("catalogue.adopt_title"))
        st.text_input(
            say("catalogue.note"), key="slg.adopt_note", max_chars=500, placeholder=say("catalogue.note_hint")
        )
        _told(refusals, "note")
        when = st.radio(say("catalogue.when"), ("now", "day"), key="slg.adopt_when", horizontal=True,
                        format_func=lambda code: say(f"catalogue.when_{code}"))  # fmt: skip
        if when == "day":
            st.date_input(
                say("catalogue.from_day"), value=None, min_value=today, key="slg.adopt_day", format="YYYY-MM-DD"
            )
            _told(refusals, "from_day")
        _told(refusals, "")
        st.button(say("catalogue.adopt"), type="primary", icon=":material/check:", on_click=act, key="slg.adopt")


def _told(refusals: Mapping[str, str], field: str) -> None:
    if field in refusals:
        facts.told(refusals[field], "danger", "error")


def editions(found: Sequence[Any], withdraw: Callable[[str], None], tables: Tables, zone: tzinfo, say: Words) -> None:
    for each in found:
        day = each.in_force_from.astimezone(zone).date().isoformat() if each.in_force_from else ""
        by = each.author_name or (say("catalogue.with_the_app") if each.is_builtin else say("catalogue.by_operator"))
        mark = el("span", say(f"catalogue.state_{each.state}", day=day), class_=f"slg-chip {STATES[each.state]}")
        at = times.moment(each.adopted_at or each.created_at, zone)
        st.html(el("div", el("h3", each.edition, mark), el("p", each.note) if each.note else None,
                   el("p", f"{by} · {at} · ", say("catalogue.based_on", base=each.base), class_="dim"), class_="slg-diff"))  # fmt: skip
        own = [Change.from_json(told) for told in each.changes]
        if own:
            with st.expander(say("catalogue.changes_n", n=len(own))):
                differences(own, tables, say)
        if each.state == "planned":
            st.button(say("catalogue.withdraw", day=day), key=f"slg.withdraw.{each.edition}", on_click=withdraw,
                      args=(each.edition,), icon=":material/undo:")  # fmt: skip


def upgrade(
    steps: Sequence[Step], newer: str, tables: Tables, take: Callable[[dict[str, str]], None], say: Words
) -> None:
    """Three columns a field; conflicts are chosen one by one."""
    facts.lead(say("catalogue.upgrade_lead", edition=newer))
    chosen: dict[str, str] = {}
    # An entry that only the newer edition has is called by the name that it brings.
    fresh = {step.code: str(step.now) for step in steps if step.field == say.lang and step.office is None}
    for fate, sign in (("conflict", "call_split"), ("follows", "south_east"), ("kept", "lock")):
        own = [step for step in steps if step.fate == fate]
        if not own:
            continue
        facts.section(say(f"catalogue.fate_{fate}", n=len(own)), say(f"catalogue.fate_{fate}_why"), sign=sign)
        shown = own if fate == "conflict" else own[:40]
        for step in shown:
            _step(step, fresh, tables, chosen, say)
        if len(shown) < len(own):
            st.caption(say("catalogue.more_steps", n=len(own) - len(shown)))
    left = sum(step.fate == "conflict" and step.key not in chosen for step in steps)
    if left:
        facts.told(say("catalogue.conflicts_left", n=left), "warn", "call_split")
    st.button(say("catalogue.take_upgrade"), type="primary", disabled=bool(left), on_click=take, args=(chosen,),
              key="slg.take_upgrade", icon=":material/upgrade:")  # fmt: skip


def _step(step: Step, fresh: Mapping[str, str], tables: Tables, chosen: dict[str, str], say: Words) -> None:
    def told(found: Any) -> str:
        return words.value(found, step.family, step.section, step.field, tables, say)

    name = fresh.get(step.code) or words.entry_name(step.family, step.section, step.code, tables, say)
    sides = [
        el("div", el("small", say(f"catalogue.side_{side}")), el("span", told(found)))
        for side, found in (("before", step.before), ("now", step.now), ("office", step.office))
    ]
    st.html(el("div", el("h3", name, el("small", words.field_name(step.field, say))), el("div", sides, class_="sides"),
               class_="slg-diff"))  # fmt: skip
    if step.fate == "conflict":
        choice = st.radio(say("catalogue.take_which", name=name), ("now", "office"), index=None, horizontal=True,
                          key=f"slg.step.{step.key}", label_visibility="collapsed",
                          format_func=lambda side: say(f"catalogue.take_{side}"))  # fmt: skip
        if choice:
            chosen[step.key] = choice
