"""Accounts in words: the list, the form for a new one, and what may be done to one that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy.departments import Offices
from domain.records import Area, Assignment, Person
from i18n import Words
from ui import facts, state
from ui.forms import Fields

NEAR = ("street", "community", "grid")
# What a role usually works over; the service itself takes any kind of area.
OFFERED = {"handler": ("department",), "admin": ("city",), "auditor": ("city",), "leader": ("city",),
           "housing_bureau": ("city",), "supervisor": ("city", "street"), "dispatcher": ("city", "street")}  # fmt: skip
ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 14
RoleWords = Mapping[str, Mapping[str, str]]


def table(
    found: Sequence[Person], roles: RoleWords, offices: Offices, name_of: Callable[[str], str], say: Words
) -> None:
    """One row a person: who, what they do, where."""
    rows = [
        {
            "name": p.name, "roles": roles_of(p, roles, say), "areas": areas_of(p, offices, name_of, say),
            "username": p.username, "phone": p.phone or "",
            "state": say("people.disabled" if p.disabled_at else "people.active"),
        }
        for p in found
    ]  # fmt: skip
    config = {name: st.column_config.TextColumn(say(f"people.col_{name}")) for name in rows[0]}
    st.dataframe(pd.DataFrame(rows), column_config=config, hide_index=True, row_height=ROW_PX, key="slg.people_table",
                 height=HEAD_PX + ROW_PX * min(len(rows), TALL_ROWS) + 2)  # fmt: skip


def matching(people: Sequence[Person], text: str, roles: RoleWords, say: Words) -> list[Person]:
    """Those whose name, account, phone or role holds the text."""
    wanted = text.casefold()
    return [p for p in people
            if wanted in f"{p.name} {p.username} {p.phone or ''} {roles_of(p, roles, say)}".casefold()]  # fmt: skip


def roles_of(person: Person, roles: RoleWords, say: Words) -> str:
    names = (roles[held.role][say.lang] if held.role in roles else held.role for held in person.assignments)
    return "、".join(dict.fromkeys(names)) or say("app.none")


def areas_of(person: Person, offices: Offices, name_of: Callable[[str], str], say: Words) -> str:
    """Areas by name; departments by the names of the policy's list."""
    names = []
    for held in person.assignments:
        if held.scope_kind == "city":
            names.append(say("app.whole_city"))
        elif held.scope_kind == "department" and (office := offices.departments.get(held.scope_id or "")):
            names.append(office.name(say.lang))
        else:
            names.append(name_of(held.scope_id or ""))
    return "、".join(dict.fromkeys(names)) or say("app.none")


def new(
    fields: Fields, roles: RoleWords, offices: Mapping[str, str], choices: Callable[[str], Sequence[Area]], say: Words
) -> None:
    """The fields of a new account. roles: those that may be given. offices: department to its name.

    choices("street") gives the areas of a layer.
    """
    left, right = st.columns(2)
    with left:
        fields.text("username", say("people.username"), hint=say("people.username_hint"))
        fields.text("name", say("people.name"))
        fields.text("phone", say("people.phone"), hint=say("people.phone_hint"))
    with right:
        role = fields.pick("role", say("people.role"), {code: role[say.lang] for code, role in roles.items()})
        kinds = OFFERED.get(role or "", NEAR)
        kind = fields.pick(
            f"scope.{role}", say("people.scope"), {k: say(f"people.scope_{k}") for k in kinds}, usual=kinds[0]
        )
        if kind == "department":
            fields.pick("area.department", say("people.area"), offices)
        elif kind in NEAR:
            fields.pick(f"area.{kind}", say("people.area"), _area_names(kind, choices))


def typed(fields: Fields) -> tuple[dict[str, str], list[Assignment], dict[str, str]]:
    """(texts, assignments, codes of what is missing by field) of the form as it stands."""
    found = fields.typed()
    texts = {name: found.get(name) or "" for name in ("username", "name", "phone")}
    role = found.get("role")
    if not role:
        return texts, [], {"role": "refused.choose_one"}
    kind = found.get(f"scope.{role}")
    if not kind:
        return texts, [], {f"scope.{role}": "refused.choose_one"}
    area = None if kind == "city" else found.get(f"area.{kind}")
    if kind != "city" and not area:
        return texts, [], {f"area.{kind}": "people.area_missing"}
    return texts, [Assignment(role, kind, area)], {}


def pick_one(people: Sequence[Person], say: Words) -> Person | None:
    by_id = {p.id: p for p in people}
    chosen = st.selectbox(say("people.which"), list(by_id), index=None, key="slg.people_one",
                          format_func=lambda i: f"{by_id[i].name} · {by_id[i].username}",
                          placeholder=say("people.which_hint"))  # fmt: skip
    return by_id.get(chosen or "")


def confirmed(label: str, note: str, button: str, key: str, act: Callable[..., Any], *args: Any) -> None:
    """A button that works only after its box is ticked, with what it will do written above it."""
    facts.told(note, "warn", "info")
    sure = st.checkbox(label, key=f"slg.{key}_sure")
    st.button(button, disabled=not sure, on_click=act, args=args, key=f"slg.{key}")


def outcome(say: Words) -> None:
    """What the last button did; a link to set a password stands here once and is forgotten."""
    if told := state.take("people_told"):
        facts.told(told, "ok", "check_circle")
    if refusal := state.take("people_refused"):
        facts.told(refusal, "danger", "error")
    if link := state.take("people_link"):
        st.caption(say("people.link_name"))
        st.code(link, language=None, wrap_lines=True)
        facts.told(say("people.link"), "warn", "key")


def link_of(public_url: str, token: str) -> str:
    """The whole address of a one-time link, as the person may open it."""
    return f"{public_url or state.origin()}/reset?token={token}"


def _area_names(kind: str, choices: Callable[[str], Sequence[Area]]) -> dict[str, str]:
    """Names by id; where two share a name the street stands beside it."""
    streets = {} if kind == "street" else {area.area_id: area.name for area in choices("street")}
    return {area.area_id: f"{area.name} · {streets[area.street_id]}" if area.street_id in streets else area.name
            for area in choices(kind)}  # fmt: skip
