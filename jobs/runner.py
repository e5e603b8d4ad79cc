"""One leased runner: takes due jobs from the queue, does housekeeping, stops when told."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from domain.errors import Refused
from services import Services

IDLE_S = 2.0
HOUSEKEEPING_EVERY = 150  # idle rounds: five minutes
log = structlog.get_logger("runner")


class Runner:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._name = uuid.uuid4().hex
        self._stop = threading.Event()
        self._wake = threading.Event()
        services.queue.on_new(self._wake.set)

    def run(self) -> None:
        """Until `stop`. A locked or absent store is waited out, not died of."""
        idle = 0
        while not self._stop.is_set():
            try:
                if idle % HOUSEKEEPING_EVERY == 0:
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
def running(services: Services) -> Iterator[Runner]:
    """A runner in a thread of its own for as long as the app lives."""
    runner = Runner(services)
    thread = threading.Thread(target=runner.run, name="slg-runner", daemon=True)
    thread.start()
    try:
        yield runner
    finally:
        runner.stop()
        thread.join(timeout=30)
        services.close()
