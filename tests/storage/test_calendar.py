"""The office's calendar on both databases: seeded, edited, kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Invalid, NotAllowed
from domain.policy.permissions import load_builtin
from domain.records import Actor, Assignment
from services.calendar import CalendarService

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ADMIN = Actor("a", "管理员A", (Assignment("admin", "city"),))
INSPECTOR = Actor("i", "网格员A", (Assignment("inspector", "city"),))


@pytest.fixture
def calendar(store) -> CalendarService:
    service = CalendarService(store, load_builtin(), lambda: NOW, ZoneInfo("Asia/Shanghai"))
    service.seed()
    return service


def test_it_is_seeded_once_from_the_package(calendar):
    assert calendar.seed() == 0
    days, provisional, _ = calendar.year(2026, ADMIN)
    assert not provisional
    free = {d.day for d in days if not d.is_working}
    assert {date(2026, 1, 1), date(2026, 10, 1)} <= free
    assert all(d.source.startswith("chinesecalendar ") for d in days)
    assert calendar.year(2027, ADMIN)[1], "a year that the package does not know is provisional"


def test_the_seed_agrees_with_the_package_on_every_day(calendar):
    import chinese_calendar

    now = calendar.current()
    for ordinal in range(date(2020, 1, 1).toordinal(), date(2026, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        assert now.is_working(day) == chinese_calendar.is_workday(day), day


def test_the_office_edits_days_hours_and_years_and_it_is_written_down(calendar, store):
    day = date(2027, 2, 8)
    calendar.set_day(day, is_working=False, name="春节 🧧", actor=ADMIN)
    assert not calendar.current().is_working(day)
    calendar.set_day(day, is_working=True, name="值班", actor=ADMIN)
    assert calendar.current().is_working(day)
    calendar.clear_day(day, ADMIN)
    assert calendar.current().is_working(day), "a Monday again"
    calendar.confirm_year(2027, ADMIN)
    assert not calendar.current().is_provisional(day)
    calendar.set_hours("09:00-12:00, 14:00-18:00", ADMIN)
    assert calendar.year(2027, ADMIN)[2] == "09:00-12:00, 14:00-18:00"
    with store.look() as work:
        actions = [entry.action for entry in work.history.of("calendar", "office")]
    assert actions == ["calendar.day_set"] * 3 + ["calendar.year_confirmed", "calendar.hours_set"]


def test_an_office_day_survives_a_later_edition_of_the_package(calendar, store):
    calendar.set_day(date(2026, 12, 31), is_working=False, name="盘点", actor=ADMIN)
    calendar.seed()
    assert not calendar.current().is_working(date(2026, 12, 31))


def test_only_the_administrator_edits_and_nonsense_is_refused(calendar):
    with pytest.raises(NotAllowed):
        calendar.set_day(date(2027, 1, 1), is_working=False, name="元旦", actor=INSPECTOR)
    for day, name in ((date(2027, 1, 1), "  "), (date(1900, 1, 1), "元旦"), (date(2027, 1, 1), "长" * 81)):
        with pytest.raises(Invalid):
            calendar.set_day(day, is_working=False, name=name, actor=ADMIN)
    with pytest.raises(Invalid):
        calendar.set_hours("always", ADMIN)
