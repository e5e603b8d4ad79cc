"""Proposals for zones out of the roads of a street: 建议 to pick from and draw on, never more. Nothing is stored here."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import shapely

from domain.errors import Conflict, Invalid, NotFound
from domain.policy.permissions import Permissions
from domain.proposals import MAIN_KINDS, TARGET_AT_LEAST, TARGET_AT_MOST, ProposalList, Proposed
from domain.records import Actor, Area
from domain.zones import REASONS
from geo import geojson, measure, proposals, topology
from services.drawing import DRAWN_DECIMALS
from storage.store import Store, Work

ROADS_AT_MOST = 20_000
KEPT_AT_MOST = 16


class ZoneProposals:
    def __init__(self, store: Store, permissions: Permissions) -> None:
        self._store = store
        self._permissions = permissions
        self._known: dict[Any, tuple[Any, ProposalList]] = {}
        self._making = threading.Lock()

    def streets(self, actor: Actor) -> list[Area]:
        """Streets whose ground this person may draw in."""
        self._permissions.require(actor, "zone.draft")
        reach = self._permissions.reach(actor, "zone.draft")
        with self._store.look() as work:
            return [s for s in work.areas.in_force("street") if reach.everything or s.area_id in reach.street_ids]

    def propose(
        self, street_id: str, actor: Actor, *, target: int, main: Sequence[str] | None = None
    ) -> ProposalList:  # fmt: skip
        """Proposals for the ground of a street that no zone in force and no draft holds.

        target: households of one. main: classes of roads never crossed; None takes MAIN_KINDS. Made anew when streets,
        zones, buildings or roads have changed. Raises NotFound (another street), Invalid (target, or more than
        ROADS_AT_MOST roads).
        """
        self._permissions.require(actor, "zone.draft")
        reach = self._permissions.reach(actor, "zone.draft")
        if not (reach.everything or street_id in reach.street_ids):
            raise NotFound()
        if not TARGET_AT_LEAST <= target <= TARGET_AT_MOST:
            raise Invalid("proposals_target", field="target", at_least=TARGET_AT_LEAST, at_most=TARGET_AT_MOST)
        key = (street_id, target, None if main is None else tuple(sorted(set(main))))
        with self._making, self._store.look() as work:  # the second asker waits for the first one's work
            street = work.areas.current(street_id)
            if street is None or street.layer != "street":
                raise NotFound()
            stamp = _stamp(work)
            if (known := self._known.get(key)) and known[0] == stamp:
                return known[1]
            found = _propose(work, street, target, MAIN_KINDS if main is None else frozenset(main))
            self._known[key] = (stamp, found)
            while len(self._known) > KEPT_AT_MOST:
                del self._known[next(iter(self._known))]
            return found

    def on_map(self, street_id: str, actor: Actor, *, target: int, main: Sequence[str] | None = None) -> bytes:
        """The same as GeoJSON. Raises like `propose`."""
        found = self.propose(street_id, actor, target=target, main=main).found
        rows = [{"key": one.key, "households": one.households, "buildings": one.buildings,
                 "area_m2": round(one.area_m2)} for one in found]  # fmt: skip
        return geojson.feature_collection([one.key for one in found], [one.shape for one in found], rows,
                                          decimals=DRAWN_DECIMALS)  # fmt: skip

    def opened(
        self, street_id: str, key: str, reasons: Sequence[str], actor: Actor, *, target: int,
        main: Sequence[str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """One proposal for the drawing board: its line, and the reasons that go with the draft. Raises like `propose`;
        Conflict when it is gone, Invalid for a reason that is none."""
        if set(reasons) - set(REASONS):
            raise Invalid("unknown_zone_reason", field="reasons")
        found = self.propose(street_id, actor, target=target, main=main).found
        one = next((each for each in found if each.key == key), None)
        if one is None:
            raise Conflict("proposal_gone")
        return {"geometry": geojson.geometry_to_geojson(one.shape, decimals=DRAWN_DECIMALS), "reasons": [*reasons]}


def _stamp(work: Work) -> tuple[Any, ...]:
    return (*(work.areas.stamp(layer) for layer in ("street", "zone", "building", "road")), work.buildings.count(),
            work.buildings.count_roads())  # fmt: skip


def _propose(work: Work, street: Area, target: int, main: frozenset[str]) -> ProposalList:
    ground = measure.project(topology.sound([street.geometry])[0])
    box = street.geometry.bounds
    roads = work.buildings.roads_touching(box, limit=ROADS_AT_MOST + 1)
    if len(roads) > ROADS_AT_MOST:
        raise Invalid("proposals_too_many_roads", field="street", n=ROADS_AT_MOST)
    lines = measure.project(shapely.force_2d([road.geometry for road in roads]))
    here = [i for i in range(len(roads)) if lines[i].intersects(ground)]
    buildings = [b for b in work.buildings.touching(box) if b.is_residential]
    x, y = measure.project_points([b.lon for b in buildings], [b.lat for b in buildings])
    made = proposals.propose(
        ground, [lines[i] for i in here if roads[i].kind not in main],
        [lines[i] for i in here if roads[i].kind in main], _taken(work, box), list(zip(x, y, strict=True)),
        [b.households for b in buildings], target=target,
    )  # fmt: skip
    kinds = sorted({roads[i].kind for i in here})
    none = "" if made.found and here else "roads" if not here else "buildings" if not buildings else "ground"
    found = made.found if here else ()
    return ProposalList(
        tuple(_spoken(one) for one in found), none, tuple(kinds), tuple(k for k in kinds if k in main), len(here),
        made.too_large,
    )  # fmt: skip


def _taken(work: Work, box: tuple[float, float, float, float]) -> list[Any]:
    """Ground that has a zone, or a draft of one: nobody is proposed what somebody drew."""
    zones = [*work.areas.touching("zone", box), *work.areas.touching("zone", box, status="draft")]
    return list(measure.project(topology.sound([zone.geometry for zone in zones]))) if zones else []


def _spoken(one: proposals.Proposal) -> Proposed:
    shape = shapely.set_precision(measure.unproject(one.shape), 10.0**-DRAWN_DECIMALS)
    key = hashlib.sha256(shapely.to_wkb(shapely.normalize(shape))).hexdigest()[:16]
    return Proposed(
        key, shape, measure.label_point(shape), one.shape.area, len(one.buildings), one.households, one.blocks
    )
