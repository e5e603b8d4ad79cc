"""The durable job table: queued work, leased to one runner at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import jobs


@dataclass(frozen=True)
class Job:
    serial: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


class Jobs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queue(self, kind: str, key: str, payload: dict[str, Any], *, at: datetime) -> None:
        """Queue a piece of work once; the same key again changes nothing."""
        if self._connection.scalar(sa.select(jobs.c.serial).where(jobs.c.key == key)) is None:
            self._connection.execute(
                sa.insert(jobs).values(kind=kind, key=key, payload=payload, state="queued", run_after=at, created_at=at)
            )

    def do_again(self, kind: str) -> None:
        """Every job of a kind is due again, as if it had never been taken up."""
        self._connection.execute(
            sa.update(jobs)
            .where(jobs.c.kind == kind)
            .values(state="queued", attempts=0, leased_by=None, lease_until=None, done_at=None, error=None)
        )

    def lease(self, runner: str, *, at: datetime, lease: timedelta, kinds: tuple[str, ...]) -> Job | None:
        """The next due job of these kinds, now ours until the lease ends; a dead runner's job comes back."""
        due = sa.or_(
            sa.and_(jobs.c.state == "queued", jobs.c.run_after <= at),
            sa.and_(jobs.c.state == "running", jobs.c.lease_until < at),
        )
        query = sa.select(jobs).where(due, jobs.c.kind.in_(kinds)).order_by(jobs.c.run_after, jobs.c.serial).limit(1)
        row = self._connection.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        self._connection.execute(
            sa.update(jobs)
            .where(jobs.c.serial == row.serial)
            .values(state="running", leased_by=runner, lease_until=at + lease, attempts=row.attempts + 1)
        )
        return Job(row.serial, row.kind, row.key, row.payload, row.attempts + 1)

    def is_mine(self, job: Job, runner: str) -> bool:
        where = (jobs.c.serial == job.serial, jobs.c.leased_by == runner, jobs.c.state == "running")
        return self._connection.scalar(sa.select(jobs.c.serial).where(*where)) is not None

    def done(self, job: Job, *, at: datetime) -> None:
        self._set(job, state="done", done_at=at, error=None, leased_by=None)

    def retry(self, job: Job, error: str, *, run_after: datetime) -> None:
        self._set(job, state="queued", run_after=run_after, error=error[:2000], leased_by=None)

    def give_up(self, job: Job, error: str, *, at: datetime) -> None:
        self._set(job, state="failed", done_at=at, error=error[:2000], leased_by=None)

    def waiting(self) -> dict[str, int]:
        rows = self._connection.execute(sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state))
        return {row[0]: row[1] for row in rows}

    def _set(self, job: Job, **values: Any) -> None:
        self._connection.execute(sa.update(jobs).where(jobs.c.serial == job.serial).values(**values))
