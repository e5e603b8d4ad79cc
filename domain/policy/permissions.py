"""Reads permissions.toml and answers two questions: may this person do it here, and how far do they see."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from domain.errors import NotAllowed, NotFound
from domain.records import ROLES, Actor, Assignment


@dataclass(frozen=True)
class Scoped:
    """Where a thing lies, as far as permission cares."""

    street_id: str | None = None
    community_id: str | None = None
    grid_id: str | None = None
    owner_id: str | None = None
    departments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """How far a person sees for one action; storage turns it into a WHERE. Nothing set: sees nothing."""

    everything: bool = False
    street_ids: tuple[str, ...] = ()
    community_ids: tuple[str, ...] = ()
    grid_ids: tuple[str, ...] = ()
    owner_id: str | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.street_ids or self.community_ids or self.grid_ids or self.owner_id)


@dataclass(frozen=True)
class Action:
    code: str
    zh: str
    en: str
    scope: str
    roles: frozenset[str]
    own: bool = False


@dataclass(frozen=True)
class Permissions:
    edition: str
    actions: dict[str, Action]
    roles: dict[str, dict[str, str]] = field(default_factory=dict)

    def allows(self, actor: Actor, action: str, subject: Scoped | None = None) -> bool:
        """True when some assignment has the action and covers the subject (None: anywhere at all)."""
        rule = self.actions[action]
        if rule.own and subject is not None and subject.owner_id == actor.person_id:
            return True
        return any(_covers(a, rule, subject) for a in actor.assignments if a.role in rule.roles)

    def require(self, actor: Actor, action: str, subject: Scoped | None = None) -> None:
        """Raises NotAllowed when the role never may; NotFound when it may, but not there."""
        if self.allows(actor, action, subject):
            return
        if subject is not None and self.allows(actor, action):
            raise NotFound()
        raise NotAllowed(action=action)

    def reach(self, actor: Actor, action: str) -> Reach:
        rule = self.actions[action]
        mine = [a for a in actor.assignments if a.role in rule.roles]
        if rule.scope == "any":
            everything = bool(mine)
        else:
            everything = any(a.scope_kind == "city" for a in mine)

        def of(kind: str) -> tuple[str, ...]:
            return tuple(sorted({a.scope_id for a in mine if a.scope_kind == kind and a.scope_id}))

        owner = actor.person_id if rule.own else None
        if rule.scope == "city":
            return Reach(everything=everything)
        return Reach(everything, of("street"), of("community"), of("grid"), owner)


def _covers(assignment: Assignment, rule: Action, subject: Scoped | None) -> bool:
    if rule.scope == "any":
        return True
    if rule.scope == "city":
        return assignment.scope_kind == "city"
    if subject is None or assignment.scope_kind == "city":
        return True
    here = {
        "street": (subject.street_id,), "community": (subject.community_id,), "grid": (subject.grid_id,),
        "department": subject.departments,
    }  # fmt: skip
    return assignment.scope_id is not None and assignment.scope_id in here[assignment.scope_kind]


@cache
def page_names() -> frozenset[str]:
    """The pages of the app, as their addresses name them (doors.toml)."""
    with (Path(__file__).parent / "doors.toml").open("rb") as file:
        return frozenset(tomllib.load(file)["pages"])


@cache
def load_builtin() -> Permissions:
    """The edition in the tree. Raises ValueError naming the entry when a role or scope is unknown."""
    with (Path(__file__).parent / "permissions.toml").open("rb") as file:
        table = tomllib.load(file)
    actions = {}
    for code, entry in table["actions"].items():
        unknown = set(entry["roles"]) - set(ROLES)
        if unknown or entry["scope"] not in ("any", "scoped", "city"):
            raise ValueError(f"permissions.toml, {code}: unknown role {sorted(unknown)} or scope {entry['scope']!r}")
        actions[code] = Action(code, entry["zh"], entry["en"], entry["scope"], frozenset(entry["roles"]),
                               entry.get("own", False))  # fmt: skip
    return Permissions(table["edition"], actions, table["roles"])
