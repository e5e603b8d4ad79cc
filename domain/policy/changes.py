"""What differs between two editions, entry by entry and field by field, and how changes are put onto another one."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import tomli_w

from domain.policy.editions import FAMILIES, FILES, Bodies
from domain.policy.reading import BadEntry, table

# family: its lists, and whether an entry's code is a field of it (an array) or its key (a table of tables).
LISTS: dict[str, dict[str, bool]] = {
    "issues": {"types": True, "shots": False, "sources": False, "laws": False, "code_systems": False},
    "departments": {"departments": True, "schemes": True},
    "permissions": {"actions": False, "roles": False},
    "zones": {"kinds": True, "modes": True},
    "assets": {
        "categories": True, "ownership": False, "status": False, "operation_modes": False, "billing_cycles": False,
        "payees": False,
    },
}  # fmt: skip
HEAD = "head"  # the fields of a table that belong to no entry
NAME = "edition"  # the edition's own name is no change
DAY = "$day"
Tables = dict[str, dict[str, Any]]  # family: its table
Entry = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One field of one entry. before, after: plain TOML values; None where there is none."""

    family: str
    section: str
    code: str
    field: str
    before: Any
    after: Any

    @property
    def place(self) -> tuple[str, str, str]:
        return self.family, self.section, self.code

    def as_json(self) -> dict[str, Any]:
        return {
            "family": self.family, "section": self.section, "code": self.code, "field": self.field,
            "before": _days_out(self.before), "after": _days_out(self.after),
        }  # fmt: skip

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Change:
        return cls(
            told["family"], told["section"], told["code"], told["field"], _days_in(told["before"]),
            _days_in(told["after"]),
        )  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One field of an upgrade. fate: follows (only the app changed it), kept (only the office), conflict (both)."""

    family: str
    section: str
    code: str
    field: str
    before: Any
    now: Any
    office: Any
    fate: str

    @property
    def key(self) -> str:
        return "/".join((self.family, self.section, self.code, self.field))


def tables(bodies: Bodies) -> Tables:
    """The bodies as plain values. Raises BadEntry(..., "not_toml")."""
    return {family: table(bodies[family], FILES[family]) for family in FAMILIES}


def bodies(of: Tables, edition: str) -> dict[str, str]:
    """TOML text of every family; those that carry the edition's name carry this one."""
    named = {family: {**of[family], NAME: edition} if NAME in of[family] else of[family] for family in FAMILIES}
    return {family: tomli_w.dumps(named[family]) for family in FAMILIES}


def entries(of: Tables, family: str, section: str) -> dict[str, Entry]:
    """Every entry of a list by its code, without the code, in the list's order."""
    if section == HEAD:
        return {"": {k: v for k, v in of[family].items() if k not in LISTS[family] and k != NAME}}
    found = of[family].get(section, {})
    if isinstance(found, list):
        return {each["code"]: {k: v for k, v in each.items() if k != "code"} for each in found}
    return dict(found)


def flat(entry: Mapping[str, Any], inside: str = "") -> dict[str, Any]:
    """Fields of an entry, those of tables inside it by their path; a list is one value."""
    found: dict[str, Any] = {}
    for name, value in entry.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{inside}{name}.")
        else:
            found[f"{inside}{name}"] = value
    return found


def between(old: Tables, new: Tables) -> tuple[Change, ...]:
    """What leads from one to the other. An entry that has gone shows all its fields as gone."""
    found: list[Change] = []
    for family, section in _sections():
        before, after = entries(old, family, section), entries(new, family, section)
        for code in dict.fromkeys([*before, *after]):
            found += of_entry(family, section, code, before.get(code), after.get(code))
    return tuple(found)


def of_entry(family: str, section: str, code: str, old: Entry | None, new: Entry | None) -> list[Change]:
    before, after = flat(old or {}), flat(new or {})
    return [
        Change(family, section, code, field, before.get(field), after.get(field))
        for field in dict.fromkeys([*before, *after])
        if not same(before.get(field), after.get(field))
    ]


def put(onto: Tables, changes: Iterable[Change]) -> tuple[Tables, tuple[Change, ...]]:
    """(the tables with the changes, those that do not fit): a field that was changed otherwise meanwhile does not fit."""
    made, lost = copy.deepcopy(onto), []
    for change in changes:
        entry = _entry_of(made, change)
        now = flat(entry).get(change.field)
        if same(now, change.after):
            continue
        if not same(now, change.before):
            lost.append(change)
            continue
        set_field(entry, change.field, change.after)
    return made, tuple(lost)


def three_way(before: Tables, now: Tables, office: Tables) -> tuple[Step, ...]:
    """before, now: the app's own edition that the office's goes back to, and its newest. Fields on which all agree,
    or to which both came alike, are left out."""
    found = []
    for family, section in _sections():
        sides = [entries(each, family, section) for each in (before, now, office)]
        for code in dict.fromkeys(code for side in sides for code in side):
            if code not in sides[1]:
                continue  # a code never goes: the office's own entry
            fields = [flat(side.get(code, {})) for side in sides]
            for field in dict.fromkeys(name for side in fields for name in side):
                was, is_now, own = (side.get(field) for side in fields)
                if same(is_now, own):
                    continue
                fate = "follows" if same(own, was) else "kept" if same(is_now, was) else "conflict"
                found.append(Step(family, section, code, field, was, is_now, own, fate))
    return tuple(found)


def same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: 1 is not true, and 30 is not 30.0."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and one == other


def _sections() -> Iterator[tuple[str, str]]:
    for family in FAMILIES:
        yield family, HEAD
        yield from ((family, section) for section in LISTS[family])


def _entry_of(of: Tables, change: Change) -> Entry:
    """The entry to write into; a new one is put at the end of its list."""
    family = of[change.family]
    if change.section == HEAD:
        return family
    if not LISTS[change.family][change.section]:
        return family.setdefault(change.section, {}).setdefault(change.code, {})
    rows: list[Entry] = family.setdefault(change.section, [])
    found = next((row for row in rows if row["code"] == change.code), None)
    if found is None:
        found = {"code": change.code}
        rows.append(found)
    return found


def set_field(entry: Entry, field: str, value: Any) -> None:
    """Write one field by its path; None takes it out."""
    *path, last = field.split(".")
    for name in path:
        entry = entry.setdefault(name, {})
    if value is None:
        entry.pop(last, None)
    else:
        entry[last] = copy.deepcopy(value)


def _days_out(value: Any) -> Any:
    """JSON has no days."""
    if isinstance(value, list):
        return [_days_out(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _days_out(each) for name, each in value.items()}
    return {DAY: value.isoformat()} if isinstance(value, date) else value


def _days_in(value: Any) -> Any:
    if isinstance(value, list):
        return [_days_in(each) for each in value]
    if isinstance(value, Mapping):
        if value.keys() == {DAY}:
            return date.fromisoformat(value[DAY])
        return {name: _days_in(each) for name, each in value.items()}
    return value


FORMAT = "slg-policy-1"


def to_file(of: Tables, *, edition: str, base: str) -> str:
    """One edition as one TOML text, to be carried to another city."""
    return tomli_w.dumps({"format": FORMAT, "edition": edition, "base": base, **{f: of[f] for f in FAMILIES}})


def from_file(text: str, file: str) -> Tables:
    """Raises BadEntry naming what is no edition."""
    found = table(text, file)
    if found.get("format") != FORMAT:
        raise BadEntry(file, "", "format", "unknown")
    for name in sorted(found.keys() - {"format", "edition", "base", *FAMILIES}):
        raise BadEntry(file, "", name, "unknown")
    for family in FAMILIES:
        if not isinstance(found.get(family), dict):
            raise BadEntry(file, "", family, "missing" if family not in found else "wrong_kind")
    return {family: found[family] for family in FAMILIES}
