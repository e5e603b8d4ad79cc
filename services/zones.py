"""Zones on the drawing board: measures a polygon against grids, neighbours and buildings; saves drafts with their division."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import Conflict, Invalid, NotFound
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Area, Building, DivisionRow
from domain.zones import REASONS
from geo import edits, measure, topology
from geo.division import OUTSIDE, count_buildings, divide
from geo.geojson import geometry_to_geojson
from geo.validity import BadGeometry, check_inside_city, polygon_from_geojson
from services import beside
from services.grid_layer import grids_cover
from services.policy import LivePolicy
from storage.store import Store, Work

T = TypeVar("T")
OVERLAP_NOISE_M2 = 1.0
ORIGIN_DRAWN = "drawn in the app; WGS 84 (= CGCS2000 here)"


@dataclass(frozen=True)
class Overlap:
    zone: Area
    area_m2: float
    buildings: int
    households: int
    piece: BaseGeometry


@dataclass(frozen=True)
class Measured:
    """What a polygon would be as a zone. Areas in EPSG:4549 square metres; rows: one per grid, then the outside."""

    geometry: BaseGeometry
    area_m2: float
    perimeter_m: float
    buildings: int
    households: int
    street: Area | None
    community: Area | None
    rows: tuple[DivisionRow, ...]
    crosses_grids: bool
    overlaps: tuple[Overlap, ...]
    gaps: tuple[beside.Gap, ...]
    gained: beside.Moved | None
    lost: beside.Moved | None


class Zones:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock
        self._city: tuple[int, BaseGeometry | None] | None = None

    def measure(
        self, polygon: dict[str, Any], zone_id: str | None, actor: Actor, others: Sequence[dict[str, Any]] = (),
        takes_in: Sequence[str] = (), moved: Mapping[str, BaseGeometry] | None = None,
    ) -> Measured:  # fmt: skip
        """Figures for a polygon being drawn. others: shapes split off from it, which leave nothing behind. takes_in:
        zones merged into it, which are no neighbours. moved: see measured.

        Raises Invalid with the geometry's code and place, NotAllowed.
        """
        self._permissions.require(actor, "zone.draft")
        geometry = read_polygon(polygon)
        split_off = [read_polygon(other) for other in others]
        with self._store.look() as work:
            self._check_inside_city(work, geometry, *(moved or {}).values())
            return measured(work, geometry, zone_id, split_off, takes_in, moved)

    def save_draft(
        self, version_id: str, polygon: dict[str, Any], *, zone_id: str | None, name: str, kind: str, mode: str,
        actor: Actor, base_version_id: str | None = None, repair: Mapping[str, str] | None = None,
        manager: str | None = None, attributes: Mapping[str, Any] | None = None, cut_from: str | None = None,
        takes_in: Sequence[str] = (), reasons: Sequence[str] = (), moved: Mapping[str, BaseGeometry] | None = None,
        also: Callable[[Work, Area], None] | None = None,
    ) -> tuple[Area, Measured, bool]:  # fmt: skip
        """A draft version with its division rows; (version, figures, True when new).

        The same version id again gives the version kept before. base_version_id: the newest version that its author
        saw; when there is a newer one, nothing is lost and nothing is written: Conflict("zone_version_moved") carries
        the other. repair: the finding of the topology report that this puts right, for the history. cut_from: the draft
        that it was cut off by a split. takes_in: zones in force that were merged into it; both take force as one. reasons: codes of
        domain.zones.REASONS, kept with the draft. moved: see measured. also: writes what belongs to a new version, in
        the same transaction: all of it or none.
        Raises Invalid, Conflict, NotFound (another street).
        """
        self._permissions.require(actor, "zone.draft")
        name = name.strip()
        words, today = self._policy.now().zones, self._policy.today()
        if not 1 <= len(name) <= 100:
            raise Invalid("zone_name_missing", field="name")
        if kind not in words.kinds or not words.kinds[kind].term.holds(today):
            raise Invalid("unknown_zone_kind", field="kind")
        if mode not in words.modes or not words.modes[mode].term.holds(today):
            raise Invalid("unknown_zone_mode", field="mode")
        if set(reasons) - set(REASONS):
            raise Invalid("unknown_zone_reason", field="reasons")
        geometry = read_polygon(polygon)
        now = self._clock()
        with self._store.work() as work:
            known = work.areas.version(version_id)
            if known is not None:
                same = (known.created_by, known.name, known.kind, known.mode) == (actor.person_id, name, kind, mode)
                if not same or not known.geometry.equals(geometry):
                    raise Conflict("version_id_used", field="id")
                return known, measured(work, geometry, known.area_id, moved=moved), False
            self._check_inside_city(work, geometry, *(moved or {}).values())
            figures = measured(work, geometry, zone_id, takes_in=takes_in, moved=moved)
            older = work.areas.versions(zone_id) if zone_id else []
            if zone_id and not (older and older[0].layer == "zone"):
                raise NotFound()
            # Where the new line lies, and where each older version lay: nobody redraws a neighbour's zone into reach.
            for here in {where(figures), *(Scoped(v.street_id, v.community_id) for v in older)}:
                self._permissions.require(actor, "zone.draft", here)
            if base_version_id is not None:
                check_base(work, older, base_version_id)
            version = Area(
                id=version_id, area_id=zone_id or str(uuid.uuid4()), layer="zone",
                version=max((v.version for v in older), default=0) + 1, status="draft",
                code=older[-1].code if older else self._code(work), name=name, geometry=geometry,
                area_m2=figures.area_m2, kind=kind, mode=mode,
                street_id=figures.street.area_id if figures.street else None,
                community_id=figures.community.area_id if figures.community else None,
                households=figures.households, origin=ORIGIN_DRAWN, crosses_grids=figures.crosses_grids,
                is_sample=work.meta("sample_city") is not None, created_at=now, created_by=actor.person_id,
                manager=manager, attributes=dict(attributes or {}) | ({"reasons": list(reasons)} if reasons else {}),
            )  # fmt: skip
            work.areas.add([version], at=now)
            work.areas.set_division(version.id, figures.rows, at=now)
            current = next((v for v in reversed(older) if v.status == "in_force"), None)
            if before := base_version_id or (current.id if current else None):
                work.areas.link(before, version.id, "next", at=now)
            taken = self._link_others(work, version, cut_from, takes_in, actor, now)
            told = payload(version, figures) | ({"repair": dict(repair)} if repair else {})
            told |= {"reasons": list(reasons)} if reasons else {}
            told |= ({"cut_from": cut_from} if cut_from else {}) | ({"takes_in": taken} if taken else {})
            work.history.write("zone", version.area_id, "zone.drafted", told, at=now, actor_id=actor.person_id)
            if also is not None:
                also(work, version)
        return version, figures, True

    def _link_others(
        self, work: Work, version: Area, cut_from: str | None, takes_in: Sequence[str], actor: Actor, now: datetime
    ) -> list[str]:
        """Lines of lineage to what was cut and what was taken in; the versions taken in. Raises NotFound."""
        if cut_from is not None:
            cut = work.areas.version(cut_from)
            if cut is None or cut.layer != "zone" or cut.status != "draft" or cut.area_id == version.area_id:
                raise NotFound()
            self._permissions.require(actor, "zone.draft", Scoped(cut.street_id, cut.community_id))
            work.areas.link(cut.id, version.id, "split", at=now)
        taken = []
        for zone_id in dict.fromkeys(takes_in):
            zone = work.areas.current(zone_id)
            if zone is None or zone.layer != "zone" or zone.area_id == version.area_id:
                raise NotFound()
            self._permissions.require(actor, "zone.draft", Scoped(zone.street_id, zone.community_id))
            work.areas.link(zone.id, version.id, "merged", at=now)
            taken.append(zone.id)
        return taken

    def versions(self, zone_id: str, actor: Actor) -> list[tuple[Area, list[DivisionRow]]]:
        """Every version of a zone with its division, oldest first. Raises NotFound."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            found = work.areas.versions(zone_id)
            if not found:
                raise NotFound()
            rows = work.areas.divisions_of([version.id for version in found])
            return [(version, rows[version.id]) for version in found]

    def drafts(self, actor: Actor) -> list[Area]:
        """Drafts in the actor's streets, newest first."""
        self._permissions.require(actor, "zone.draft")
        reach = self._permissions.reach(actor, "zone.draft")
        with self._store.look() as work:
            found = [a for a in work.areas.shown("zone") if a.status == "draft"]
        mine = [
            a for a in found
            if reach.everything or a.street_id in reach.street_ids or a.community_id in reach.community_ids
        ]  # fmt: skip
        return sorted(mine, key=lambda a: (a.created_at is not None, a.created_at), reverse=True)

    def _check_inside_city(self, work: Work, *lines: BaseGeometry) -> None:
        """Raises Invalid where a polygon leaves the streets in force; a city without streets has no outside."""
        stamp = work.areas.stamp("street")
        if self._city is None or self._city[0] != stamp:
            streets = [s.geometry for s in work.areas.in_force("street")]
            city = shapely.union_all(streets) if streets else None
            shapely.prepare(city)
            self._city = (stamp, city)
        city = self._city[1]
        for line in lines:
            if city is not None and not city.covers(line):
                _as_invalid(partial(check_inside_city, line, city))

    def _code(self, work: Work) -> str:
        return f"Q-{work.next_number('zone-code'):05d}"


def check_base(work: Work, older: Sequence[Area], base_version_id: str) -> None:
    """Raises Conflict carrying the newest version when it is not the one that an edit began from."""
    newest = max(older, key=lambda v: v.version, default=None)
    if newest is None or newest.id == base_version_id:
        return
    person = work.people.get(newest.created_by) if newest.created_by else None
    raise Conflict("zone_version_moved", field="base_version_id", other={
        "version_id": newest.id, "version": newest.version, "status": newest.status, "name": newest.name,
        "author": person.name if person else "", "at": newest.created_at.isoformat() if newest.created_at else None,
        "geometry": geometry_to_geojson(newest.geometry),
    }, name=newest.name, version=newest.version, who=person.name if person else "")  # fmt: skip


def measured(
    work: Work, geometry: BaseGeometry, zone_id: str | None, split_off: Sequence[BaseGeometry] = (),
    takes_in: Sequence[str] = (), moved: Mapping[str, BaseGeometry] | None = None,
) -> Measured:  # fmt: skip
    """Judge a sound polygon against what is in force around it; pure reading. moved: new lines of neighbours that are
    drawn with it, by the zone's id."""
    moved = moved or {}
    box = geometry.bounds
    current = work.areas.current(zone_id) if zone_id else None
    current = sound(current) if current else None
    wide = measure.bounds([geometry, current.geometry]) if current else box
    around = work.buildings.touching(wide or box)
    buildings = beside.inside(around, geometry)
    areas = work.areas.around(("street", "community", "grid", "zone"), measure.widened(wide or box, edits.THIN_M))
    grids = [a for a in areas if a.layer == "grid"]
    zones = [
        replace(a, geometry=moved[a.area_id]) if a.area_id in moved else sound(a)
        for a in areas if a.layer == "zone" and a.area_id not in (zone_id, *takes_in)
    ]  # fmt: skip
    gained, lost = beside.gained_and_lost(geometry, current, around, split_off)
    (rows,), (crosses,) = division_rows([geometry], grids, buildings, grids_are_a_coverage=grids_cover(work))
    point = shapely.Point(*measure.label_point(geometry))
    area_m2, perimeter_m = measure.area_and_perimeter(geometry)
    return Measured(
        geometry=geometry, area_m2=area_m2, perimeter_m=perimeter_m,
        buildings=len(buildings), households=sum(b.households for b in buildings),
        street=_holding(areas, "street", point), community=_holding(areas, "community", point),
        rows=tuple(rows), crosses_grids=crosses,
        overlaps=tuple(overlaps_of(zones, geometry, buildings)),
        gaps=beside.gaps(geometry, [*(z.geometry for z in zones), *split_off], current, around), gained=gained, lost=lost,
    )  # fmt: skip


def division_rows(
    zones: Sequence[BaseGeometry], grids: Sequence[Area], buildings: Sequence[Building], *, grids_are_a_coverage: bool
) -> tuple[list[list[DivisionRow]], list[bool]]:
    """Per zone its pieces with their buildings, largest first, and whether it crosses grids. EPSG:4326.

    A building counts where its label point lies, once per zone; a zone's rows add up to its buildings.
    """
    lines = [g.geometry for g in grids]
    found = divide(zones, lines, grids_are_a_coverage=grids_are_a_coverage)
    counts = count_buildings(
        found, zones, lines, [b.lon for b in buildings], [b.lat for b in buildings], [b.households for b in buildings]
    )
    rows: list[list[DivisionRow]] = [[] for _ in zones]
    for i in range(len(found)):
        grid = None if found.grid_index[i] == OUTSIDE else grids[int(found.grid_index[i])]
        rows[int(found.zone_index[i])].append(
            DivisionRow(
                grid_id=grid.area_id if grid else None, grid_version_id=grid.id if grid else None,
                grid_code=grid.code if grid else "", grid_name=grid.name if grid else "",
                area_m2=float(found.area_m2[i]), share=float(found.share[i]), buildings=int(counts.buildings[i]),
                households=int(counts.households[i]), is_sliver=bool(found.is_sliver[i]), piece=found.piece[i],
            )
        )  # fmt: skip
    return rows, [bool(crosses) for crosses in found.crosses_grids()]


def overlaps_of(zones: Sequence[Area], geometry: BaseGeometry, buildings: Sequence[Building]) -> list[Overlap]:
    pieces, met = [], []
    for zone in zones:
        if not geometry.intersects(zone.geometry):
            continue
        shared = shapely.intersection(geometry, zone.geometry)
        parts = [p for p in shapely.get_parts(shared) if p.geom_type in ("Polygon", "MultiPolygon")]
        if parts:
            pieces.append(shapely.union_all(parts))
            met.append(zone)
    found = []
    for zone, piece, area_m2 in zip(met, pieces, measure.area_m2(np.array(pieces, dtype=object)).tolist(), strict=True):
        if area_m2 < OVERLAP_NOISE_M2:
            continue
        inside = beside.inside(buildings, piece)
        found.append(Overlap(zone, area_m2, len(inside), sum(b.households for b in inside), piece))
    return sorted(found, key=lambda o: -o.area_m2)


def sound(area: Area) -> Area:
    """The same with its line mended, where a broken one was stored: it is judged against, not changed."""
    return area if area.geometry.is_valid else replace(area, geometry=topology.sound([area.geometry])[0])


def outline(geometry: BaseGeometry | None) -> dict[str, Any] | None:
    """A piece of a zone as a GeoJSON geometry, for a door to send: doors do not know shapes."""
    return geometry_to_geojson(geometry)


def _holding(near: Sequence[Area], layer: str, point: BaseGeometry) -> Area | None:
    return next((a for a in near if a.layer == layer and a.geometry.intersects(point)), None)


def read_polygon(polygon: dict[str, Any]) -> BaseGeometry:
    """A sound polygon out of GeoJSON. Raises Invalid with the geometry's code and place."""
    return _as_invalid(lambda: polygon_from_geojson(polygon))


def _as_invalid(judge: Callable[[], T]) -> T:
    try:
        return judge()
    except BadGeometry as bad:
        raise Invalid(f"geometry_{bad.code}", field="geometry", at=list(bad.at) if bad.at else None) from bad


def where(figures: Measured) -> Scoped:
    """Whose ground it is: what a permission is asked for."""
    return Scoped(
        figures.street.area_id if figures.street else None, figures.community.area_id if figures.community else None
    )


def payload(version: Area, figures: Measured) -> dict[str, Any]:
    """What the history says of a draft."""
    return {
        "version_id": version.id, "version": version.version, "name": version.name, "kind": version.kind,
        "mode": version.mode, "area_m2": round(version.area_m2, 2), "crosses_grids": version.crosses_grids,
        "geometry": shapely.to_wkt(version.geometry, rounding_precision=7),
        "rows": [{"grid_version_id": r.grid_version_id, "share": round(r.share, 6)} for r in figures.rows],
    }  # fmt: skip
