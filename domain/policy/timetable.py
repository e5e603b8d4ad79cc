"""When recurring work is due. Pure: kinds and their first hours from jobs.toml, the office's own hours from the store."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.errors import Invalid

KEEP_DAYS = 30


@dataclass(frozen=True)
class JobKind:
    """A kind of work. at "" and every_minutes 0: the clock does not start it."""

    code: str
    zh: str
    en: str
    is_slow: bool = False
    is_waited_for: bool = False
    at: str = ""
    weekday: int | None = None
    every_minutes: int = 0
    starts_now: bool = False
    keep_days: int = KEEP_DAYS

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    @property
    def goes_first(self) -> bool:
        return self.is_recurring or self.is_waited_for

    @property
    def is_recurring(self) -> bool:
        return bool(self.at or self.every_minutes)


@dataclass(frozen=True)
class Slot:
    """One line of the office's timetable. Everything due up to settled_until is in the queue already, or was left out."""

    kind: str
    is_on: bool
    at: str
    weekday: int | None
    settled_until: datetime

    def last_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The newest due moment that is not after `now` (aware), in UTC."""
        every = job_kinds()[self.kind].every_minutes
        if every:
            seconds = int(now.timestamp())
            return datetime.fromtimestamp(seconds - seconds % (every * 60), UTC)
        day = now.astimezone(zone).date()
        for back in range(9):
            on = day - timedelta(days=back)
            # An hour that a change of clocks leaves out is taken as if it had not been left out.
            due = datetime.combine(on, clock_time(self.at), zone).astimezone(UTC)
            if due <= now and (self.weekday is None or on.weekday() == self.weekday):
                return due
        raise AssertionError("a week holds every weekday")

    def next_due(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first due moment after `now`, in UTC."""
        every = job_kinds()[self.kind].every_minutes
        if every:
            return self.last_due(now, zone) + timedelta(minutes=every)
        day = now.astimezone(zone).date()
        for ahead in range(9):
            on = day + timedelta(days=ahead)
            due = datetime.combine(on, clock_time(self.at), zone).astimezone(UTC)
            if due > now and (self.weekday is None or on.weekday() == self.weekday):
                return due
        raise AssertionError("a week holds every weekday")

    def key(self, due: datetime) -> str:
        """The job of one due moment: the same for every process."""
        return f"{self.kind}@{due.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def clock_time(text: str) -> time:
    """ "02:30". Raises Invalid("clock_wrong")."""
    try:
        hour, minute = text.strip().replace("：", ":").split(":")
        if not (hour.isdecimal() and minute.isdecimal()):
            raise ValueError
        return time(int(hour), int(minute))
    except ValueError:
        raise Invalid("clock_wrong", field="at", typed=text[:20]) from None


@cache
def job_kinds() -> dict[str, JobKind]:
    """Every kind of jobs.toml by its code. Raises ValueError naming a bad entry."""
    with (Path(__file__).parent / "jobs.toml").open("rb") as file:
        table = tomllib.load(file)["kinds"]
    found = {}
    for code, entry in table.items():
        try:
            kind = found[code] = JobKind(code, **entry)
        except TypeError as error:
            raise ValueError(f"jobs.toml, {code}: {error}") from error
        if len(code) > 32 or (kind.at and kind.every_minutes) or kind.weekday not in (None, *range(7)):
            raise ValueError(f"jobs.toml, {code}: a code of 32 letters, at or every_minutes, weekday 0 to 6")
        if kind.at:
            clock_time(kind.at)
    return found
