"""Limits counted the way an office lives, by hand and by property."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.policy.clock import HOURS, WorkCalendar, hours_as_text, hours_from_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
# A week with a free Thursday and Friday and a working Sunday; only 2026 is known.
OFFICE = WorkCalendar(SHANGHAI, {date(2026, 10, 1): False, date(2026, 10, 2): False, date(2026, 10, 4): True},
                      frozenset({2026}))  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("start", "count", "due"), [
    ("2026-11-23T10:00", 1, "2026-11-24T17:00"),
    ("2026-11-27T10:00", 1, "2026-11-30T17:00"),  # over a weekend
    ("2026-11-28T10:00", 1, "2026-11-30T17:00"),  # from a Saturday
    ("2026-09-30T10:00", 1, "2026-10-04T17:00"),  # over the free days to the working Sunday
    ("2026-09-30T23:59", 2, "2026-10-05T17:00"),
])  # fmt: skip
def test_workdays_by_hand(start, count, due):
    assert OFFICE.after_workdays(at(start), count).at == at(due)


@pytest.mark.parametrize(("start", "hours", "due"), [
    ("2026-11-23T09:00", 1, "2026-11-23T10:00"),
    ("2026-11-23T11:30", 1, "2026-11-23T14:00"),  # over lunch
    ("2026-11-23T16:30", 1, "2026-11-24T09:00"),  # over night
    ("2026-11-27T16:30", 4, "2026-11-30T12:00"),  # over the weekend
    ("2026-09-30T16:30", 1, "2026-10-04T09:00"),  # over free days
    ("2026-11-23T03:00", 3.5, "2026-11-23T12:00"),  # from the night
    ("2026-11-23T12:30", 3.5, "2026-11-23T17:00"),  # from the lunch
])  # fmt: skip
def test_workhours_by_hand(start, hours, due):
    assert OFFICE.after_workhours(at(start), hours).at == at(due)


def test_an_unknown_year_counts_monday_to_friday_and_says_provisional():
    assert OFFICE.after_workdays(at("2026-12-30T10:00"), 1).is_provisional is False
    due = OFFICE.after_workdays(at("2026-12-31T10:00"), 1)
    assert (due.at, due.is_provisional) == (at("2027-01-01T17:00"), True)
    assert OFFICE.after_workhours(at("2026-12-31T16:30"), 1).is_provisional


@pytest.mark.parametrize(("value", "unit", "due", "provisional"), [
    (1, "workhour", "2026-12-31T17:00", False), (1, "workday", "2027-01-01T17:00", True),
    (2, "day", "2027-01-02T17:00", False),  # a Saturday all the same: plain days need no calendar
])  # fmt: skip
def test_a_limit_is_counted_in_its_own_unit(value, unit, due, provisional):
    found = OFFICE.after_limit(at("2026-12-31T16:00"), value, unit)
    assert (found.at, found.is_provisional) == (at(due), provisional)


@pytest.mark.parametrize(("value", "unit"), [(0, "day"), (-3, "day"), (100_000, "day"), (1, "month")])
def test_a_limit_that_is_none_is_refused(value, unit):
    with pytest.raises(Invalid):
        OFFICE.after_limit(at("2026-12-31T16:00"), value, unit)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 30), timezones=st.just(UTC)), st.integers(1, 12))
def test_a_workday_limit_ends_on_a_working_day_with_that_many_between(start, count):
    due = OFFICE.after_workdays(start, count).at
    assert OFFICE.is_working(due.date())
    assert OFFICE.workdays_between(start.astimezone(SHANGHAI).date(), due.date()) == count


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
       st.floats(0.1, 30), st.floats(0.1, 30))  # fmt: skip
def test_hours_counted_in_two_parts_are_hours_counted_at_once(start, first, second):
    once = OFFICE.after_workhours(start, first + second).at
    twice = OFFICE.after_workhours(OFFICE.after_workhours(start, first).at, second).at
    assert abs(once - twice) <= timedelta(milliseconds=1) or not _open_between(twice, once)


def _open_between(one: datetime, two: datetime) -> bool:
    """Is there working time between two moments? The end of a day and the start of the next are the same limit."""
    earlier, later = sorted((one, two))
    return OFFICE.after_workhours(earlier, 0.001).at < later


@pytest.mark.parametrize("text", ["", "8-12", "08:30-12:00,11:00-17:00", "12:00-08:30", "08:30-25:00", "08:30"])
def test_hours_that_do_not_fit_are_refused(text):
    with pytest.raises(Invalid):
        hours_from_text(text)


def test_hours_are_written_as_they_are_read():
    assert hours_from_text(hours_as_text(HOURS)) == HOURS


@pytest.mark.parametrize("count", [0, -1, 100_000])
def test_a_limit_of_nothing_or_of_decades_is_refused(count):
    with pytest.raises(Invalid):
        OFFICE.after_workdays(at("2026-11-23T10:00"), count)
    with pytest.raises(Invalid):
        OFFICE.after_workhours(at("2026-11-23T10:00"), count)
