"""The cell index against comparing every point with every box."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geo.cells import FEW_BOXES, BoxCells

SMALL = st.integers(0, 40).map(lambda n: n / 4)  # a coarse raster, so that points meet borders and corners often
BOXES = st.lists(st.tuples(SMALL, SMALL, SMALL, SMALL, st.sampled_from([1, 1, 1, 100])), max_size=25)


@given(BOXES, st.lists(st.tuples(SMALL, SMALL), max_size=40), st.integers(0, 3), st.sampled_from([0, FEW_BOXES]))
def test_candidates_are_the_boxes_that_hold_the_point(drawn, places, missing, few):
    rows = [(x, y, x + width * scale, y + height * scale) for x, y, width, height, scale in drawn]
    boxes = np.array([*rows, *[(np.nan,) * 4] * missing], dtype=float).reshape(-1, 4)
    x, y = np.array([*places, (np.nan, 1.0), (1e9, 1.0), (-np.inf, 1.0)]).T
    with patch("geo.cells.FEW_BOXES", few):
        point, box = BoxCells(boxes).candidates(x, y)
    wanted = (boxes[:, 0] <= x[:, None]) & (boxes[:, 2] >= x[:, None])
    wanted &= (boxes[:, 1] <= y[:, None]) & (boxes[:, 3] >= y[:, None])
    assert sorted(zip(point.tolist(), box.tolist(), strict=True)) == [tuple(pair) for pair in np.argwhere(wanted)]


def test_one_huge_box_among_thousands_does_not_fill_the_memory():
    rng = np.random.default_rng(1)
    low = rng.uniform(0, 1000, (5000, 2))
    boxes = np.concatenate([np.hstack([low, low + 1e-3]), [[0, 0, 1000, 1000]]])
    cells = BoxCells(boxes)
    assert len(cells._items) < 300_000
    point, box = cells.candidates(low[:, 0], low[:, 1])
    assert (np.bincount(box, minlength=5001)[:5000] >= 1).all()
    assert (box == 5000).sum() == 5000
    assert len(np.unique(point)) == 5000


def test_boxes_without_width_or_height_hold_their_own_place():
    point, box = BoxCells(np.array([[5.0, 5, 5, 5], [5, 5, 5, 9]])).candidates(
        np.array([5.0, 5.0]), np.array([5.0, 7.0])
    )
    assert sorted(zip(point.tolist(), box.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 1)]
