"""Blocks between roads, merged to pieces of about so many households: proposals for zones, which a person picks and edits.

Frame: EPSG:4549 metres in and out. Method: every road is lengthened by a few metres, so that an end drawn just short of
the next road meets it; roads, further lines (water, walls) and the street's border are noded and polygonised; what zones
hold already is taken off. Two blocks that share a stretch of minor road are merged, the longest stretch first, while
their households stay within the target. A stretch of main road, of water or of a wall is never merged over, nor is a
group that such a stretch would come to lie in. Dead ends divide nothing: a road that ends inside a block stays in it.

Left out: blocks without a home that are larger than a small park, whatever is larger than AREA_AT_MOST_M2 (open
country), and scraps that are too small or too narrow for a zone.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo.measure import mean_width_m

Shapes = NDArray[np.object_]
Pair = tuple[int, int]

REACH_M = 3.0  # an end this close to the next road was meant to meet it
ROUND_M = 0.001
SHARED_FROM_M = 1.0  # less of a border in common is a corner, not a border
NARROW_M, SMALL_M2 = 6.0, 200.0
EMPTY_AT_MOST_M2 = 20_000.0
AREA_AT_MOST_M2 = 500_000.0


@dataclass(frozen=True)
class Proposal:
    """One polygon in metres; rows of the buildings whose point it holds; how many blocks it was merged of."""

    shape: Polygon
    buildings: tuple[int, ...]
    households: int
    blocks: int


@dataclass(frozen=True)
class Proposals:
    """found: most households first, disjoint. faces: blocks that the lines make, before anything is left out.
    too_large: blocks with homes that were left out for their size."""

    found: tuple[Proposal, ...]
    faces: int
    too_large: int


def propose(
    street: BaseGeometry, minor: Sequence[BaseGeometry], barriers: Sequence[BaseGeometry],
    taken: Sequence[BaseGeometry], points: Any, households: Any, *, target: int,
) -> Proposals:  # fmt: skip
    """Proposals inside a street (or any polygon). minor, barriers: lines; blocks are merged over minor ones alone.

    taken: sound polygons of zones. points: n x 2 places of buildings, households: of each. A block with more
    households than the target is proposed as it is. Nothing in gives nothing out.
    """
    places, homes = np.reshape(np.asarray(points, float), (-1, 2)), np.asarray(households, dtype=np.int64)
    hard = shapely.union_all([*_inside(barriers, street), shapely.boundary(street)])
    faces = _faces([*_inside(minor, street), hard], street)
    blocks = _free(faces, taken)
    rows, counts = _counted(blocks, places, homes)
    areas = shapely.area(blocks)
    is_open = areas > AREA_AT_MOST_M2
    kept = ~is_open & ((counts > 0) | (areas <= EMPTY_AT_MOST_M2))
    groups = _merged(blocks, kept, counts, areas, *_borders(blocks, np.flatnonzero(kept), hard), target)
    found = [_proposal(blocks, group, rows, counts) for group in groups if counts[group].sum() > 0]
    whole = [one for one in found if one is not None]
    order = sorted(whole, key=lambda one: (-one.households, one.shape.bounds))
    return Proposals(tuple(order), len(faces), int((is_open & (counts > 0)).sum()))


def _inside(lines: Sequence[BaseGeometry], street: BaseGeometry) -> list[BaseGeometry]:
    """Lines as far as they lie in the street, each lengthened at its ends."""
    parts = shapely.get_parts(list(lines)) if len(lines) else []
    longer = [_longer(part) for part in parts if part.geom_type in ("LineString", "LinearRing") and part.length > 0]
    if not longer:
        return []
    cut = shapely.intersection(np.array(longer, dtype=object), street)
    return [part for part in shapely.get_parts(cut) if part.length > 0]


def _longer(line: BaseGeometry) -> BaseGeometry:
    corners = shapely.get_coordinates(line)
    moves = [corners[0] - corners[1], corners[-1] - corners[-2]]
    steps = [REACH_M * move / length if (length := np.hypot(*move)) > 0 else move for move in moves]
    if line.is_closed:
        return shapely.LineString(corners)
    return shapely.LineString([corners[0] + steps[0], *corners, corners[-1] + steps[1]])


def _faces(lines: Sequence[BaseGeometry], street: BaseGeometry) -> Shapes:
    """Blocks between lines. Corners are whole millimetres, so that two blocks have their border in common exactly."""
    with np.errstate(divide="ignore", invalid="ignore"):  # GEOS divides by nothing while it rounds, and minds it itself
        noded = shapely.union_all(np.array(lines, dtype=object), grid_size=ROUND_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return faces[shapely.intersects(shapely.buffer(street, -ROUND_M), shapely.point_on_surface(faces))]


def _free(faces: Shapes, taken: Sequence[BaseGeometry]) -> Shapes:
    """What no zone holds, piece by piece; scraps fall away."""
    left = list(faces)
    if len(taken) and len(faces):
        zones = np.array(list(taken), dtype=object)
        near: dict[int, list[int]] = defaultdict(list)
        for face, zone in zip(*shapely.STRtree(zones).query(faces, predicate="intersects").tolist(), strict=True):
            near[face].append(zone)
        for face, some in near.items():
            left[face] = shapely.difference(faces[face], shapely.union_all(zones[some]), grid_size=ROUND_M)
    parts = [part for part in shapely.get_parts(left) if part.geom_type == "Polygon"] if left else []
    found = np.array(parts, dtype=object)
    if not len(found):
        return found
    return found[(shapely.area(found) >= SMALL_M2) & (np.asarray(mean_width_m(found)) >= NARROW_M)]


def _counted(
    blocks: Shapes, places: NDArray[np.float64], homes: NDArray[np.int64]
) -> tuple[list[list[int]], NDArray[np.int64]]:
    """Rows of the buildings of each block, and their households; a place on a border counts once."""
    rows: list[list[int]] = [[] for _ in blocks]
    if len(blocks) and len(places):
        building, block = shapely.STRtree(blocks).query(shapely.points(places), predicate="intersects")
        building, first = np.unique(building, return_index=True)
        for row, i in zip(building.tolist(), block[first].tolist(), strict=True):
            rows[i].append(row)
    return rows, np.array([int(homes[some].sum()) for some in rows], dtype=np.int64)


def _borders(blocks: Shapes, kept: NDArray[np.intp], hard: BaseGeometry) -> tuple[dict[Pair, float], set[Pair]]:
    """Metres of minor road that two blocks have in common; pairs that share a stretch of something never crossed."""
    minor: dict[Pair, float] = {}
    never: set[Pair] = set()
    if not len(kept):
        return minor, never
    some = blocks[kept]
    barrier = shapely.buffer(hard, 10 * ROUND_M, quad_segs=1)
    shapely.prepare(barrier)
    first, second = shapely.STRtree(some).query(some, predicate="touches")
    one, other = first[first < second], second[first < second]
    shared = shapely.intersection(shapely.boundary(some[one]), shapely.boundary(some[other]))
    near = shapely.intersects(barrier, shared)
    over = np.zeros(len(shared))
    over[near] = shapely.length(shapely.intersection(shared[near], barrier))
    for i, length in enumerate(shapely.length(shared)):
        pair = (int(kept[one[i]]), int(kept[other[i]]))
        if over[i] > SHARED_FROM_M / 2:
            never.add(pair)
        elif length > SHARED_FROM_M:
            minor[pair] = float(length)
    return minor, never


def _merged(
    blocks: Shapes, kept: NDArray[np.bool_], counts: NDArray[np.int64], areas: NDArray[np.float64],
    minor: dict[Pair, float], never: set[Pair], target: int,
) -> list[list[int]]:  # fmt: skip
    """Groups of blocks: the longest stretch of minor road first, as long as the target and the area allow it."""
    group = {int(i): [int(i)] for i in np.flatnonzero(kept)}
    apart: dict[int, set[int]] = defaultdict(set)
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for one, other in never:
        apart[one].add(other)
        apart[other].add(one)
    for (one, other), length in minor.items():
        near[one][other] = near[other][one] = length
    heap = [(-length, *pair) for pair, length in minor.items()]
    heapq.heapify(heap)
    while heap:
        length, one, other = heapq.heappop(heap)
        if one not in group or other not in group or near[one].get(other) != -length:
            continue  # one of them went into another meanwhile
        both = [*group[one], *group[other]]
        if counts[both].sum() > target or areas[both].sum() > AREA_AT_MOST_M2 or apart[one] & {*group[other]}:
            continue
        group[one] = both
        del group[other]
        apart[one] |= apart[other]
        for third, more in near.pop(other).items():
            if third != one and third in group:
                joined = near[one].get(third, 0.0) + more
                near[one][third] = near[third][one] = joined
                near[third].pop(other, None)
                heapq.heappush(heap, (-joined, min(one, third), max(one, third)))
        near[one].pop(other, None)
    return list(group.values())


def _proposal(
    blocks: Shapes, group: list[int], rows: list[list[int]], counts: NDArray[np.int64]
) -> Proposal | None:  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        shape = shapely.union_all(blocks[group], grid_size=ROUND_M)
    if shape.geom_type != "Polygon" or not shape.is_valid:
        return None
    buildings = tuple(row for i in group for row in rows[i])
    return Proposal(shape, buildings, int(counts[group].sum()), len(group))
