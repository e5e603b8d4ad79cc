"""Guesses how a file's numbers are meant: which frame, which datum, in which order; and gives its reason.

A frame has three parts. crs: "EPSG:4326" for degrees, or a projected one. datum: wgs84 (CGCS2000 counts as the same),
gcj02 (Amap, Tencent) or bd09 (Baidu). is_swapped: the first number is the northing or latitude.

The datum cannot be seen in the numbers; it shows only beside lines that are known to be right: everything about
500 m off looks like GCJ-02, about 1.1 km like BD-09. Without such lines, or when they do not agree with any of the
three, the guess says that it is not sure and somebody has to say.

Reasons of a Guess (a closed set, worded in i18n under [layers]): told_by_file, degrees, metres, swapped, unreadable,
no_reference, fits_known, looks_like_gcj02, looks_like_bd09, fits_none, told_contradicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from geo import datum as shifts
from geo.measure import LONLAT, distance_m, project, project_points

Box = tuple[float, float, float, float]
DATUMS = ("wgs84", "gcj02", "bd09")
REASONS = frozenset(
    "told_by_file degrees metres swapped unreadable no_reference fits_known looks_like_gcj02 looks_like_bd09 fits_none "
    "told_contradicts".split()
)
CHINA: Box = (73.0, 3.0, 136.0, 54.0)
# CGCS2000 zones: (first number before the easting, last, EPSG code of the first): 3 degrees wide, then 6.
ZONED = ((25, 45, 4513), (13, 23, 4491))
CENTRAL_75E = "EPSG:4534"  # the first of the 3-degree frames without a number before the easting, to 135 E
# Frames that offices here hand over, tried in this order; the city decides between those whose numbers look alike.
PROJECTED = ("EPSG:4549", "EPSG:4528", "EPSG:3857", "EPSG:4548", "EPSG:4550", "EPSG:32651", "EPSG:32650", "EPSG:2437",
             "EPSG:2385")  # fmt: skip
NEAR_CITY_DEG = 0.3
SAMPLE = 1500
CLOSE_M, NEAR_M = 10.0, 40.0
PAIR_EXACT_M, PAIR_NEAR_M, PAIR_FAR_M = 2.0, 60.0, 150.0

_TO_WGS84 = {"gcj02": shifts.gcj02_to_wgs84, "bd09": shifts.bd09_to_wgs84}
_FROM_WGS84 = {"gcj02": shifts.wgs84_to_gcj02, "bd09": shifts.wgs84_to_bd09}


@dataclass(frozen=True)
class Frame:
    """How numbers are to be read. crs: EPSG code or WKT, x before y unless is_swapped."""

    crs: str = LONLAT
    datum: str = "wgs84"
    is_swapped: bool = False


@dataclass(frozen=True)
class Guess:
    """frame: the best reading. reasons: why, frame first, then datum. is_sure: nothing has to be asked.

    facts: numbers for the sentence (off_m: how far everything lies from where it should; share: of points that fit).
    """

    frame: Frame
    reasons: tuple[str, ...]
    is_sure: bool
    facts: dict[str, Any]


class UnknownFrame(Exception):
    """A frame's name that nobody knows."""


def is_frame(crs: str) -> bool:
    """True for a name or WKT of a horizontal frame that coordinates can be carried from."""
    try:
        _crs(crs)
    except UnknownFrame:
        return False
    return True


def into_lonlat(shapes: Any, frame: Frame) -> NDArray[np.object_]:
    """Shapes in a file's frame to EPSG:4326 lon/lat, WGS 84. One array in, one out; None stays None.

    A place that cannot be carried over comes out as infinity. Raises UnknownFrame.
    """
    turn = _into_lonlat(frame)
    return shapely.transform(np.asarray(shapes, dtype=object).reshape(-1), turn, interleaved=False)


def out_of_lonlat(shapes: Any, datum: str) -> NDArray[np.object_]:
    """Shapes in WGS 84 lon/lat as they stand in a datum's own degrees. None stays None."""
    shift = _FROM_WGS84.get(datum)
    found = np.asarray(shapes, dtype=object).reshape(-1)
    return shapely.transform(found, shift, interleaved=False) if shift else found


def guess(
    shapes: Any, told: str | None, *, city: Box | None = None, known: Sequence[BaseGeometry] = (),
    pairs: NDArray[np.float64] | None = None,
) -> Guess:  # fmt: skip
    """The frame of a file's shapes (its own numbers).

    told: what the file says. city: the known city's box in degrees. known: lines or polygons in lon/lat that are
    right, such as the borders in force. pairs: rows (index of shape, lon, lat) of things that are in the file and
    known under the same code, with the known label point.
    """
    shapes = np.asarray(shapes, dtype=object).reshape(-1)
    points = _sample(shapes)
    if not len(points):
        return Guess(Frame(told if told and is_frame(told) else LONLAT), ("unreadable",), False, {})
    frame, reasons = _frame(points, told, city)
    if not is_inside(_carried(points, frame), CHINA):  # abroad the three datums are one
        return Guess(frame, (*reasons, "no_reference"), "unreadable" not in reasons, {})
    return _with_datum(shapes, points, frame, reasons, known, pairs)


def is_inside(points: NDArray[np.float64], box: Box) -> bool:
    """True when the middle of most points lies in the box; NaN and infinity lie nowhere."""
    sound = points[np.isfinite(points).all(axis=1)]
    if len(sound) * 2 < len(points):
        return False
    x, y = np.median(sound, axis=0)
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


# -- the frame -----------------------------------------------------------------------------------------------------


def _frame(points: NDArray[np.float64], told: str | None, city: Box | None) -> tuple[Frame, tuple[str, ...]]:
    home = _widened(city) if city else CHINA
    if told and is_frame(told):
        frame = Frame(_short(told))
        if not _is_degrees(frame.crs) or _look_like_degrees(points):
            swapped = replace(frame, is_swapped=True)
            if not is_inside(_carried(points, frame), CHINA) and is_inside(_carried(points, swapped), home):
                return swapped, ("told_by_file", "swapped")
            return frame, ("told_by_file",)
        other, reasons = _frame(points, None, city)
        return other, ("told_contradicts", *reasons)
    if _look_like_degrees(points):
        swapped = Frame(is_swapped=True)
        if not is_inside(points, CHINA) and is_inside(_carried(points, swapped), CHINA):
            return swapped, ("degrees", "swapped")
        return Frame(), ("degrees",)
    for turned in (False, True):
        for crs in _projected(points[:, int(turned)], home if city else None):
            frame = Frame(crs, is_swapped=turned)
            if is_inside(_carried(points, frame), home):
                return frame, ("metres", "swapped") if turned else ("metres",)
    return Frame(), ("unreadable",)


def _projected(east: NDArray[np.float64], home: Box | None) -> list[str]:
    """Names of frames in metres to try: by the number before the easting, the usual ones, the city's own zones.

    A number of a 6-degree zone comes later: Web Mercator has such eastings here too.
    """
    number = int(np.median(east) // 1_000_000)
    narrow, wide = ([f"EPSG:{code + number - first}"] if first <= number <= last else [] for first, last, code in ZONED)
    middle = round((home[0] + home[2]) / 6) if home else 0  # central meridians stand at every third degree
    own = [f"EPSG:{int(CENTRAL_75E[5:]) + zone - 25}" for zone in (middle, middle - 1, middle + 1) if 25 <= zone <= 45]
    return list(dict.fromkeys([*narrow, *PROJECTED, *wide, *own]))


def _look_like_degrees(points: NDArray[np.float64]) -> bool:
    return bool((np.abs(points) <= 180.0).mean() > 0.99)


def _widened(box: Box) -> Box:
    return box[0] - NEAR_CITY_DEG, box[1] - NEAR_CITY_DEG, box[2] + NEAR_CITY_DEG, box[3] + NEAR_CITY_DEG


@lru_cache(64)
def _crs(name: str) -> CRS:
    try:
        found = CRS.from_user_input(name)
    except (CRSError, ValueError, TypeError) as error:
        raise UnknownFrame(name[:80]) from error
    if not (found.is_geographic or found.is_projected or found.is_compound):
        raise UnknownFrame(name[:80])
    return found


@lru_cache(64)
def _is_degrees(name: str) -> bool:
    return bool(_crs(name).is_geographic)


@lru_cache(64)
def _short(name: str) -> str:
    """The EPSG code of a frame, where a long text says one plainly."""
    code = _crs(name).to_epsg(min_confidence=80)
    return f"EPSG:{code}" if code else name


@lru_cache(64)
def _transformer(name: str) -> Transformer:
    return Transformer.from_crs(_crs(name), LONLAT, always_xy=True)


def _into_lonlat(frame: Frame) -> Any:
    # 4490 (CGCS2000 in degrees) is WGS 84 here, to the last digit; a transformation would only add its noise.
    plain = frame.crs in (LONLAT, "EPSG:4490")
    carry = None if plain else _transformer(frame.crs).transform
    undo = _TO_WGS84.get(frame.datum)

    def turn(x: Any, y: Any) -> tuple[Any, Any]:
        if frame.is_swapped:
            x, y = y, x
        if carry is not None:
            x, y = carry(x, y)
        return undo(x, y) if undo else (x, y)

    return turn


def _carried(points: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    x, y = _into_lonlat(frame)(points[:, 0].copy(), points[:, 1].copy())
    return np.column_stack([x, y])


def _sample(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Up to 1,500 of all corners, evenly spread; None and empty shapes have none."""
    points = shapely.get_coordinates(shapes)
    points = points[np.isfinite(points).all(axis=1)]
    step = max(1, len(points) // SAMPLE)
    return points[::step]


# -- the datum -----------------------------------------------------------------------------------------------------


def _with_datum(
    shapes: NDArray[np.object_], points: NDArray[np.float64], frame: Frame, reasons: tuple[str, ...],
    known: Sequence[BaseGeometry], pairs: NDArray[np.float64] | None,
) -> Guess:  # fmt: skip
    is_plain = "swapped" not in reasons and "told_contradicts" not in reasons
    # Only degrees are handed about in a shifted datum; a surveyor's metres are what their file says.
    is_survey = is_plain and "told_by_file" in reasons and not _is_degrees(frame.crs)
    here = _carried(points, frame)
    found = _by_pairs(shapes, frame, pairs) if pairs is not None and len(pairs) else None
    if found is None and len(known):
        found = _by_lines(here, known)
    elif found is None and (pairs is None or not len(pairs)):
        return Guess(frame, (*reasons, "no_reference"), is_survey, {})
    if found is None:
        return Guess(frame, (*reasons, "fits_none"), is_survey, {})
    name, facts = found
    reason = "fits_known" if name == "wgs84" else f"looks_like_{name}"
    return Guess(replace(frame, datum=name), (*reasons, reason), is_plain and name == "wgs84", facts)


def _by_pairs(
    shapes: NDArray[np.object_], frame: Frame, pairs: NDArray[np.float64]
) -> tuple[str, dict[str, Any]] | None:
    """Which shift, taken off, puts known things where they are known to be; judged by the middle distance."""
    pairs = pairs[:: max(1, len(pairs) // SAMPLE)]
    labels = shapely.point_on_surface(shapes[pairs[:, 0].astype(int)])
    there = _carried(np.column_stack([shapely.get_x(labels), shapely.get_y(labels)]), frame)
    lon, lat = pairs[:, 1], pairs[:, 2]
    off_m = {"wgs84": float(np.median(distance_m(there[:, 0], there[:, 1], lon, lat)))}
    for name, shift in _FROM_WGS84.items():
        x, y = shift(lon, lat)
        off_m[name] = float(np.median(distance_m(there[:, 0], there[:, 1], x, y)))
    best, second, *_ = sorted(off_m, key=lambda name: off_m[name])
    near_m = PAIR_NEAR_M if len(pairs) >= 3 else PAIR_EXACT_M  # one or two may have moved; not by chance to the metre
    if not off_m[best] <= near_m or not off_m[second] >= PAIR_FAR_M:
        return None
    return best, {"off_m": round(off_m["wgs84"]), "compared": len(pairs)}


def _by_lines(points: NDArray[np.float64], known: Sequence[BaseGeometry]) -> tuple[str, dict[str, Any]] | None:
    """Which shift, taken off, puts most corners on known lines: within 10 m, or for another survey within 40 m."""
    lines = project(shapely.boundary(np.asarray(known, dtype=object)))
    lines = np.where(shapely.is_empty(lines), project(np.asarray(known, dtype=object)), lines)
    tree = shapely.STRtree(lines)
    near: dict[str, NDArray[np.float64]] = {}
    for name in DATUMS:
        undo = _TO_WGS84.get(name)
        lon, lat = undo(points[:, 0], points[:, 1]) if undo else (points[:, 0], points[:, 1])
        corners = shapely.points(*project_points(lon, lat))
        found, apart = tree.query_nearest(corners, max_distance=NEAR_M, return_distance=True, all_matches=False)
        metres = np.full(len(corners), np.inf)
        metres[found[0]] = apart
        near[name] = metres
    for within, least, times in ((CLOSE_M, 0.25, 2.5), (NEAR_M, 0.6, 1.5)):
        shares = {name: float((metres <= within).mean()) for name, metres in near.items()}
        best, second, *_ = sorted(shares, key=lambda name: -shares[name])
        if shares[best] >= least and shares[best] >= times * shares[second]:
            return best, {"share": round(100 * shares[best]), "within_m": int(within),
                          "off_m": {"wgs84": 0, "gcj02": 500, "bd09": 1100}[best]}  # fmt: skip
    return None
