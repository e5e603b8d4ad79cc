"""The nightly backup on both databases: under writers, read back, mended, thinned out, restored with its views to make."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from domain.errors import Conflict, Invalid
from jobs.runner import Runner
from services import Services
from services.backups import superfluous
from storage.backup import backups, check_backup, make_backup, only_one, restore_backup
from storage.photos import PhotoStore
from storage.reports import ReportFiles
from storage.tables import history, jobs, metadata
from tests.clusters import Cluster
from wiring import Settings, build, now

pytestmark = pytest.mark.slow
WRITERS = 8
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def settings(sample_on_both: dict, tmp_path: Path) -> dict:
    needs_postgres_tools(sample_on_both["database_url"])
    return {**sample_on_both, "backup_dir": tmp_path / "backups"}


@pytest.fixture
def services(settings: dict) -> Iterator[Services]:
    built = build(Settings(**settings))
    yield built
    built.close()


def needs_postgres_tools(url: str) -> None:
    if url.startswith("postgresql") and not (shutil.which("pg_dump") and shutil.which("pg_restore")):
        pytest.skip("no pg_dump here (apt install postgresql-client)")


@pytest.fixture
def empty_place(request: pytest.FixtureRequest, settings: dict, tmp_path: Path) -> Iterator[dict]:
    """Settings over a place of the same kind that holds nothing."""
    folder = tmp_path / "elsewhere"
    plain = {"photo_store": folder / "photos", "secret_key": "k" * 40, "sample_city": False}
    if settings["database_url"].startswith("sqlite"):
        yield {**plain, "database_url": f"sqlite:///{folder}/slg.db"}
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.create()
    yield {**plain, "database_url": url}
    cluster.drop(url)


def run(services: Services, kind: str, key: str) -> None:
    with services.store.work() as work:
        work.jobs.queue(kind, key, {}, at=now())
    assert services.queue.run_next("r", leave=services.queue.kinds - {kind})


def counts(services: Services) -> dict[str, int]:
    with services.store.look() as work:
        return {
            name: work.connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables[name])) or 0
            for name in ("people", "records", "photos", "history")
        }


def test_a_backup_under_eight_writers_is_of_one_moment_and_comes_back_whole(
    services: Services, settings: dict, empty_place: dict, capsys
):
    stop, wrote = threading.Event(), [0] * WRITERS

    def write(i: int) -> None:
        while not stop.is_set():
            with services.store.work() as work:  # two rows that belong together
                number = work.next_number("drill")
                work.history.write("drill", f"{i}", "drill", {"number": number}, actor_id=None, at=now())
                work.set_meta("drill", str(number))
            wrote[i] += 1

    started = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        going = [pool.submit(write, i) for i in range(WRITERS)]
        try:
            run(services, "backup", "backup@drill")
        finally:
            stop.set()
        for one in going:
            one.result()
    backed_up_s = time.perf_counter() - started
    assert min(wrote) > 0, "writers were shut out"
    (made,) = backups(settings["backup_dir"])
    manifest = check_backup(made)
    before = time.perf_counter()
    restore_backup(
        made, empty_place["database_url"], empty_place["photo_store"], empty_place["photo_store"].parent / "reports"
    )
    restored_s = time.perf_counter() - before
    there = build(Settings(**empty_place))
    before = time.perf_counter()
    found = there.history.verify()
    verified_s = time.perf_counter() - before
    assert found.is_clean
    assert found.photos == manifest["counts"]["photos"] > 500, "every original was read again"
    with there.store.look() as work:
        drilled = sa.select(sa.func.count()).where(history.c.subject_kind == "drill")
        assert work.connection.scalar(drilled) == int(work.meta("drill") or 0), "row and number are of one moment"
        told = {name: manifest["counts"][name] for name in ("people", "records", "photos")}
        seeded = work.connection.scalar(sa.select(sa.func.count()).where(history.c.subject_kind.in_(("catalogue",))))
    mine = counts(there)
    assert {name: mine[name] for name in told} == told
    assert manifest["counts"]["history"] <= mine["history"] <= manifest["counts"]["history"] + (seeded or 0)
    with there.store.look() as work:
        waiting = sa.select(sa.func.count()).where(jobs.c.kind == "photo.views", jobs.c.state == "queued")
        assert work.connection.scalar(waiting) == manifest["counts"]["photos"]
    there.close()
    with capsys.disabled():
        print(f"\n{services.store.engine.dialect.name}: backed up beside {sum(wrote)} writes in {backed_up_s:.1f} s, "
              f"restored in {restored_s:.1f} s, verified in {verified_s:.1f} s; {found.photos} originals")  # fmt: skip


@pytest.mark.parametrize("what", ["cut short", "one bit turned"])
def test_damage_to_the_database_is_found(services: Services, settings: dict, empty_place: dict, what: str):
    run(services, "backup", "backup@drill")
    (made,) = backups(settings["backup_dir"])
    database = next(path for path in made.iterdir() if path.name.startswith("database."))
    data = bytearray(database.read_bytes())
    if what == "cut short":
        data = data[:-1]
    else:
        data[len(data) // 2] ^= 1
    database.write_bytes(data)
    with pytest.raises(Invalid) as refused:
        restore_backup(made, empty_place["database_url"], empty_place["photo_store"])
    assert refused.value.code == "backup_damaged"


def test_views_are_made_again_where_their_files_are_gone(services: Services, settings: dict):
    photos = PhotoStore(settings["photo_store"])
    with services.store.work() as work:
        some = [photo_id for photo_id, *_ in work.records.kept_photos()][:3]
        work.connection.execute(sa.delete(jobs).where(jobs.c.kind == "photo.views"))
        for photo_id in some:
            work.jobs.queue("photo.views", f"photo.views:{photo_id}", {"photo_id": photo_id}, at=now())
    Runner(services).run_until_empty()
    assert all(photos.view(photo_id, size).exists() for photo_id in some for size in ("view", "thumb"))
    for photo_id in some[:2]:
        photos.view(photo_id, "view").unlink()
    run(services, "views.missing", "views.missing@drill")
    Runner(services).run_until_empty()
    assert all(photos.view(photo_id, "view").exists() for photo_id in some)
    run(services, "views.missing", "views.missing@again")
    with services.store.look() as work:
        assert work.jobs.waiting().get("queued", 0) == 0


# -- on one database: the folder is the same for both ----------------------------------------------------------------


@pytest.fixture
def on_sqlite(sample_folder: Path, tmp_path: Path) -> Iterator[Services]:
    built = build(Settings(database_url=f"sqlite:///{sample_folder}/slg.db", photo_store=sample_folder / "photos",
                           secret_key="k" * 40, sample_city=False, backup_dir=tmp_path / "backups"))  # fmt: skip
    yield built
    built.close()


def test_a_damaged_original_in_the_pool_is_mended_by_the_next_backup(on_sqlite: Services, tmp_path: Path):
    run(on_sqlite, "backup", "backup@one")
    original = next((tmp_path / "backups" / "originals").glob("??/*"))
    data = bytearray(original.read_bytes())
    data[100] ^= 1
    original.write_bytes(data)
    run(on_sqlite, "backup", "backup@two")
    for made in backups(tmp_path / "backups"):
        check_backup(made)
    with on_sqlite.store.look() as work:
        last = work.outcomes.last("backup")
    assert last is not None
    assert (last.facts["mended"], last.facts["copied"]) == (1, 0)


def test_the_same_job_again_finds_its_backup_and_makes_no_second(
    on_sqlite: Services, tmp_path: Path, sample_folder: Path
):
    photos = PhotoStore(sample_folder / "photos")
    made = [
        make_backup(on_sqlite.store, photos, tmp_path / "b", at=AT + timedelta(hours=i), job="backup@x")
        for i in range(2)
    ]
    assert made[0].folder == made[1].folder
    by_hand = [make_backup(on_sqlite.store, photos, tmp_path / "b", at=AT).folder.name for _ in range(2)]
    assert by_hand == ["slg-20261123-030000-2", "slg-20261123-030000-3"], "two in one second have two names"


def test_two_backups_do_not_write_into_one_folder_at_once(on_sqlite: Services, tmp_path: Path, sample_folder: Path):
    with only_one(tmp_path / "b"), pytest.raises(Conflict) as refused:
        make_backup(on_sqlite.store, PhotoStore(sample_folder / "photos"), tmp_path / "b", at=AT)
    assert refused.value.code == "backup_running"
    make_backup(on_sqlite.store, PhotoStore(sample_folder / "photos"), tmp_path / "b", at=AT)


def test_reports_come_back_with_a_restore(on_sqlite: Services, tmp_path: Path):
    run(on_sqlite, "report.weekly", "report.weekly@now-1")
    run(on_sqlite, "backup", "backup@one")
    (made,) = backups(tmp_path / "backups")
    reports = ReportFiles(tmp_path / "new" / "reports")
    restore_backup(made, f"sqlite:///{tmp_path}/new/slg.db", tmp_path / "new" / "photos", reports.root)
    (name,) = check_backup(made)["reports"]
    assert reports.path(name).read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("days", [1, 14, 15, 200])
def test_fourteen_days_and_eight_weeks_stay(days: int):
    zone = ZoneInfo("Asia/Shanghai")
    made = [Path(f"slg-{AT + timedelta(days=i, hours=h):%Y%m%d-%H%M%S}") for i in range(days) for h in (0, 5)]
    doomed = superfluous(made, zone)
    left = [folder for folder in made if folder not in doomed]
    assert made[-1] in left
    newest_of_days = [made[2 * i + 1] for i in range(days)][-14:]
    assert set(newest_of_days) <= set(left)
    assert len(left) == min(days, 14) + max(
        0, min(len({_week(f) for f in made}), 8) - len({_week(f) for f in newest_of_days})
    )


def _week(folder: Path) -> tuple[int, int]:
    at = datetime.strptime(folder.name[4:], "%Y%m%d-%H%M%S").replace(tzinfo=UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    return at.date().isocalendar()[:2]


def test_only_backups_that_a_job_made_are_thinned_out(on_sqlite: Services, tmp_path: Path, sample_folder: Path):
    photos, into = PhotoStore(sample_folder / "photos"), tmp_path / "backups"
    long_ago = AT - timedelta(days=300)
    by_hand = make_backup(on_sqlite.store, photos, into, at=long_ago)
    first = make_backup(on_sqlite.store, photos, into, at=long_ago + timedelta(hours=1), job="backup@1")
    second = make_backup(on_sqlite.store, photos, into, at=long_ago + timedelta(hours=2), job="backup@2")
    run(on_sqlite, "backup", "backup@now")
    left = set(backups(into))
    assert by_hand.folder in left
    assert first.folder not in left, "its day has a newer one"
    assert second.folder in left
    assert not list(into.glob("*.unfinished"))
