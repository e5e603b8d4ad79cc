"""Editions of the policy, their bodies, and the draft of the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import catalogue_editions, people, policy_drafts, policy_editions


@dataclass(frozen=True)
class Edition:
    """state: offered (came with the app), planned, in_force, superseded, withdrawn. changes: against the one before."""

    edition: str
    base: str
    is_builtin: bool
    state: str
    note: str
    author_id: str | None
    author_name: str | None
    created_at: datetime
    adopted_at: datetime | None
    in_force_from: datetime | None
    changes: list[dict[str, Any]]


@dataclass(frozen=True)
class DraftEntry:
    """What the draft of the next edition changes in one entry. version: counts the savings of this entry."""

    family: str
    section: str
    code: str
    changes: list[dict[str, Any]]
    version: int
    author_id: str
    author_name: str | None
    at: datetime


class Editions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def in_force(self) -> str | None:
        query = sa.select(policy_editions.c.edition).where(policy_editions.c.state == "in_force")
        return self._connection.scalar(query.order_by(policy_editions.c.in_force_from.desc()).limit(1))

    def bodies(self, edition: str) -> dict[str, str]:
        """Family to TOML text; empty for an edition that is not here."""
        query = sa.select(catalogue_editions.c.family, catalogue_editions.c.body)
        return {r[0]: r[1] for r in self._connection.execute(query.where(catalogue_editions.c.edition == edition))}

    def get(self, edition: str) -> Edition | None:
        return next(iter(self._read(policy_editions.c.edition == edition)), None)

    def all(self) -> list[Edition]:
        """Newest first."""
        return self._read(sa.true())

    def in_state(self, *states: str) -> list[Edition]:
        """Newest first."""
        return self._read(policy_editions.c.state.in_(states))

    def add(self, edition: Edition, bodies: Mapping[str, str]) -> None:
        self._connection.execute(
            sa.insert(policy_editions).values(
                edition=edition.edition, base=edition.base, is_builtin=edition.is_builtin, state=edition.state,
                note=edition.note, author_id=edition.author_id, created_at=edition.created_at,
                adopted_at=edition.adopted_at, in_force_from=edition.in_force_from, changes=edition.changes,
            )
        )  # fmt: skip
        self._connection.execute(
            sa.insert(catalogue_editions),
            [
                {"family": family, "edition": edition.edition, "body": body, "kept_at": edition.created_at}
                for family, body in bodies.items()
            ],
        )

    def set(self, edition: str, **values: Any) -> None:
        self._connection.execute(
            sa.update(policy_editions).where(policy_editions.c.edition == edition).values(**values)
        )

    def replace_bodies(self, edition: str, bodies: Mapping[str, str], *, at: datetime) -> None:
        """Only for an edition that is not in force yet: no record names it."""
        for family, body in bodies.items():
            where = (catalogue_editions.c.edition == edition, catalogue_editions.c.family == family)
            self._connection.execute(sa.update(catalogue_editions).where(*where).values(body=body, kept_at=at))

    # -- the draft -------------------------------------------------------------------------------------------------

    def draft(self) -> list[DraftEntry]:
        """In the order in which entries were first touched."""
        query = sa.select(policy_drafts, people.c.name.label("author_name")).outerjoin(
            people, people.c.id == policy_drafts.c.author_id
        )
        rows = self._connection.execute(query.order_by(policy_drafts.c.serial))
        return [
            DraftEntry(r.family, r.section, r.code, r.changes, r.version, r.author_id, r.author_name, r.at)
            for r in rows
        ]

    def draft_entry(self, family: str, section: str, code: str) -> DraftEntry | None:
        wanted = (family, section, code)
        return next((found for found in self.draft() if (found.family, found.section, found.code) == wanted), None)

    def put_draft(
        self, family: str, section: str, code: str, changes: Sequence[Mapping[str, Any]], *, version: int,
        author_id: str, at: datetime,
    ) -> None:  # fmt: skip
        """The whole of what the draft changes in one entry."""
        values = {"changes": list(changes), "version": version, "author_id": author_id, "at": at}
        where = self._at(family, section, code)
        if self._connection.execute(sa.update(policy_drafts).where(*where).values(**values)).rowcount == 0:
            self._connection.execute(
                sa.insert(policy_drafts).values(family=family, section=section, code=code, **values)
            )

    def drop_draft(self, family: str, section: str, code: str) -> None:
        self._connection.execute(sa.delete(policy_drafts).where(*self._at(family, section, code)))

    def clear_draft(self) -> None:
        self._connection.execute(sa.delete(policy_drafts))

    def _at(self, family: str, section: str, code: str) -> tuple[Any, ...]:
        table = policy_drafts.c
        return table.family == family, table.section == section, table.code == code

    def _read(self, where: Any) -> list[Edition]:
        query = sa.select(policy_editions, people.c.name.label("author_name")).outerjoin(
            people, people.c.id == policy_editions.c.author_id
        )
        rows = self._connection.execute(query.where(where).order_by(policy_editions.c.serial.desc()))
        return [
            Edition(
                r.edition, r.base, r.is_builtin, r.state, r.note, r.author_id, r.author_name, r.created_at,
                r.adopted_at, r.in_force_from, r.changes,
            )
            for r in rows
        ]  # fmt: skip
