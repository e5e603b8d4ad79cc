"""Working days and hours: counts time limits the way an office lives. Pure; the office's days come from the store.

An unknown year counts Monday to Friday as working days and is provisional: whoever uses such a date says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Invalid

# A proposal, not a rule found anywhere: the office sets its own hours.
HOURS = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 0)))
LOOKS_AT_MOST_DAYS = 3660


@dataclass(frozen=True)
class Due:
    """A moment that a limit ends. is_provisional: some day on the way lies in a year whose days are not known yet."""

    at: datetime
    is_provisional: bool


@dataclass(frozen=True)
class WorkCalendar:
    """days: only what differs from Monday to Friday (True: a working day, False: free). hours: spans of one day."""

    timezone: ZoneInfo
    days: Mapping[date, bool] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()
    hours: tuple[tuple[time, time], ...] = HOURS

    def is_working(self, day: date) -> bool:
        return self.days.get(day, day.weekday() < 5)

    def is_provisional(self, day: date) -> bool:
        return day.year not in self.known_years

    def after_workdays(self, start: datetime, count: int) -> Due:
        """The end of the last working hour of the count-th working day after the day of `start` (aware).

        The day of start itself is not counted. Raises Invalid("limit_wrong") for a count below one.
        """
        if count < 1:
            raise Invalid("limit_wrong", field="value")
        day, left, provisional = self._local(start).date(), count, False
        for _ in range(LOOKS_AT_MOST_DAYS):
            day += timedelta(days=1)
            provisional |= self.is_provisional(day)
            left -= self.is_working(day)
            if left == 0:
                return Due(self._at(day, self.hours[-1][1]), provisional)
        raise Invalid("limit_wrong", field="value")

    def after_workhours(self, start: datetime, hours: float) -> Due:
        """The moment when `hours` of working time have passed since `start` (aware); nights and free days do not count.

        Raises Invalid("limit_wrong") for none or too many.
        """
        left, provisional = timedelta(hours=hours), False
        if left <= timedelta(0):
            raise Invalid("limit_wrong", field="value")
        begin = self._local(start)
        for ahead in range(LOOKS_AT_MOST_DAYS):
            day = begin.date() + timedelta(days=ahead)
            provisional |= self.is_provisional(day)
            for opens, closes in self.hours if self.is_working(day) else ():
                since, until = max(self._at(day, opens), begin), self._at(day, closes)
                if since + left <= until:
                    return Due(since + left, provisional)
                left -= max(until - since, timedelta(0))
        raise Invalid("limit_wrong", field="value")

    def after_limit(self, start: datetime, value: int, unit: str) -> Due:
        """The end of a limit of so many workhours, workdays or (calendar) days from `start` (aware).

        A limit in days ends with the last working hour of its day, working or not, and so needs no known year.
        Raises Invalid("limit_wrong").
        """
        if unit == "workhour":
            return self.after_workhours(start, value)
        if unit == "workday":
            return self.after_workdays(start, value)
        if unit != "day" or not 1 <= value <= LOOKS_AT_MOST_DAYS:
            raise Invalid("limit_wrong", field="value")
        return Due(self._at(self._local(start).date() + timedelta(days=value), self.hours[-1][1]), False)

    def workdays_between(self, first: date, last: date) -> int:
        """Working days after `first` up to and with `last`; 0 when last is not later."""
        return sum(self.is_working(first + timedelta(days=i)) for i in range(1, (last - first).days + 1))

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.timezone)

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.timezone)


def hours_from_text(text: str) -> tuple[tuple[time, time], ...]:
    """ "08:30-12:00, 13:30-17:00" as spans. Raises Invalid("work_hours_wrong") unless they are in order and apart."""
    try:
        spans = tuple(
            (time.fromisoformat(opens.strip()), time.fromisoformat(closes.strip()))
            for opens, closes in (part.split("-") for part in text.split(","))
        )
    except ValueError:
        raise Invalid("work_hours_wrong", field="hours") from None
    moments = [moment for span in spans for moment in span]
    if not spans or moments != sorted(set(moments)):
        raise Invalid("work_hours_wrong", field="hours")
    return spans


def hours_as_text(hours: tuple[tuple[time, time], ...]) -> str:
    return ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in hours)
