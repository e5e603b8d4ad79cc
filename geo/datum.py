"""Carries positions between WGS 84, GCJ-02 (Amap, Tencent) and BD-09 (Baidu), both ways.

Every function takes lon and lat in degrees, a number or an array of any one shape (they broadcast), and gives back
(lon, lat) of that shape: floats for numbers, float64 arrays for arrays. Nothing raises; NaN and infinity pass
through untouched. CGCS2000 (Tianditu, the office's own layers) counts as WGS 84 here: they differ by centimetres.

Outside a box around China (lon 72.004..137.8347, lat 0.8293..55.8271) the three systems are taken to be one. This is
a choice: the public formula uses this box, and Baidu and Amap publish plain WGS 84 abroad. The box is wider than
the country, so a place in a neighbouring country that lies inside it is shifted too.

The office stores WGS 84 only; convert at the edge, where a position comes from or goes to a foreign base map.

Source: the public reconstruction of GCJ-02 (Krasovsky 1940 ellipsoid, two Fourier-like series) and Baidu's published
polar shift for BD-09. Neither owner documents the formula; it agrees with their converters to better than 1 m. The
inverses are found by fixed-point iteration on the forward formula, so a round trip closes to below 0.1 mm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
KRASOVSKY_A_M = 6378245.0
KRASOVSKY_E2 = 0.00669342162296594323
BAIDU_TURN = np.pi * 3000.0 / 180.0
BAIDU_LON, BAIDU_LAT = 0.0065, 0.006
MAX_ROUNDS = 12
CLOSE_ENOUGH_DEG = 1e-11  # a micrometre


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """GPS position to the position on an Amap or Tencent map (about 500 m away at Shengzhou)."""
    return _inside_china(_add_gcj_shift, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """Position read off an Amap or Tencent map to the true one."""
    return _inside_china(_undo(_add_gcj_shift), lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """Amap position to Baidu position."""
    return _inside_china(_add_baidu_shift, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """Baidu position to Amap position."""
    return _inside_china(_undo(_add_baidu_shift), lon, lat)


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """GPS position to the position on a Baidu map."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """Position read off a Baidu map to the true one."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _inside_china(shift: Shift, lon: ArrayLike, lat: ArrayLike) -> tuple[Any, Any]:
    """Apply `shift` where the given position lies in the box; leave the rest, NaN included, as it is."""
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    new_x, new_y = x.copy(), y.copy()
    inside = (x >= WEST) & (x <= EAST) & (y >= SOUTH) & (y <= NORTH)
    if inside.any():
        new_x[inside], new_y[inside] = shift(x[inside], y[inside])
    if new_x.ndim == 0:
        return float(new_x), float(new_y)
    return new_x, new_y


def _undo(forward: Shift) -> Shift:
    """The inverse of a small, smooth shift: guess, see how far off the forward answer is, correct, again."""

    def backward(x: Floats, y: Floats) -> tuple[Floats, Floats]:
        guess_x, guess_y = x.copy(), y.copy()
        for _ in range(MAX_ROUNDS):
            seen_x, seen_y = forward(guess_x, guess_y)
            off_x, off_y = x - seen_x, y - seen_y
            guess_x += off_x
            guess_y += off_y
            if max(np.abs(off_x).max(), np.abs(off_y).max()) < CLOSE_ENOUGH_DEG:
                break
        return guess_x, guess_y

    return backward


def _add_gcj_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0

    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0

    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0

    # metres to degrees: meridian radius for the north step, parallel radius for the east step
    phi = np.radians(lat)
    w2 = 1.0 - KRASOVSKY_E2 * np.sin(phi) ** 2
    meridian_m = KRASOVSKY_A_M * (1.0 - KRASOVSKY_E2) / (w2 * np.sqrt(w2))
    parallel_m = KRASOVSKY_A_M / np.sqrt(w2) * np.cos(phi)
    return lon + np.degrees(east_m / parallel_m), lat + np.degrees(north_m / meridian_m)


def _add_baidu_shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BAIDU_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BAIDU_TURN)
    return radius * np.cos(angle) + BAIDU_LON, radius * np.sin(angle) + BAIDU_LAT
