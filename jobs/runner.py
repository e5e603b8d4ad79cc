"""Leased runners: they take due jobs from the queue, one of them minds the timetable, they stop when told."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from domain.errors import Refused
from domain.policy.timetable import job_kinds
from services import Services

IDLE_S = 2.0
TIMETABLE_EVERY_S = 10.0
ENDS_WITHIN_S = 30
# What takes minutes is left to the first runner, so that photos never wait for a backup.
SLOW = frozenset(code for code, kind in job_kinds().items() if kind.is_slow)
log = structlog.get_logger("runner")


class Runner:
    """keeps_house: minds the timetable, and takes slow work too."""

    def __init__(self, services: Services, *, keeps_house: bool = True) -> None:
        self._services = services
        self._keeps_house = keeps_house
        self._leave = frozenset() if keeps_house else SLOW
        self._name = uuid.uuid4().hex
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._looked_at = float("-inf")
        services.queue.on_new(self._wake.set)

    def run(self) -> None:
        """Until `stop`. A locked or absent store is waited out, not died of."""
        while not self._stop.is_set():
            try:
                if self._keeps_house and time.monotonic() - self._looked_at >= TIMETABLE_EVERY_S:
                    self._services.timetable.put_due()
                    self._looked_at = time.monotonic()
                if self._next():
                    continue
            except Refused as refused:
                log.warning("runner_waits", code=refused.code)
            except Exception:
                log.exception("runner_stumbled")
            self._wake.wait(IDLE_S)
            self._wake.clear()

    def run_until_empty(self) -> int:
        """Do everything in the queue that is due now; returns how many jobs that was."""
        done = 0
        while not self._stop.is_set() and self._next():
            done += 1
        return done

    def _next(self) -> bool:
        return self._services.queue.run_next(self._name, leave=self._leave, is_ending=self._stop.is_set)

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()


@contextmanager
def running(services: Services, count: int) -> Iterator[None]:
    """`count` runners in threads of their own for as long as the app lives; 0 leaves the work to other processes.

    With two, while the decoding worker has one photo in hand, the other writes the last one down and fetches the next.
    """
    runners = [Runner(services, keeps_house=i == 0) for i in range(count)]
    threads = [threading.Thread(target=r.run, name=f"slg-runner-{i}", daemon=True) for i, r in enumerate(runners)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for runner in runners:
            runner.stop()
        for thread in threads:
            thread.join(timeout=ENDS_WITHIN_S)
        services.close()
