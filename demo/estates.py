"""Estates on the street plan: what stands in each leaf, and the property-management zones drawn around it.

Zones keep off the grid borders, except on purpose: an estate over a soft border crosses it, one at a wall overhangs
it by less than half a metre (a sliver), and three zones overlap their neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from demo.fabric import Leaf, Patch, outline
from demo.rows import Box, House, halls, rows, shops

OVERHANG_M = 0.42
OVERLAP_M = 3.5
OVERLAPS = 3
HOUSEHOLDS = (322, 478)

KIND_OF_STYLE = {
    "tower": (("ordinary_estate", 1.0),),
    "slab": (("ordinary_estate", 0.72), ("open_compound", 0.28)),
    "old": (("old_compound", 0.8), ("open_compound", 0.2)),
}
MODE_OF_KIND = {
    "ordinary_estate": (("professional", 0.74), ("soe_backstop", 0.16), ("self_managed", 0.07), ("unmanaged", 0.03)),
    "old_compound": (
        ("soe_backstop", 0.4), ("community_trust", 0.22), ("self_managed", 0.14), ("professional", 0.08),
        ("trusteeship", 0.04), ("unmanaged", 0.12),
    ),
    "open_compound": (
        ("soe_backstop", 0.34), ("community_trust", 0.24), ("self_managed", 0.12), ("professional", 0.12),
        ("unmanaged", 0.18),
    ),
    "scattered_building": (("trusteeship", 0.6), ("community_trust", 0.16), ("unmanaged", 0.24)),
}  # fmt: skip


@dataclass
class Estate:
    """A zone before it is placed. box: in the patch's plane; chamfers: its corners, cut off by so many metres."""

    patch: int
    leaf: int
    kind: str
    style: str
    box: Box
    chamfers: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    intent: str = "inside"  # inside, crossing, sliver or overlap

    def ring(self) -> np.ndarray:
        """Open ring (n, 2), corners cut where the estate gives room to a crossing."""
        u0, v0, u1, v1 = self.box
        points = outline(self.box, 18.0)
        corners = ((u0, v0), (u1, v0), (u1, v1), (u0, v1))
        for (cu, cv), size in zip(corners, self.chamfers, strict=True):
            if size:
                at = int(np.flatnonzero((points[:, 0] == cu) & (points[:, 1] == cv))[0])
                into_u, into_v = (size if cu == u0 else -size), (size if cv == v0 else -size)
                pair = np.array([[cu, cv + into_v], [cu + into_u, cv]])
                if (cu == u0) == (cv == v1):
                    pair = pair[::-1]
                points = np.concatenate([points[:at], pair, points[at + 1 :]])
        return points


@dataclass
class Built:
    """All houses of the towns, in parallel lists. estate is None for houses in no zone."""

    houses: list[House] = field(default_factory=list)
    leaf: list[int] = field(default_factory=list)
    estate: list[int | None] = field(default_factory=list)
    use: list[str] = field(default_factory=list)  # home, hall, shop
    estates: list[Estate] = field(default_factory=list)
    homes: list[int] = field(default_factory=list)

    def add(self, houses: list[House], leaf: int, estate: int | None, use: str) -> None:
        self.houses += houses
        self.leaf += [leaf] * len(houses)
        self.estate += [estate] * len(houses)
        self.use += [use] * len(houses)


def build_up(patches: list[Patch], leaves: list[Leaf], rng: np.random.Generator) -> Built:
    """Fill every leaf; then share 322-478 households out over its homes."""
    built = Built()
    sibling = _siblings(leaves)
    done: set[int] = set()
    for index, leaf in enumerate(leaves):
        if index in done:
            continue
        other = sibling.get(index)
        patch = patches[leaf.patch]
        if leaf.tie == "soft" and other is not None:
            _soft_pair(built, patch, leaves, index, other, rng)
            done.add(other)
        elif leaf.tie == "wall" and other is not None:
            _plain(built, patch, leaf, index, rng, overhang=leaf.is_first)
        else:
            _plain(built, patch, leaf, index, rng)
    _overlap_some(built)
    _share_households(built, len(leaves), rng)
    return built


def _siblings(leaves: list[Leaf]) -> dict[int, int]:
    first: dict[tuple[int, int], int] = {}
    found: dict[int, int] = {}
    for index, leaf in enumerate(leaves):
        if leaf.pair is None:
            continue
        other = first.setdefault((leaf.patch, leaf.pair), index)
        if other != index:
            found[index], found[other] = other, index
    return found


def _style(patch: Patch, leaf: Leaf, rng: np.random.Generator) -> str:
    """Old streets in the middle, towers at the rim."""
    u = (leaf.rect[0] + leaf.rect[2]) / 2 / patch.half[0]
    v = (leaf.rect[1] + leaf.rect[3]) / 2 / patch.half[1]
    r = float(np.hypot(u, v))
    old, slab = np.interp(r, [0.0, 0.35, 0.9], [0.62, 0.36, 0.04]), np.interp(r, [0.0, 0.9], [0.33, 0.56])
    return str(rng.choice(["old", "slab", "tower"], p=[old, slab, 1 - old - slab]))


def _pick(weighted: tuple[tuple[str, float], ...], rng: np.random.Generator) -> str:
    return str(rng.choice([w[0] for w in weighted], p=[w[1] for w in weighted]))


def choose_mode(kind: str, rng: np.random.Generator) -> str:
    """How a zone of this kind is managed; the shares are made up."""
    return _pick(MODE_OF_KIND[kind], rng)


def _inner(leaf: Leaf) -> Box:
    """The leaf without its roads; a side without a road keeps 3 m off."""
    w, s, e, n = (half + 1.5 if half else 3.0 for half in leaf.sides)
    return (leaf.rect[0] + w, leaf.rect[1] + s, leaf.rect[2] - e, leaf.rect[3] - n)


def _estate(
    built: Built,
    patch: Patch,
    leaf: int,
    box: Box,
    style: str,
    rng: np.random.Generator,
    kind: str = "",
    intent: str = "inside",
) -> int:
    kind = kind or _pick(KIND_OF_STYLE[style], rng)
    sizes = rng.uniform(5, 9, 4) * (rng.random(4) < 0.5) * (kind != "scattered_building")
    built.estates.append(Estate(patch.index, leaf, kind, style, box, tuple(sizes.tolist()), intent))
    return len(built.estates) - 1


def _soft_pair(
    built: Built, patch: Patch, leaves: list[Leaf], index: int, other: int, rng: np.random.Generator
) -> None:
    """One large estate over two grids; or it ends inside the second one, beside another estate."""
    first, second = (leaves[index], leaves[other]) if leaves[index].is_first else (leaves[other], leaves[index])
    first_at, second_at = (index, other) if leaves[index].is_first else (other, index)
    style = "tower" if rng.random() < 0.5 else "slab"
    axis = 0 if first.rect[2] == second.rect[0] else 1
    border = float(first.rect[axis + 2])
    here, there = _moved(_inner(first), axis + 2, border), _moved(_inner(second), axis, border)
    end = there[axis + 2]
    if rng.random() < 0.4:
        end = border + (end - border) * rng.uniform(0.22, 0.42)
    estate = _estate(built, patch, first_at, _moved(here, axis + 2, end), style, rng, intent="crossing")
    built.add(rows(here, style, rng), first_at, estate, "home")
    built.add(rows(_moved(there, axis + 2, end), style, rng), second_at, estate, "home")
    if end < there[axis + 2]:
        rest = _moved(there, axis, end + 4.0)
        own = _style(patch, second, rng)
        built.add(rows(rest, own, rng), second_at, _estate(built, patch, second_at, rest, own, rng), "home")


def _plain(
    built: Built, patch: Patch, leaf: Leaf, index: int, rng: np.random.Generator, overhang: bool = False
) -> None:
    """A leaf of its own: perhaps a school or market, perhaps shops along the widest road, then one or two estates."""
    style = _style(patch, leaf, rng)
    box = _inner(leaf)
    if overhang:
        side = 2 if leaf.sides[2] == 0 else 3
        box = _moved(box, side, leaf.rect[side] + OVERHANG_M)
        estate = _estate(built, patch, index, box, style, rng, intent="sliver")
        built.add(rows(box, style, rng), index, estate, "home")
        return
    box = _with_hall(built, index, box, rng)
    box = _with_shops(built, leaf, index, box, style, rng)
    if style == "old" and rng.random() < 0.3:
        box = _with_scattered(built, patch, index, box, rng)
    parts = [box]
    if style != "tower" and rng.random() < (0.2 if style == "old" else 0.06):
        parts = _halved(box, rng)
    for part in parts:
        estate = _estate(built, patch, index, part, style, rng)
        built.add(rows(part, style, rng), index, estate, "home")


def _with_hall(built: Built, leaf: int, box: Box, rng: np.random.Generator) -> Box:
    if rng.random() > 0.34:
        return box
    axis = 0 if box[2] - box[0] > box[3] - box[1] else 1
    yard, rest = _sliced(box, axis, rng.uniform(0.24, 0.34), bool(rng.random() < 0.5), 4.0)
    built.add(halls(yard, rng), leaf, None, "hall")
    return rest


def _with_shops(built: Built, leaf: Leaf, index: int, box: Box, style: str, rng: np.random.Generator) -> Box:
    side = int(np.argmax(leaf.sides))
    if style == "tower" or leaf.sides[side] < 8 or leaf.sides[side] > 30 or rng.random() < 0.25:
        return box
    axis, at_low = side % 2, side < 2
    share = 13.0 / (box[axis + 2] - box[axis])
    strip, rest = _sliced(box, axis, share, at_low, 3.0)
    built.add(shops(strip), index, None, "shop")
    return rest


def _with_scattered(built: Built, patch: Patch, index: int, box: Box, rng: np.random.Generator) -> Box:
    """A strip of single blocks at the edge: a zone each, the last one of the strip in no zone."""
    axis = 1 if box[3] - box[1] > 120 else 0
    if box[axis + 2] - box[axis] < 110:
        return box
    at_low = bool(rng.random() < 0.5)
    strip, rest = _sliced(box, axis, (24.0 if axis else 50.0) / (box[axis + 2] - box[axis]), at_low, 4.0)
    singles = rows(strip, "old", rng)[:3]
    for number, house in enumerate(singles):
        is_left_out = number == len(singles) - 1 and rng.random() < 0.5
        plot = (house.u - house.length / 2 - 3, house.v - house.depth / 2 - 4.5,
                house.u + house.length / 2 + 3, house.v + house.depth / 2 + 4.5)  # fmt: skip
        estate = None if is_left_out else _estate(built, patch, index, plot, "old", rng, kind="scattered_building")
        built.add([house], index, estate, "home")
    return rest


def _sliced(box: Box, axis: int, share: float, at_low: bool, gap_m: float) -> tuple[Box, Box]:
    """Cut a strip off one end; gap_m stays free between the strip and the rest."""
    low, high = box[axis], box[axis + 2]
    if at_low:
        at = low + share * (high - low)
        return _moved(box, axis + 2, at), _moved(box, axis, at + gap_m)
    at = high - share * (high - low)
    return _moved(box, axis, at), _moved(box, axis + 2, at - gap_m)


def _moved(box: Box, side: int, to: float) -> Box:
    """The box with one side (west, south, east, north) put elsewhere."""
    u0, v0, u1, v1 = (to if i == side else box[i] for i in range(4))
    return (u0, v0, u1, v1)


def _halved(box: Box, rng: np.random.Generator) -> list[Box]:
    axis = 0 if box[2] - box[0] > box[3] - box[1] else 1
    return list(_sliced(box, axis, rng.uniform(0.42, 0.58), True, 3.0))


def _overlap_some(built: Built) -> None:
    """Three zones reach 3.5 m into their neighbour, for the topology report to find; no house stands there."""
    made = 0
    for one, two in zip(built.estates, built.estates[1:], strict=False):
        if made == OVERLAPS or one.leaf != two.leaf or {one.intent, two.intent} != {"inside"}:
            continue
        if "scattered_building" in (one.kind, two.kind):
            continue
        for axis in (0, 1):
            if abs(two.box[axis] - one.box[axis + 2] - 3.0) < 1e-9:
                one.box, one.intent = _moved(one.box, axis + 2, two.box[axis] + OVERLAP_M), "overlap"
                made += 1
                break


def _share_households(built: Built, leaf_count: int, rng: np.random.Generator) -> None:
    """Households by floor length, in whole numbers that add up to the leaf's total."""
    weight = np.array([h.weight if use == "home" else 0.0 for h, use in zip(built.houses, built.use, strict=True)])
    leaf = np.array(built.leaf)
    total = rng.integers(HOUSEHOLDS[0], HOUSEHOLDS[1] + 1, leaf_count)
    leaf_weight = np.bincount(leaf, weight, leaf_count)
    exact = np.divide(weight, leaf_weight[leaf], out=np.zeros(len(leaf)), where=weight > 0) * total[leaf]
    order = np.argsort(leaf, kind="stable")
    is_first = np.concatenate([[True], np.diff(leaf[order]) > 0])
    reached = np.cumsum(exact[order])
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    reached -= (reached - exact[order])[start]
    whole = np.floor(np.round(reached, 6) + 0.5)
    homes = np.zeros(len(leaf), dtype=int)
    homes[order] = whole - np.where(is_first, 0.0, np.concatenate([[0.0], whole[:-1]]))
    built.homes = homes.tolist()
