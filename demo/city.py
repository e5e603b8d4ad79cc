"""The sample city, from one seed: places, estates, houses, roads, people, records, assets. All of it is 示意数据."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from demo.assets import make_assets
from demo.estates import Built, build_up
from demo.land import Land, make_land
from demo.names import sample_id
from demo.people import SamplePerson, make_people
from demo.places import Places, make_places, on_map
from demo.records import SampleRecord, make_records
from demo.roads import Line, make_roads
from demo.sources import read_sources
from demo.villages import Farm, build_hamlets
from demo.zones import make_zones
from domain.records import Area, Asset, Building, Road
from geo.measure import project, unproject

SEED = 330683
BUILDINGS = 8000


@dataclass(frozen=True)
class SampleCity:
    """Everything a loader needs, in an order that it can be stored. Geometry: EPSG:4326, rounded to 1e-7 degrees.

    rivers are roads of kind "river" and belong on the map only. records is empty when no day was given.
    """

    county: BaseGeometry
    streets: tuple[Area, ...]
    communities: tuple[Area, ...]
    grids: tuple[Area, ...]
    unit_cells: tuple[Area, ...]
    zones: tuple[Area, ...]
    buildings: tuple[Building, ...]
    roads: tuple[Road, ...]
    rivers: tuple[Road, ...]
    people: tuple[SamplePerson, ...]
    records: tuple[SampleRecord, ...]
    assets: tuple[Asset, ...]

    @property
    def areas(self) -> tuple[Area, ...]:
        """All areas, outer layers first."""
        return self.streets + self.communities + self.grids + self.unit_cells + self.zones


def build_city(seed: int = SEED, today: date | None = None) -> SampleCity:
    """The same seed gives the same city, to the last digit. today: the records lie in the 90 days before it;
    contracts and surveys of the assets are dated from it."""
    dice = [np.random.default_rng([seed, stage]) for stage in range(6)]  # one for each stage: they stay independent
    sources = read_sources()
    land = make_land(sources, dice[0])
    places = make_places(land, sources)
    built = build_up(land.patches, land.leaves, dice[1])
    lines = make_roads(land, sources, dice[2])
    farms = build_hamlets(lines, project(_hamlet_grids(land, places)), BUILDINGS - len(built.houses), dice[3])
    roads, rivers = _roads(lines)
    zones = make_zones(land, built, places, dice[4])
    buildings = _buildings(land, built, farms, places, zones, roads)
    grids = _with_households(places.grids, buildings, "grid_id")
    zones = _with_households(zones, buildings, "zone_id")
    people = make_people(places)
    city = SampleCity(
        county=places.county,
        streets=places.streets,
        communities=places.communities,
        grids=grids,
        unit_cells=places.unit_cells,
        zones=zones,
        buildings=buildings,
        roads=roads,
        rivers=rivers,
        people=people,
        records=(),
        assets=make_assets(zones, buildings, people, today, dice[5]),
    )
    if today is None:
        return city
    return replace(city, records=make_records(city.zones, city.buildings, city.grids, people, today, seed))


def _hamlet_grids(land: Land, places: Places) -> np.ndarray:
    return np.array([grid.geometry for grid in places.grids[len(land.leaves) :]])


def _roads(lines: Sequence[Line]) -> tuple[tuple[Road, ...], tuple[Road, ...]]:
    placed = on_map(np.array([line.geometry for line in lines]))
    roads: list[Road] = []
    rivers: list[Road] = []
    for line, geometry in zip(lines, placed, strict=True):
        into, word = (rivers, "示例溪") if line.kind == "river" else (roads, "示例路")
        number = f"{len(into) + 1:02d}"
        into.append(Road(sample_id(line.kind, number), f"{word}{number}", geometry, line.kind, True))
    return tuple(roads), tuple(rivers)


def _buildings(
    land: Land,
    built: Built,
    farms: list[Farm],
    places: Places,
    zones: Sequence[Area],
    roads: Sequence[Road],
) -> tuple[Building, ...]:
    """Rectangles turned along their street; grid, street and zone are read off the finished polygons."""
    centre, heading, size = _placed(land, built, farms)
    half = size / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])[None] * half[:, None, :]
    c, s = np.cos(heading)[:, None], np.sin(heading)[:, None]
    xy = np.stack(
        [
            centre[:, :1] + c * corners[..., 0] - s * corners[..., 1],
            centre[:, 1:] + s * corners[..., 0] + c * corners[..., 1],
        ],
        axis=-1,
    )
    geometry = on_map(shapely.polygons(xy))
    point = shapely.transform(unproject(shapely.points(centre)), lambda p: np.round(p, 7))
    lonlat = shapely.get_coordinates(point)
    grid_of = places.grid_at(point)
    zone_of = _only_zone(zones, point)
    numbers, names = _numbered(built, farms, zones, zone_of, places, grid_of, roads, point)
    homes = built.homes + [farm.homes for farm in farms]
    uses = built.use + [farm.use for farm in farms]
    return tuple(
        Building(
            id=sample_id("building", str(i)),
            name=names[i],
            number=numbers[i],
            geometry=geometry[i],
            lon=float(lonlat[i, 0]),
            lat=float(lonlat[i, 1]),
            households=int(homes[i]),
            is_residential=uses[i] == "home",
            street_id=places.grids[grid_of[i]].street_id,
            grid_id=places.grids[grid_of[i]].area_id,
            zone_id=zones[zone_of[i]].area_id if zone_of[i] >= 0 else None,
            is_sample=True,
        )
        for i in range(len(homes))
    )


def _placed(land: Land, built: Built, farms: list[Farm]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres (EPSG:4549), headings (radians) and sizes (metres) of houses, then farms."""
    uv = np.array([(house.u, house.v) for house in built.houses])
    centre, heading = np.empty_like(uv), np.empty(len(uv))
    patch = np.array([land.leaves[leaf].patch for leaf in built.leaf])
    for one in land.patches:
        own = patch == one.index
        centre[own], heading[own] = one.warp(uv[own]), one.warp.heading(uv[own])
    size = [(house.length, house.depth) for house in built.houses] + [(farm.length, farm.depth) for farm in farms]
    centre = np.concatenate([centre, [(farm.x, farm.y) for farm in farms]])
    return centre, np.concatenate([heading, [farm.heading for farm in farms]]), np.array(size)


def _only_zone(zones: Sequence[Area], points: np.ndarray) -> np.ndarray:
    """Index of the one zone each point lies in; -1 for none or more than one."""
    tree = shapely.STRtree([zone.geometry for zone in zones])
    at, zone = tree.query(points, predicate="intersects")
    found = np.full(len(points), -1)
    found[at] = zone
    found[np.bincount(at, minlength=len(points)) > 1] = -1
    return found


def _numbered(
    built: Built,
    farms: list[Farm],
    zones: Sequence[Area],
    zone_of: np.ndarray,
    places: Places,
    grid_of: np.ndarray,
    roads: Sequence[Road],
    points: np.ndarray,
) -> tuple[list[str], list[str]]:
    """House numbers and names: 示例小区001 3幢 in a zone, 示例路05 12号 on a road, a village house by its village."""
    villages = {one.area_id: one.name for one in places.communities}
    tree = shapely.STRtree([road.geometry for road in roads])
    nearest = tree.nearest(points)
    counts: dict[str, int] = {}
    numbers, names = [], []
    first_farm = len(built.houses)
    for i in range(len(points)):
        if zone_of[i] >= 0:
            owner, unit = zones[zone_of[i]].name, "幢"
        elif i < first_farm:
            owner, unit = roads[nearest[i]].name, "号"
        else:
            owner, unit = villages[places.grids[grid_of[i]].community_id or ""] + "示例农房", "号"
        counts[owner] = counts.get(owner, 0) + 1
        number = f"{counts[owner]}{unit}"
        numbers.append(number)
        names.append(f"{owner} {number}" if zone_of[i] >= 0 or i < first_farm else f"{owner}{number}")
    return numbers, names


def _with_households(areas: Sequence[Area], buildings: Sequence[Building], key: str) -> tuple[Area, ...]:
    total: dict[str | None, int] = {}
    for building in buildings:
        at = getattr(building, key)
        total[at] = total.get(at, 0) + building.households
    return tuple(replace(area, households=total.get(area.area_id, 0)) for area in areas)
