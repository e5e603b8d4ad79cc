"""Work for later: what other services queue, and how a runner takes it up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from domain.errors import Refused
from storage.jobs import Job
from storage.store import Store, Work

LEASE = timedelta(seconds=90)
ATTEMPTS_AT_MOST = 6
# What a handler hands back is written with "done", in one transaction; it may run once more after it was kept.
Closing = Callable[[Work], None]
Handler = Callable[[Job], Closing | None]
log = structlog.get_logger("queue")


class Queue:
    """At most one runner has a job; a dead runner's lease ends and the job comes back; a failing one backs off."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._handlers: dict[str, Handler] = {}
        self._wake: list[Callable[[], None]] = []

    def handle(self, kind: str, handler: Handler) -> None:
        self._handlers[kind] = handler

    def on_new(self, wake: Callable[[], None]) -> None:
        """`wake` is called when new work may be waiting."""
        self._wake.append(wake)

    def put(
        self, work: Work, kind: str, key: str, payload: dict[str, str], *, not_before: datetime | None = None
    ) -> None:
        """Queue inside the caller's transaction; call `nudge` after it. Jobs run in the order of `not_before`."""
        work.jobs.queue(kind, key, payload, at=not_before or self._clock())

    def nudge(self) -> None:
        for wake in self._wake:
            wake()

    def run_next(self, runner: str) -> bool:
        """Do one due job. False when nothing is due."""
        kinds = tuple(self._handlers)
        job = self._store.run(lambda work: work.jobs.lease(runner, at=self._clock(), lease=LEASE, kinds=kinds))
        if job is None:
            return False
        try:
            closing = self._handlers[job.kind](job)
            self._store.run(lambda work: self._finish(work, job, closing, runner))
        except Exception as error:  # noqa: BLE001 - whatever a job does, the queue must go on and show its error
            self._failed(job, error)
        return True

    def _finish(self, work: Work, job: Job, closing: Closing | None, runner: str) -> None:
        if not work.jobs.is_mine(job, runner):
            return  # the lease ended and another runner has it; what that one writes counts
        if closing is not None:
            closing(work)
        work.jobs.done(job, at=self._clock())

    def _failed(self, job: Job, error: Exception) -> None:
        now = self._clock()
        words = error.code if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        log.warning("job_failed", kind=job.kind, attempts=job.attempts, error=type(error).__name__)

        def put_back(work: Work) -> None:
            if job.attempts >= ATTEMPTS_AT_MOST:
                work.jobs.give_up(job, words, at=now)
            else:
                work.jobs.retry(job, words, run_after=now + timedelta(seconds=2**job.attempts))

        self._store.run(put_back)

    def waiting(self) -> dict[str, int]:
        with self._store.look() as work:
            return work.jobs.waiting()
