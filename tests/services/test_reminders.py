"""Reminders: made for whom they concern, cleared by themselves when the cause is gone, never doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine

from domain.records import Actor, Assignment
from i18n import words
from jobs.runner import Runner
from services.people import session_id
from services.reminders import CAUSES
from storage.tables import assets, jobs, reminders
from storage.timetable import Outcome
from tests.web.small_city import HERE, THERE, City, add_person, build_city
from ui.reminders import LEADS, sentence
from wiring import now

DAY = timedelta(days=1)


@pytest.fixture
def city(own_database: dict, tmp_path) -> Iterator[City]:
    built = build_city(tmp_path, backup_dir=tmp_path / "backups", **own_database)
    yield built
    built.services.close()


def remind(city: City) -> None:
    with city.services.store.work() as work:
        work.jobs.queue("reminders", f"reminders@{now().isoformat()}", {}, at=now())
    Runner(city.services).run_until_empty()


def kinds(city: City, actor: Actor) -> list[str]:
    """What is told; the calendar is left out, because in December it waits in every city."""
    told = [found.kind for found in city.services.reminders.open(actor)]
    return [kind for kind in told if kind != "calendar_unknown"]


def test_every_cause_has_its_words_and_its_way_out():
    for lang in ("zh", "en"):
        assert all(words(lang).has(f"reminder.{kind}") for kind in CAUSES)
    assert set(LEADS) == set(CAUSES)


@pytest.mark.parametrize(("days", "is_told"), [(31, False), (30, True), (0, True), (-30, True), (-31, False)])
def test_a_contract_that_ends_is_told_to_the_clerk_of_its_street(city: City, days: int, is_told: bool):
    today = now().astimezone(city.services.timezone).date()
    with city.services.store.work() as work:
        ends = (today + timedelta(days=days)).isoformat()
        work.connection.execute(sa.update(assets).where(assets.c.id == city.assets[HERE]).values(contract_end=ends))
    remind(city)
    clerk = city.actor("asset_clerk", "street")
    assert kinds(city, clerk) == ["contract_ends"] * is_told
    for other in (city.actor("leader", "city"), city.actor("inspector", "street"), city.actor("admin", "city")):
        assert "contract_ends" not in kinds(city, other)
    elsewhere = add_person(city.services, f"clerk-{days}", Assignment("asset_clerk", "street", f"street-{THERE}"))
    assert kinds(city, city.services.people.actor(session_id(elsewhere))) == []
    if is_told:
        found = city.services.reminders.open(clerk)[0]
        said = sentence(found, today.isoformat(), words("zh"))
        assert ends in said
        assert ("已到期" in said) == (days < 0)
        with city.services.store.work() as work:
            work.connection.execute(sa.update(assets).values(contract_end="2099-01-01"))
        assert kinds(city, clerk) == [], "gone at once, before the job has looked again"
        remind(city)
        with city.services.store.look() as work:
            assert work.connection.scalar(sa.select(reminders.c.done_at)) is not None


def test_missing_originals_are_told_to_the_reporter_and_the_streets_officer(city: City):
    record, files = city.capture(HERE, city.reporters[HERE])
    remind(city)
    reporter, officer = city.reporters[HERE], city.actor("street_officer", "street")
    assert kinds(city, reporter) == kinds(city, officer) == []
    with time_machine.travel(now() + DAY + timedelta(minutes=1), tick=False):
        remind(city)
        remind(city)
        found = next(r for r in city.services.reminders.open(_again(city, reporter)) if r.subject_id == record.id)
        assert (found.facts["missing"], found.facts["of"]) == (len(files), len(files))
        assert record.number in sentence(found, "2026-01-01", words("zh"))
        mine = [r for r in city.services.reminders.open(_again(city, officer)) if r.subject_id == record.id]
        assert [r.facts["who"] for r in mine] == [record.reporter_name]
        assert city.services.reminders.open(_again(city, city.reporters[THERE])) == []
        for sha256, data in files.items():
            arrival = city.services.evidence.begin(record.id, sha256, _again(city, reporter))
            city.services.evidence.take(arrival, data)
            city.services.evidence.keep(arrival, _again(city, reporter))
        assert kinds(city, _again(city, reporter)) == kinds(city, _again(city, officer)) == []


def _again(city: City, actor: Actor) -> Actor:
    """The same person without a login that ends: the clock stands a day later."""
    return Actor(actor.person_id, actor.name, actor.assignments)


def test_next_years_calendar_is_asked_for_from_december(city: City):
    zone: ZoneInfo = city.services.timezone
    admin = _again(city, city.actor("admin", "city"))
    for moment, years in (
        (datetime(2026, 11, 30, 23, tzinfo=zone), []),
        (datetime(2026, 12, 1, 1, tzinfo=zone), [2027]),
    ):
        with time_machine.travel(moment, tick=False):
            remind(city)
            found = [r for r in city.services.reminders.open(admin) if r.kind == "calendar_unknown"]
            assert [r.facts["year"] for r in found] == years
    with time_machine.travel(datetime(2026, 12, 2, tzinfo=zone), tick=False):
        city.services.calendar.confirm_year(2027, admin)
        assert city.services.reminders.open(admin) == []


def test_a_backup_that_is_missing_or_old_is_told_to_the_administrator(city: City):
    admin = _again(city, city.actor("admin", "city"))
    remind(city)
    assert kinds(city, admin) == [], "the first night has not come"
    with time_machine.travel(now() + 3 * DAY, tick=False):
        remind(city)
        assert kinds(city, admin) == ["backup_none"]
        with city.services.store.work() as work:
            work.outcomes.keep(Outcome("backup", "b1", now(), now(), {}))
        assert kinds(city, admin) == []
    with time_machine.travel(now() + 7 * DAY, tick=False):
        remind(city)
        found = city.services.reminders.open(admin)
        assert [(r.kind, r.facts.get("days")) for r in found if r.kind.startswith("backup")] == [("backup_old", 4)]
        city.services.timetable.change("backup", admin, is_on=False, at="02:30", weekday=None)
        assert kinds(city, admin) == [], "switched off on purpose"


def test_findings_go_to_administrator_and_auditor_and_failed_jobs_to_the_administrator(city: City):
    with city.services.store.work() as work:
        work.outcomes.keep(Outcome("verify", "v1", now(), now(), {"found": 3}))
        work.jobs.queue("sweep", "broken", {}, at=now())
        work.connection.execute(sa.update(jobs).where(jobs.c.key == "broken").values(state="failed"))
    remind(city)
    remind(city)
    assert sorted(kinds(city, city.actor("admin", "city"))) == ["jobs_given_up", "verify_found"]
    assert kinds(city, city.actor("auditor", "city")) == ["verify_found"]
    assert kinds(city, city.actor("leader", "city")) == []
    with city.services.store.work() as work:
        work.outcomes.keep(Outcome("verify", "v2", now(), now(), {"found": 0}))
    assert kinds(city, city.actor("auditor", "city")) == []
