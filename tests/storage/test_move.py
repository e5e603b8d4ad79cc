"""A filled city moves to the other kind of database and back: every row, every byte, the history, and goes on there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from shapely.geometry import Point

import storage.move as room
from domain.accounts import AccessToken
from domain.errors import Busy, Conflict, Invalid
from domain.records import DivisionRow
from storage.move import move
from storage.store import Store
from storage.tables import metadata
from tests.storage.conftest import fresh_url
from tests.storage.rows import area, asset, building, new_id, person, photo_row, record_row, road
from tests.storage.test_history import PAYLOAD, watch

HOME = Path(__file__).resolve().parents[2]
WAYS = [("sqlite", "postgis"), ("postgis", "sqlite"), pytest.param(("postgis", "postgis"), marks=pytest.mark.slow)]


@pytest.fixture(params=WAYS, ids=["to-postgis", "to-sqlite", "to-another-postgis"])
def way(request: pytest.FixtureRequest) -> Iterator[tuple[Store, Store]]:
    """(a migrated database, a database without a table)."""
    froms, tos = fresh_url(request, request.param[0]), fresh_url(request, request.param[1], migrated=False)
    stores = Store.open(next(froms)), Store.open(next(tos))
    yield stores
    for store in stores:
        store.close()
    for urls in (froms, tos):
        assert next(urls, None) is None


@pytest.fixture
def there_and_back(request, tmp_path) -> Iterator[tuple[Store, Store, Store]]:
    urls = [fresh_url(request, "sqlite"), fresh_url(request, "postgis", migrated=False)]
    stores = [Store.open(next(one)) for one in urls]
    yield (*stores, again := Store.open(f"sqlite:///{tmp_path}/again.db"))
    for store in (*stores, again):
        store.close()
    assert [next(one, None) for one in urls] == [None, None]


def fill(store: Store, noon) -> None:
    """Something in as many tables as the store's families write, with the values that databases treat differently."""
    who, zone = person(phone="13800000000"), area(created_at=noon, attributes={"深": [1.0, None, "‮"]})
    row = record_row(who.id, zone_version_id=zone.id, body=PAYLOAD, note="100%_\\ ' \" 🚗\n", clock_off_s=-0.1)
    with store.work() as work:
        work.people.add(who, password_hash="hash")
        work.people.count_try(account="a", address="b", at=noon)
        work.people.open_session(id="s", person_id=who.id, created_at=noon, expires_at=noon)
        work.accounts.add_links(
            [{"id": "l", "person_id": who.id, "made_by": None, "made_at": noon, "expires_at": noon}]
        )
        work.accounts.add_token(AccessToken("t", who.id, "device", "🙂", ("a", "b:own"), noon, noon), hash="h")
        work.accounts.bind_identity(issuer="https://id", subject="主", person_id=who.id, bound_at=noon)
        work.areas.add([zone, replace(zone, id=new_id(), version=2, status="draft")], at=noon)
        work.areas.link(zone.id, zone.id, "next", at=noon)
        work.areas.set_division(zone.id, [DivisionRow(None, None, "", "", 1 / 3, 1.0, 0, 0, False, None)])
        # More than one batch, with serials that do not start at one.
        work.buildings.add([building(geometry=Point(120 + i / 1000, 29.5).buffer(1e-4)) for i in range(1200)])
        work.connection.exec_driver_sql("DELETE FROM buildings WHERE serial <= 10")
        work.buildings.add_roads([road()])
        work.records.add_many(
            [row, record_row(who.id, position=None)], [photo_row(row["id"], preview=bytes(range(256)))]
        )
        work.assets.add([asset(rent_fen=2**40, surveyed_at=noon)])
        for i in range(3):
            work.history.write("record", row["id"], f"step.{i}", PAYLOAD, actor_id=who.id, at=noon)
        work.jobs.queue("views", "one", {"of": 1}, at=noon)
        work.set_meta("sample_city", "示意")
        assert work.next_number("record") == 1


def rows(store: Store) -> dict[str, list]:
    with store.look() as work:
        return {t.name: [tuple(row) for row in work.connection.execute(sa.select(t).order_by(*t.primary_key.columns))]
                for t in metadata.sorted_tables}  # fmt: skip


def test_everything_arrives_and_the_new_place_goes_on_from_there(way, noon, tmp_path):
    source, target = way
    fill(source, noon)
    before, told = rows(source), []
    moved = move(source, target, lambda table, n: told.append((table, n)))
    assert rows(target) == rows(source) == before
    assert moved.rows == {name: len(found) for name, found in before.items()} == dict(told)
    assert moved.total == sum(moved.rows.values()) > 1200
    assert watch(target, tmp_path, noon).verify().findings == ()
    with target.work() as work:
        assert len(work.buildings.touching((120.0, 29.4, 121.3, 29.6))) == 1190, "the boxes came along"
        assert work.next_number("record") == 2
        work.buildings.add([building()])
        work.jobs.queue("views", "two", {}, at=noon)
        first = next(iter(work.history.heads()))
        work.history.write(*first, "step.3", {}, actor_id=None, at=noon)
        serials = [
            s for (s,) in work.connection.execute(sa.text("SELECT serial FROM buildings ORDER BY serial DESC LIMIT 2"))
        ]
        assert serials == [1201, 1200], "new serials follow the old ones"
        assert len(work.buildings.touching(building().geometry.bounds)) >= 1


def test_there_and_back_again_is_the_same_city(there_and_back, noon):
    first, middle, last = there_and_back
    fill(first, noon)
    one, two = move(first, middle), move(middle, last)
    assert one == two
    assert rows(last) == rows(first)


def test_a_place_that_holds_anything_is_refused_and_left_alone(way, noon):
    source, target = way
    fill(source, noon)
    move(source, target)
    before = rows(target)
    with pytest.raises(Conflict) as refused:
        move(source, target)
    assert refused.value.code == "move_not_empty"
    assert rows(target) == before
    with pytest.raises(Conflict):
        move(source, source)


def test_an_empty_or_old_source_is_refused(way):
    source, target = way
    with pytest.raises(Invalid) as refused:
        move(target, source)
    assert refused.value.code == "move_old_source"


def test_a_row_that_reads_differently_there_stops_everything(way, noon, monkeypatch):
    source, target = way
    fill(source, noon)
    monkeypatch.setattr(room, "_read", after(room._read, "history", target))
    with pytest.raises(Invalid) as refused:
        move(source, target)
    assert (refused.value.code, refused.value.facts) == ("move_differs", {"table": "history"})
    assert set(map(len, rows(target).values())) == {0}, "nothing is kept"


def after(read, table_name: str, target: Store):
    """Reading as it is, but one link is changed just before its table is read back."""

    def changed(connection, table):
        if table.name == table_name and connection.engine is target.engine:
            connection.exec_driver_sql("UPDATE history SET action = 'step.9' WHERE seq = 2")
        return read(connection, table)

    return changed


def test_nobody_writes_to_the_old_place_meanwhile(way, noon, monkeypatch):
    monkeypatch.setattr("storage.engine.BUSY_TIMEOUT_MS", 20)
    source, target = way
    fill(source, noon)
    other = Store.open(source.engine.url.render_as_string(hide_password=False))
    refused = []

    def try_to_write(_table: str, _rows: int) -> None:
        if refused:
            return
        with pytest.raises(Busy) as told:
            other.run(lambda work: work.set_meta("late", "1"))
        refused.append(told.value.code)

    move(source, target, try_to_write)
    other.close()
    assert refused == ["store_busy"]
    assert rows(source) == rows(target)


def test_what_the_new_place_cannot_hold_is_named_before_anything_moves(there_and_back, noon):
    source, target, _ = there_and_back
    fill(source, noon)
    long, hidden = asset(asset_no="long", name="长" * 300), asset(asset_no="nul", remarks="a\x00b")
    with source.work() as work:
        work.assets.add([long, hidden, asset(attributes={"x": float("nan")})])
    with pytest.raises(Invalid) as refused:
        move(source, target)
    facts = refused.value.facts
    assert (refused.value.code, facts["count"]) == ("move_unfit", 3)
    assert f"assets.name ({long.id})" in facts["first"]
    assert f"assets.remarks ({hidden.id})" in facts["first"]
    assert set(map(len, rows(target).values())) == {0}


@pytest.mark.slow
def test_the_sample_city_moves_by_command_and_verifies(sample_folder, cluster):
    url, here = cluster.create(), f"sqlite:///{sample_folder}/slg.db"
    command = [sys.executable, HOME / "manage.py", "move", "--from", here, "--to", url]
    settings = {"SLG_PHOTO_STORE": str(sample_folder / "photos"), "SLG_SECRET_KEY": "k" * 40, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, text=True, env=settings, cwd=HOME, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    links, originals, findings = map(
        int, re.search(r"links (\d+), originals (\d+), findings (\d+)", done.stdout).groups()
    )
    assert (links > 1000, originals > 500, findings) == (True, True, 0)
    one, two = Store.open(here), Store.open(url)
    assert rows(one) == rows(two)
    for store in (one, two):
        store.close()
    again = subprocess.run(command, capture_output=True, text=True, env=settings, cwd=HOME, timeout=300, check=False)
    assert (again.returncode, "没有搬" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    cluster.drop(url)
