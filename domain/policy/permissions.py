"""Reads permissions.toml and answers two questions: may this person do it here, and how far do they see."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from domain.errors import NotAllowed, NotFound
from domain.policy.reading import ALWAYS, BadEntry, Entry, Term, table
from domain.records import Actor, Assignment

FILE = "permissions.toml"
ACTION_SCOPES = ("any", "scoped", "city")

# Who people are and what they may do is decided by people alone.
NEVER_BY_TOKEN = frozenset({"people.manage", "people.read", "catalogue.edit", "ops.manage", "track.read"})
OWN = ":own"  # "record.read:own" in a token: that action, over what its owner made alone


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
    """roles: words of every role, {"zh": ..., "en": ...}. terms: from when and until when a role may be given."""

    edition: str
    actions: Mapping[str, Action]
    roles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    terms: Mapping[str, Term] = field(default_factory=dict)

    def offered_roles(self, on: date) -> tuple[str, ...]:
        """Codes of the roles that may be given to people on a day, in the order of the table."""
        return tuple(code for code in self.roles if self.terms.get(code, ALWAYS).holds(on))

    def allows(self, actor: Actor, action: str, subject: Scoped | None = None) -> bool:
        """True when some assignment has the action and covers the subject (None: anywhere at all)."""
        rule = self.actions[action]
        is_own = rule.own and subject is not None and subject.owner_id == actor.person_id
        if not _within_token(actor, action) and not (_within_token(actor, action + OWN) and (is_own or not subject)):
            return False
        if is_own:
            return True
        return any(_covers(a, rule, subject) for a in actor.assignments if a.role in rule.roles)

    def require(self, actor: Actor, action: str, subject: Scoped | None = None) -> None:
        """Raises NotAllowed when the role never may; NotFound when it may, but not there."""
        if self.allows(actor, action, subject):
            return
        if subject is not None and self.allows(actor, action):
            raise NotFound()
        raise NotAllowed(action=action)

    def held(self, actor: Actor) -> list[str]:
        """Every action that somebody has somewhere, in the table's order; with ":own" where a token has it so."""
        return [code if _within_token(actor, code) else code + OWN
                for code in self.actions if self.allows(actor, code)]  # fmt: skip

    def reach(self, actor: Actor, action: str) -> Reach:
        rule = self.actions[action]
        if not _within_token(actor, action):
            return Reach(owner_id=actor.person_id if rule.own and _within_token(actor, action + OWN) else None)
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


def _within_token(actor: Actor, action: str) -> bool:
    """True for a person, and for a token that carries the action."""
    return actor.actions is None or (action in actor.actions and action not in NEVER_BY_TOKEN)


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
def route_templates() -> tuple[tuple[str, str], ...]:
    """(template, pattern of a whole path) of every address of doors.toml: "/api/v1/records/{record_id}"."""
    with (Path(__file__).parent / "doors.toml").open("rb") as file:
        templates = dict.fromkeys(name.partition(" ")[2] for name in tomllib.load(file)["routes"])
    kinds = {"int": r"\d+", "path": ".*"}

    def pattern(template: str) -> str:
        parts = re.split(r"\{\w+(?::(\w+))?\}", template)
        return "".join(re.escape(p) if i % 2 == 0 else kinds.get(p, "[^/]+") for i, p in enumerate(parts))

    return tuple((template, pattern(template)) for template in templates)


@cache
def load_builtin() -> Permissions:
    """The edition in the tree, read once."""
    return parse((Path(__file__).parent / FILE).read_text(encoding="utf-8"))


def parse(text: str, *, file: str = FILE) -> Permissions:
    """Raises BadEntry naming file, code, field and reason."""
    head = Entry(file, "", table(text, file))
    roles, terms = {}, {}
    for entry in head.named("roles"):
        roles[entry.code] = {"zh": entry.text("zh", at_most=20), "en": entry.text("en", at_most=40)}
        terms[entry.code] = entry.term()
        entry.done()
    actions = {entry.code: _action(entry, roles) for entry in head.named("actions")}
    found = Permissions(head.text("edition", at_most=64), actions, roles, terms)
    head.done()
    if not roles or not actions:
        raise BadEntry(file, "", "actions" if roles else "roles", "missing")
    return found


def _action(entry: Entry, roles: Mapping[str, object]) -> Action:
    found = Action(
        code=entry.code,
        zh=entry.text("zh", at_most=20),
        en=entry.text("en", at_most=60),
        scope=entry.choice("scope", ACTION_SCOPES),
        roles=frozenset(entry.texts("roles", allowed=roles)),
        own=entry.flag("own") if entry.has("own") else False,
    )
    entry.done()
    return found
