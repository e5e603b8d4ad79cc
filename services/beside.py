"""What a zone being drawn leaves behind and what it takes: gaps beside it, buildings against its version in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from domain.records import Area, Building
from geo import edits, measure

GAPS_AT_MOST = 20


@dataclass(frozen=True)
class Gap:
    """Ground that nobody has. kind: "left" was the zone's own, "narrow" is a strip between it and a neighbour."""

    kind: str
    area_m2: float
    buildings: int
    households: int
    piece: BaseGeometry


@dataclass(frozen=True)
class Moved:
    """Buildings on one side of a change."""

    buildings: int
    households: int
    points: tuple[tuple[float, float], ...]


def gaps(
    geometry: BaseGeometry, lines: Sequence[BaseGeometry], current: Area | None, buildings: Sequence[Building]
) -> tuple[Gap, ...]:
    """Largest first, at most 20; what the zone itself left behind before strips. lines: its neighbours. EPSG:4326."""
    left = edits.left_over(current.geometry, [geometry, *lines]) if current else []
    strips: Sequence[BaseGeometry] = edits.narrow_gaps(geometry, lines)
    known = shapely.union_all(left) if left else None
    strips = [s for s in strips if known is None or not known.intersects(s.representative_point())]
    pieces = [*left, *strips]
    sizes = measure.area_m2(np.array(pieces, dtype=object)).tolist()
    found = []
    for i in sorted(range(len(pieces)), key=lambda i: (i >= len(left), -sizes[i]))[:GAPS_AT_MOST]:
        held = inside(buildings, pieces[i])
        kind = "left" if i < len(left) else "narrow"
        found.append(Gap(kind, sizes[i], len(held), sum(b.households for b in held), pieces[i]))
    return tuple(found)


def gained_and_lost(
    geometry: BaseGeometry, current: Area | None, buildings: Sequence[Building], split_off: Sequence[BaseGeometry] = ()
) -> tuple[Moved | None, Moved | None]:
    """Against the version in force; None twice while there is none. What was split off is not lost."""
    if current is None:
        return None, None
    now, before = inside(buildings, geometry), inside(buildings, current.geometry)
    elsewhere = {b.id for piece in split_off for b in inside(before, piece)}
    held, kept = {b.id for b in before}, {b.id for b in now} | elsewhere
    return _moved([b for b in now if b.id not in held]), _moved([b for b in before if b.id not in kept])


def inside(buildings: Sequence[Building], geometry: BaseGeometry) -> list[Building]:
    """Buildings whose label point the polygon holds."""
    if not buildings:
        return []
    points = shapely.points([(b.lon, b.lat) for b in buildings])
    shapely.prepare(geometry)
    return [b for b, here in zip(buildings, shapely.intersects(geometry, points), strict=True) if here]


def _moved(buildings: Sequence[Building]) -> Moved:
    return Moved(len(buildings), sum(b.households for b in buildings), tuple((b.lon, b.lat) for b in buildings[:200]))
