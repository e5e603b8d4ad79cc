"""Leased runners: they take due jobs from the queue, one of them keeps house, they stop when told."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from domain.errors import Refused
from services import Services

IDLE_S = 2.0
# While the decoding worker has one photo in hand, the other runner writes the last one down and fetches the next.
RUNNERS = 2
HOUSEKEEPING_EVERY = 150  # idle rounds: five minutes
log = structlog.get_logger("runner")


class Runner:
    def __init__(self, services: Services, *, keeps_house: bool = True) -> None:
        self._services = services
        self._keeps_house = keeps_house
        self._name = uuid.uuid4().hex
        self._stop = threading.Event()
        self._wake = threading.Event()
        services.queue.on_new(self._wake.set)

    def run(self) -> None:
        """Until `stop`. A locked or absent store is waited out, not died of."""
        idle = 0
        while not self._stop.is_set():
            try:
                if self._keeps_house and idle % HOUSEKEEPING_EVERY == 0:
                    self._services.evidence.sweep()
                    self._services.history.close_days()
                if self._services.queue.run_next(self._name):
                    idle = 1
                    continue
            except Refused as refused:
                log.warning("runner_waits", code=refused.code)
            except Exception:
                log.exception("runner_stumbled")
            idle += 1
            self._wake.wait(IDLE_S)
            self._wake.clear()

    def run_until_empty(self) -> int:
        """Do everything that is due now; returns how many jobs that was."""
        done = 0
        while not self._stop.is_set() and self._services.queue.run_next(self._name):
            done += 1
        return done

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()


@contextmanager
def running(services: Services) -> Iterator[None]:
    """Runners in threads of their own for as long as the app lives."""
    runners = [Runner(services, keeps_house=i == 0) for i in range(RUNNERS)]
    threads = [threading.Thread(target=r.run, name=f"slg-runner-{i}", daemon=True) for i, r in enumerate(runners)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for runner in runners:
            runner.stop()
        for thread in threads:
            thread.join(timeout=30)
        services.close()
