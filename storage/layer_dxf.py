"""Writes a layer as an AutoCAD DXF drawing of release 12, which every drawing program reads: plain text in GBK.

Each ring is a closed POLYLINE in the layer of that name, a road an open one; its name is a TEXT at a point inside.
A drawing holds no table: code (or id) and name alone go along, in extended data, with which rings make one polygon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

APP = "SLG_LAYER"
WORDS = ("code", "id", "name")
XDATA_BYTES = 255  # what AutoCAD takes in one string of extended data
_FAR = re.compile(r"(?:\\U\+[0-9A-Fa-f]{4})+")


def write_dxf(
    file: TextIO, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], shapes: Sequence[BaseGeometry],
    frame: str,
) -> None:  # fmt: skip
    """shapes: metres in `frame` ("EPSG:4549"), which the drawing tells in a comment that programs pass over.

    file: opened with encoding gb18030 and the newlines as they are written here; signs that are not in GBK go as \\U+.
    """
    parts: Iterable[tuple[int, Any]] = _head(name, frame, shapely.total_bounds(np.asarray(shapes, dtype=object)))
    file.writelines(f"{code}\r\n{value}\r\n" for code, value in parts)
    at = {word: list(columns).index(word) for word in WORDS if word in columns}
    labels = shapely.point_on_surface(np.asarray(shapes, dtype=object))
    for i, (row, shape) in enumerate(zip(rows, shapes, strict=True)):
        words = {word: str(row[j]) for word, j in at.items() if row[j] not in (None, "")}
        parts = [*_lines(name, i, shape, words), *_label(name, shape, labels[i], words.get("name", ""))]
        file.writelines(f"{code}\r\n{value}\r\n" for code, value in parts)
    file.write("0\r\nENDSEC\r\n0\r\nEOF\r\n")


def as_written(text: str) -> str:
    """A text of a drawing with its \\U+XXXX signs as signs."""

    def signs(found: re.Match[str]) -> str:
        units = bytes.fromhex(found[0].replace("\\U+", ""))
        return units.decode("utf-16-be", "replace")

    return _FAR.sub(signs, text)


def _head(name: str, frame: str, box: Any) -> Iterator[tuple[int, Any]]:
    west, south, east, north = (round(float(v), 4) for v in box)
    yield from [
        (999, frame), (0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"), (9, "$DWGCODEPAGE"), (3, "ANSI_936"),
        (9, "$EXTMIN"), (10, west), (20, south), (30, 0.0), (9, "$EXTMAX"), (10, east), (20, north), (30, 0.0),
        (0, "ENDSEC"), (0, "SECTION"), (2, "TABLES"),
        (0, "TABLE"), (2, "LTYPE"), (70, 1), (0, "LTYPE"), (2, "CONTINUOUS"), (70, 64), (3, "Solid line"), (72, 65),
        (73, 0), (40, 0.0), (0, "ENDTAB"),
        (0, "TABLE"), (2, "LAYER"), (70, 2), *_layer("0"), *_layer(name), (0, "ENDTAB"),
        (0, "TABLE"), (2, "STYLE"), (70, 1), (0, "STYLE"), (2, "STANDARD"), (70, 0), (40, 0.0), (41, 1.0), (50, 0.0),
        (71, 0), (42, 2.5), (3, "txt.shx"), (4, "gbcbig.shx"), (0, "ENDTAB"),
        (0, "TABLE"), (2, "APPID"), (70, 1), (0, "APPID"), (2, APP), (70, 0), (0, "ENDTAB"),
        (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES"),
    ]  # fmt: skip


def _layer(name: str) -> list[tuple[int, Any]]:
    return [(0, "LAYER"), (2, name), (70, 0), (62, 7), (6, "CONTINUOUS")]


def _lines(name: str, row: int, shape: BaseGeometry, words: dict[str, str]) -> Iterator[tuple[int, Any]]:
    for one in shapely.get_parts(shape):
        is_area = one.geom_type == "Polygon"
        rings = [one.exterior, *one.interiors] if is_area else [one]
        for k, ring in enumerate(rings):
            points = shapely.get_coordinates(ring).tolist()
            is_closed = is_area or points[0] == points[-1]
            yield from [(0, "POLYLINE"), (8, name), (66, 1), (10, 0.0), (20, 0.0), (30, 0.0), (70, int(is_closed))]
            part = ("hole" if k else "shell") if is_area else "line"
            yield from [(1001, APP), (1000, f"row={row}"), (1000, f"part={part}")]
            held = (f"{word}={_safe(text)}" for word, text in words.items())
            yield from ((1000, text) for text in held if len(text.encode("gb18030")) <= XDATA_BYTES)
            for x, y in points[:-1] if is_closed else points:
                yield from [(0, "VERTEX"), (8, name), (10, f"{x:.4f}"), (20, f"{y:.4f}"), (30, 0.0)]
            yield from [(0, "SEQEND"), (8, name)]


def _label(name: str, shape: BaseGeometry, at: BaseGeometry, text: str) -> list[tuple[int, Any]]:
    if not text:
        return []
    west, south, east, north = shape.bounds
    height = round(min(50.0, max(0.5, min(east - west, north - south) / 10)), 2)
    # %% and ^ have a meaning of their own in a TEXT.
    shown = _safe(text.replace("%%", "%%%%%%").replace("^", "^ "))
    return [(0, "TEXT"), (8, name), (10, f"{at.x:.4f}"), (20, f"{at.y:.4f}"), (30, 0.0), (40, height), (1, shown)]


def _safe(text: str) -> str:
    """One line, since a line's end would begin another entity; signs outside GBK as \\U+XXXX."""
    line = "".join(sign if sign.isprintable() or sign == " " else " " for sign in text)
    return "".join(sign if _is_gbk(sign) else _escaped(sign) for sign in line)


def _is_gbk(sign: str) -> bool:
    try:
        return bool(sign.encode("gbk"))
    except UnicodeEncodeError:
        return False


def _escaped(sign: str) -> str:
    units = sign.encode("utf-16-be").hex().upper()
    return "".join(f"\\U+{units[i : i + 4]}" for i in range(0, len(units), 4))
