"""Rows of houses in a rectangle: long sides to the south, as estates are built here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Box = tuple[float, float, float, float]  # u0, v0, u1, v1 in metres of a patch's plane


@dataclass(frozen=True)
class Fabric:
    """How one age of housing is built; metres. homes_per_m: households of one storey per metre of length."""

    length: tuple[float, float]
    depth: float
    row_gap: float
    side_gap: float
    homes_per_m: float


FABRICS = {
    "old": Fabric((28, 38), 10.5, 12.0, 6.0, 0.15),
    "slab": Fabric((36, 52), 12.5, 15.5, 8.0, 0.14),
    "tower": Fabric((25, 31), 17.0, 25.0, 12.0, 0.15),
}
MARGIN_M = 6.5


@dataclass(frozen=True)
class House:
    """A building before it is placed: centre and size in the patch's plane; weight shares out the households."""

    u: float
    v: float
    length: float
    depth: float
    weight: float


def rows(box: Box, style: str, rng: np.random.Generator) -> list[House]:
    """Fill the box with rows of one style; a place is left empty now and then for green or parking."""
    fabric = FABRICS[style]
    u0, v0, u1, v1 = box[0] + MARGIN_M, box[1] + MARGIN_M, box[2] - MARGIN_M, box[3] - MARGIN_M
    width, height = u1 - u0, v1 - v0
    if width < 16 or height < fabric.depth * 0.8:
        return []
    wanted = rng.uniform(*fabric.length)
    across = max(1, int((width + fabric.side_gap) / (wanted + fabric.side_gap)))
    length = min((width - (across - 1) * fabric.side_gap) / across, fabric.length[1] * 1.15)
    depth = min(fabric.depth, height)
    down = max(1, int((height + fabric.row_gap) / (depth + fabric.row_gap)))
    pitch_u = (width - length) / max(1, across - 1)
    pitch_v = (height - depth) / max(1, down - 1)
    if across == 1:
        u0, pitch_u = u0 + (width - length) / 2, 0.0
    if down == 1:
        v0, pitch_v = v0 + (height - depth) / 2, 0.0
    houses = []
    for j in range(down):
        stagger = pitch_u / 2 if style == "tower" and j % 2 and across > 2 else 0.0
        for i in range(across - (stagger > 0)):
            is_court = style == "tower" and 0 < j < down - 1 and 0 < i < across - 1 and down * across > 8
            if is_court or (down * across > 5 and rng.random() < 0.05):
                continue
            own = length * (1 if style == "tower" else rng.uniform(0.86, 1.0))
            houses.append(
                House(
                    u0 + length / 2 + i * pitch_u + stagger,
                    v0 + depth / 2 + j * pitch_v,
                    own,
                    depth,
                    own * fabric.homes_per_m * rng.uniform(0.9, 1.1),
                )
            )
    return houses


def halls(box: Box, rng: np.random.Generator) -> list[House]:
    """A school, market or office yard: one to three large buildings round an open middle."""
    u0, v0, u1, v1 = box[0] + 8, box[1] + 8, box[2] - 8, box[3] - 8
    width, height = u1 - u0, v1 - v0
    if width < 18 or height < 18:
        return []
    thick = min(18.0, height * 0.35, width * 0.35)
    found = [House((u0 + u1) / 2, v1 - thick / 2, width * rng.uniform(0.7, 1.0), thick, 0.0)]
    if height > 55:
        found.append(House(u0 + thick / 2, v0 + height * 0.36, thick, height * 0.5, 0.0))
    if height > 55 and width > 60:
        found.append(House(u1 - thick / 2 - 2, v0 + height * 0.3, thick, height * 0.34, 0.0))
    return found


def shops(box: Box) -> list[House]:
    """A row of shops that fills a narrow strip along a road, cut into runs of about 30 m."""
    u0, v0, u1, v1 = box
    is_wide = u1 - u0 >= v1 - v0
    low, high = (u0, u1) if is_wide else (v0, v1)
    count = max(1, int((high - low) / 34))
    run = (high - low) / count
    found = []
    for i in range(count):
        middle = low + (i + 0.5) * run
        if is_wide:
            found.append(House(middle, (v0 + v1) / 2, run - 5, v1 - v0 - 2, 0.0))
        else:
            found.append(House((u0 + u1) / 2, middle, u1 - u0 - 2, run - 5, 0.0))
    return found
