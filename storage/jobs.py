"""The durable job table: queued work, leased to one runner at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.tables import jobs

# A lease that ends later than this many of its lengths was given under a clock that ran ahead.
LEASES_AHEAD = 10


@dataclass(frozen=True)
class Job:
    """A piece of work in somebody's hands.

    go_on: ask it between two steps of long work; it raises when the work is no longer ours or the runner is to stop.
    """

    serial: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    started_at: datetime | None = None
    go_on: Callable[[], None] = field(default=lambda: None, compare=False)


@dataclass(frozen=True)
class JobRow:
    """A job as an operator sees it. state: queued, running, done, failed, dropped."""

    serial: int
    kind: str
    key: str
    state: str
    attempts: int
    error: str | None
    run_after: datetime
    created_at: datetime
    started_at: datetime | None
    done_at: datetime | None


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
        self._connection.execute(sa.update(jobs).where(jobs.c.kind == kind).values(**_FRESH))

    def again(self, serial: int, *, at: datetime) -> None:
        """One job is due again, as if it had never been taken up."""
        self._connection.execute(sa.update(jobs).where(jobs.c.serial == serial).values(**_FRESH, run_after=at))

    def queue_again(self, kind: str, key: str, payload: dict[str, Any], *, at: datetime) -> None:
        """Like `queue`, but what was done or given up is due again; what waits or runs stays as it is."""
        row = self._connection.execute(sa.select(jobs.c.serial, jobs.c.state).where(jobs.c.key == key)).first()
        if row is None:
            self.queue(kind, key, payload, at=at)
        elif row.state not in ("queued", "running"):
            self.again(row.serial, at=at)

    def lease(
        self, runner: str, *, at: datetime, lease: timedelta, kinds: tuple[str, ...], first: tuple[str, ...] = ()
    ) -> Job | None:
        """The next due job of these kinds, now ours until the lease ends; a dead runner's job comes back.

        first: kinds that go before the others, however long those have been waiting.
        """
        due = sa.or_(
            sa.and_(jobs.c.state == "queued", jobs.c.run_after <= at),
            sa.and_(jobs.c.state == "running", jobs.c.lease_until < at),
            sa.and_(jobs.c.state == "running", jobs.c.lease_until > at + LEASES_AHEAD * lease),
        )
        order = [sa.case((jobs.c.kind.in_(first), 0), else_=1)] if first else []
        query = sa.select(jobs).where(due, jobs.c.kind.in_(kinds)).order_by(*order, jobs.c.run_after, jobs.c.serial)
        row = self._connection.execute(query.limit(1).with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        self._connection.execute(
            sa.update(jobs)
            .where(jobs.c.serial == row.serial)
            .values(state="running", leased_by=runner, lease_until=at + lease, attempts=row.attempts + 1, started_at=at)
        )
        return Job(row.serial, row.kind, row.key, row.payload, row.attempts + 1, at)

    def is_mine(self, job: Job, runner: str) -> bool:
        return self._connection.scalar(sa.select(jobs.c.serial).where(*_held(job, runner))) is not None

    def renew(self, job: Job, runner: str, *, until: datetime) -> bool:
        """Hold on to a job that takes long. False when another runner has it, or the operator took it away."""
        held = self._connection.execute(sa.update(jobs).where(*_held(job, runner)).values(lease_until=until))
        return held.rowcount == 1

    def release(self, job: Job, runner: str) -> None:
        """Give an unfinished job back at once; it does not count as a try."""
        self._connection.execute(
            sa.update(jobs)
            .where(*_held(job, runner))
            .values(state="queued", attempts=jobs.c.attempts - 1, leased_by=None, lease_until=None)
        )

    def done(self, job: Job, *, at: datetime) -> None:
        self._set(job, state="done", done_at=at, error=None, leased_by=None)

    def retry(self, job: Job, error: str, *, run_after: datetime) -> None:
        self._set(job, state="queued", run_after=run_after, error=error[:2000], leased_by=None)

    def give_up(self, job: Job, error: str, *, at: datetime) -> None:
        self._set(job, state="failed", done_at=at, error=error[:2000], leased_by=None)

    def drop(self, serial: int, *, at: datetime) -> None:
        """Nobody will do it. The row stays, so that the same piece of work is not queued again by itself."""
        self._connection.execute(
            sa.update(jobs).where(jobs.c.serial == serial).values(state="dropped", done_at=at, leased_by=None)
        )

    def get(self, serial: int) -> JobRow | None:
        return next(iter(self._rows([jobs.c.serial == serial], 1)), None)

    def failed(self, *, at_most: int = 50) -> list[JobRow]:
        """Given up, newest first."""
        return self._rows([jobs.c.state == "failed"], at_most)

    def struggling(self, *, at_most: int = 50) -> list[JobRow]:
        """Failed at least once and waiting for the next try."""
        return self._rows([jobs.c.state == "queued", jobs.c.error.is_not(None)], at_most)

    def running(self, *, at_most: int = 20) -> list[JobRow]:
        return self._rows([jobs.c.state == "running"], at_most)

    def waiting(self) -> dict[str, int]:
        rows = self._connection.execute(sa.select(jobs.c.state, sa.func.count()).group_by(jobs.c.state))
        return {row[0]: row[1] for row in rows}

    def by_kind(self) -> dict[str, dict[str, int]]:
        """kind -> state -> how many."""
        query = sa.select(jobs.c.kind, jobs.c.state, sa.func.count()).group_by(jobs.c.kind, jobs.c.state)
        found: dict[str, dict[str, int]] = {}
        for kind, state, count in self._connection.execute(query):
            found.setdefault(kind, {})[state] = count
        return found

    def oldest_due(self, *, at: datetime) -> datetime | None:
        """Since when the longest waiting job could have been taken up; None when nothing waits."""
        due = sa.select(sa.func.min(jobs.c.run_after)).where(jobs.c.state == "queued", jobs.c.run_after <= at)
        return self._connection.scalar(due)

    def last_seconds(self) -> dict[str, float]:
        """How long the newest finished job of each kind took."""
        newest = sa.select(jobs.c.kind, sa.func.max(jobs.c.serial).label("serial")).where(
            jobs.c.state == "done", jobs.c.started_at.is_not(None)
        )
        last = newest.group_by(jobs.c.kind).subquery()
        rows = self._connection.execute(
            sa.select(jobs.c.kind, jobs.c.started_at, jobs.c.done_at).join(last, last.c.serial == jobs.c.serial)
        )
        return {r.kind: (r.done_at - r.started_at).total_seconds() for r in rows if r.done_at}

    def forget(self, kind: str, *, before: datetime) -> int:
        """Finished jobs of the timetable: their moment will not come again."""
        old = sa.delete(jobs).where(jobs.c.kind == kind, jobs.c.state == "done", jobs.c.done_at < before)
        return self._connection.execute(old).rowcount

    def _rows(self, where: list[Any], at_most: int) -> list[JobRow]:
        c = jobs.c
        query = sa.select(c.serial, c.kind, c.key, c.state, c.attempts, c.error, c.run_after, c.created_at, c.started_at,
                          c.done_at)  # fmt: skip
        rows = self._connection.execute(query.where(*where).order_by(c.serial.desc()).limit(at_most))
        return [JobRow(**row) for row in rows.mappings()]

    def _set(self, job: Job, **values: Any) -> None:
        self._connection.execute(sa.update(jobs).where(jobs.c.serial == job.serial).values(**values))


_FRESH: dict[str, Any] = {
    "state": "queued", "attempts": 0, "leased_by": None, "lease_until": None, "done_at": None, "error": None,
}  # fmt: skip


def _held(job: Job, runner: str) -> tuple[Any, ...]:
    return jobs.c.serial == job.serial, jobs.c.leased_by == runner, jobs.c.state == "running"
