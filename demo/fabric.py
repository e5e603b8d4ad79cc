"""The towns' street plan: nested cuts of a rectangle, bent a little, so that neighbours share every vertex.

A patch is one built-up area. It is laid out in its own plane (u east, v north, metres, cuts on multiples of 10 m):
patch -> streets -> communities -> leaves. A leaf is one governance grid. A warp carries the plane to EPSG:4549.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

STEP_M = 10  # every cut and every outline vertex lies on this lattice, so shared edges share their vertices
LEAF_M2 = 37_500.0  # one governance grid in town
WIDTHS_M = {"river": 110.0, "arterial": 28.0, "street": 18.0, "lane": 9.0, "edge": 14.0, "none": 0.0}

Rect = tuple[int, int, int, int]  # u0, v0, u1, v1
Sides = tuple[float, float, float, float]  # half widths of the roads west, south, east, north


@dataclass(frozen=True)
class Warp:
    """Carries a patch's plane to EPSG:4549: two slow sine bends, then a turn about the patch's centre."""

    centre: tuple[float, float]
    turn_rad: float
    bend_m: float
    wave_m: float
    phases: tuple[float, float]

    def __call__(self, uv: np.ndarray) -> np.ndarray:
        """uv: (n, 2) metres in the patch's plane. Gives (n, 2) eastings and northings, rounded to 1 mm."""
        k = 2 * np.pi / self.wave_m
        u = uv[:, 0] + self.bend_m * np.sin(k * uv[:, 1] + self.phases[0])
        v = uv[:, 1] + self.bend_m * np.sin(k * uv[:, 0] + self.phases[1])
        c, s = np.cos(self.turn_rad), np.sin(self.turn_rad)
        return np.round(np.column_stack([self.centre[0] + c * u - s * v, self.centre[1] + s * u + c * v]), 3)

    def heading(self, uv: np.ndarray) -> np.ndarray:
        """Direction of the u axis at each point, radians from east, so that rows of houses follow their street."""
        step = np.array([5.0, 0.0])
        ahead = self(uv + step) - self(uv - step)
        return np.arctan2(ahead[:, 1], ahead[:, 0])


@dataclass(frozen=True)
class Leaf:
    """One governance grid in town. tie: how it meets its sibling: lane, soft (no border on the ground) or wall."""

    patch: int
    community: str
    rect: Rect
    sides: Sides
    tie: str
    pair: int | None
    is_first: bool


@dataclass(frozen=True)
class Cut:
    """A straight road of the plan, before the bend. axis 0: it runs north-south at u = at; 1: east-west at v = at."""

    patch: int
    axis: int
    at: int
    low: int
    high: int
    kind: str


@dataclass
class Patch:
    """One built-up area: its half sizes, warp and who lies in it. communities: street code -> codes, in plan order."""

    index: int
    warp: Warp
    half: tuple[float, float]
    communities: dict[str, list[str]]
    leaves: list[Leaf] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)

    def is_inside(self, uv: np.ndarray) -> np.ndarray:
        """Rounded-off rectangle with a wavy rim: what is outside stays countryside."""
        a, b = self.half
        angle = np.arctan2(uv[:, 1] / b, uv[:, 0] / a)
        rim = 1 + 0.06 * np.sin(3 * angle + self.warp.phases[0]) + 0.04 * np.sin(5 * angle + self.warp.phases[1])
        return (np.abs(uv[:, 0]) / a) ** 3 + (np.abs(uv[:, 1]) / b) ** 3 <= rim


def lay_out(patch: Patch, rng: np.random.Generator) -> None:
    """Cut the patch into streets, communities and leaves; fills patch.leaves and patch.cuts."""
    a, b = (int(np.ceil(x * 1.05 / STEP_M)) * STEP_M for x in patch.half)
    axis_u, axis_v = np.arange(-a + 5, a, STEP_M), np.arange(-b + 5, b, STEP_M)
    uv = np.array(np.meshgrid(axis_u, axis_v)).reshape(2, -1).T.astype(float)
    uv = uv[patch.is_inside(uv)]
    _Cutter(patch, rng, uv).town((-a, -b, a, b), (7.0,) * 4, list(patch.communities.values()))


class _Cutter:
    def __init__(self, patch: Patch, rng: np.random.Generator, ground: np.ndarray) -> None:
        self.patch, self.rng, self.ground = patch, rng, ground
        self.pairs = 0

    def town(self, rect: Rect, sides: Sides, streets: list[list[str]]) -> None:
        """The first street gets the north of the river; the others share the south, west to east."""
        if len(streets) == 1:
            return self.quarter(rect, sides, streets[0])
        rest = streets[1:]
        kind, axis = ("river", 1) if len(streets) == 3 else ("arterial", 0)
        low_share = (
            sum(map(len, rest)) / sum(map(len, streets))
            if kind == "river"
            else len(streets[0]) / sum(map(len, streets))
        )
        low, high = self._cut(rect, sides, axis, self._quantile(rect, axis, low_share), kind)
        first, others = (high, low) if kind == "river" else (low, high)
        self.town(*first, [streets[0]])
        self.town(*others, rest)
        return None

    def quarter(self, rect: Rect, sides: Sides, communities: list[str]) -> None:
        """Cut down to one community, each with its share of built-up ground."""
        if len(communities) == 1:
            return self.block(rect, sides, communities[0], None)
        half = len(communities) // 2
        axis = 0 if rect[2] - rect[0] >= rect[3] - rect[1] else 1
        kind = "arterial" if len(communities) >= 6 else "street"
        at = self._quantile(rect, axis, half / len(communities))
        low, high = self._cut(rect, sides, axis, at, kind)
        self.quarter(*low, communities[:half])
        self.quarter(*high, communities[half:])
        return None

    def block(self, rect: Rect, sides: Sides, community: str, tie: tuple[str, int, bool] | None) -> None:
        """Cut a community down to leaves; keep those that lie mostly inside the town."""
        width, height = rect[2] - rect[0], rect[3] - rect[1]
        if tie is None and width * height > 1.45 * LEAF_M2:
            share = self.rng.uniform(0.42, 0.58)
            axis = 0 if width * self.rng.uniform(0.85, 1.15) >= height else 1
            low, high = rect[axis], rect[axis + 2]
            at = round((low + share * (high - low)) / STEP_M) * STEP_M
            is_last = width * height <= 2.4 * LEAF_M2
            kind = str(self.rng.choice(["lane", "soft", "wall"], p=[0.5, 0.32, 0.18])) if is_last else "lane"
            self.pairs += is_last
            low_part, high_part = self._cut(rect, sides, axis, at, "lane" if kind == "lane" else "none")
            self.block(*low_part, community, (kind, self.pairs, True) if is_last else None)
            self.block(*high_part, community, (kind, self.pairs, False) if is_last else None)
            return
        if self._inside_share(rect) > 0.5:
            name, pair, is_first = tie or ("lane", None, True)
            self.patch.leaves.append(Leaf(self.patch.index, community, rect, sides, name, pair, is_first))

    def _cut(self, rect: Rect, sides: Sides, axis: int, at: int, kind: str) -> tuple[tuple[Rect, Sides], ...]:
        low, high = list(rect), list(rect)
        low_sides, high_sides = list(sides), list(sides)
        low[axis + 2] = high[axis] = at
        low_sides[axis + 2] = high_sides[axis] = WIDTHS_M[kind] / 2
        if kind != "none":
            other = 1 - axis
            self.patch.cuts.append(Cut(self.patch.index, axis, at, rect[other], rect[other + 2], kind))
        return (tuple(low), tuple(low_sides)), (tuple(high), tuple(high_sides))  # type: ignore[return-value]

    def _quantile(self, rect: Rect, axis: int, share: float) -> int:
        g = self.ground
        own = g[(g[:, 0] > rect[0]) & (g[:, 0] < rect[2]) & (g[:, 1] > rect[1]) & (g[:, 1] < rect[3]), axis]
        return round(np.quantile(own, share) / STEP_M) * STEP_M

    def _inside_share(self, rect: Rect) -> float:
        u, v = np.linspace(rect[0], rect[2], 7), np.linspace(rect[1], rect[3], 7)
        return float(self.patch.is_inside(np.array(np.meshgrid(u, v)).reshape(2, -1).T).mean())


def outline(rect: tuple[float, float, float, float], step_m: float = STEP_M) -> np.ndarray:
    """Ring of a rectangle with a vertex at every step, open: (n, 2)."""
    u0, v0, u1, v1 = rect
    u = np.linspace(u0, u1, max(2, round((u1 - u0) / step_m) + 1))
    v = np.linspace(v0, v1, max(2, round((v1 - v0) / step_m) + 1))
    return np.concatenate([
        np.column_stack([u[:-1], np.full(len(u) - 1, v0)]),
        np.column_stack([np.full(len(v) - 1, u1), v[:-1]]),
        np.column_stack([u[:0:-1], np.full(len(u) - 1, v1)]),
        np.column_stack([np.full(len(v) - 1, u0), v[:0:-1]]),
    ])  # fmt: skip
