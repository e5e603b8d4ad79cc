"""Farmhouses: each village grid gets a hamlet along its lane, in EPSG:4549 metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.land import Hamlet


@dataclass(frozen=True)
class Farm:
    x: float
    y: float
    heading: float
    length: float
    depth: float
    homes: int
    use: str  # home or hall
    hamlet: int


def build_hamlets(hamlets: list[Hamlet], count: int, rng: np.random.Generator) -> list[Farm]:
    """count buildings over all hamlets, as even as it goes: houses on both sides of a lane, a village hall in some."""
    per, extra = divmod(count, len(hamlets))
    farms: list[Farm] = []
    for index, hamlet in enumerate(hamlets):
        farms += _hamlet(index, hamlet, per + (index < extra), rng)
    return farms


def _hamlet(index: int, hamlet: Hamlet, count: int, rng: np.random.Generator) -> list[Farm]:
    heading = float(rng.uniform(-0.5, 0.5))
    bend = float(rng.uniform(-0.004, 0.004))
    along = -(count / 4) * 24.0
    farms = []
    for number in range(count):
        side = 1 if number % 2 else -1
        if number % 2 == 0:
            along += rng.uniform(20, 30)
        is_hall = number == count // 2 and index % 3 == 0
        is_terrace = not is_hall and rng.random() < 0.45
        length = 20.0 if is_hall or is_terrace else float(rng.uniform(10, 13))
        depth = 12.0 if is_hall else float(rng.uniform(9, 11))
        turn = heading + bend * along
        u, v = along + rng.uniform(-2, 2), side * (10 + depth / 2 + rng.uniform(0, 4)) + bend * along**2 / 2
        x = hamlet.seed[0] + np.cos(heading) * u - np.sin(heading) * v
        y = hamlet.seed[1] + np.sin(heading) * u + np.cos(heading) * v
        homes = 0 if is_hall else int(rng.integers(3, 8)) if is_terrace else int(rng.integers(1, 3))
        farms.append(Farm(x, y, turn, length, depth, homes, "hall" if is_hall else "home", index))
    return farms
