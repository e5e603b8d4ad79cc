"""The office's working days and hours: seeded from a package, kept in the database, edited by the administrator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Invalid
from domain.policy.clock import HOURS, WorkCalendar, hours_as_text, hours_from_text
from domain.policy.permissions import Permissions
from domain.records import Actor, Day
from storage.store import Store, Work

HOURS_KEY = "work_hours"
FIRST_YEAR = 2020
OFFICE = "office"


class CalendarService:
    def __init__(
        self, store: Store, permissions: Permissions, clock: Callable[[], datetime], timezone: ZoneInfo
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._clock = clock
        self._timezone = timezone

    def seed(self) -> int:
        """Take over the years that the installed package knows and the office does not; returns how many."""
        source, years = _package_years()
        with self._store.look() as work:
            missing = sorted(set(years) - set(work.calendar.years()))
        if missing:
            with self._store.work() as work:
                for year in sorted(set(years) - set(work.calendar.years())):
                    work.calendar.add_year(year, source, years[year], at=self._clock())
        return len(missing)

    def current(self) -> WorkCalendar:
        """The calendar as it stands now, for counting limits."""
        with self._store.look() as work:
            return self._read(work)

    def year(self, year: int, actor: Actor) -> tuple[list[Day], bool, str]:
        """(days of a year that differ from Monday to Friday, whether the year is provisional, hours as text)."""
        self._permissions.require(actor, "app.use")
        with self._store.look() as work:
            read = self._read(work)
            return work.calendar.days(year), year not in read.known_years, hours_as_text(read.hours)

    def set_day(self, day: date, *, is_working: bool, name: str, actor: Actor) -> None:
        """Make a day working or free; one that then equals its weekday is written down all the same."""
        self._permissions.require(actor, "calendar.edit")
        if not 1 <= len(name.strip()) <= 80:
            raise Invalid("day_name_missing", field="name")
        if abs(day.year - self._clock().year) > 20:
            raise Invalid("day_far_away", field="day")
        self._change(actor, day, lambda work: work.calendar.set_day(
            Day(day, is_working, name.strip(), OFFICE), at=self._clock()), is_working=is_working, name=name.strip())  # fmt: skip

    def clear_day(self, day: date, actor: Actor) -> None:
        """The day counts as its weekday again."""
        self._permissions.require(actor, "calendar.edit")
        self._change(actor, day, lambda work: work.calendar.clear_day(day), is_working=None, name="")

    def confirm_year(self, year: int, actor: Actor) -> None:
        """The office says that a year's days are all written down: it is no longer provisional."""
        self._permissions.require(actor, "calendar.edit")
        if not 2000 <= year <= 2100:
            raise Invalid("day_far_away", field="year")
        with self._store.work() as work:
            if year not in work.calendar.years():
                work.calendar.add_year(year, OFFICE, (), at=self._clock())
                self._note(work, actor, "calendar.year_confirmed", {"year": year})

    def set_hours(self, text: str, actor: Actor) -> None:
        """Working hours of a day, "08:30-12:00, 13:30-17:00". Raises Invalid("work_hours_wrong")."""
        self._permissions.require(actor, "calendar.edit")
        hours = hours_as_text(hours_from_text(text))
        with self._store.work() as work:
            work.set_meta(HOURS_KEY, hours)
            self._note(work, actor, "calendar.hours_set", {"hours": hours})

    def _read(self, work: Work) -> WorkCalendar:
        text = work.meta(HOURS_KEY)
        days = {found.day: found.is_working for found in work.calendar.days()}
        hours = hours_from_text(text) if text else HOURS
        return WorkCalendar(self._timezone, days, frozenset(work.calendar.years()), hours)

    def _change(self, actor: Actor, day: date, change: Callable[[Work], None], **payload: object) -> None:
        with self._store.work() as work:
            change(work)
            self._note(work, actor, "calendar.day_set", {"day": day.isoformat(), **payload})

    def _note(self, work: Work, actor: Actor, action: str, payload: dict[str, object]) -> None:
        work.history.write("calendar", "office", action, payload, actor_id=actor.person_id, at=self._clock())


def _package_years() -> tuple[str, dict[int, list[Day]]]:
    """Days of the chinesecalendar package that differ from Monday to Friday, by year, and its name and version."""
    from importlib.metadata import version

    from chinese_calendar import Holiday
    from chinese_calendar.constants import holidays, workdays

    source = f"chinesecalendar {version('chinesecalendar')}"
    chinese = {holiday.value: holiday.chinese for holiday in Holiday}
    years: dict[int, list[Day]] = {}
    first, last = date(FIRST_YEAR, 1, 1), date(max(holidays).year, 12, 31)
    for i in range((last - first).days + 1):
        day = first + timedelta(days=i)
        found = years.setdefault(day.year, [])
        if day in holidays and day.weekday() < 5:
            found.append(Day(day, False, chinese.get(holidays[day], holidays[day]), source))
        elif day in workdays and day.weekday() >= 5:
            found.append(Day(day, True, f"{chinese.get(workdays[day], workdays[day])}调休", source))
    return source, years
