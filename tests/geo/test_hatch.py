"""Hatching: the lines stay inside, keep their distance and run on over a shared border."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geo.hatch import hatch
from geo.measure import project

FIELD = shapely.box(120.80, 29.60, 120.82, 29.62)
WITH_A_HOLE = FIELD.difference(shapely.box(120.805, 29.605, 120.815, 29.615))


def lattice(lines) -> np.ndarray:
    """Easting minus northing of every end: equal along a line at 45 degrees."""
    metres = shapely.get_coordinates(project(lines))
    return metres[:, 0] - metres[:, 1]


def test_lines_stay_inside_and_leave_the_hole_free():
    lines = hatch(WITH_A_HOLE, 100)
    assert lines.difference(WITH_A_HOLE.buffer(1e-6)).is_empty
    assert len(lines.geoms) > 20


def test_neighbours_lie_one_spacing_apart():
    steps = np.unique(np.round(lattice(hatch(FIELD, 100)) / (100 * np.sqrt(2)), 3))
    assert np.allclose(np.diff(steps), 1, atol=0.01)


def test_the_lines_of_two_neighbours_are_one_lattice():
    offsets = lattice(hatch(shapely.box(120.82, 29.61, 120.84, 29.63), 100)) / (100 * np.sqrt(2))
    other = lattice(hatch(FIELD, 100)) / (100 * np.sqrt(2))
    assert np.allclose(offsets, np.round(offsets), atol=0.01)
    assert np.allclose(other, np.round(other), atol=0.01)


def test_nothing_to_hatch_and_no_spacing():
    assert hatch(shapely.Polygon(), 100).is_empty
    with pytest.raises(ValueError):
        hatch(FIELD, 0)
