"""The office's timetable, and what came of the work that it started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.policy.timetable import Slot
from storage.tables import outcomes, timetable


@dataclass(frozen=True)
class Outcome:
    """What one job found or made. facts: figures and names that a page words."""

    kind: str
    key: str
    started_at: datetime
    at: datetime
    facts: dict[str, Any]

    @property
    def seconds(self) -> float:
        return (self.at - self.started_at).total_seconds()


class Timetable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def slots(self) -> list[Slot]:
        rows = self._connection.execute(sa.select(timetable).order_by(timetable.c.kind))
        return [Slot(r.kind, r.is_on, r.at, r.weekday, r.settled_until) for r in rows]

    def add(self, slot: Slot) -> None:
        self._connection.execute(sa.insert(timetable).values(**_as_row(slot)))

    def set(self, slot: Slot) -> None:
        self._connection.execute(sa.update(timetable).where(timetable.c.kind == slot.kind).values(**_as_row(slot)))

    def settle(self, kind: str, until: datetime) -> None:
        self._connection.execute(sa.update(timetable).where(timetable.c.kind == kind).values(settled_until=until))


class Outcomes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, found: Outcome) -> None:
        """Once for each job: a second runner that finished the same one changes nothing."""
        if self._connection.scalar(sa.select(outcomes.c.serial).where(outcomes.c.key == found.key)) is None:
            self._connection.execute(
                sa.insert(outcomes).values(
                    kind=found.kind, key=found.key, started_at=found.started_at, at=found.at, facts=found.facts
                )
            )

    def last(self, kind: str) -> Outcome | None:
        query = sa.select(outcomes).where(outcomes.c.kind == kind)
        row = self._connection.execute(query.order_by(outcomes.c.at.desc(), outcomes.c.serial.desc()).limit(1)).first()
        return Outcome(row.kind, row.key, row.started_at, row.at, row.facts) if row else None

    def forget(self, *, before: datetime) -> int:
        """Old ones, but never the last of its kind."""
        newest = sa.select(sa.func.max(outcomes.c.serial)).group_by(outcomes.c.kind)
        gone = sa.delete(outcomes).where(outcomes.c.at < before, outcomes.c.serial.not_in(newest))
        return self._connection.execute(gone).rowcount


def _as_row(slot: Slot) -> dict[str, Any]:
    return {"kind": slot.kind, "is_on": slot.is_on, "at": slot.at, "weekday": slot.weekday,
            "settled_until": slot.settled_until}  # fmt: skip
