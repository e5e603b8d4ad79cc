"""Countryside and glue: every grid of the county as one true coverage, in EPSG:4549 metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from demo.fabric import Leaf, Patch, Rect, Warp, lay_out, outline
from demo.sources import Sources, is_urban

COMMUNITY_M2 = 232_000.0  # one urban community: about six leaves
CENTRE = (579_350.0, 3_274_650.0)  # where 剡湖, 三江 and 鹿山 meet
CENTRE_STREETS = ("330683001", "330683003", "330683002")
UNIT_CELL_COMMUNITIES = 13


@dataclass(frozen=True)
class Hamlet:
    """A village's grid: its seed point is where the farmhouses stand."""

    community: str
    ordinal: int
    seed: tuple[float, float]


@dataclass(frozen=True)
class Land:
    """atoms: polygons that cover the county; owner[i] is the grid of atom i: leaf index, or len(leaves) + hamlet.

    Atoms are whole grids, except in the centre, where they are unit cells (is_cell).
    """

    patches: list[Patch]
    leaves: list[Leaf]
    hamlets: list[Hamlet]
    atoms: np.ndarray
    owner: np.ndarray
    is_cell: np.ndarray


def make_patches(sources: Sources, rng: np.random.Generator) -> list[Patch]:
    """The city, 浦口 and the towns that have an urban community, each laid out down to its leaves."""
    urban: dict[str, list[str]] = {}
    for community in sources.communities:
        if is_urban(community):
            urban.setdefault(community.parent or "", []).append(community.code)
    groups = [list(CENTRE_STREETS)] + [[code] for code in urban if code not in CENTRE_STREETS]
    safe = sources.county.simplify(60).buffer(-1400)
    patches = []
    for index, codes in enumerate(groups):
        members = {code: urban[code] for code in codes}
        count = sum(map(len, members.values()))
        area = count * COMMUNITY_M2 / 0.92
        flat = 1.22 if count > 1 else 1.1
        half = (np.sqrt(area * flat) / 2, np.sqrt(area / flat) / 2)
        centre = CENTRE if index == 0 else _moved_into(safe, sources.seats[codes[0]])
        is_large = count > 10
        warp = Warp(
            centre=centre,
            turn_rad=float(rng.uniform(-0.3, 0.3)) if index else 0.16,
            bend_m=62.0 if is_large else 26.0,
            wave_m=2600.0 if is_large else 1300.0,
            phases=(float(rng.uniform(0, 6.28)), float(rng.uniform(0, 6.28))),
        )
        patch = Patch(index, warp, (float(half[0]), float(half[1])), members)
        lay_out(patch, rng)
        patches.append(patch)
    return patches


def make_land(sources: Sources, rng: np.random.Generator) -> Land:
    """Towns first, then villages around them, then one linework for all: polygonize gives a coverage."""
    patches = make_patches(sources, rng)
    leaves = [leaf for patch in patches for leaf in patch.leaves]
    rects, rect_owner, rect_is_cell = _town_rects(patches, leaves)
    rings = [patches[leaves[o].patch].warp(outline(r)) for r, o in zip(rects, rect_owner, strict=True)]
    town_polygons = shapely.polygons([shapely.linearrings(ring) for ring in rings])
    towns = shapely.union_all(town_polygons)
    hamlets = _hamlets(sources, towns, rng)
    borders = _country_borders(sources, towns, np.array([h.seed for h in hamlets]), rng)
    lines = np.concatenate([shapely.boundary(town_polygons), [sources.county.boundary], borders])
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    return _assigned(sources, patches, leaves, hamlets, faces, town_polygons, rect_owner, rect_is_cell)


def _moved_into(area: shapely.Geometry, point: tuple[float, float]) -> tuple[float, float]:
    nearest = shapely.shortest_line(area, shapely.Point(point)).coords[0]
    return (round(nearest[0]), round(nearest[1]))


def _town_rects(patches: list[Patch], leaves: list[Leaf]) -> tuple[list[Rect], list[int], list[bool]]:
    """Leaf rectangles; those of the communities nearest the city's middle are cut into cells of about 10,000 m2."""
    middle: dict[str, list[float]] = {}
    for leaf in leaves:
        if leaf.patch == 0:
            u, v = (leaf.rect[0] + leaf.rect[2]) / 2, (leaf.rect[1] + leaf.rect[3]) / 2
            middle.setdefault(leaf.community, []).append(float(np.hypot(u, v)))
    in_cells = set(sorted(middle, key=lambda code: float(np.mean(middle[code])))[:UNIT_CELL_COMMUNITIES])
    rects: list[Rect] = []
    owner: list[int] = []
    is_cell: list[bool] = []
    for index, leaf in enumerate(leaves):
        parts = _cells(leaf.rect) if leaf.community in in_cells else [leaf.rect]
        rects += parts
        owner += [index] * len(parts)
        is_cell += [leaf.community in in_cells] * len(parts)
    return rects, owner, is_cell


def _cells(rect: Rect) -> list[Rect]:
    u = _ticks(rect[0], rect[2])
    v = _ticks(rect[1], rect[3])
    return [(u[i], v[j], u[i + 1], v[j + 1]) for j in range(len(v) - 1) for i in range(len(u) - 1)]


def _ticks(low: int, high: int) -> list[int]:
    parts = max(1, round((high - low) / 100))
    return [low + round((high - low) * i / parts / 10) * 10 for i in range(parts + 1)]


def _hamlets(sources: Sources, towns: shapely.Geometry, rng: np.random.Generator) -> list[Hamlet]:
    """Spread each street's villages evenly over its part of the county; a large village gets two grids."""
    keep_off = towns.buffer(350, quad_segs=2)
    shapely.prepare(keep_off)
    county = sources.county.simplify(40).buffer(-350, quad_segs=2)
    shapely.prepare(county)
    found: list[Hamlet] = []
    for street in sources.streets:
        villages = [c.code for c in sources.communities if c.parent == street.code and not is_urban(c)]
        region = sources.regions[street.code]
        shapely.prepare(region)
        x0, y0, x1, y1 = region.bounds
        ground = np.column_stack([rng.uniform(x0, x1, 9000), rng.uniform(y0, y1, 9000)])
        ground = ground[shapely.contains_xy(region, ground[:, 0], ground[:, 1])]
        ground = ground[shapely.contains_xy(county, ground[:, 0], ground[:, 1])]
        ground = ground[~shapely.contains_xy(keep_off, ground[:, 0], ground[:, 1])][: 70 * len(villages)]
        seeds = _spread(ground, len(villages), rng)
        order = np.lexsort([seeds[:, 0].round(), -(seeds[:, 1] / 2500).round()])
        nearest = _nearest(ground, seeds)
        for code, index in zip(villages, order, strict=True):
            own = ground[nearest == index]
            parts = 2 if len(own) > 82 else 1
            for ordinal, seed in enumerate(_spread(own, parts, rng)):
                found.append(Hamlet(code, ordinal, (float(seed[0]), float(seed[1]))))
    return found


def _spread(ground: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """count points of the ground, spread evenly over it: k-means, a few rounds, then the nearest point of the ground."""
    seeds = ground[rng.choice(len(ground), count, replace=False)]
    for _ in range(9):
        nearest = _nearest(ground, seeds)
        total = np.bincount(nearest, minlength=count)
        for axis in (0, 1):
            mean = np.bincount(nearest, ground[:, axis], count) / np.maximum(total, 1)
            seeds[:, axis] = np.where(total > 0, mean, seeds[:, axis])
    return ground[_nearest(seeds, ground)]


def _nearest(points: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    return ((points[:, None, :] - seeds[None, :, :]) ** 2).sum(2).argmin(1)


def _country_borders(
    sources: Sources, towns: shapely.Geometry, seeds: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Borders between villages: Voronoi ridges, each replaced by one wandering line that both owners share.

    They run 60 m into the towns and 200 m over the county line: noding closes them there and the ends dangle.
    """
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=sources.county.envelope.buffer(2000))
    xy, ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_parts(cells)), return_index=True)
    xy = np.round(xy, 3)
    inner = ring[1:] == ring[:-1]
    ends = np.concatenate([xy[:-1][inner], xy[1:][inner]], axis=1)
    swap = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[swap] = ends[swap][:, [2, 3, 0, 1]]
    ends = np.unique(ends, axis=0)
    lines = ends.reshape(-1, 2, 2)
    for _ in range(3):
        lines = _bent(lines, rng)
    wandering = shapely.linestrings(lines)
    near = sources.county.simplify(40).buffer(200, quad_segs=2)
    inside = shapely.intersection(wandering, near)
    return shapely.get_parts(shapely.difference(inside, towns.buffer(-60)))


def _bent(lines: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put a point into the middle of every piece, pushed sideways by up to a sixth of its length."""
    start, end = lines[:, :-1], lines[:, 1:]
    along = end - start
    push = np.clip(rng.normal(0, 0.09, along.shape[:2]), -0.17, 0.17)[..., None]
    middle = (start + end) / 2 + push * np.stack([-along[..., 1], along[..., 0]], axis=-1)
    mixed = np.empty((len(lines), lines.shape[1] * 2 - 1, 2))
    mixed[:, 0::2], mixed[:, 1::2] = lines, middle
    return mixed


def _assigned(
    sources: Sources,
    patches: list[Patch],
    leaves: list[Leaf],
    hamlets: list[Hamlet],
    faces: np.ndarray,
    town_polygons: np.ndarray,
    rect_owner: list[int],
    rect_is_cell: list[bool],
) -> Land:
    """Give every face of the linework its grid; countryside faces go to the nearest hamlet, strays to a neighbour."""
    points = shapely.point_on_surface(faces)
    shapely.prepare(sources.county)
    keep = shapely.contains(sources.county, points)
    faces, points = faces[keep], points[keep]
    tree = shapely.STRtree(town_polygons)
    face_index, rect_index = tree.query(points, predicate="within")
    owner = np.full(len(faces), -1)
    rect_of = np.full(len(faces), -1)
    rect_of[face_index] = rect_index
    owner[face_index] = np.asarray(rect_owner)[rect_index]
    rural = np.flatnonzero(owner < 0)
    seeds = np.array([h.seed for h in hamlets])
    owner[rural] = len(leaves) + _nearest(shapely.get_coordinates(points[rural]), seeds)
    is_cell = np.where(rect_of >= 0, np.asarray(rect_is_cell)[rect_of], False)
    return Land(patches, leaves, hamlets, faces, _strays_moved(faces, owner), is_cell)


def _strays_moved(faces: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """A grid in several parts keeps its largest; the others join the neighbour with the longest common border."""
    tree = shapely.STRtree(faces)
    left, right = tree.query(faces, predicate="touches")
    border = shapely.length(shapely.intersection(shapely.boundary(faces[left]), shapely.boundary(faces[right])))
    left, right, border = left[border > 0.01], right[border > 0.01], border[border > 0.01]
    owner = owner.copy()
    for _ in range(6):
        part = _connected(len(faces), left, right, owner)
        size = np.bincount(part, shapely.area(faces), len(faces))
        biggest: dict[int, int] = {}
        for face in range(len(faces)):
            grid, own = int(owner[face]), int(part[face])
            if grid not in biggest or size[own] > size[biggest[grid]]:
                biggest[grid] = own
        strays = [f for f in range(len(faces)) if part[f] != biggest[int(owner[f])]]
        if not strays:
            break
        for face in strays:
            near = (left == face) & (owner[right] != owner[face])
            if near.any():
                owner[face] = owner[right[near][border[near].argmax()]]
    return owner


def _connected(count: int, left: np.ndarray, right: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Number of the connected part of each face, where neighbours of one grid connect."""
    part = np.arange(count)
    same = owner[left] == owner[right]
    left, right = left[same], right[same]
    while True:
        before = part.copy()
        np.minimum.at(part, left, part[right])
        if (part == before).all():
            return part
