"""The frame of a file guessed from its numbers, beside borders that are known."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from geo import datum
from geo.guess import REASONS, Frame, UnknownFrame, guess, into_lonlat, is_frame, is_inside
from geo.measure import project
from i18n import words

CITY = box(120.5, 29.3, 121.1, 29.8)
BOX = CITY.bounds


def grids() -> list[Polygon]:
    """A lattice of 8 x 8 uneven cells; neighbours share their corners."""
    rng = np.random.default_rng(7)
    x, y = np.meshgrid(120.7 + np.arange(9) * 0.01, 29.5 + np.arange(9) * 0.008)
    x, y = x + rng.uniform(-0.002, 0.002, x.shape), y + rng.uniform(-0.002, 0.002, y.shape)
    cells = [[(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)] for i in range(8) for j in range(8)]
    return [Polygon([(x[at], y[at]) for at in cell]) for cell in cells]


GRIDS = grids()


def turned(shapes, turn):
    return list(shapely.transform(np.array(shapes, dtype=object), lambda x, y: turn(x, y), interleaved=False))


@pytest.mark.parametrize(
    ("turn", "name", "reason"),
    [
        (lambda x, y: (x, y), "wgs84", "fits_known"),
        (datum.wgs84_to_gcj02, "gcj02", "looks_like_gcj02"),
        (datum.wgs84_to_bd09, "bd09", "looks_like_bd09"),
    ],
    ids=["wgs84", "gcj02", "bd09"],
)
@pytest.mark.parametrize("beside", ["lines", "pairs"])
def test_the_datum_shows_beside_what_is_known(turn, name, reason, beside):
    pairs = np.array([(i, *shapely.point_on_surface(g).coords[0]) for i, g in enumerate(GRIDS)])
    known = {"known": GRIDS} if beside == "lines" else {"pairs": pairs}
    found = guess(turned(GRIDS, turn), None, city=BOX, **known)
    assert found.frame == Frame(datum=name)
    assert found.reasons == ("degrees", reason)
    assert found.is_sure == (name == "wgs84"), "a shift is never taken off unasked"
    back = into_lonlat(turned(GRIDS, turn), found.frame)
    apart = shapely.hausdorff_distance(project(back), project(np.array(GRIDS, dtype=object)))
    assert apart.max() < 0.01


def test_a_survey_that_differs_by_some_metres_is_still_seen():
    shaken = turned(GRIDS, lambda x, y: (x + 0.00015, y - 0.0001))  # 18 m
    assert guess(shaken, None, known=GRIDS).frame.datum == "wgs84"
    assert guess(turned(shaken, datum.wgs84_to_gcj02), None, known=GRIDS).frame.datum == "gcj02"


def test_lines_that_have_nothing_to_do_with_it_decide_nothing():
    elsewhere = turned(GRIDS, lambda x, y: (x + 0.2, y + 0.1))
    found = guess(elsewhere, None, city=BOX, known=GRIDS)
    assert found.reasons == ("degrees", "fits_none")
    assert not found.is_sure


@pytest.mark.parametrize(
    ("crs", "shapes"),
    [
        ("EPSG:4549", list(project(np.array(GRIDS, dtype=object)))),
        ("EPSG:4528", turned(list(project(np.array(GRIDS, dtype=object))), lambda x, y: (x + 4e7, y))),
        ("EPSG:4326", GRIDS),
    ],
)
@pytest.mark.parametrize("is_swapped", [False, True])
def test_degrees_and_metres_in_either_order(crs, shapes, is_swapped):
    given = turned(shapes, lambda x, y: (y, x)) if is_swapped else shapes
    found = guess(given, None, city=BOX, known=GRIDS)
    assert (found.frame.crs, found.frame.is_swapped) == (crs, is_swapped)
    assert ("swapped" in found.reasons) == is_swapped
    assert found.is_sure == (not is_swapped)
    assert shapely.hausdorff_distance(into_lonlat(given, found.frame)[0], GRIDS[0]) < 1e-8


def test_the_city_decides_between_frames_whose_numbers_look_alike():
    """Eastings of 577,000 fit every 3-degree zone; 120 E is the one that puts them here."""
    metres = list(project(np.array(GRIDS, dtype=object)))
    there = into_lonlat(metres, Frame("EPSG:4548"))  # the same numbers, read around 117 E
    box_there = tuple(float(v) for v in shapely.total_bounds(there))
    assert guess(metres, None, city=BOX).frame.crs == "EPSG:4549"
    assert guess(metres, None, city=box_there).frame.crs == "EPSG:4548"


def test_a_frame_that_contradicts_its_numbers_is_not_believed():
    metres = list(project(np.array(GRIDS, dtype=object)))
    found = guess(metres, "EPSG:4326", city=BOX, known=GRIDS)
    assert found.reasons == ("told_contradicts", "metres", "fits_known")
    assert (found.frame.crs, found.is_sure) == ("EPSG:4549", False)


def test_nobody_is_asked_for_a_surveyors_frame_that_the_file_names():
    metres = list(project(np.array(GRIDS, dtype=object)))
    assert guess(metres, "EPSG:4549").is_sure
    assert guess(metres, "EPSG:4549", known=[box(120.0, 29.0, 120.1, 29.1)]).is_sure
    assert not guess(metres, None).is_sure, "a guess without a city"
    assert not guess(metres, None, city=BOX, known=[box(120.0, 29.0, 120.1, 29.1)]).is_sure, "beside nothing that fits"
    assert not guess(GRIDS, "EPSG:4326").is_sure, "degrees may be shifted, whatever the file says"


def test_abroad_there_is_no_shift_to_ask_about():
    new_york = [box(-74.0, 40.6, -73.9, 40.7)]
    found = guess(new_york, "EPSG:4326", city=BOX)
    assert found.is_sure
    assert not is_inside(shapely.get_coordinates(new_york), BOX)


@pytest.mark.parametrize("shapes", [[], [None], [Polygon()], [box(1e9, 1e9, 1e9 + 1, 1e9 + 1)]])
def test_numbers_that_fit_nothing_are_unreadable(shapes):
    found = guess(shapes, None, city=BOX, known=GRIDS)
    assert "unreadable" in found.reasons
    assert not found.is_sure


def test_names_of_frames():
    assert is_frame("EPSG:4549")
    for name in ("EPSG:0", "", "nonsense", "http://127.0.0.1/4326", "EPSG:5773"):  # the last one is heights alone
        assert not is_frame(name)
        with pytest.raises(UnknownFrame):
            into_lonlat([box(0, 0, 1, 1)], Frame(name))


def test_every_reason_has_words():
    for lang in ("zh", "en"):
        assert {reason for reason in REASONS if not words(lang).has(f"layers.{reason}")} == set()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(allow_nan=True), st.floats(allow_nan=True)), min_size=4, max_size=6),
       st.sampled_from([None, "EPSG:4326", "EPSG:4549", "EPSG:3857", "x"]))  # fmt: skip
def test_no_numbers_break_the_guess(points, told):
    with np.errstate(invalid="ignore"):
        line = shapely.LineString(points)
    found = guess([line], told, city=BOX, known=GRIDS[:3])
    assert set(found.reasons) <= REASONS
