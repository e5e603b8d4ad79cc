"""What may have become of a code that a file no longer has: renamed, split or merged. Offered, never done unasked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from domain import layers
from domain.layers import Lineage
from domain.records import Area
from geo import measure
from services.layer_rows import Row

# Of the smaller one's ground, so much must be shared to be kin; of both sides' ground, so much to be an heir.
KIN_SHARE, HEIR_SHARE = 0.5, 0.85
COMPARED_AT_MOST = 30_000


def heirs(
    layer: str, rows: Sequence[Row], known: Sequence[Any], accepted: Sequence[Lineage]
) -> tuple[tuple[Lineage, ...], int]:
    """(proposals, how many known things the file does not name), after the rows were settled.

    A vanished code and new codes are one family when they cover the same ground: at least half of the smaller one
    pairwise, and 85 % of both sides as wholes.
    """
    named = {id(row.known) for row in rows if row.known is not None}
    ended = {code for line in accepted for code in line.old}
    gone = [one for one in known if id(one) not in named and getattr(one, "code", None) not in ended]
    missing = len({getattr(one, "area_id", one.id) for one in gone})
    taken = {code for line in accepted for code in line.new}
    new = [row for row in rows if row.fate == "new" and row.geometry is not None and row.values.get("code")
           and row.values["code"] not in taken]  # fmt: skip
    old = [one for one in gone if isinstance(one, Area) and one.status == "in_force"]
    if layer not in layers.AREAS or not new or not old or max(len(new), len(old)) > COMPARED_AT_MOST:
        return (), missing
    return tuple(_families(old, new)), missing


def _families(old: Sequence[Area], new: Sequence[Row]) -> list[Lineage]:
    before = measure.project(np.array([one.geometry for one in old], dtype=object))
    after = measure.project(np.array([row.geometry for row in new], dtype=object))
    i, j = shapely.STRtree(after).query(before, predicate="intersects")
    shared = shapely.area(shapely.intersection(before[i], after[j]))
    is_kin = shared >= KIN_SHARE * np.minimum(shapely.area(before[i]), shapely.area(after[j]))
    found = []
    for fathers, sons in _joined(i[is_kin].tolist(), j[is_kin].tolist()):
        if min(len(fathers), len(sons)) != 1 or not _is_same_ground(before[fathers], after[sons]):
            continue
        found.append(Lineage(tuple(sorted(old[f].code for f in fathers)), tuple(sorted(_code(new[s]) for s in sons))))
    return sorted(found, key=lambda line: line.old)


def _code(row: Row) -> str:
    return str(row.values["code"])


def _is_same_ground(before: NDArray[np.object_], after: NDArray[np.object_]) -> bool:
    one, other = shapely.union_all(before), shapely.union_all(after)
    shared = shapely.area(shapely.intersection(one, other))
    return bool(shared >= HEIR_SHARE * max(shapely.area(one), shapely.area(other)))


def _joined(lefts: Sequence[int], rights: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Connected groups of a two-sided graph, given its edges."""
    of_left: dict[int, set[int]] = {}
    of_right: dict[int, set[int]] = {}
    for left, right in zip(lefts, rights, strict=True):
        of_left.setdefault(left, set()).add(right)
        of_right.setdefault(right, set()).add(left)
    groups, seen = [], set()
    for start in of_left:
        if start in seen:
            continue
        group, waiting = {start}, [start]
        partners: set[int] = set()
        while waiting:
            for right in of_left[waiting.pop()] - partners:
                partners.add(right)
                fresh = of_right[right] - group
                group |= fresh
                waiting += fresh
        seen |= group
        groups.append((sorted(group), sorted(partners)))
    return groups
