"""Reads GeoPackage and Shapefile through GDAL, and finds out how a .dbf is written. Runs in the child, behind its fence.

GDAL opens a file by its content, whatever its name: before it may, the first bytes must be the format's own, and only
the drivers of ALLOWED are left alive.
"""

from __future__ import annotations

import math
import sqlite3
import warnings
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.errors
import pyogrio.raw
import shapely

from domain.errors import Invalid
from storage.layer_texts import Found, plain
from storage.layers import ROWS_AT_MOST

ALLOWED = frozenset({"GPKG", "ESRI Shapefile", "DXF"})
SHAPEFILE_START, GPKG_START = b"\x00\x00\x27\x0a", b"SQLite format 3\x00"
_CPG = {"UTF-8": "UTF-8", "UTF8": "UTF-8", "65001": "UTF-8", "GBK": "GBK", "GB2312": "GBK", "GB18030": "GBK",
        "CP936": "GBK", "936": "GBK", "BIG5": "Big5", "CP950": "Big5", "950": "Big5", "ISO-8859-1": "ISO-8859-1",
        "8859-1": "ISO-8859-1", "88591": "ISO-8859-1", "1252": "ISO-8859-1"}  # fmt: skip
_LDID = {0x4D: "GBK", 0x7A: "GBK", 0x4F: "Big5", 0x78: "Big5"}
_CODECS = {"UTF-8": "utf-8", "GBK": "gb18030", "Big5": "big5hkscs", "ISO-8859-1": "latin-1"}


def read_gpkg(path: Path, layer: str | None) -> Found:
    """One feature table. Views are left alone: they could call functions of the database engine."""
    names = _feature_tables(path)
    name = chosen(names, layer)
    meta, _, shapes, fields = read_with_gdal(path, layer=name, datetime_as_string=True)
    columns = [str(c) for c in meta["fields"]]
    return _found("gpkg", name, columns, fields, shapes, meta["crs"], "UTF-8", "format")


def read_shapefile(path: Path, *, may_mend: bool) -> Found:
    """A .shp with what lies beside it. may_mend: a missing .shx may be written there."""
    with path.open("rb") as file:
        if file.read(4) != SHAPEFILE_START:
            raise Invalid("layer_shapefile_parts", name=path.name)
    index = path.with_suffix(".shx")
    if not index.is_file() and not may_mend:
        raise Invalid("layer_shapefile_parts", name=index.name)
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES" if may_mend else "NO"})
    # Latin-1 carries every byte as it is: the texts are decoded here, not by GDAL, which gives up at the first wrong one.
    meta, _, shapes, fields = read_with_gdal(path, encoding="ISO-8859-1", datetime_as_string=True)
    raw_names = [_bytes(str(name)) for name in meta["fields"]]
    texts = [_bytes(v) for column in fields if column.dtype == object for v in column if isinstance(v, str)]
    encoding, reason = dbf_encoding([*raw_names, *texts], _beside(path, ".cpg"), _beside(path, ".dbf"))
    columns = [_decode(name, encoding) for name in raw_names]
    values = [
        np.array([_decode(_bytes(v), encoding) if isinstance(v, str) else v for v in c], dtype=object)
        if c.dtype == object else c
        for c in fields
    ]  # fmt: skip
    return _found("shapefile", path.stem, columns, values, shapes, meta["crs"], encoding, reason)


def dbf_encoding(texts: list[bytes], cpg: bytes, dbf: bytes) -> tuple[str, str]:
    """(encoding, reason: cpg, ldid, plain for ASCII alone, or guess). What a file says is believed only when its texts agree.

    Every GBK text of two-byte signs is also a Big5 text of other signs; the right one keeps to the signs that people
    use, the first level of either table.
    """
    told = _CPG.get(cpg.decode("ascii", "replace").strip().upper().removeprefix("ANSI ").removeprefix("OEM "))
    if told and told != "ISO-8859-1" and _fits(texts, told):
        return told, "cpg"
    marked = _LDID.get(dbf[29]) if len(dbf) > 29 else None
    if marked and _fits(texts, marked):
        return marked, "ldid"
    if _fits(texts, "UTF-8"):
        return "UTF-8", "plain" if all(text.isascii() for text in texts) else "guess"
    gbk, big5 = _fits(texts, "GBK"), _fits(texts, "Big5")
    if big5 and (not gbk or _common_share(texts, 0xA4, 0xC6) > _common_share(texts, 0xB0, 0xD7)):
        return "Big5", "guess"
    if gbk:
        return "GBK", "guess"
    if told:  # Latin-1 fits everything, so it comes last: programs write it without having looked
        return told, "cpg"
    raise Invalid("layer_encoding_unknown")


def _fits(texts: list[bytes], encoding: str) -> bool:
    try:
        for text in texts:
            _decode(text, encoding)
    except UnicodeDecodeError:
        return False
    return True


def _decode(text: bytes, encoding: str) -> str:
    """A name or value cut in the middle of its last sign loses that sign, as the .dbf has no room for it."""
    codec = _CODECS[encoding]
    try:
        return text.decode(codec)
    except UnicodeDecodeError as error:
        if len(text) >= 10 and error.start >= len(text) - 3:
            return text[: error.start].decode(codec)
        raise


def _common_share(texts: list[bytes], low: int, high: int) -> float:
    """The share of two-byte signs whose first byte lies among the table's common signs."""
    common = every = 0
    for text in texts:
        i = 0
        while i < len(text):
            if text[i] < 0x80:
                i += 1
                continue
            every += 1
            common += low <= text[i] <= high
            i += 2
    return common / every if every else 0.0


def chosen(names: list[str], wanted: str | None) -> str:
    """The one layer, or the wanted one. Raises Invalid when it has to be said which."""
    if not names:
        raise Invalid("layer_no_shapes")
    if wanted is None and len(names) > 1:
        raise Invalid("layer_choose", names=", ".join(names[:20]), each=names[:20])
    if wanted is not None and wanted not in names:
        raise Invalid("layer_no_such", name=wanted[:80], names=", ".join(names[:20]))
    return wanted or names[0]


def _feature_tables(path: Path) -> list[str]:
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            rows = connection.execute(
                "SELECT c.table_name FROM gpkg_contents c JOIN sqlite_master m ON m.name = c.table_name"
                " WHERE c.data_type = 'features' AND m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY 1"
            ).fetchall()
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeError) as error:
        raise Invalid("layer_format_unknown") from error
    return [str(name) for (name,) in rows]


def read_with_gdal(path: Path, **options: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pyogrio.raw.read(str(path), force_2d=True, max_features=ROWS_AT_MOST + 1, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError,
            pyogrio.errors.GeometryError, pyogrio.errors.FieldError, ValueError, RuntimeError) as error:  # fmt: skip
        raise Invalid("layer_broken") from error


def _found(
    kind: str, layer: str, columns: list[str], fields: list[Any], wkb: Any, crs: str | None, encoding: str, reason: str
) -> Found:
    count = len(wkb) if wkb is not None else 0
    if count > ROWS_AT_MOST:
        raise Invalid("layer_too_many_rows", at_most=ROWS_AT_MOST)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore") if count else []
    values = [[_plain(v) for v in column] for column in fields]
    rows = [list(row) for row in zip(*values, strict=True)] if values else [[] for _ in range(count)]
    faults = {
        i: ["shape_malformed"] for i in range(count) if wkb[i] is not None and shapes[i] is None
    }  # fmt: skip
    return Found(kind, layer, columns, rows, list(shapes), faults, crs, encoding, reason)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return None
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return plain(value)


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _beside(path: Path, suffix: str) -> bytes:
    for name in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if name.is_file():
            with name.open("rb") as file:
                return file.read(64)
    return b""
