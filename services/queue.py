"""Work for later: what other services queue, and how a runner takes it up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from domain.errors import Busy, Refused
from domain.policy.timetable import job_kinds
from storage.jobs import Job
from storage.store import Store, Work

LEASE = timedelta(seconds=90)
RENEW_EVERY_S = 20.0
ATTEMPTS_AT_MOST = 6
# What a handler hands back is written with "done", in one transaction; it may run once more after it was kept.
Closing = Callable[[Work], None]
Handler = Callable[[Job], Closing | None]
log = structlog.get_logger("queue")


class LeaseLost(Exception):
    """Another runner has the job now: leave everything as it is and write nothing."""


class ToldToStop(Exception):
    """The runner is to end: the job goes back into the queue and is begun again by whoever comes next."""


class Queue:
    """At most one runner has a job; a dead runner's lease ends and the job comes back; a failing one backs off."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._handlers: dict[str, Handler] = {}
        self._wake: list[Callable[[], None]] = []
        self._ended: list[Callable[[str, str, float], None]] = []

    def handle(self, kind: str, handler: Handler) -> None:
        """Say who does a kind of work; call it in the constructor of the service that does it.

        The kind must stand in domain/policy/jobs.toml, which is the list of all of them. A handler does the work,
        asks `job.go_on()` between the steps of anything long, and may hand back what is to be written with "done".
        It may be cut off anywhere and called again: what it leaves behind must be found again or be harmless.
        """
        if kind not in job_kinds():
            raise ValueError(f"{kind} is not written in domain/policy/jobs.toml")
        self._handlers[kind] = handler

    @property
    def kinds(self) -> frozenset[str]:
        """What this process can do."""
        return frozenset(self._handlers)

    def on_new(self, wake: Callable[[], None]) -> None:
        """`wake` is called when new work may be waiting."""
        self._wake.append(wake)

    def on_end(self, told: Callable[[str, str, float], None]) -> None:
        """`told(kind, how, seconds)` after each job of this process; how: done, failed, lost, stopped."""
        self._ended.append(told)

    def put(
        self, work: Work, kind: str, key: str, payload: dict[str, str], *, not_before: datetime | None = None
    ) -> None:
        """Queue inside the caller's transaction; call `nudge` after it. Jobs run in the order of `not_before`."""
        work.jobs.queue(kind, key, payload, at=not_before or self._clock())

    def nudge(self) -> None:
        for wake in self._wake:
            wake()

    def run_next(
        self, runner: str, *, leave: frozenset[str] = frozenset(), is_ending: Callable[[], bool] = lambda: False
    ) -> bool:
        """Do one due job; the timetable's and what somebody waits for go before photos. False when nothing is due.

        leave: kinds that this runner does not take up. is_ending: true when the runner has been told to stop.
        """
        kinds = tuple(kind for kind in self._handlers if kind not in leave)
        first = tuple(kind for kind in kinds if job_kinds()[kind].goes_first)
        job = self._store.run(
            lambda work: work.jobs.lease(runner, at=self._clock(), lease=LEASE, kinds=kinds, first=first)
        )
        if job is None:
            return False
        started, how = time.monotonic(), "done"
        try:
            with self._held(job, runner, is_ending) as held:
                closing = self._handlers[job.kind](held)
            self._store.run(lambda work: self._finish(work, job, closing, runner))
        except LeaseLost:
            how = "lost"
        except ToldToStop:
            how = "stopped"
            self._store.run(lambda work: work.jobs.release(job, runner))
        except Exception as error:  # noqa: BLE001 - whatever a job does, the queue must go on and show its error
            how = "failed"
            self._failed(job, error, runner)
        self._tell(job, how, time.monotonic() - started)
        return True

    @contextmanager
    def _held(self, job: Job, runner: str, is_ending: Callable[[], bool]) -> Iterator[Job]:
        """The job with a lease that is renewed for as long as the work goes on."""
        over, lost = threading.Event(), threading.Event()

        def renew() -> None:
            def once_more(work: Work) -> bool:
                return work.jobs.renew(job, runner, until=self._clock() + LEASE)

            while not over.wait(RENEW_EVERY_S):
                try:
                    if not self._store.run(once_more):
                        lost.set()
                        return
                except Busy:
                    continue  # a store that is locked or away may come back before the lease ends

        def go_on() -> None:
            if lost.is_set():
                raise LeaseLost(job.key)
            if is_ending():
                raise ToldToStop(job.key)

        keeper = threading.Thread(target=renew, name=f"slg-lease-{job.serial}", daemon=True)
        keeper.start()
        try:
            yield replace(job, go_on=go_on)
        finally:
            over.set()
            keeper.join()
        if lost.is_set():
            raise LeaseLost(job.key)

    def _finish(self, work: Work, job: Job, closing: Closing | None, runner: str) -> None:
        if not work.jobs.is_mine(job, runner):
            return  # the lease ended and another runner has it; what that one writes counts
        if closing is not None:
            closing(work)
        work.jobs.done(job, at=self._clock())

    def _failed(self, job: Job, error: Exception, runner: str) -> None:
        now = self._clock()
        words = error.code if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        if isinstance(error, Refused) and error.facts:
            words += " " + ", ".join(f"{name}={value}" for name, value in error.facts.items())

        def put_back(work: Work) -> None:
            if not work.jobs.is_mine(job, runner):
                return
            if job.attempts >= ATTEMPTS_AT_MOST:
                work.jobs.give_up(job, words, at=now)
            else:
                work.jobs.retry(job, words, run_after=now + timedelta(seconds=2**job.attempts))

        self._store.run(put_back)
        log.warning("job_failed", kind=job.kind, attempts=job.attempts, error=_kind_of(error))

    def _tell(self, job: Job, how: str, seconds: float) -> None:
        if how != "failed":
            log.info("job", kind=job.kind, how=how, seconds=round(seconds, 3), attempts=job.attempts)
        for told in self._ended:
            told(job.kind, how, seconds)

    def waiting(self) -> dict[str, int]:
        with self._store.look() as work:
            return work.jobs.waiting()


def _kind_of(error: Exception) -> str:
    """For the log: never the message, which may quote what somebody wrote."""
    return error.code if isinstance(error, Refused) else type(error).__name__
