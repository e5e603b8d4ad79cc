"""The runner goes on: a round that fails, and files that vanish while it looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from domain.errors import Busy
from jobs.runner import Runner
from services import Services
from services.evidence import Swept
from storage.photos import Unfinished
from tests.web.small_city import HERE, City, build_city
from wiring import now


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    built = build_city(tmp_path)
    yield built
    built.services.close()


@pytest.mark.parametrize("error", [Busy("store_busy"), FileNotFoundError("gone"), ValueError("anything")])
def test_a_round_that_fails_is_not_the_last(city: City, error: Exception, monkeypatch):
    services: Services = city.services
    runner = Runner(services)
    monkeypatch.setattr("jobs.runner.IDLE_S", 0.0)
    monkeypatch.setattr("jobs.runner.TIMETABLE_EVERY_S", 0.0)
    rounds = []

    def put_due() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise error
        runner.stop()

    monkeypatch.setattr(services.timetable, "put_due", put_due)
    runner.run()
    assert len(rounds) == 2


def test_the_janitor_takes_old_unfinished_files_and_lets_fresh_and_vanished_ones_be(city: City, monkeypatch):
    evidence, reporter = city.services.evidence, city.reporters[HERE]
    record, files = city.capture(HERE, reporter)
    arrival = evidence.begin(record.id, next(iter(files)), reporter)
    evidence.take(arrival, b"half")
    photos = evidence._photos
    found = photos.unfinished()
    assert [one.path for one in found] == [arrival.file.path]
    gone = Unfinished(arrival.file.path.with_name("vanished.part"))
    monkeypatch.setattr(photos, "unfinished", lambda: [*found, gone])
    assert evidence.sweep() == Swept()
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert evidence.sweep() == Swept(files=1, size_bytes=0)
    assert not arrival.file.path.exists()


def test_a_full_disk_in_the_middle_of_a_photo_says_so(city: City, monkeypatch):
    evidence, reporter = city.services.evidence, city.reporters[HERE]
    record, files = city.capture(HERE, reporter)
    arrival = evidence.begin(record.id, next(iter(files)), reporter)

    def full(chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arrival.file, "write", full)
    with pytest.raises(Busy) as refused:
        evidence.take(arrival, b"x")
    assert refused.value.code == "disk_full"
    evidence.abandon(arrival)
    assert not arrival.file.path.exists()
