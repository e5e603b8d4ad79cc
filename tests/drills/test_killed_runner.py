"""A runner is SIGKILLed in the middle of each kind of job: the next one takes it over, nothing is lost or doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine

from domain.policy.timetable import job_kinds
from domain.zones import Decision
from services.queue import LEASE
from storage.backup import backups, check_backup
from storage.photos import PhotoStore
from storage.tables import assets, history_checkpoints, jobs, outcomes, photos, reminders, reports
from tests.web.small_city import HERE, KEY, THERE, City, build_city
from wiring import now

pytestmark = pytest.mark.slow
HALF_WAY = Path(__file__).with_name("half_way.py")
LAYERS = ("layer.preview", "layer.store")  # these two are killed in test_killed_imports.py, with a file to read
WITHOUT_OUTCOME = ("photo.views", "history.close_days", "sweep", "catalogue.in_force", "zone.in_force", "zones.divide")
TRAPS = [*(kind for kind in job_kinds() if kind not in LAYERS), "backup-whole"]


@pytest.fixture
def city(own_database: dict, tmp_path: Path) -> Iterator[City]:
    built = build_city(tmp_path, backup_dir=tmp_path / "backups", **own_database)
    yield built
    built.services.close()


def kill_half_way(city: City, trap: str, folder: Path) -> None:
    """Only the child ever has the job; it is killed where it says it is half way."""
    url = city.services.store.engine.url.render_as_string(hide_password=False)
    environment = {**os.environ, "SLG_DATABASE_URL": url, "SLG_PHOTO_STORE": str(folder / "photos"), "SLG_SECRET_KEY": KEY,
                   "SLG_BACKUP_DIR": str(folder / "backups")}  # fmt: skip
    command = [sys.executable, str(HALF_WAY), trap]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = ""
        for line in child.stdout:
            if "half way" in line:
                said = line
                break
        child.kill()
    assert said, "the trap was never reached"


def prepare(city: City, kind: str, folder: Path) -> None:
    """Something for the job to do, and the job."""
    yesterday = now() - timedelta(days=3)
    if kind == "catalogue.in_force":
        plan_an_edition(city, yesterday)
    if kind == "zone.in_force":
        plan_a_zone(city, yesterday)
    with city.services.store.work() as work:
        work.connection.execute(sa.delete(jobs).where(jobs.c.kind != "photo.views"))
        if kind == "history.close_days":
            with_days = datetime(2026, 1, 1, 4, tzinfo=UTC)
            for i in range(3):
                work.history.write("drill", "one", "drill", {}, actor_id=None, at=with_days + timedelta(days=i))
        if kind == "reminders":
            day = now().astimezone(city.services.timezone).date().isoformat()
            work.connection.execute(sa.update(assets).where(assets.c.id == city.assets[HERE]).values(contract_end=day))
        if kind == "views.missing":
            work.connection.execute(sa.update(photos).values(views="made"))
            work.connection.execute(sa.update(jobs).values(state="done"))
        if kind != "photo.views":
            work.jobs.queue(kind, f"{kind}@drill", {}, at=yesterday)
    if kind == "sweep":
        stray = PhotoStore(folder / "photos").arriving()
        os.utime(stray.path, (yesterday.timestamp(),) * 2)


def plan_an_edition(city: City, due: datetime) -> None:
    """An edition for a day to come, which meanwhile has come."""
    catalogues, admin = city.services.catalogues, city.actor("admin", "city")
    view = catalogues.entry("issues", "types", "zombie_vehicle", admin)
    catalogues.save(
        "issues", "types", "zombie_vehicle", {**view.fields, "tile_zh": "废车"}, seen=view.token, actor=admin
    )
    day = city.services.policy.today() + timedelta(days=2)
    made = catalogues.adopt("drill", seen=catalogues.overview(admin).token, from_day=day, actor=admin)
    with city.services.store.work() as work:
        work.editions.set(made.edition, in_force_from=due)


def plan_a_zone(city: City, due: datetime) -> None:
    """A draft over the zone of one's own street, for a day that has come."""
    with city.services.store.work() as work:
        current = work.areas.current(f"zone-{HERE}")
        assert current is not None
        work.areas.add([replace(current, id="draft-drill", version=2, status="draft", name="新")], at=due)
        work.zones.add_decision(Decision("plan-drill", "version", "planned", f"street-{HERE}", ("draft-drill",),
                                         (current.id,), due, "示意", None, None, due))  # fmt: skip


def finish(city: City, kind: str) -> None:
    """Nobody gets the job while the dead runner's lease holds; then the next one does."""
    others = city.services.queue.kinds - {kind}
    assert city.services.queue.run_next("next", leave=others) == (kind == "photo.views"), "its lease still holds"
    with time_machine.travel(now() + LEASE + timedelta(seconds=2), tick=False):
        while city.services.queue.run_next("next", leave=others):
            pass


@pytest.mark.parametrize("trap", TRAPS)
def test_the_next_runner_takes_it_over(city: City, trap: str, tmp_path: Path):
    kind = trap.removesuffix("-whole")
    prepare(city, kind, tmp_path)
    kill_half_way(city, trap, tmp_path)
    with city.services.store.look() as work:
        assert work.connection.scalar(sa.select(sa.func.count()).where(jobs.c.state == "running")) == 1
        assert work.connection.scalar(sa.select(sa.func.count()).select_from(outcomes)) == 0
    finish(city, kind)
    with city.services.store.look() as work:
        rows = work.connection.execute(sa.select(jobs.c.state, jobs.c.error).where(jobs.c.kind == kind)).all()
        kept = work.connection.scalar(sa.select(sa.func.count()).select_from(outcomes).where(outcomes.c.kind == kind))
    assert {tuple(row) for row in rows} == {("done", None)}
    # What a sweep took away before it was killed is gone, and nobody counts it any more.
    assert kept == (0 if kind in WITHOUT_OUTCOME else 1)
    CHECKS[kind](city, tmp_path)
    assert city.services.history.verify().is_clean


def one_backup(city: City, folder: Path) -> None:
    (made,) = backups(folder / "backups")
    assert check_backup(made)["job"] == "backup@drill"
    assert not list((folder / "backups").glob("*.unfinished"))


def all_views(city: City, folder: Path) -> None:
    store = PhotoStore(folder / "photos")
    with city.services.store.look() as work:
        found = work.connection.execute(sa.select(photos.c.id, photos.c.views).where(photos.c.state == "kept")).all()
    assert found
    assert all(views == "made" and store.view(photo_id, "view").exists() for photo_id, views in found)


def views_queued_once(city: City, folder: Path) -> None:
    with city.services.store.look() as work:
        found = work.connection.execute(sa.select(jobs.c.key, jobs.c.state).where(jobs.c.kind == "photo.views")).all()
        lost = work.connection.scalar(sa.select(sa.func.count()).select_from(photos).where(photos.c.state == "kept"))
    assert len({key for key, _ in found}) == len(found) == lost
    assert {state for _, state in found} == {"queued"}


def days_once(city: City, folder: Path) -> None:
    with city.services.store.look() as work:
        days = list(work.connection.scalars(sa.select(history_checkpoints.c.day).order_by(history_checkpoints.c.day)))
    assert days[:3] == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert len(days) == len(set(days)) > 3


def nothing_left(city: City, folder: Path) -> None:
    assert PhotoStore(folder / "photos").unfinished() == []


def one_edition_in_force(city: City, folder: Path) -> None:
    city.services.policy.forget()
    assert city.services.catalogue.get("zombie_vehicle").tile_zh == "废车"
    with city.services.store.look() as work:
        states = [edition.state for edition in work.editions.all()]
        told = [row.action for row in work.history.of("catalogue", "office")]
    assert states == ["in_force", "superseded"]
    assert told.count("catalogue.in_force") == 1


def one_reminder(city: City, folder: Path) -> None:
    with city.services.store.look() as work:
        kinds = list(work.connection.scalars(sa.select(reminders.c.kind).where(reminders.c.kind == "contract_ends")))
    assert kinds == ["contract_ends"]


def one_report(city: City, folder: Path) -> None:
    with city.services.store.look() as work:
        (name,) = work.connection.scalars(sa.select(reports.c.file))
    assert [path.name for path in (folder / "reports").iterdir()] == [name]


def one_zone_in_force(city: City, folder: Path) -> None:
    with city.services.store.look() as work:
        told = [row.action for row in work.history.of("zone", f"zone-{HERE}")]
        states = [version.status for version in work.areas.versions(f"zone-{HERE}")]
        decision = work.zones.decision("plan-drill")
    assert states == ["superseded", "in_force"]
    assert told == ["zone.in_force"]
    assert decision is not None
    assert decision.state == "in_force"


def divided_once(city: City, folder: Path) -> None:
    with city.services.store.look() as work:
        for side in (HERE, THERE):
            assert work.areas.last_set(f"zone-{side}-1") == 0
            (row,) = work.areas.division(f"zone-{side}-1")
            assert row.grid_id == f"grid-{side}"


CHECKS = {
    "zone.in_force": one_zone_in_force, "zones.divide": divided_once,
    "catalogue.in_force": one_edition_in_force,
    "backup": one_backup, "verify": lambda city, folder: None, "photo.views": all_views, "views.missing": views_queued_once,
    "history.close_days": days_once, "sweep": nothing_left, "reminders": one_reminder, "report.weekly": one_report,
}  # fmt: skip
