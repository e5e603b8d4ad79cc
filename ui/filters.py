"""Narrows a list of records: what the address says, the controls for it, and the same as a question to the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from domain.filters import UNSETTLED, RecordFilter
from domain.policy.issue import IssueType
from domain.records import Area
from i18n import Words
from ui import facts, state

PAGE_SIZE = 20
PERIODS = {"day": 1, "week": 7, "month": 30, "quarter": 90}
PLACES = ("unsettled", "settled", *UNSETTLED)
WHOSE = ("mine",)
VIEWS = ("list", "table", "map")
NAMES = ("q", "kind", "place", "street", "period", "whose", "view", "page")


@dataclass(frozen=True)
class Choice:
    """What the address asks for; whatever it holds that does not exist is left out."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    place: str = ""
    street: str = ""
    period: str = ""
    whose: str = ""
    view: str = "list"
    page: int = 1

    @property
    def narrows(self) -> tuple[str, ...]:
        """Names in the address that leave records out, in the order of the controls."""
        given = {"q": self.text, "kind": self.kinds, "place": self.place, "street": self.street, "period": self.period,
                 "whose": self.whose}  # fmt: skip
        return tuple(name for name, value in given.items() if value)


def asked(kinds: Sequence[IssueType], streets: Sequence[Area]) -> Choice:
    """Reads the address. It can hold anything: only known words count."""
    known = {kind.code for kind in kinds}
    page = state.asked("page")
    return Choice(
        text=state.asked("q").strip()[:50],
        kinds=tuple(code for code in state.asked_many("kind") if code in known),
        place=_one_of(state.asked("place"), PLACES),
        street=_one_of(state.asked("street"), [area.area_id for area in streets]),
        period=_one_of(state.asked("period"), PERIODS),
        whose=_one_of(state.asked("whose"), WHOSE),
        view=_one_of(state.asked("view"), VIEWS) or VIEWS[0],
        page=min(int(page), 10_000) if page.isascii() and page.isdigit() and int(page) > 0 else 1,
    )


def question(choice: Choice, now: datetime, person_id: str) -> RecordFilter:
    """The same as the service and the API understand it; a page of the list at a time."""
    places = UNSETTLED if choice.place == "unsettled" else (choice.place,) if choice.place else ()
    since = now - timedelta(days=PERIODS[choice.period]) if choice.period else None
    return RecordFilter(
        text=choice.text, issue_types=choice.kinds, place_states=places, street_id=choice.street or None,
        reporter_id=person_id if choice.whose == "mine" else None,
        since=since, limit=PAGE_SIZE, offset=(choice.page - 1) * PAGE_SIZE,
    )  # fmt: skip


def map_query(view: RecordFilter) -> str:
    """The question as the address of /records.geojson. Times lose their seconds so that it holds still over reruns."""
    asked: list[tuple[str, str]] = [("q", view.text)] if view.text else []
    asked += [("issue_type", code) for code in view.issue_types]
    asked += [("place_state", code) for code in view.place_states]
    if view.reporter_id:
        asked.append(("mine", "true"))
    if view.street_id:
        asked.append(("street_id", view.street_id))
    if view.since:
        asked.append(("since", view.since.replace(minute=0, second=0, microsecond=0).isoformat()))
    return urlencode(asked)


def controls(
    choice: Choice, kinds: Sequence[IssueType], streets: Sequence[Area], say: Words, *, may_report: bool
) -> None:
    """Draws the controls; each writes the address, and the address alone says what is chosen."""
    kind_names = {kind.code: kind.name(say.lang) for kind in kinds}
    street_names = {area.area_id: area.name for area in streets}
    with st.container(horizontal=True, key="filters", vertical_alignment="bottom"):
        state.seed("filter_q", choice.text)
        st.text_input(say("records.find"), key="slg.filter_q", placeholder=say("records.find_hint"), max_chars=50,
                      on_change=_changed, args=("q",), width=230, label_visibility="collapsed")  # fmt: skip
        state.seed("filter_kind", list(choice.kinds))
        st.multiselect(say("records.kind"), list(kind_names), format_func=kind_names.__getitem__, key="slg.filter_kind",
                       placeholder=say("records.any_kind"), select_all=False, on_change=_changed, args=("kind",),
                       width=248, label_visibility="collapsed")  # fmt: skip
        _one("place", choice.place, PLACES, {code: say(f"records.place_{code}") for code in PLACES}, say)
        if len(streets) > 1:
            _one("street", choice.street, list(street_names), street_names, say)
        _one("period", choice.period, list(PERIODS), {code: say(f"records.period_{code}") for code in PERIODS}, say)
        if choice.whose or (may_report and len(streets) <= 1):
            _one("whose", choice.whose, WHOSE, {"mine": say("records.whose_mine")}, say)


def view_switch(choice: Choice, say: Words) -> None:
    state.seed("filter_view", choice.view)
    signs = {"list": "view_list", "table": "table_rows", "map": "map"}
    st.segmented_control(
        say("records.view"), VIEWS, format_func=lambda code: f":material/{signs[code]}: {say(f'records.view_{code}')}",
        key="slg.filter_view", on_change=_changed, args=("view",), required=True, label_visibility="collapsed",
    )  # fmt: skip


def pages(choice: Choice, total: int, say: Words) -> None:
    """Earlier and later pages, where there are some."""
    if total <= PAGE_SIZE and choice.page == 1:
        return
    first, last = (choice.page - 1) * PAGE_SIZE + 1, min(choice.page * PAGE_SIZE, total)
    with st.container(horizontal=True, vertical_alignment="center", key="pages"):
        st.button(say("records.newer"), icon=":material/chevron_left:", disabled=choice.page == 1, on_click=_turn,
                  args=(choice.page - 1,))  # fmt: skip
        st.button(say("records.older"), icon=":material/chevron_right:", icon_position="right",
                  disabled=last >= total, on_click=_turn, args=(choice.page + 1,))  # fmt: skip
        if first <= last:
            st.caption(say("records.page_of", first=first, last=last, n=total))


def nothing(choice: Choice, say: Words) -> str:
    """The sentence for an empty list."""
    if not choice.narrows:
        return say("records.empty")
    return say("records.empty_filter", what=say(f"records.without_{choice.narrows[-1]}"))


def loosen(choice: Choice, say: Words) -> None:
    """One press takes the last narrowing away, one more all of them."""
    with st.container(horizontal=True):
        name = choice.narrows[-1]
        st.button(say("records.drop", what=say(f"records.without_{name}")), on_click=_drop, args=((name,),))
        if len(choice.narrows) > 1:
            st.button(say("records.drop_all"), on_click=_drop, args=(choice.narrows,), type="tertiary")


def to_first_page(say: Words) -> None:
    st.button(say("records.first_page"), on_click=_turn, args=(1,))


def back() -> dict[str, Any]:
    """The list as it was last looked at, for a way back to it."""
    return dict(state.kept("records_address") or {})


def way_back(say: Words, number: str = "") -> None:
    """A link to the list as it was left, and the number that is being looked at beside it."""
    with st.container(horizontal=True, vertical_alignment="center", key="way_back", gap="xsmall"):
        st.page_link("pages/records.py", label=say("record.back"), icon=":material/arrow_back:", query_params=back())
        if number:
            facts.crumb(number)


def keep_address() -> None:
    state.keep("records_address", {name: found for name in NAMES if (found := state.asked_many(name))})


def _one(name: str, value: str, options: Sequence[str], labels: dict[str, str], say: Words) -> None:
    state.seed(f"filter_{name}", value)
    st.selectbox(say(f"records.{name}"), ["", *options], format_func=lambda code: labels.get(code) or say(f"records.any_{name}"),
                 key=f"slg.filter_{name}", on_change=_changed, args=(name,), width=162, label_visibility="collapsed")  # fmt: skip


def _one_of(value: str, known: Any) -> str:
    return value if value in known else ""


def _changed(name: str) -> None:
    value = state.kept(f"filter_{name}")
    state.remember(**{name: None if name == "view" and value == VIEWS[0] else value or None, "page": None})


def _turn(page: int) -> None:
    state.remember(page=str(page) if page > 1 else None)


def _drop(names: Sequence[str]) -> None:
    state.remember(**dict.fromkeys(names), page=None)
