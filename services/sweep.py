"""The sweep: takes away what is left over and what has run out, and says how much that was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from domain.policy.timetable import job_kinds
from services.people import SESSIONS_KEPT
from services.queue import Closing, Queue
from storage.jobs import Job
from storage.reports import ReportFiles
from storage.store import Store, Work
from storage.timetable import Outcome

SWEEP = "sweep"
OUTCOMES_KEPT = timedelta(days=400)
REMINDERS_KEPT = timedelta(days=90)
TRIES_KEPT = timedelta(days=1)
DRAFT_LIFE = timedelta(hours=1)


class Sweep:
    """Rows that have run out, and whatever other services add with `also`."""

    def __init__(self, store: Store, queue: Queue, reports: ReportFiles, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._reports = reports
        self._clock = clock
        self._others: dict[str, Callable[[], int]] = {"reports": self._drafts}
        queue.handle(SWEEP, self._sweep)

    def also(self, what: str, take_away: Callable[[], int]) -> None:
        """`take_away()` removes what is left over of `what` and returns how many; it is called every few minutes."""
        self._others[what] = take_away

    def _sweep(self, job: Job) -> Closing:
        started, removed = self._clock(), {}
        for what, take_away in self._others.items():
            job.go_on()
            removed[what] = take_away()

        def rows(work: Work) -> None:
            now = self._clock()
            removed["jobs"] = sum(
                work.jobs.forget(kind.code, before=now - timedelta(days=kind.keep_days))
                for kind in job_kinds().values()
                if kind.is_recurring
            )
            removed["logins"] = work.people.forget_sessions(before=now - SESSIONS_KEPT)
            removed["tries"] = work.people.forget_tries(before=now - TRIES_KEPT)
            removed["outcomes"] = work.outcomes.forget(before=now - OUTCOMES_KEPT)
            removed["reminders"] = work.reminders.forget(before=now - REMINDERS_KEPT)
            told = {what: count for what, count in removed.items() if count}
            if told:
                work.outcomes.keep(Outcome(SWEEP, job.key, started, now, told))

        return rows

    def _drafts(self) -> int:
        """Reports that a killed process was writing."""
        limit, gone = self._clock().timestamp() - DRAFT_LIFE.total_seconds(), 0
        for path in self._reports.unfinished():
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
                gone += 1
        return gone
