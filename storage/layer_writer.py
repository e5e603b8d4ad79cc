"""Writes one layer to a file: GeoJSON, GeoPackage, zipped Shapefile, KML, CSV with WKT, XLSX, DXF. Frame: EPSG:4326
lon/lat; a DXF, which surveyors open, holds metres.

Sheets are read by people with programs that run formulas: XLSX cells are texts, CSV cells that start with = + - @ get
a leading '. A sheet holds a place's label point instead of its line.
"""

from __future__ import annotations

import csv
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
import xlsxwriter
from shapely.geometry.base import BaseGeometry

from domain.errors import Invalid
from storage.layer_dxf import write_dxf
from storage.layers import SHAPEFILE_PARTS
from storage.sheets import SUSPECT

ENDINGS = {"geojson": ".geojson", "gpkg": ".gpkg", "shapefile": ".zip", "kml": ".kml", "csv": ".csv", "xlsx": ".xlsx",
           "dxf": ".dxf"}  # fmt: skip
DBF_TEXT_BYTES = 254
LONLAT = "EPSG:4326"
_KINDS = {"Polygon": "MultiPolygon", "MultiPolygon": "MultiPolygon", "LineString": "MultiLineString",
          "MultiLineString": "MultiLineString"}  # fmt: skip


def write_layer(
    path: Path, kind: str, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]],
    shapes: Sequence[BaseGeometry], *, frame: str = LONLAT,
) -> None:  # fmt: skip
    """Write to `path`, which must not be there yet. columns: at most ten ASCII letters each, as a .dbf wants them.

    frame: of the shapes; EPSG:4326, and for a DXF one in metres.
    rows[i][j]: text, whole number, number, yes/no or None. Raises Invalid for a text that a .dbf cannot hold.
    """
    if kind in ("gpkg", "shapefile"):
        _with_gdal(path, kind, name, columns, rows, shapes)
    elif kind == "dxf":
        with path.open("x", encoding="gb18030", newline="") as file:
            write_dxf(file, name, columns, rows, shapes, frame)
    elif kind == "xlsx":
        _xlsx(path, name, columns, rows, shapes)
    else:
        write = {"geojson": _geojson, "kml": _kml, "csv": _csv}[kind]
        with path.open("x", encoding="utf-8-sig" if kind == "csv" else "utf-8", newline="") as file:
            write(file, name, columns, rows, shapes)


def _geojson(file: TextIO, name: str, columns: Sequence[str], rows: Any, shapes: Any) -> None:
    file.write(f'{{"type":"FeatureCollection","name":{json.dumps(name)},"features":[\n')
    texts = shapely.to_geojson(np.asarray(shapes, dtype=object))
    for i, row in enumerate(rows):
        properties = json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False, separators=(",", ":"))
        end = ",\n" if i + 1 < len(rows) else "\n"
        file.write(f'{{"type":"Feature","properties":{properties},"geometry":{texts[i]}}}{end}')
    file.write("]}\n")


def _csv(file: TextIO, _name: str, columns: Sequence[str], rows: Any, shapes: Any) -> None:
    out = csv.writer(file, lineterminator="\r\n")
    out.writerow([*columns, "wkt"])
    for row, shape in zip(rows, shapes, strict=True):
        out.writerow([*(_safe(value) for value in row), shapely.to_wkt(shape, rounding_precision=-1)])


def _safe(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(SUSPECT) else value


def _kml(file: TextIO, name: str, columns: Sequence[str], rows: Any, shapes: Any) -> None:
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>')
    file.write(f"<name>{escape(name)}</name>\n")
    at = list(columns).index("name") if "name" in columns else None
    for row, shape in zip(rows, shapes, strict=True):
        title = f"<name>{_xml(row[at])}</name>" if at is not None else ""
        data = "".join(
            f"<Data name={quoteattr(column)}><value>{_xml(value)}</value></Data>"
            for i, (column, value) in enumerate(zip(columns, row, strict=True))
            if value is not None and i != at
        )
        shown = "".join(_kml_part(part) for part in shapely.get_parts(shape))
        whole = f"<MultiGeometry>{shown}</MultiGeometry>" if shapely.get_num_geometries(shape) > 1 else shown
        file.write(f"<Placemark>{title}<ExtendedData>{data}</ExtendedData>{whole}</Placemark>\n")
    file.write("</Document></kml>\n")


def _xml(value: Any) -> str:
    text = str(int(value)) if isinstance(value, bool) else "" if value is None else str(value)
    # XML has no way to say a control character; a stored text may hold one.
    return escape("".join(sign for sign in text if sign >= " " or sign in "\t\n"))


def _kml_part(part: BaseGeometry) -> str:
    if part.geom_type == "LineString":
        return f"<LineString>{_kml_points(part)}</LineString>"
    rings = [f"<LinearRing>{_kml_points(ring)}</LinearRing>" for ring in shapely.get_rings(part)]
    holes = "".join(f"<innerBoundaryIs>{ring}</innerBoundaryIs>" for ring in rings[1:])
    return f"<Polygon><outerBoundaryIs>{rings[0]}</outerBoundaryIs>{holes}</Polygon>"


def _kml_points(line: BaseGeometry) -> str:
    points = " ".join(f"{x!r},{y!r}" for x, y in shapely.get_coordinates(line).tolist())
    return f"<coordinates>{points}</coordinates>"


def _xlsx(path: Path, name: str, columns: Sequence[str], rows: Any, shapes: Any) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "nan_inf_to_errors": True}  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(name[:31])
        bold = book.add_format({"bold": True})
        for j, column in enumerate([*columns, "lon", "lat"]):
            sheet.write_string(0, j, column, bold)
        sheet.freeze_panes(1, 0)
        labels = shapely.point_on_surface(np.asarray(shapes, dtype=object))
        lon, lat = shapely.get_x(labels), shapely.get_y(labels)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(i + 1, j, value)
                elif value is not None:
                    sheet.write(i + 1, j, value)
            sheet.write_number(i + 1, len(row), round(float(lon[i]), 7))
            sheet.write_number(i + 1, len(row) + 1, round(float(lat[i]), 7))


def _with_gdal(
    path: Path, kind: str, name: str, columns: Sequence[str], rows: Any, shapes: Sequence[BaseGeometry]
) -> None:
    import pyogrio.raw  # with geopandas it took a fifth of the time in which a command starts, and few write a file

    if path.exists():
        raise FileExistsError(path)
    data, masks = _arrays(columns, rows)
    if kind == "shapefile":
        _check_dbf(rows)
    geometry_type = _KINDS.get(shapes[0].geom_type, "Unknown") if len(shapes) else "Unknown"
    with tempfile.TemporaryDirectory(prefix="slg-export-", dir=path.parent) as folder:
        inner = Path(folder) / f"{name}{'.shp' if kind == 'shapefile' else '.gpkg'}"
        pyogrio.raw.write(
            str(inner), shapely.to_wkb(np.asarray(shapes, dtype=object)), data, list(columns), field_mask=masks,
            layer=name, driver="ESRI Shapefile" if kind == "shapefile" else "GPKG", geometry_type=geometry_type,
            crs=LONLAT, promote_to_multi=True, encoding="UTF-8",
        )  # fmt: skip
        if kind == "gpkg":
            inner.replace(path)
            return
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as archive:
            for suffix in SHAPEFILE_PARTS:
                if inner.with_suffix(suffix).is_file():
                    archive.write(inner.with_suffix(suffix), f"{name}{suffix}")


def _arrays(columns: Sequence[str], rows: Any) -> tuple[list[Any], list[Any]]:
    """One array and one mask of missing values per column: a missing number stays missing."""
    data, masks = [], []
    for j in range(len(columns)):
        values = [row[j] for row in rows]
        missing = np.array([value is None for value in values], dtype=bool)
        held = [value for value in values if value is not None]
        if held and all(isinstance(value, bool | int) for value in held):
            data.append(np.array([0 if value is None else int(value) for value in values], dtype=np.int64))
        elif held and all(isinstance(value, int | float) for value in held):
            data.append(np.array([0.0 if value is None else float(value) for value in values]))
        else:
            data.append(np.array([None if value is None else str(value) for value in values], dtype=object))
        masks.append(missing)
    return data, masks


def _check_dbf(rows: Any) -> None:
    for row in rows:
        for value in row:
            if isinstance(value, str) and len(value.encode()) > DBF_TEXT_BYTES:
                raise Invalid("layer_text_for_dbf", field="format", text=value[:20])
