"""Shared parts of the tests: where real data lies, a fresh store, the sample city loaded once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from tests.clusters import Cluster, why_not

HOME = Path(__file__).resolve().parent.parent
# How long an example takes is the machine's business. A whole run tries the same examples each time, so that it fails
# for what was changed; `make check` looks for new ones, and what it finds becomes an @example.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("SLG_EXAMPLES", "house"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real test data; the test skips aloud without it."""
    folder = Path(os.environ.get("SLG_TEST_DATA") or HOME.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: SLG_TEST_DATA names {folder}, which is not there")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private PostgreSQL with PostGIS, started when the first test asks; skips aloud where there is none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    started = Cluster()
    yield started
    started.end()


@pytest.fixture(scope="session")
def loaded_at() -> datetime:
    """When the sample city was loaded: once for both databases, also around midnight."""
    return datetime.now(UTC)


@pytest.fixture(scope="session")
def sample_template(loaded_at: datetime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample city loaded once in SQLite; copy it, never write into it."""
    folder = tmp_path_factory.mktemp("sample-city")
    load_sample(settings_in(folder), loaded_at)
    return folder


@pytest.fixture
def sample_folder(sample_template: Path, tmp_path: Path) -> Path:
    """One's own copy of the sample city."""
    target = tmp_path / "city"
    shutil.copytree(sample_template, target)
    return target


@pytest.fixture(scope="session")
def sample_on_postgis(
    cluster: Cluster, loaded_at: datetime, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """(database to copy, folder of photos) of the sample city loaded once in PostGIS."""
    folder = tmp_path_factory.mktemp("sample-postgis")
    load_sample(settings_in(folder, cluster.create("sample_city")), loaded_at)
    return "sample_city", folder


def sample_copy(request: pytest.FixtureRequest, engine: str) -> Iterator[dict]:
    """Settings over one's own copy of the sample city on sqlite or postgis."""
    if engine == "sqlite":
        yield settings_in(request.getfixturevalue("sample_folder"))
        return
    like, template = request.getfixturevalue("sample_on_postgis")
    cluster: Cluster = request.getfixturevalue("cluster")
    folder = request.getfixturevalue("tmp_path") / "city"
    shutil.copytree(template, folder)
    url = cluster.create(like=like)
    yield settings_in(folder, url)
    cluster.drop(url)


@pytest.fixture
def sample_settings(request: pytest.FixtureRequest) -> Iterator[dict]:
    """One's own sample city on the engine that SLG_TEST_ENGINE names."""
    yield from sample_copy(request, chosen_engine())


@pytest.fixture(params=["sqlite", "postgis"])
def sample_on_both(request: pytest.FixtureRequest) -> Iterator[dict]:
    """The same test on either engine."""
    yield from sample_copy(request, request.param)


def chosen_engine() -> str:
    """Which database the tests of the upper floors use: SLG_TEST_ENGINE=sqlite (the default) or postgis."""
    engine = os.environ.get("SLG_TEST_ENGINE") or "sqlite"
    assert engine in ("sqlite", "postgis"), f"SLG_TEST_ENGINE is sqlite or postgis, not {engine}"
    return engine


@pytest.fixture(scope="module")
def own_database(request: pytest.FixtureRequest) -> Iterator[dict]:
    """What to add to a settings dict for an empty database of one's own: nothing on SQLite, an address on PostGIS."""
    if chosen_engine() == "sqlite":
        yield {}
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.create()
    yield {"database_url": url}
    cluster.drop(url)


def settings_in(folder: Path, database_url: str | None = None) -> dict:
    return {
        "database_url": database_url or f"sqlite:///{folder}/slg.db", "photo_store": folder / "photos",
        "secret_key": "k" * 40, "sample_city": False,
    }  # fmt: skip


VIEWS_LEFT = 20


def load_sample(settings: dict, at: datetime) -> None:
    """As after a first half hour: most views wait no longer, or each server of a test would spend a minute on them."""
    import sqlalchemy as sa

    from demo import load
    from services.views import MAKE_VIEWS
    from storage.tables import jobs
    from wiring import Settings, build

    services = build(Settings(**settings))
    load.load(services, settings["photo_store"], at, is_wide=False)
    with services.store.work() as work:
        waiting = sa.select(jobs.c.serial).where(jobs.c.kind == MAKE_VIEWS).order_by(jobs.c.serial)
        gone = list(work.connection.scalars(waiting))[VIEWS_LEFT:]
        work.connection.execute(sa.update(jobs).where(jobs.c.serial.in_(gone)).values(state="done", done_at=at))
    services.close()


# Rooms whose tests load the sample city or start a server or a database: left out of `make check`.
SLOW_ROOMS = {
    "browser",
    "demo",
    "docs",
    "drills",
    "exchange",
    "intake",
    "pages",
    "services",
    "sheets",
    "storage",
    "web",
}


# What takes minutes begins first: a long file that begins last keeps one core busy while the other waits.
LONG = (
    "web/test_matrix.py",
    "drills/",
    "browser/",
    "exchange/",
    "web/",
    "storage/test_move.py",
    "sheets/",
    "services/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SLOW_ROOMS & set(item.path.relative_to(HOME / "tests").parts[:1]):
            item.add_marker(pytest.mark.slow)
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    path = item.path.relative_to(HOME / "tests").as_posix()
    return next((i for i, start in enumerate(LONG) if path.startswith(start)), len(LONG))
