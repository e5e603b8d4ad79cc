"""The list of kinds of work is complete, and due moments are right in any zone and under any clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.policy.timetable import Slot, clock_time, job_kinds
from wiring import Settings, build

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # Tuesday, noon in Shanghai


def slot(kind: str = "backup", at: str = "02:30", weekday: int | None = None) -> Slot:
    return Slot(kind, True, at, weekday, NOON)


def test_every_kind_is_done_by_somebody_and_everything_done_is_a_kind(tmp_path: Path):
    built = build(Settings(database_url=f"sqlite:///{tmp_path}/slg.db", photo_store=tmp_path / "photos",
                           secret_key="k" * 40, sample_city=False, backup_dir=tmp_path / "backups"))  # fmt: skip
    assert built.queue.kinds == set(job_kinds())
    built.close()


def test_a_kind_that_is_not_listed_is_refused_at_the_start(tmp_path: Path):
    built = build(Settings(database_url=f"sqlite:///{tmp_path}/slg.db", photo_store=tmp_path / "photos",
                           secret_key="k" * 40, sample_city=False))  # fmt: skip
    with pytest.raises(ValueError, match=r"jobs\.toml"):
        built.queue.handle("unheard.of", lambda job: None)
    built.close()


def test_every_kind_has_two_names():
    assert all(kind.zh and kind.en and kind.zh != kind.en for kind in job_kinds().values())


@pytest.mark.parametrize(
    ("found", "last", "following"),
    [
        (slot(), datetime(2026, 11, 23, 18, 30, tzinfo=UTC), datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
        (slot(at="12:00"), NOON, NOON + timedelta(days=1)),
        (slot(at="12:01"), NOON - timedelta(days=1) + timedelta(minutes=1), NOON + timedelta(minutes=1)),
        (
            slot(at="07:00", weekday=0),
            datetime(2026, 11, 22, 23, 0, tzinfo=UTC),
            datetime(2026, 11, 29, 23, tzinfo=UTC),
        ),
        (slot("sweep", at=""), NOON, NOON + timedelta(minutes=5)),
    ],
)
def test_last_and_next_due_in_the_offices_time(found: Slot, last: datetime, following: datetime):
    assert (found.last_due(NOON, SHANGHAI), found.next_due(NOON, SHANGHAI)) == (last, following)


def test_an_hour_that_summer_time_leaves_out_or_has_twice_is_due_once_a_day():
    for day in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        moments = {slot().last_due(day + timedelta(minutes=10 * i), BERLIN) for i in range(6 * 72)}
        days = [moment.astimezone(BERLIN).date() for moment in moments]
        assert len(days) == len(set(days))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(0, 1439), st.none() | st.integers(0, 6),
       st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/St_Johns")]))  # fmt: skip
def test_now_lies_between_the_last_and_the_next(at, minute, weekday, zone):
    now = at.replace(tzinfo=UTC)
    found = slot(at=f"{minute // 60:02d}:{minute % 60:02d}", weekday=weekday)
    last, following = found.last_due(now, zone), found.next_due(now, zone)
    assert last <= now < following
    assert following - last <= timedelta(days=1 if weekday is None else 7, hours=2)
    assert found.key(last) != found.key(following)


@pytest.mark.parametrize("typed", ["", "25:00", "2.30", "半夜", "02:30:10", "-1:20", "02:60"])
def test_what_is_no_time_of_day_is_refused(typed):
    with pytest.raises(Invalid) as refused:
        clock_time(typed)
    assert refused.value.code == "clock_wrong"
