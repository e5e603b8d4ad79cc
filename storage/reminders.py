"""What waits for somebody. A row is opened, done when its cause is gone, and opened again when the cause comes back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.reminders import Reminder
from storage.tables import reminders


class Reminders:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def settle(self, kinds: Collection[str], wanted: Sequence[Reminder], *, at: datetime) -> tuple[int, int]:
        """Make the open reminders of these kinds exactly `wanted`; (opened, done). Those not changed keep their date."""
        c = reminders.c
        rows = self._connection.execute(sa.select(c.id, c.key, c.done_at, c.facts, c.due_on).where(c.kind.in_(kinds)))
        known = {row.key: row for row in rows}
        by_key = {found.key: found for found in wanted}
        opened = 0
        for key, found in by_key.items():
            row = known.get(key)
            if row is None:
                self._connection.execute(
                    sa.insert(reminders).values(id=str(uuid.uuid4()), made_at=at, **_as_row(found))
                )
                opened += 1
            elif row.done_at is not None:
                self._set(row.id, made_at=at, done_at=None, facts=found.facts, due_on=found.due_on)
                opened += 1
            elif (row.facts, row.due_on) != (found.facts, found.due_on):
                self._set(row.id, facts=found.facts, due_on=found.due_on)
        gone = [row.id for key, row in known.items() if row.done_at is None and key not in by_key]
        for reminder_id in gone:
            self._set(reminder_id, done_at=at)
        return opened, len(gone)

    def open(self) -> list[tuple[Reminder, datetime]]:
        """Every open one with the moment it was made, the most urgent first."""
        c = reminders.c
        query = sa.select(reminders).where(c.done_at.is_(None))
        rows = self._connection.execute(query.order_by(sa.func.coalesce(c.due_on, ""), c.made_at, c.key))
        return [
            (Reminder(r.kind, r.subject_kind, r.subject_id, r.street_id, r.permission, r.person_id, r.due_on, r.facts),
             r.made_at)
            for r in rows
        ]  # fmt: skip

    def forget(self, *, before: datetime) -> int:
        return self._connection.execute(sa.delete(reminders).where(reminders.c.done_at < before)).rowcount

    def _set(self, reminder_id: str, **values: Any) -> None:
        self._connection.execute(sa.update(reminders).where(reminders.c.id == reminder_id).values(**values))


def _as_row(found: Reminder) -> dict[str, Any]:
    return {
        "key": found.key, "kind": found.kind, "subject_kind": found.subject_kind, "subject_id": found.subject_id,
        "street_id": found.street_id, "permission": found.permission, "person_id": found.person_id,
        "due_on": found.due_on, "facts": found.facts,
    }  # fmt: skip
