"""Reads an AutoCAD DXF drawing through GDAL: borders as closed lines, names as texts inside them. Runs in the child.

A drawing names no frame. Lines stay lines here, closed or not: which of them are polygons depends on the layer they
are for. What was written by storage/layer_dxf.py says in its extended data which lines make one polygon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from domain.errors import Invalid
from storage.layer_dxf import APP, as_written
from storage.layer_gis import chosen, read_with_gdal
from storage.layer_texts import Found, plain

_START = re.compile(rb"(\s*999[ \t]*\r?\n[^\n]*\n)*\s*0[ \t]*\r?\n[ \t]*SECTION\s")
_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+(\w+)", re.IGNORECASE)
_FRAME = re.compile(rb"\s*999[ \t]*\r?\n(EPSG:\d{4,5})\b")
_CODECS = {"UTF-8": "utf-8", "Big5": "big5hkscs", "GBK": "gb18030", "ISO-8859-1": "latin-1"}
_FOR_GDAL = {"UTF-8": "UTF-8", "Big5": "CP950", "GBK": "GB18030", "ISO-8859-1": "ISO-8859-1"}
_AREAL = ("Polygon", "MultiPolygon")


def is_drawing(data: bytes) -> bool:
    return _START.match(data[:4000].removeprefix(b"\xef\xbb\xbf")) is not None


def read_dxf(path: Path, data: bytes, layer: str | None) -> Found:
    """Every line and area of the drawing, or of one of its layers; points are left out, texts become names.

    Columns: name, layer (of the drawing), and code or id where this app wrote the file. data: what `path` holds.
    """
    encoding, reason = _encoding(data)
    is_ours = re.search(rb"\n[ \t]*1001[ \t]*\r?\n%s\s" % APP.encode(), data) is not None
    pyogrio.set_gdal_config_options({
        "DXF_ENCODING": _FOR_GDAL[encoding], "DXF_INCLUDE_RAW_CODE_VALUES": "YES" if is_ours else "NO",
    })  # fmt: skip
    meta, _, wkb, fields = read_with_gdal(path)
    held = dict(zip(map(str, meta["fields"]), fields, strict=True))
    shapes = shapely.from_wkb(wkb, on_invalid="ignore") if wkb is not None else np.array([], dtype=object)
    drawn = [_layer_of(name) for name in held["Layer"]]
    words = [_word(text) for text in held["Text"]]
    is_there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    is_point = np.isin(shapely.get_type_id(shapes), (0, 4))
    told = [_told(raw) for raw in held["RawCodeValues"]] if is_ours else [{}] * len(shapes)
    if layer is not None:
        chosen(sorted({drawn[i] for i in np.flatnonzero(is_there & ~is_point)}), layer)
    rows = [int(i) for i in np.flatnonzero(is_there & ~is_point) if layer in (None, drawn[i])]
    whole, said = _joined([(shapes[i], drawn[i], told[i]) for i in rows])
    texts = [int(i) for i in np.flatnonzero(is_there & is_point) if words[i]]
    names = _names(whole, shapes[texts], [words[i] for i in texts])
    keys = [key for key in ("code", "id") if any(key in one for _, one in said)]
    found = Found("dxf", layer or "", ["name", "layer", *keys], encoding=encoding, encoding_reason=reason)
    found.crs = _FRAME.match(data)[1].decode() if _FRAME.match(data) else None  # type: ignore[index]
    for shape, name, (drawn_in, one) in zip(whole, names, said, strict=True):
        found.rows.append([name or plain(one.get("name")), plain(drawn_in), *(plain(one.get(key)) for key in keys)])
        found.shapes.append(shape)
    return found


def _encoding(data: bytes) -> tuple[str, str]:
    """(encoding, reason). What a drawing says of its code page is often the program's default: texts decide first."""
    page = _PAGE.search(data[:20_000])
    told = page[1].decode("ascii").upper().replace("ANSI_", "") if page else ""
    for encoding in ("UTF-8", *(["Big5"] if told == "950" else []), "GBK", *(["ISO-8859-1"] if told == "1252" else [])):
        try:
            data.decode(_CODECS[encoding])
        except UnicodeDecodeError:
            continue
        return encoding, "plain" if data.isascii() else "strict" if encoding == "UTF-8" else "guess"
    raise Invalid("layer_encoding_unknown")


def _layer_of(name: Any) -> str:
    return as_written(str(name or ""))


def _word(text: Any) -> str:
    return " ".join(as_written(text).split()) if isinstance(text, str) else ""


def _told(raw: Any) -> dict[str, str]:
    """What this app wrote into an entity's extended data: row, part (shell, hole, line), and the row's words."""
    if raw is None:
        return {}
    found: dict[str, str] = {}
    is_here = False
    for line in raw:
        code, _, value = str(line).partition(" ")
        if code == "1001":
            is_here = value == APP
        elif is_here and code == "1000" and "=" in value:
            key, _, word = as_written(value).partition("=")
            found[key] = word
    return found


def _joined(
    parts: Iterable[tuple[BaseGeometry, str, dict[str, str]]],
) -> tuple[NDArray[np.object_], list[tuple[str, dict[str, str]]]]:
    """One shape a row: parts that say that they belong together are put together, every other line is itself."""
    rows: dict[Any, list[tuple[BaseGeometry, str, dict[str, str]]]] = {}
    for i, part in enumerate(parts):
        rows.setdefault(part[2].get("row", i), []).append(part)
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [_together([(shape, told.get("part", "")) for shape, _, told in row]) for row in rows.values()]
    return shapes, [(row[0][1], row[0][2]) for row in rows.values()]


def _together(parts: list[tuple[BaseGeometry, str]]) -> BaseGeometry:
    """Shells each followed by their holes, or lines. What was changed since so that it fits no more stays as lines."""
    polygons: list[tuple[Any, list[Any]]] = []
    for shape, part in parts:
        if part == "shell" and _is_ring(shape):
            polygons.append((shape, []))
        elif part == "hole" and _is_ring(shape) and polygons:
            polygons[-1][1].append(shape)
        else:
            lines = [shape for shape, _ in parts]
            return lines[0] if len(lines) == 1 else _collected(lines)
    made = [shapely.Polygon(shell, holes) for shell, holes in polygons]
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _collected(lines: list[BaseGeometry]) -> BaseGeometry:
    if all(line.geom_type == "LineString" for line in lines):
        return shapely.MultiLineString(lines)
    return shapely.GeometryCollection(lines)


def _is_ring(shape: BaseGeometry) -> bool:
    return shape.geom_type == "LineString" and shape.is_closed and len(shape.coords) >= 4


def _names(shapes: NDArray[np.object_], points: NDArray[np.object_], words: list[str]) -> list[str | None]:
    """The one text that lies in each area; None where none or several different ones do."""
    if not len(shapes):
        return []
    areas = np.empty(len(shapes), dtype=object)
    areas[:] = [s if s.geom_type in _AREAL else shapely.Polygon(s) if _is_ring(s) else None for s in shapes]
    inside: list[set[str]] = [set() for _ in shapes]
    if len(points):
        for i, j in shapely.STRtree(points).query(areas, predicate="intersects").T.tolist():
            inside[i].add(words[j])
    return [next(iter(found)) if len(found) == 1 else None for found in inside]
