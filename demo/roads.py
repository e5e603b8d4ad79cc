"""Roads of the sample city: the cuts of the street plan, highways between towns, lanes to the hamlets (EPSG:4549)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from demo.fabric import WIDTHS_M, Cut, Warp
from demo.fabric import outline as outline_of
from demo.land import Land
from demo.sources import Sources

# Where the made-up river goes outside the city (EPSG:4549), past the towns.
UPSTREAM = ((569_500.0, 3_271_300.0), (563_500.0, 3_263_500.0), (558_000.0, 3_256_300.0), (541_000.0, 3_254_000.0))
DOWNSTREAM = ((584_900.0, 3_277_300.0), (585_600.0, 3_283_500.0), (583_800.0, 3_289_500.0), (585_500.0, 3_299_000.0))


@dataclass(frozen=True)
class Line:
    kind: str  # highway, arterial, street, lane, village_road, river
    geometry: shapely.LineString
    hamlet: int | None = None  # a village road that starts at this hamlet


def make_roads(land: Land, sources: Sources, rng: np.random.Generator) -> list[Line]:
    """Town streets clipped to the town, a road round it, two on the banks of the river, then the country roads."""
    found: list[Line] = []
    towns = []
    for patch in land.patches:
        rings = [patch.warp(outline_of(leaf.rect)) for leaf in patch.leaves]
        outline = shapely.union_all([shapely.Polygon(ring) for ring in rings])
        town = outline.buffer(12)
        towns.append(outline)
        rim = shapely.get_exterior_ring(shapely.get_parts(outline.simplify(0.4)))
        found += [Line("street", shapely.LineString(ring)) for ring in rim]
        for cut in patch.cuts:
            found += _streets(patch.warp, cut, town)
    middles = np.array([patch.warp.centre for patch in land.patches])
    open_country = sources.county.simplify(40).buffer(-30, quad_segs=2).difference(shapely.union_all(towns))
    found += _river(next(line.geometry for line in found if line.kind == "river"), sources, rng)
    found += _country("highway", _spanning_tree(middles), middles, open_country, rng, 0.05)
    stops = np.concatenate([middles, [hamlet.seed for hamlet in land.hamlets]])
    edges = [edge for edge in _spanning_tree(stops) if max(edge) >= len(middles)]
    for line in _country("village_road", edges, stops, open_country, rng, 0.07):
        at = -1 if line.hamlet is None else line.hamlet - len(middles)
        found.append(replace(line, hamlet=at if at >= 0 else None))
    return found


def _streets(warp: Warp, cut: Cut, town: shapely.Geometry) -> list[Line]:
    offsets = {0.0: cut.kind}
    if cut.kind == "river":
        bank = WIDTHS_M["river"] / 2 - 6
        offsets = {0.0: "river", bank: "street", -bank: "street"}
    found = []
    for offset, kind in offsets.items():
        along = np.arange(cut.low, cut.high + 1, 20, dtype=float)
        if along[-1] < cut.high:
            along = np.append(along, cut.high)
        across = np.full(len(along), cut.at + offset)
        uv = np.column_stack([across, along] if cut.axis == 0 else [along, across])
        parts = shapely.get_parts(shapely.intersection(shapely.linestrings(warp(uv)), town))
        found += [Line(kind, shapely.simplify(part, 0.4)) for part in parts if part.length > 40]
    return found


def _spanning_tree(points: np.ndarray) -> list[tuple[int, int]]:
    """Shortest set of links that joins all points (Prim)."""
    best = ((points - points[0]) ** 2).sum(1)
    parent = np.zeros(len(points), dtype=int)
    is_out = np.ones(len(points), dtype=bool)
    is_out[0] = False
    edges = []
    for _ in range(len(points) - 1):
        new = int(np.where(is_out, best, np.inf).argmin())
        edges.append((int(parent[new]), new))
        is_out[new] = False
        distance = ((points - points[new]) ** 2).sum(1)
        closer = is_out & (distance < best)
        best[closer], parent[closer] = distance[closer], new
    return edges


def _river(in_town: shapely.LineString, sources: Sources, rng: np.random.Generator) -> list[Line]:
    """The river beyond the city: up to the south-western county line, down to the northern one."""
    ends = [in_town.coords[0], in_town.coords[-1]]
    found = []
    for end, course in zip(ends, (UPSTREAM, DOWNSTREAM), strict=True):
        line = _winding(np.array([end, *course]), rng, 0.06)
        parts = shapely.get_parts(shapely.intersection(line, sources.county))
        found += [Line("river", part) for part in parts if part.length > 200]
    return found


def _winding(line: np.ndarray, rng: np.random.Generator, sway: float) -> shapely.LineString:
    """The polyline with every piece halved four times, each new point pushed sideways, corners rounded."""
    for _ in range(4):
        along = np.diff(line, axis=0)
        push = rng.normal(0, sway, len(along))[:, None] * np.column_stack([-along[:, 1], along[:, 0]])
        mixed = np.empty((len(line) * 2 - 1, 2))
        mixed[0::2], mixed[1::2] = line, (line[:-1] + line[1:]) / 2 + push
        line = mixed
    return shapely.linestrings(_rounded(line))


def _rounded(line: np.ndarray) -> np.ndarray:
    """Cut every corner off at a quarter of its two pieces; the ends stay (Chaikin 1974)."""
    start, end = line[:-1], line[1:]
    cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], axis=1).reshape(-1, 2)
    return np.concatenate([line[:1], cut[1:-1], line[-1:]])


def _country(
    kind: str,
    edges: list[tuple[int, int]],
    points: np.ndarray,
    ground: shapely.Geometry,
    rng: np.random.Generator,
    sway: float,
) -> list[Line]:
    """Winding lines between points, as far as they lie in the open country; each starts at its second point, kept in hamlet."""
    found = []
    for a, b in edges:
        line = _winding(points[[b, a]], rng, sway)
        for part in shapely.get_parts(shapely.intersection(line, ground)):
            starts_here = part.coords[0] == line.coords[0]
            if part.length > 60:
                found.append(Line(kind, part, b if starts_here else None))
    return found
