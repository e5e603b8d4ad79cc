"""The office's timetable: puts recurring work into the queue when its hour has come, once for each hour.

Any number of processes may call `put_due`: the row of the kind and the key of the job make one of them the first, in
one transaction. After a stop the last hour that was missed is caught up, not each of them. A clock that was set back
starts nothing twice: the hour's key is known already.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Invalid, NotFound
from domain.policy.permissions import Permissions
from domain.policy.timetable import JobKind, Slot, clock_time, job_kinds
from domain.records import Actor
from services.queue import Queue
from storage.store import Store, Work


@dataclass(frozen=True)
class Entry:
    """One line as the administrator sees it. next_due: None while it is off or nobody here can do it."""

    kind: JobKind
    slot: Slot
    next_due: datetime | None
    can_run: bool


class TimetableService:
    def __init__(
        self, store: Store, permissions: Permissions, queue: Queue, clock: Callable[[], datetime], timezone: ZoneInfo
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._queue = queue
        self._clock = clock
        self._timezone = timezone

    def seed(self) -> int:
        """Write the built-in hours of kinds that the office's timetable does not have yet; returns how many."""
        recurring = {code: kind for code, kind in job_kinds().items() if kind.is_recurring}
        with self._store.look() as work:
            missing = set(recurring) - {slot.kind for slot in work.timetable.slots()}
        if missing:
            self._store.run(lambda work: self._add(work, recurring))
        return len(missing)

    def _add(self, work: Work, recurring: dict[str, JobKind]) -> None:
        now = self._clock()
        there = {slot.kind for slot in work.timetable.slots()}
        for code in sorted(set(recurring) - there):
            kind = recurring[code]
            slot = Slot(code, True, kind.at, kind.weekday, now)
            if kind.starts_now:  # as if the last hour had been missed
                slot = replace(slot, settled_until=slot.last_due(now, self._timezone) - timedelta(seconds=1))
            work.timetable.add(slot)

    def put_due(self) -> int:
        """Queue whatever is due by now; returns how many jobs that was."""
        with self._store.look() as work:
            if not any(self._is_due(slot) or self._is_ahead(slot) for slot in work.timetable.slots()):
                return 0
        put = self._store.run(self._put)
        if put:
            self._queue.nudge()
        return put

    def _put(self, work: Work) -> int:
        now, put = self._clock(), 0
        for slot in work.timetable.slots():
            if self._is_ahead(slot):
                work.timetable.settle(slot.kind, now)
            elif self._is_due(slot):
                due = slot.last_due(now, self._timezone)
                work.jobs.queue(slot.kind, slot.key(due), {}, at=due)
                work.timetable.settle(slot.kind, due)
                put += 1
        return put

    def _is_due(self, slot: Slot) -> bool:
        if not slot.is_on or slot.kind not in self._queue.kinds or not job_kinds()[slot.kind].is_recurring:
            return False
        return slot.last_due(self._clock(), self._timezone) > slot.settled_until

    def _is_ahead(self, slot: Slot) -> bool:
        """The clock stood later than now when this was settled: it has been set back since."""
        return slot.settled_until > self._clock()

    # -- for the administrator -----------------------------------------------------------------------------------

    def entries(self, actor: Actor) -> list[Entry]:
        """Every line, in the order of jobs.toml."""
        self._permissions.require(actor, "ops.read")
        now = self._clock()
        with self._store.look() as work:
            slots = {slot.kind: slot for slot in work.timetable.slots()}
        found = []
        for code, kind in job_kinds().items():
            if kind.is_recurring and code in slots:
                slot, can_run = slots[code], code in self._queue.kinds
                due = slot.next_due(now, self._timezone) if slot.is_on and can_run else None
                found.append(Entry(kind, slot, due, can_run))
        return found

    def change(self, kind: str, actor: Actor, *, is_on: bool, at: str, weekday: int | None) -> None:
        """New hours for a kind, from now on: nothing is caught up. Raises Invalid naming the field, NotFound."""
        self._permissions.require(actor, "ops.manage")
        now = self._clock()
        with self._store.work() as work:
            slot = next((s for s in work.timetable.slots() if s.kind == kind), None)
            if slot is None:
                raise NotFound()
            if not job_kinds()[kind].every_minutes:
                hour = clock_time(at)
                if weekday not in (None, *range(7)):
                    raise Invalid("field_wrong", field="weekday")
                slot = replace(slot, at=f"{hour:%H:%M}", weekday=weekday)
            work.timetable.set(replace(slot, is_on=is_on, settled_until=now))
            payload = {"kind": kind, "is_on": is_on, "at": slot.at, "weekday": slot.weekday}
            work.history.write("operations", "office", "timetable.set", payload, actor_id=actor.person_id, at=now)

    def start(self, kind: str, actor: Actor) -> None:
        """Put one run into the queue now, beside the timetable. Raises NotFound, Invalid("job_not_here")."""
        self._permissions.require(actor, "ops.manage")
        if kind not in job_kinds() or not job_kinds()[kind].is_recurring:
            raise NotFound()
        if kind not in self._queue.kinds:
            raise Invalid("job_not_here", field="kind")
        now = self._clock()
        with self._store.work() as work:
            self._queue.put(work, kind, f"{kind}@now-{uuid.uuid4().hex[:12]}", {}, not_before=now)
            work.history.write("operations", "office", "job.started", {"kind": kind}, actor_id=actor.person_id, at=now)
        self._queue.nudge()
