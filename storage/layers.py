"""Layers out of GIS files: asks a fenced child process to read one file and hands back plain values.

What comes back is columns, rows of plain values and WKB in the file's own numbers, with the frame the file names, if
any. Nothing is judged or converted here. Parsers of foreign files are the softest wall of the house after photo
decoders, so none of them runs in this process: see storage/fence.py.
"""

from __future__ import annotations

import json
import tempfile
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from domain.errors import TooLarge
from storage import fence
from storage.fence import MB, MEMORY_CAP_MB, READING_LIMIT_S

EXTRA_S_PER_MB = 0.5  # a 60 MB GeoPackage gets 40 s: ten times what it takes here
FILE_AT_MOST_MB = {"gpkg": 256, "zip": 50, "text": 50}
POINTS_AT_MOST = 200_000
ROWS_AT_MOST = 300_000
COLUMNS_AT_MOST = 250
ANSWER_AT_MOST_MB = 400
TEXT_AT_MOST = 10_000
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")

# Every refusal of the reader; i18n words them under [refused].
ERROR_CODES = frozenset({
    "layer_format_unknown", "layer_broken", "layer_not_json", "layer_too_deep", "layer_not_geojson", "layer_not_kml",
    "layer_xml_entities", "layer_no_geometry_column", "layer_empty", "layer_no_shapes", "layer_choose", "layer_no_such",
    "layer_zip_broken", "layer_zip_locked", "layer_zip_too_large", "layer_zip_ratio", "layer_zip_entries",
    "layer_zip_nested", "layer_zip_nothing", "layer_shapefile_parts", "layer_too_many_points", "layer_too_many_rows",
    "layer_too_many_columns", "layer_too_heavy", "layer_too_slow", "layer_reader_died", "layer_reader_unsafe",
    "layer_encoding_unknown", "layer_too_large", "layer_not_a_file", "layer_not_dxf", "layer_dxf_binary", "layer_dwg",
})  # fmt: skip
Answer = tuple[dict[str, Any], list[list[Any]], list[bytes | None], dict[int, list[str]]]


@dataclass(frozen=True)
class LayerTable:
    """One layer as the file holds it: columns[j] names rows[i][j]; wkb[i] is None where a row has no shape.

    crs: what the file says ("EPSG:4549" or WKT), None when it says nothing. Numbers are x, y in that frame, the way
    GIS programs read the format (east first). encoding_reason: cpg, ldid, plain, guess, bom, strict or format.
    faults[i]: what the reader already saw in row i (shape_malformed, ring_open).
    """

    format: str
    layer: str
    columns: tuple[str, ...]
    rows: list[list[Any]]
    wkb: list[bytes | None]
    sha256: str
    size: int
    crs: str | None = None
    encoding: str | None = None
    encoding_reason: str | None = None
    faults: dict[int, list[str]] = field(default_factory=dict)


def read_layer(
    path: Path, *, layer: str | None = None, memory_mb: int = MEMORY_CAP_MB, limit_s: float = READING_LIMIT_S
) -> LayerTable:
    """Read a local file. layer: which one, when the file holds several.

    limit_s: for a small file; half a second more for each megabyte. Raises Invalid with one of ERROR_CODES, TooLarge.
    """
    path = fence.local_file(path, "layer")
    size = path.stat().st_size
    _check_size(path, size)
    sha256 = fence.sha256_of(path)
    with tempfile.TemporaryDirectory(prefix="slg-layer-") as folder:
        limit_s += EXTRA_S_PER_MB * size / MB
        words = [str(path), folder, "--memory-mb", str(memory_mb), "--limit-s", str(limit_s),
                 *(["--layer", layer] if layer else [])]  # fmt: skip
        head, rows, wkb, faults = fence.ask(
            "layer", "storage.layer_reader", words, Path(folder), _receive, limit_s=limit_s
        )
    return LayerTable(
        format=head["format"], layer=head["layer"], columns=tuple(head["columns"]), rows=rows, wkb=wkb, sha256=sha256,
        size=size, crs=head["crs"], encoding=head["encoding"], encoding_reason=head["encoding_reason"], faults=faults,
    )  # fmt: skip


def _check_size(path: Path, size: int) -> None:
    with path.open("rb") as file:
        start = file.read(16)
    kind = "gpkg" if start.startswith(b"SQLite format 3") else "zip" if start.startswith(b"PK") else "text"
    if path.suffix.lower() == ".shp":
        size += sum(p.stat().st_size for p in (path.with_suffix(s) for s in SHAPEFILE_PARTS[1:]) if p.is_file())
    if size > FILE_AT_MOST_MB[kind] * MB:
        raise TooLarge("layer_too_large", field="file", at_most_mb=FILE_AT_MOST_MB[kind])


def _receive(pipe: IO[bytes]) -> Answer:
    """After the head one line a row; the last line counts them."""
    left = ANSWER_AT_MOST_MB * MB
    head = fence.head_of(pipe, "layer", ERROR_CODES)
    rows: list[list[Any]] = []
    shapes: list[bytes | None] = []
    faults: dict[int, list[str]] = {}
    while True:
        line = pipe.readline(left)
        left -= len(line)
        if not line or left <= 0:
            raise ValueError("the answer broke off")
        found = json.loads(line)
        if isinstance(found, dict):
            if found["rows"] != len(rows):
                raise ValueError("rows are missing")
            return head, rows, shapes, faults
        values, shape, seen = found
        if seen:
            faults[len(rows)] = seen
        rows.append(values)
        shapes.append(b64decode(shape) if shape else None)
