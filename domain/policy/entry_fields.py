"""Which fields of an entry the office edits on the page, what kind of value each takes, and how typed ones are read.

A field that stands in no list here (codes of the standards, articles of law, colours) is carried along untouched.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.policy import issue
from domain.policy.catalogue import HINT_AT_MOST, TILE_EN_AT_MOST, TILE_ZH_AT_MOST
from domain.policy.departments import KINDS


@dataclass(frozen=True)
class Field:
    """path: as in the entry, inner tables by dots. kind: text, long, lines, pick, many, units, flag, whole, number, day,
    shots, rows, icon. choices: fixed codes, or @family/list for the codes of a list. at_most: signs."""

    path: str
    kind: str = "text"
    at_most: int | None = None
    choices: tuple[str, ...] = ()
    is_optional: bool = False
    columns: tuple[str, ...] = ()


def _pair(name: str, zh: int | None, en: int | None, kind: str = "text", *, is_optional: bool = False) -> list[Field]:
    return [
        Field(f"{name}zh", kind, zh, is_optional=is_optional),
        Field(f"{name}en", kind, en, is_optional=is_optional),
    ]


TERM = [Field("starts_on", "day", is_optional=True), Field("retired_on", "day", is_optional=True)]
WORD = [*_pair("", 20, 40), *TERM]
DEPARTMENTS, SCHEMES, SOURCES = "@departments/departments", "@departments/schemes", "@issues/sources"

FORMS: dict[tuple[str, str], Sequence[Field]] = {
    ("issues", "types"): [
        *_pair("", 40, 80),
        *_pair("tile_", None, None),
        *_pair("definition_", None, None, "long"),
        Field("shots", "shots", HINT_AT_MOST),
        Field("departments.lead", "units", choices=(DEPARTMENTS,)),
        Field("departments.joint", "units", choices=(DEPARTMENTS,), is_optional=True),
        Field("departments.scheme", "pick", choices=(SCHEMES,), is_optional=True),
        Field("departments.source", "pick", choices=(SOURCES,)),
        Field("time_limit.value", "whole"),
        Field("time_limit.unit", "pick", choices=issue.TIME_UNITS),
        Field("time_limit.is_proposal", "flag"),
        Field("duplicate_radius_m", "number"),
        Field("duplicate_days", "whole"),
        Field("common", "whole", is_optional=True),
        Field("icon", "icon"),
        Field("severity", "pick", choices=issue.SEVERITIES),
        Field("setting", "many", choices=issue.SETTINGS),
        Field("plate", "pick", choices=issue.PLATE_NEEDS),
        Field("plate_series", "pick", choices=issue.PLATE_SERIES, is_optional=True),
        Field("also", "lines", is_optional=True),
        *_pair("note_", None, None, "long", is_optional=True),
        *TERM,
    ],
    ("issues", "shots"): [*_pair("", 5, 16), *_pair("hint_", HINT_AT_MOST, HINT_AT_MOST)],
    ("issues", "sources"): [*_pair("", None, None, "long"), Field("is_verified", "flag")],
    ("departments", "departments"): [
        *_pair("", 20, 80), Field("kind", "pick", choices=KINDS), Field("in_policy_list", "flag"),
        *_pair("note_", None, None, "long", is_optional=True), *TERM,
    ],
    ("departments", "schemes"): [
        *_pair("", 30, 80), Field("members", "many", choices=(DEPARTMENTS,)), Field("quote", "long"), *TERM,
    ],
    ("permissions", "roles"): [*_pair("", 20, 40), *TERM],
    ("permissions", "actions"): [*_pair("", 20, 60), Field("roles", "many", choices=("@permissions/roles",))],
    ("zones", "kinds"): [*_pair("", 12, 40), Field("quote", "long"), *TERM],
    ("zones", "modes"): [*_pair("", 12, 40), Field("is_managed", "flag"), Field("quote", "long"), *TERM],
    ("assets", "categories"): [
        *_pair("", 8, 40), Field("number_prefix", "text", 4), *_pair("unit_", 4, 12), Field("icon", "icon"),
        Field("in_policy", "flag"),
        Field("subcategories", "rows", columns=("code", "zh", "en", "component", "component_name")),
        Field("attributes", "rows", columns=("code", "zh", "en", "kind"), is_optional=True),
        *TERM,
    ],
    ("assets", "ownership"): WORD,
    ("assets", "status"): WORD,
    ("assets", "operation_modes"): WORD,
    ("assets", "billing_cycles"): WORD,
    ("assets", "payees"): WORD,
}  # fmt: skip
TILES = {"tile_zh": TILE_ZH_AT_MOST, "tile_en": TILE_EN_AT_MOST}
# A new action or a new way of managing needs the app itself: a door to guard, a colour on the map.
NO_NEW = {("permissions", "actions"), ("zones", "modes")}

# What a new entry starts from, beside what is typed.
FRESH: dict[tuple[str, str], Mapping[str, Any]] = {
    ("issues", "types"): {
        "severity": "normal", "setting": ["estate", "street"], "plate": "none", "duplicate_radius_m": 20.0,
        "duplicate_days": 7, "in_policy": False, "codes": [{"system": "matters_2026", "code": ""}],
        "departments": {"source": "proposal", "lead": []}, "icon": "alert-circle", "material": "error",
        "time_limit": {"value": 7, "unit": "workday", "is_proposal": True},
        "shots": [{"code": "panorama", "required": True}, {"code": "closeup", "required": True}],
    },
    ("assets", "categories"): {"in_policy": False, "icon": "package", "material": "category"},
}  # fmt: skip


def read(family: str, section: str, typed: Mapping[str, Any], opened: Mapping[str, Any]) -> dict[str, Any]:
    """The entry as typed over the one that was opened. Nothing is judged here: a value that cannot be read stays as it
    was typed, and the strict reader names it."""
    made = copy.deepcopy(dict(opened))
    for field in FORMS[family, section]:
        if field.path in typed:
            _put(made, field.path, _value(field, typed[field.path]), is_optional=field.is_optional)
    if "icon" in typed and typed["icon"] and "material" in typed:
        made["material"] = typed["material"]
    return made


def field_of(family: str, section: str, refused: str) -> str:
    """The field of the form that a refused path belongs to: departments.joint[0].code is departments.joint."""
    for field in FORMS[family, section]:
        if refused == field.path or refused.startswith((f"{field.path}[", f"{field.path}.")):
            return field.path
    return refused


def _value(field: Field, typed: Any) -> Any:
    if field.kind in ("text", "long"):
        return unicodedata.normalize("NFC", str(typed or "")).strip()
    if field.kind == "lines":
        return [line.strip() for line in str(typed or "").splitlines() if line.strip()]
    if field.kind == "whole" and isinstance(typed, float) and typed.is_integer():
        return int(typed)
    if field.kind == "number" and isinstance(typed, int) and not isinstance(typed, bool):
        return float(typed)
    return typed


def _put(made: dict[str, Any], path: str, value: Any, *, is_optional: bool) -> None:
    *inner, last = path.split(".")
    for name in inner:
        made = made.setdefault(name, {})
    is_empty = value is None or value == "" or value == [] or (is_optional and last == "common" and value == 0)
    if is_optional and is_empty:
        # An empty list that stood there stays: left out and empty read alike, and nothing was changed.
        if made.get(last) in ([], ""):
            return
        made.pop(last, None)
    elif value is not None:
        made[last] = value
    else:
        made.pop(last, None)


def as_day(value: Any) -> date | None:
    return value if isinstance(value, date) else None
