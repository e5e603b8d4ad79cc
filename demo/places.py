"""Streets, communities, grids and unit cells as areas on the map: each layer the union of the one below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from demo.land import Land
from demo.names import ordinal_zh, sample_id
from demo.sources import Named, Sources, is_urban
from domain.records import Area
from geo.measure import area_m2, unproject

ORIGIN = "示意数据：县界与名称、代码为实，界线由程序生成；WGS 84"


@dataclass(frozen=True)
class Places:
    """The layers of the county. Geometry: EPSG:4326, 1e-7 degrees; each layer is a coverage."""

    county: BaseGeometry
    streets: tuple[Area, ...]
    communities: tuple[Area, ...]
    grids: tuple[Area, ...]
    unit_cells: tuple[Area, ...]

    def grid_at(self, points: np.ndarray) -> np.ndarray:
        """Index of the grid of each point (EPSG:4326); on a border the first one. Every point must lie in the county."""
        at, grid = shapely.STRtree([g.geometry for g in self.grids]).query(points, predicate="intersects")
        found = np.full(len(points), -1)
        found[at[::-1]] = grid[::-1]
        if (found < 0).any():
            raise ValueError(f"{int((found < 0).sum())} points lie outside every grid")
        return found


def on_map(geometry: np.ndarray) -> np.ndarray:
    """EPSG:4549 metres to EPSG:4326 degrees, rounded to 1e-7 (1 cm); polygon shells run counter-clockwise."""
    degrees = shapely.transform(unproject(geometry), lambda xy: np.round(xy, 7))
    return shapely.orient_polygons(degrees)


def make_places(land: Land, sources: Sources) -> Places:
    """Name and stack the layers. Atoms lose vertices whose triangle is under 4 m2 (a bend of 0.2 m in 40 m), on both sides alike."""
    atoms = on_map(shapely.coverage_simplify(land.atoms, 2.0))
    names = {one.code: one for one in sources.communities}
    communities_of = [leaf.community for leaf in land.leaves] + [hamlet.community for hamlet in land.hamlets]
    outlines = _unions(atoms, land.owner, len(communities_of))
    grids = _grids(outlines, communities_of, names)
    codes = [one.code for one in sources.communities]
    at = {code: i for i, code in enumerate(codes)}
    owner = np.array([at[community] for community in communities_of])
    community_shapes = _unions(outlines, owner, len(codes))
    communities = _areas(
        "community",
        [
            (one, "urban" if is_urban(one) else "village", shape)
            for one, shape in zip(sources.communities, community_shapes, strict=True)
        ],
    )
    street_at = {one.code: i for i, one in enumerate(sources.streets)}
    street_shapes = _unions(
        community_shapes, np.array([street_at[one.code[:9]] for one in sources.communities]), len(street_at)
    )
    kinds = {"街道": "subdistrict", "镇": "town", "乡": "township"}
    streets = _areas(
        "street",
        [
            (one, next(kind for end, kind in kinds.items() if one.name.endswith(end)), shape)
            for one, shape in zip(sources.streets, street_shapes, strict=True)
        ],
    )
    cells = _unit_cells(atoms[land.is_cell], [communities_of[o] for o in land.owner[land.is_cell]], names)
    county = shapely.orient_polygons(shapely.coverage_union_all(street_shapes))
    return Places(county, streets, communities, grids, cells)


def spoken(name: str) -> str:
    """A village without the 委会 of its committee: 里坂村委会 is the village 里坂村."""
    return name[:-2] if name.endswith("村委会") else name


def _unions(shapes: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Union of the shapes of each owner; shared borders vanish exactly, so the result is a coverage again."""
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(count + 1))
    merged = [shapely.coverage_union_all(shapes[order[bounds[i] : bounds[i + 1]]]) for i in range(count)]
    parts = [shapely.get_parts(one) for one in merged]
    return shapely.orient_polygons(np.array([p[0] if len(p) == 1 else shapely.multipolygons(p) for p in parts]))


def _areas(layer: str, rows: list[tuple[Named, str, BaseGeometry]]) -> tuple[Area, ...]:
    areas = area_m2(np.array([shape for _, _, shape in rows]))
    return tuple(
        Area(
            id=sample_id(f"{layer}-version", f"{one.code}/1"),
            area_id=sample_id(layer, one.code),
            layer=layer,
            version=1,
            status="in_force",
            code=one.code,
            name=spoken(one.name),
            geometry=shape,
            area_m2=float(area),
            kind=kind,
            street_id=sample_id("street", one.code[:9]),
            community_id=sample_id("community", one.code) if layer == "community" else None,
            origin=ORIGIN,
            is_sample=True,
        )
        for (one, kind, shape), area in zip(rows, areas, strict=True)
    )


def _grids(shapes: np.ndarray, communities: list[str], names: dict[str, Named]) -> tuple[Area, ...]:
    """Governance grids, numbered within each community from the north-west. Their codes are the sample's own."""
    areas = area_m2(shapes)
    number = _numbers(shapes, communities)
    found = []
    for i, (shape, community) in enumerate(zip(shapes, communities, strict=True)):
        code = f"{community}-G{number[i]:02d}"
        found.append(
            Area(
                id=sample_id("grid-version", f"{code}/1"),
                area_id=sample_id("grid", code),
                layer="grid",
                version=1,
                status="in_force",
                code=code,
                name=f"{spoken(names[community].name)}第{ordinal_zh(number[i])}网格",
                geometry=shape,
                area_m2=float(areas[i]),
                kind="urban" if is_urban(names[community]) else "rural",
                street_id=sample_id("street", community[:9]),
                community_id=sample_id("community", community),
                origin=ORIGIN,
                is_sample=True,
            )
        )
    return tuple(found)


def _unit_cells(shapes: np.ndarray, communities: list[str], names: dict[str, Named]) -> tuple[Area, ...]:
    """单元网格 of about 10,000 m2: 15 digits, the community's 12 and a serial from west to east, north to south."""
    areas = area_m2(shapes)
    number = _numbers(shapes, communities)
    return tuple(
        Area(
            id=sample_id("unit_cell-version", f"{community}{number[i]:03d}/1"),
            area_id=sample_id("unit_cell", f"{community}{number[i]:03d}"),
            layer="unit_cell",
            version=1,
            status="in_force",
            code=f"{community}{number[i]:03d}",
            name=f"{spoken(names[community].name)}单元{number[i]:03d}",
            geometry=shape,
            area_m2=float(areas[i]),
            street_id=sample_id("street", community[:9]),
            community_id=sample_id("community", community),
            origin=ORIGIN,
            is_sample=True,
        )
        for i, (shape, community) in enumerate(zip(shapes, communities, strict=True))
    )


def _numbers(shapes: np.ndarray, communities: list[str]) -> list[int]:
    """1, 2, 3 ... within each community: bands of about 110 m from north to south, west to east in a band."""
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    order = np.lexsort([middle[:, 0], -np.round(middle[:, 1] / 0.001)])
    seen: dict[str, int] = {}
    number = [0] * len(shapes)
    for i in order:
        seen[communities[i]] = number[i] = seen.get(communities[i], 0) + 1
    return number
