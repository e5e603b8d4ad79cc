"""A runner is killed (SIGKILL) in the middle of reading and of storing a layer: nothing half, nothing twice, nobody asked again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from shapely.geometry import box

import wiring
from domain.records import Actor, Assignment, Person
from jobs.runner import Runner
from services import Services
from services.exchange import Choices
from services.history import broken_links
from storage.tables import area_versions, areas, hidden_rows, history, jobs
from tests.conftest import settings_in
from tests.exchange.files import geojson
from wiring import Settings, build

HOME = Path(__file__).resolve().parents[2]
ROWS, AT_ONCE = 60, 10
# Run in a process of its own: the jobs as they are, with one moment at which the process is gone without a word.
KILLED = """
import os, signal, sys
import services.exchange, services.layer_imports, services.layer_runs, services.layer_keeping as keeping
from jobs.runner import Runner
from wiring import Settings, build

where, after = sys.argv[1], int(sys.argv[2])
keeping.ROWS_AT_ONCE = AT_ONCE_HERE
calls = []

def killed_after(function):
    def run(*args, **more):
        if len(calls) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        calls.append(1)
        return function(*args, **more)
    return run

room, name = {
    "reading": (services.exchange, "read_layer"), "judged": (services.layer_runs, "map_rows"),
    "staging": (keeping, "_stage"), "showing": (keeping, "_show"),
    "shown": (services.exchange.Exchange, "place"),
}[where]
setattr(room, name, killed_after(getattr(room, name)))
Runner(build(Settings(sample_city=False))).run_until_empty()
""".replace("AT_ONCE_HERE", str(AT_ONCE))


@pytest.fixture(params=["sqlite", "postgis"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict]:
    if request.param == "sqlite":
        yield settings_in(tmp_path)
        return
    cluster = request.getfixturevalue("cluster")
    url = cluster.create()
    yield settings_in(tmp_path, url)
    cluster.drop(url)


@pytest.fixture
def services(settings: dict) -> Iterator[Services]:
    built = build(Settings(**settings))
    yield built
    built.close()


@pytest.fixture
def officer(services: Services) -> Actor:
    held = (Assignment("housing_bureau", "city"),)
    with services.store.work() as work:
        work.people.add(Person("p", "bureau", "住建", None, "zh", None, wiring.now(), held), password_hash="-")
    return Actor("p", "住建", held)


def environment(settings: dict) -> dict[str, str]:
    return {**os.environ, "SLG_DATABASE_URL": settings["database_url"], "SLG_PHOTO_STORE": str(settings["photo_store"]),
            "SLG_SECRET_KEY": settings["secret_key"], "SLG_SAMPLE_CITY": "false"}  # fmt: skip


def work_until_killed(settings: dict, where: str, after: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, where, str(after)], cwd=HOME, env=environment(settings),
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


def work(settings: dict, services: Services) -> None:
    """Another process takes up what is left, once the dead one's lease is over."""
    with services.store.work() as unit:
        past = wiring.now() - timedelta(minutes=5)
        unit.connection.execute(sa.update(jobs).where(jobs.c.state == "running").values(lease_until=past))
    done = subprocess.run([sys.executable, "manage.py", "work"], cwd=HOME, env=environment(settings),
                          capture_output=True, text=True, timeout=120, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def bring(services: Services, officer: Actor, folder: Path) -> str:
    cells = [box(120.8 + 0.001 * i, 29.58, 120.801 + 0.001 * i, 29.581) for i in range(ROWS)]
    path = geojson(folder / "wg.geojson", [({"code": f"W{i:03d}", "name": f"第{i}格"}, c) for i, c in enumerate(cells)])
    arrival = services.layer_imports.begin("grids", path.name, officer)
    services.layer_imports.take(arrival, path.read_bytes())
    return services.layer_imports.keep(arrival, officer).id


def rows(services: Services) -> tuple[int, ...]:
    with services.store.look() as unit:
        return tuple(
            unit.connection.scalar(sa.select(sa.func.count()).select_from(t)) or 0
            for t in (area_versions, areas, hidden_rows)
        )


@pytest.mark.slow
@pytest.mark.parametrize("where", ["reading", "judged"])
def test_killed_while_it_reads(where, settings, services, officer, tmp_path):
    found = bring(services, officer, tmp_path)
    work_until_killed(settings, where, 0)
    assert services.layer_imports.get(found, officer).state == "reading"
    assert rows(services) == (0, 0, 0)
    work(settings, services)
    after = services.layer_imports.get(found, officer)
    assert (after.state, after.summary["counts"]["new"]) == ("ready", ROWS)


@pytest.mark.slow
@pytest.mark.parametrize(("where", "after"), [("staging", 0), ("staging", 3), ("showing", 0), ("shown", 0)])
def test_killed_while_it_stores(where, after, settings, services, officer, tmp_path):
    found = bring(services, officer, tmp_path)
    Runner(services).run_until_empty()
    services.layer_imports.choose(found, Choices(datum="wgs84"), officer)
    Runner(services).run_until_empty()
    services.layer_imports.confirm(found, services.layer_imports.get(found, officer).revision, officer)
    work_until_killed(settings, where, after)
    is_shown = where == "shown"
    with services.store.look() as unit:
        assert unit.areas.count("grid") == len(unit.areas.in_force("grid")) == (ROWS if is_shown else 0)
    staged = {"staging": AT_ONCE * after, "showing": ROWS, "shown": ROWS}[where]
    assert rows(services)[:2] == (staged, staged)
    assert services.layer_imports.get(found, officer).state == ("stored" if is_shown else "storing")
    work(settings, services)
    assert services.layer_imports.get(found, officer).stored["new"] == ROWS
    assert rows(services) == (ROWS, ROWS, 0)
    with services.store.look() as unit:
        kept = unit.areas.in_force("grid")
        assert sorted(a.code for a in kept) == [f"W{i:03d}" for i in range(ROWS)]
        assert len(unit.areas.touching("grid", (120, 29, 122, 30))) == ROWS
        of_grids = sa.select(sa.func.count()).where(history.c.subject_kind == "grid")
        assert unit.connection.scalar(of_grids) == ROWS
        assert len(unit.history.of("layer", "grid")) == 1
        assert broken_links(unit, "layer", "grid") == []
    assert services.history.verify().is_clean
    assert not list((tmp_path / "imports").iterdir())
