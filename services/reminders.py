"""Reminders: what waits for somebody. A daily job writes them down; each goes by itself when its cause is gone.

A cause is one function in CAUSES: it looks at the store and says what waits now. To add one (the deadline of a case),
write the function, name it in CAUSES and give its sentence in i18n under [reminder].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor
from domain.reminders import Reminder
from services.backups import BACKUP
from services.history import VERIFY
from services.queue import Closing, Queue
from storage.jobs import Job
from storage.store import Store, Work
from storage.timetable import Outcome

REMIND = "reminders"
CONTRACT_DAYS = 30
ORIGINALS_LATE = timedelta(hours=24)
BACKUP_OLD = timedelta(days=2)
CALENDAR_FROM = (12, 1)  # month, day


@dataclass(frozen=True)
class Moment:
    """What a cause may look at beside the store. backs_up: a folder for backups is set."""

    now: datetime
    timezone: ZoneInfo
    backs_up: bool = False

    @property
    def today(self) -> str:
        return self.now.astimezone(self.timezone).date().isoformat()


Cause = Callable[[Work, Moment], list[Reminder]]


def contracts_end(work: Work, at: Moment) -> list[Reminder]:
    """An asset's contract ends within 30 days, or ended in the last 30 and nobody wrote down what came after."""
    today, span = at.now.astimezone(at.timezone).date(), timedelta(days=CONTRACT_DAYS)
    return [
        Reminder("contract_ends", "asset", asset.id, asset.street_id, "asset.write", None, asset.contract_end,
                 {"asset_no": asset.asset_no, "name": asset.name, "day": asset.contract_end})
        for asset in work.assets.ending((today - span).isoformat(), (today + span).isoformat())
    ]  # fmt: skip


def originals_late(work: Work, at: Moment) -> list[Reminder]:
    """A day after the receipt some originals are still on a phone: for who took them, and for the street's officer."""
    found = []
    for late in work.records.waiting_for_originals(received_before=at.now - ORIGINALS_LATE):
        facts = {"number": late.number, "missing": late.missing, "of": late.expected}
        found.append(Reminder("originals_late", "record", late.record_id, late.street_id, None, late.reporter_id,
                              None, facts))  # fmt: skip
        found.append(Reminder("originals_late", "record", late.record_id, late.street_id, "record.chase", None, None,
                              {**facts, "who": late.reporter_name}))  # fmt: skip
    return found


def calendar_unknown(work: Work, at: Moment) -> list[Reminder]:
    """From 1 December on next year's working days must be known, else its deadlines are provisional."""
    today = at.now.astimezone(at.timezone).date()
    years = [today.year, *([today.year + 1] if (today.month, today.day) >= CALENDAR_FROM else [])]
    known = work.calendar.years()
    return [
        Reminder(
            "calendar_unknown", "calendar", str(year), None, "calendar.edit", None, f"{year}-01-01", {"year": year}
        )
        for year in years
        if year not in known
    ]


def backup_old(work: Work, at: Moment) -> list[Reminder]:
    """The last good backup is older than two days, or there is none although a folder is set."""
    is_on = any(slot.kind == BACKUP and slot.is_on for slot in work.timetable.slots())
    if not at.backs_up or not is_on:
        return []
    last = work.outcomes.last(BACKUP)
    if last is not None and at.now - last.at <= BACKUP_OLD:
        return []
    if last is None:
        begun = work.meta(BACKS_UP_SINCE)
        if begun is None or at.now - datetime.fromisoformat(begun) <= BACKUP_OLD:
            return []  # the first night has not come yet
        return [Reminder("backup_none", "backup", "last", None, "ops.read")]
    return [Reminder("backup_old", "backup", "last", None, "ops.read", None, None, {"days": (at.now - last.at).days})]


def verify_found(work: Work, at: Moment) -> list[Reminder]:
    """The last check of history and originals found something."""
    last = work.outcomes.last(VERIFY)
    if last is None or not last.facts["found"]:
        return []
    return [Reminder("verify_found", "verify", "last", None, "history.verify", None, None, {"n": last.facts["found"]})]


def jobs_given_up(work: Work, at: Moment) -> list[Reminder]:
    """A job failed as often as it may."""
    failed = work.jobs.waiting().get("failed", 0)
    return [Reminder("jobs_given_up", "jobs", "all", None, "ops.read", None, None, {"n": failed})] if failed else []


CAUSES: dict[str, Cause] = {
    "contract_ends": contracts_end,
    "originals_late": originals_late,
    "calendar_unknown": calendar_unknown,
    "backup_old": backup_old,
    "backup_none": backup_old,
    "verify_found": verify_found,
    "jobs_given_up": jobs_given_up,
}
BACKS_UP_SINCE = "backs_up_since"


class RemindersService:
    def __init__(
        self, store: Store, permissions: Permissions, queue: Queue, clock: Callable[[], datetime], timezone: ZoneInfo,
        *, backs_up: bool,
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._clock = clock
        self._timezone = timezone
        self._backs_up = backs_up
        queue.handle(REMIND, self._remind)

    def open(self, actor: Actor) -> list[Reminder]:
        """What waits for this person, the most urgent first. What has settled since the job ran is left out."""
        self._permissions.require(actor, "app.use")
        with self._store.look() as work:
            mine = [found for found, _ in work.reminders.open() if self._concerns(found, actor)]
            kinds = {found.kind for found in mine}
            causes = dict.fromkeys(CAUSES[kind] for kind in CAUSES if kind in kinds)
            now = {found.key: found for cause in causes for found in cause(work, self._moment(work))}
        return [now[found.key] for found in mine if found.key in now]

    def _concerns(self, found: Reminder, actor: Actor) -> bool:
        if found.person_id is not None:
            return found.person_id == actor.person_id
        if found.permission is None or found.permission not in self._permissions.actions:
            return False
        where = Scoped(found.street_id) if found.street_id else None
        return self._permissions.allows(actor, found.permission, where)

    def _remind(self, job: Job) -> Closing:
        started = self._clock()

        def settle(work: Work) -> None:
            at = self._moment(work)
            if self._backs_up and work.meta(BACKS_UP_SINCE) is None:
                work.set_meta(BACKS_UP_SINCE, at.now.isoformat())
            wanted = [found for cause in dict.fromkeys(CAUSES.values()) for found in cause(work, at)]
            opened, done = work.reminders.settle(tuple(CAUSES), wanted, at=at.now)
            facts = {"open": len(wanted), "opened": opened, "done": done}
            work.outcomes.keep(Outcome(REMIND, job.key, started, at.now, facts))

        return settle

    def _moment(self, work: Work) -> Moment:
        return Moment(self._clock(), self._timezone, self._backs_up or work.meta(BACKS_UP_SINCE) is not None)
