"""A small city for tests of zones: two streets, grids, buildings, those who decide, and a clock that the test turns."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

import shapely

from domain.policy import editions
from domain.records import Actor, Area, Assignment, Building, Person
from services.divisions import Divisions
from services.places import find_place
from services.policy import LivePolicy
from services.queue import Queue
from services.zone_batch import ZoneBatch
from services.zone_compare import ZoneCompare
from services.zone_division import ZoneDivision
from services.zone_modes import ZoneModes
from services.zone_versions import ZoneVersions
from services.zones import Zones
from storage.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
WEST, SOUTH = 120.80, 29.58
WHY = "已征询居委会"


def box(x: float, y: float, width: float = 2.0, height: float = 2.0) -> shapely.Polygon:
    """In thousandths of a degree from the corner of the small city."""
    west, south = WEST + x / 1000, SOUTH + y / 1000
    return shapely.box(west, south, west + width / 1000, south + height / 1000)


def spoken(shape: shapely.Polygon) -> dict:
    return json.loads(json.dumps(shape.__geo_interface__))


class Office:
    """Two streets side by side, the first with two grids; services with a clock that the test turns."""

    def __init__(self, store: Store) -> None:
        self.store, self.at = store, datetime.now(ZONE).replace(hour=10)
        self.policy = LivePolicy(store, self.clock, ZONE)
        self.policy.seed_builtin()
        self.queue = Queue(store, self.clock)
        rules = editions.load_builtin().permissions
        self.zones = Zones(store, rules, self.policy, self.clock)
        self.versions = ZoneVersions(store, rules, self.policy, self.queue, self.clock, ZONE)
        self.batch = ZoneBatch(store, rules, self.policy, self.versions)
        self.compare = ZoneCompare(store, rules)
        self.modes = ZoneModes(store, rules, self.policy, self.clock)
        self.division = ZoneDivision(store, rules, self.policy, self.clock)
        self.divisions = Divisions(store, self.queue, self.clock)
        with store.work() as work:
            for side, x in (("a", 0.0), ("b", 20.0)):
                self.area(work, "street", f"street-{side}", box(x, 0, 20, 20))
            self.area(work, "grid", "grid-1", box(0, 0, 10, 20))
            self.area(work, "grid", "grid-2", box(10, 0, 10, 20))
            roofs = [(f"b{i}", box(i + 0.4, 4.4, 0.2, 0.2), 10 + i) for i in range(20)]
            work.buildings.add([Building(i, i, i, s, s.centroid.x, s.centroid.y, n, True) for i, s, n in roofs])
        self.officer = self.person("street_officer", Assignment("street_officer", "street", "street-a"))
        self.other = self.person("other", Assignment("street_officer", "street", "street-b"))
        self.bureau = self.person("bureau", Assignment("housing_bureau", "city"))

    def clock(self) -> datetime:
        return self.at

    def area(self, work, layer: str, name: str, shape, version: int = 1, status: str = "in_force") -> Area:
        found = Area(f"{name}-{version}", name, layer, version, status, name, name, shape, 1.0, valid_from=self.at)
        work.areas.add([found], at=self.at)
        return found

    def person(self, name: str, held: Assignment) -> Actor:
        who = Person(f"p-{name}", name, name, None, "zh", None, self.at, (held,))
        with self.store.work() as work:
            work.people.add(who, password_hash="-")
        return Actor(who.id, name, (held,))

    def draft(
        self, shape, *, zone: str | None = None, name: str = "示意小区", mode: str = "professional", **more
    ) -> Area:
        return self.zones.save_draft(
            str(uuid.uuid4()), spoken(shape), zone_id=zone, name=name, kind="old_compound", mode=mode,
            actor=more.pop("by", self.officer), **more,
        )[0]  # fmt: skip

    def decide(
        self, draft: Area, *, seen: str | None = None, consent: str | None = None, day: date | None = None, by=None
    ):
        return self.versions.decide(draft.id, WHY, seen=seen, consent=consent, from_day=day, actor=by or self.officer)

    def run(self) -> None:
        while self.queue.run_next("runner"):
            pass

    def here(self, x: float, y: float):
        with self.store.look() as work:
            return find_place(work, WEST + x / 1000, SOUTH + y / 1000)

    def version(self, version_id: str) -> Area:
        with self.store.look() as work:
            return work.areas.version(version_id)

    def actions(self, zone_id: str) -> list[str]:
        with self.store.look() as work:
            return [entry.action for entry in work.history.of("zone", zone_id)]
