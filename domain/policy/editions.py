"""One edition of the whole policy: five families that are read and judged together, and the rules between editions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from domain.policy import assets, catalogue, departments, permissions, zones
from domain.policy.assets import AssetPolicy
from domain.policy.catalogue import Catalogue
from domain.policy.departments import Offices
from domain.policy.issue import IssueType
from domain.policy.permissions import Permissions
from domain.policy.reading import BadEntry
from domain.policy.zones import ZonePolicy

# family: the name of its table; a refusal names that.
FILES = {
    "issues": catalogue.FILE, "departments": departments.FILE, "permissions": permissions.FILE, "zones": zones.FILE,
    "assets": assets.FILE,
}  # fmt: skip
FAMILIES = tuple(FILES)
CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
CODE_AT_MOST = 64
# Without these nobody could open the page that would mend it.
KEYS_OF_THE_HOUSE = ("app.use", "people.read", "people.manage", "catalogue.edit")
Bodies = Mapping[str, str]  # family: TOML text


@dataclass(frozen=True)
class Policy:
    """Everything the office has decided, under one name that records keep."""

    edition: str
    issues: Catalogue
    offices: Offices
    permissions: Permissions
    zones: ZonePolicy
    assets: AssetPolicy

    def codes(self) -> set[tuple[str, str, str]]:
        """(family, list, code) of every entry with a code of its own: none may ever go."""
        found = {("issues", "types", kind.code) for kind in self.issues.types}
        found |= {("issues", name, code) for name in ("shots", "sources", "laws", "systems")
                  for code in getattr(self.issues, name)}  # fmt: skip
        found |= {("departments", "departments", code) for code in self.offices.departments}
        found |= {("departments", "schemes", code) for code in self.offices.schemes}
        found |= {("permissions", "roles", code) for code in self.permissions.roles}
        found |= {("permissions", "actions", code) for code in self.permissions.actions}
        found |= {("zones", name, code) for name in ("kinds", "modes") for code in getattr(self.zones, name)}
        found |= {("assets", "categories", code) for code in self.assets.categories}
        found |= {("assets", f"categories.{category.code}.subcategories", sub.code)
                  for category in self.assets.categories.values() for sub in category.subcategories}  # fmt: skip
        found |= {("assets", name, code) for name in assets.WORD_TABLES for code in getattr(self.assets, name)}
        return found


def read(bodies: Bodies, edition: str) -> Policy:
    """The policy in five bodies. Raises BadEntry naming file, code, field and reason.

    An action that the app knows and the bodies do not is taken from the tree: an edition of the office outlives an
    upgrade that brought new doors.
    """
    offices = departments.parse(bodies["departments"])
    issues = catalogue.parse(bodies["issues"], offices)
    rules = permissions.parse(bodies["permissions"])
    known = permissions.load_builtin()
    actions = {**rules.actions, **{code: known.actions[code] for code in known.actions if code not in rules.actions}}
    found = Policy(
        edition=edition,
        issues=replace(issues, edition=edition),
        offices=offices,
        permissions=replace(rules, edition=edition, actions=actions),
        zones=zones.parse(bodies["zones"]),
        assets=assets.parse(bodies["assets"]),
    )
    _check_departments(found)
    return found


def _check_departments(policy: Policy) -> None:
    """No kind that is offered names an office that has gone."""
    for kind in policy.issues.types:
        end = kind.term.retired_on or date.max
        for place in ("lead", "joint"):
            for at, unit in enumerate(getattr(kind.departments, place)):
                gone = policy.offices.departments[unit.code].term.retired_on
                if gone is not None and gone < end:
                    raise BadEntry(FILES["issues"], kind.code, f"departments.{place}[{at}].code", "retired")
        scheme = policy.offices.schemes.get(kind.departments.scheme)
        if scheme is not None and scheme.term.retired_on is not None and scheme.term.retired_on < end:
            raise BadEntry(FILES["issues"], kind.code, "departments.scheme", "retired")


def check_successor(new: Policy, known: Iterable[Policy], held_roles: Iterable[str], on: date) -> None:
    """What must hold from one edition to the next, whoever wrote it. Raises BadEntry.

    known: editions that were in force or came with the app. held_roles: roles that people have.
    """
    ever: set[tuple[str, str, str]] = set()
    for policy in known:
        ever |= policy.codes()
    own = new.codes()
    for family, section, code in sorted(ever - own):
        raise BadEntry(FILES[family], code, section, "gone")
    for family, section, code in sorted(own - ever):
        if section != "actions" and not (CODE.fullmatch(code) and len(code) <= CODE_AT_MOST):
            raise BadEntry(FILES[family], code, "code", "bad_code")
    for code, action in new.permissions.actions.items():
        ours = permissions.load_builtin().actions.get(code)
        if ours is None and all(code not in policy.permissions.actions for policy in known):
            raise BadEntry(FILES["permissions"], code, "code", "unknown")
        if ours is not None and (ours.scope, ours.own) != (action.scope, action.own):
            raise BadEntry(FILES["permissions"], code, "scope" if ours.scope != action.scope else "own", "fixed")
    for role in sorted(set(held_roles)):
        term = new.permissions.terms.get(role)
        if term is None or (term.retired_on is not None and term.retired_on <= on):
            raise BadEntry(FILES["permissions"], role, "retired_on", "in_use")
    if not offered_common(new.issues.types, on):
        raise BadEntry(FILES["issues"], "", "types", "missing")


def offered_common(types: Iterable[IssueType], on: date) -> list[IssueType]:
    return [kind for kind in types if kind.term.holds(on)]


@cache
def builtin_bodies() -> dict[str, str]:
    """The edition in the tree as text, comments and all."""
    return {family: (Path(__file__).parent / file).read_text(encoding="utf-8") for family, file in FILES.items()}


def builtin_name() -> str:
    return catalogue.load_builtin().edition


def load_builtin() -> Policy:
    """The edition in the tree. A bad entry here is a bug and a test says so."""
    return read(builtin_bodies(), builtin_name())
