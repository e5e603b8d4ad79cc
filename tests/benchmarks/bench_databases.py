"""Times what the pages ask, on SQLite and on PostGIS beside each other, and sixteen writers on both.

The same city on both: the sample city, then with twenty times as many records. Each service behind Today, Map, Records,
One record, Coverage and Assets is asked in turn, and both must answer the same. The figure is PostGIS to SQLite, so it
is a ratio of the two and no promise: it says which pages change when a city moves. Sixteen writers: threads over four
stores, as four processes have them; each reads a number and writes the next, and none may be lost or refused.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
import sqlalchemy as sa
from city import sample_folder
from figures import figure, is_short, load, middle_ratio, say

from domain.filters import AssetFilter, RecordFilter
from domain.records import Actor, Assignment
from services import Services
from storage.move import move
from storage.store import Store
from storage.tables import photos, records
from tests.clusters import Cluster, why_not
from wiring import Settings, build, now

ROUNDS = 3 if is_short() else 9
TIMES = 20
WRITERS, STORES, EACH = 16, 4, 15 if is_short() else 60
WHO = Actor(
    "bench", "bench", tuple(Assignment(role, "city") for role in ("supervisor", "auditor", "leader", "asset_clerk"))
)

Ask = Callable[[Services], Any]


def main() -> None:
    say(load())
    if reason := why_not():
        say(f"no PostGIS on this machine: {reason}; the databases are not compared")
        return
    with ExitStack() as stack:
        folder = stack.enter_context(sample_folder())
        cluster = Cluster()
        stack.callback(cluster.end)
        here = f"sqlite:///{folder}/slg.db"
        pages(folder, here, there_of(cluster, here), "sample city")
        grow(here)
        pages(folder, here, there_of(cluster, here), f"{TIMES} times the records")
        writers(cluster)
    say(load())


def there_of(cluster: Cluster, here: str) -> str:
    """The same rows in PostGIS, compared by the move itself."""
    there = cluster.create()
    source, target = Store.open(here), Store.open(there)
    moved = move(source, target)
    with cluster.admin(sa.make_url(there).database) as connection:
        connection.exec_driver_sql("ANALYZE")
    for store in (source, target):
        store.close()
    say(f"  {moved.total} rows moved")
    return there


def grow(url: str) -> None:
    """The records of the city again and again, each time a day earlier, with photos of their own."""
    store = Store.open(url)
    with store.work() as work:
        rows = [dict(row) for row in work.connection.execute(sa.select(records)).mappings()]
        of_record: dict[str, list[dict]] = {}
        for row in work.connection.execute(sa.select(photos)).mappings():
            of_record.setdefault(row["record_id"], []).append(dict(row))
        for turn in range(1, TIMES):
            more, pictures = [], []
            for row in rows:
                new = str(uuid.uuid4())
                moved = row["captured_at"] - timedelta(days=turn)
                more.append({**row, "id": new, "number": f"{row['number']}-{turn}", "captured_at": moved})
                pictures += [{**p, "id": str(uuid.uuid4()), "record_id": new} for p in of_record.get(row["id"], ())]
            work.records.add_many(more, pictures)
    store.close()


def pages(folder: Path, here: str, there: str, size: str) -> None:
    plain = {"photo_store": folder / "photos", "secret_key": "k" * 40, "sample_city": False}
    sides = [build(Settings(**plain, database_url=url)) for url in (here, there)]
    try:
        number = sides[0].records.search(RecordFilter(limit=1), WHO)[0][0].number
        for name, ask in asks(number).items():
            took: list[list[float]] = [[], []]
            for turn in range(ROUNDS + 1):  # the first turn fills the caches of both
                answers = []
                for side in (0, 1) if turn % 2 else (1, 0):
                    start = time.perf_counter()
                    found = ask(sides[side])
                    seconds = time.perf_counter() - start
                    answers.append((side, found))
                    if turn:
                        took[side].append(seconds)
                (_, one), (_, other) = answers
                if one != other:
                    raise SystemExit(f"{name} on {size}: the two databases answer differently")
            figure(f"{name}, {size}: PostGIS to SQLite", middle_ratio(took[1], took[0]), peer="the same service on SQLite",
                   note=f"here {median(took[1]) * 1000:.1f} ms against {median(took[0]) * 1000:.1f}")  # fmt: skip
    finally:
        for side in sides:
            side.close()


def asks(number: str) -> dict[str, Ask]:
    """Page to what it asks; the answer in a form that can be compared, without the moment it was counted at."""

    def today(office: Services) -> Any:
        day = office.records.day(WHO)
        return day.week, day.total, day.unsettled, day.by_issue, [r.id for r in day.latest]

    def on_map(office: Services) -> Any:
        box = office.places.bounds(WHO)
        assert box is not None
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        near = (middle[0] - 0.01, middle[1] - 0.01, middle[0] + 0.01, middle[1] + 0.01)
        return by_id(office.records.on_map(RecordFilter(), WHO)), by_id(office.places.buildings(near, WHO))

    def listed(office: Services) -> Any:
        found, total = office.records.search(RecordFilter(text="R-", limit=100, offset=20), WHO)
        return [r.id for r in found], total

    def one(office: Services) -> Any:
        record = office.records.get(number, WHO)
        told = office.records.story(record.id, WHO)
        return replace(record, photos=()), [p.id for p in record.photos], told.is_whole, len(told.entries)

    def covered(office: Services) -> Any:
        found = office.coverage.per("street", WHO)
        return [(r.area.area_id, r.counted("households"), r.zones, r.last_seen) for r in found.rows]

    def held(office: Services) -> Any:
        view = AssetFilter(text="车", limit=500)
        return [a.id for a in office.assets.search(view, WHO)], office.assets.counts(view, WHO)

    return {"Today": today, "Map": on_map, "Records": listed, "One record": one, "Coverage": covered, "Assets": held}


def by_id(body: bytes) -> dict[str, Any]:
    """Features by their id: a map does not mind their order."""
    return {found["id"]: found for found in json.loads(body)["features"]}


def writers(cluster: Cluster) -> None:
    """Read a number, write the next with a row of history: 16 threads over four stores."""
    seconds = {}
    with TemporaryDirectory(prefix="slg-bench-") as folder:
        for name, url in (("SQLite", f"sqlite:///{folder}/slg.db"), ("PostGIS", cluster.create())):
            build(Settings(database_url=url, photo_store=Path(folder) / "photos", secret_key="k" * 40,
                           sample_city=False)).close()  # fmt: skip
            seconds[name] = _write(name, url)
    figure(f"{WRITERS} writers, {WRITERS * EACH} writes: PostGIS to SQLite", seconds["PostGIS"] / seconds["SQLite"],
           peer="the same writes on SQLite", note=", ".join(f"{n} {WRITERS * EACH / s:.0f} a second" for n, s in seconds.items()))  # fmt: skip


def _write(name: str, url: str) -> float:
    stores = [Store.open(url) for _ in range(STORES)]
    start, errors = threading.Barrier(WRITERS), []

    def write(i: int) -> None:
        start.wait()
        for _ in range(EACH):
            try:
                with stores[i % STORES].work() as work:
                    before = int(work.meta("bench") or 0)
                    work.history.write("bench", "one", "bench", {"n": before}, actor_id=None, at=now())
                    work.set_meta("bench", str(before + 1))
            except Exception as error:  # noqa: BLE001 - every kind of error counts here
                errors.append(type(error).__name__)

    began = time.perf_counter()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    took = time.perf_counter() - began
    with stores[0].look() as work:
        kept, links = int(work.meta("bench") or 0), len(work.history.links("bench", "one"))
    for store in stores:
        store.close()
    if errors or kept != WRITERS * EACH or links != WRITERS * EACH:
        raise SystemExit(
            f"{name}: {len(errors)} errors {set(errors)}, {kept} kept and {links} links of {WRITERS * EACH}"
        )
    figure(f"{WRITERS} writers on {name}: errors", len(errors), unit="errors", at_most=0, peer="", note="none lost")
    return took


if __name__ == "__main__":
    main()
