"""People, their roles, live logins and counted tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.records import Assignment, Person
from storage.tables import assignments, login_attempts, login_sessions, people


class People:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, person: Person, *, password_hash: str, is_sample: bool = False) -> None:
        self.add_many([person], password_hash=password_hash, is_sample=is_sample)

    def add_many(self, new: Sequence[Person], *, password_hash: str, is_sample: bool = False) -> None:
        """New accounts with the same password hash, as those have that nobody can open yet."""
        rows = [
            {
                "id": p.id, "username": p.username, "phone": p.phone, "name": p.name, "lang": p.lang,
                "password_hash": password_hash, "is_sample": is_sample, "created_at": p.created_at,
                "disabled_at": p.disabled_at,
            }
            for p in new
        ]  # fmt: skip
        held = [
            {"person_id": p.id, "role": a.role, "scope_kind": a.scope_kind, "scope_id": a.scope_id,
             "since": p.created_at}
            for p in new for a in p.assignments
        ]  # fmt: skip
        if rows:
            self._connection.execute(sa.insert(people), rows)
        if held:
            self._connection.execute(sa.insert(assignments), held)

    def assign(self, person_id: str, assignment: Assignment, *, since: datetime) -> None:
        self._connection.execute(
            sa.insert(assignments).values(
                person_id=person_id, role=assignment.role, scope_kind=assignment.scope_kind,
                scope_id=assignment.scope_id, since=since,
            )
        )  # fmt: skip

    def end_assignments(self, person_id: str, *, at: datetime) -> None:
        table = assignments
        self._connection.execute(
            sa.update(table).where(table.c.person_id == person_id, table.c.until.is_(None)).values(until=at)
        )

    def get(self, person_id: str) -> Person | None:
        row = self._connection.execute(sa.select(people).where(people.c.id == person_id)).mappings().first()
        return self._person(row) if row else None

    def all(self) -> list[Person]:
        rows = self._connection.execute(sa.select(people).order_by(people.c.username)).mappings().all()
        roles: dict[str, list[Assignment]] = {}
        for held in self._connection.execute(sa.select(assignments).where(assignments.c.until.is_(None))).mappings():
            roles.setdefault(held["person_id"], []).append(_assignment(held))
        return [_to_person(row, tuple(roles.get(row["id"], ()))) for row in rows]

    def count(self) -> int:
        return self._connection.scalar(sa.select(sa.func.count()).select_from(people)) or 0

    def by_login(self, login: str) -> tuple[Person, str] | None:
        """The person whose username or phone is `login`, with the password hash."""
        found = self._connection.execute(
            sa.select(people).where(sa.or_(people.c.username == login, people.c.phone == login))
        ).mappings().all()  # fmt: skip
        rows = sorted(found, key=lambda row: row["username"] != login)
        return (self._person(rows[0]), rows[0]["password_hash"]) if rows else None

    def logins_taken(self, logins: Sequence[str]) -> set[str]:
        """Those that are somebody's user name or phone."""
        found: set[str] = set()
        for start in range(0, len(logins), 400):
            some, c = logins[start : start + 400], people.c
            query = sa.select(c.username, c.phone).where(sa.or_(c.username.in_(some), c.phone.in_(some)))
            found.update(login for row in self._connection.execute(query) for login in row if login)
        return found & set(logins)

    def set_password(self, person_id: str, password_hash: str) -> None:
        self._connection.execute(sa.update(people).where(people.c.id == person_id).values(password_hash=password_hash))

    def set_disabled(self, person_id: str, at: datetime | None) -> None:
        self._connection.execute(sa.update(people).where(people.c.id == person_id).values(disabled_at=at))

    def set_lang(self, person_id: str, lang: str) -> None:
        self._connection.execute(sa.update(people).where(people.c.id == person_id).values(lang=lang))

    def sample_ids(self) -> list[tuple[str, str]]:
        """(id, username) of every sample account."""
        rows = self._connection.execute(sa.select(people.c.id, people.c.username).where(people.c.is_sample))
        return [(row.id, row.username) for row in rows]

    def open_session(self, **row: Any) -> None:
        self._connection.execute(sa.insert(login_sessions).values(**row))

    def session_person(self, session_id: str, *, at: datetime) -> Person | None:
        """The person of a session that is neither ended nor revoked, and who is not disabled."""
        row = self._connection.execute(
            sa.select(people)
            .join(login_sessions, login_sessions.c.person_id == people.c.id)
            .where(
                login_sessions.c.id == session_id, login_sessions.c.revoked_at.is_(None),
                login_sessions.c.expires_at > at, people.c.disabled_at.is_(None),
            )
        ).mappings().first()  # fmt: skip
        return self._person(row) if row else None

    def revoke_session(self, session_id: str, *, at: datetime) -> None:
        table = login_sessions
        self._connection.execute(
            sa.update(table).where(table.c.id == session_id, table.c.revoked_at.is_(None)).values(revoked_at=at)
        )

    def revoke_all(self, person_id: str, *, at: datetime, but: str | None = None) -> None:
        """End every login of a person; but: the one that goes on."""
        table = login_sessions
        ended = sa.update(table).where(table.c.person_id == person_id, table.c.revoked_at.is_(None))
        if but is not None:
            ended = ended.where(table.c.id != but)
        self._connection.execute(ended.values(revoked_at=at))

    def nth_failed_try(self, n: int, *, since: datetime, address: str, account: str | None = None) -> datetime | None:
        """When the n-th latest failed try since then was made; None when there are fewer."""
        table = login_attempts
        wanted = [table.c.at > since, table.c.succeeded.is_(False), table.c.address == address]
        if account is not None:
            wanted.append(table.c.account == account)
        query = sa.select(table.c.at).where(*wanted).order_by(table.c.at.desc()).limit(1).offset(n - 1)
        return self._connection.scalar(query)

    def count_try(self, *, account: str, address: str, at: datetime) -> int:
        """Write a try down as failed before the password is looked at; returns its serial."""
        done = self._connection.execute(
            sa.insert(login_attempts).values(account=account, address=address, at=at, succeeded=False)
        )
        return int(done.inserted_primary_key[0]) if done.inserted_primary_key else 0

    def try_succeeded(self, serial: int) -> None:
        self._connection.execute(
            sa.update(login_attempts).where(login_attempts.c.serial == serial).values(succeeded=True)
        )

    def forget_sessions(self, *, before: datetime) -> int:
        """Logins that ended before then; their history rows stay. Returns how many."""
        return self._connection.execute(
            sa.delete(login_sessions).where(login_sessions.c.expires_at < before)
        ).rowcount  # fmt: skip

    def forget_tries(self, *, before: datetime) -> int:
        return self._connection.execute(sa.delete(login_attempts).where(login_attempts.c.at < before)).rowcount

    def open_sessions(self, *, at: datetime) -> int:
        """How many logins stand."""
        c = login_sessions.c
        query = sa.select(sa.func.count()).where(c.revoked_at.is_(None), c.expires_at > at)
        return self._connection.scalar(query) or 0

    def _person(self, row: Any) -> Person:
        held = self._connection.execute(
            sa.select(assignments).where(assignments.c.person_id == row["id"], assignments.c.until.is_(None))
        ).mappings()
        return _to_person(row, tuple(_assignment(a) for a in held))


def _assignment(row: Any) -> Assignment:
    return Assignment(row["role"], row["scope_kind"], row["scope_id"])


def _to_person(row: Any, held: tuple[Assignment, ...]) -> Person:
    return Person(row["id"], row["username"], row["name"], row["phone"], row["lang"], row["disabled_at"],
                  row["created_at"], held)  # fmt: skip
