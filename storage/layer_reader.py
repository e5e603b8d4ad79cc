"""The child that reads foreign GIS files: `python -m storage.layer_reader FILE FOLDER`. One file, one answer, then gone.

Beside the fence that every reader has (storage/fence.py): of GDAL's sixty drivers only GeoPackage, Shapefile and DXF.
OGR_VRT, which reads any file of the server when a layer's file holds its XML, is out with the rest. Archives are
unpacked here, entry by entry and capped; GDAL never sees one.

Answer: JSON lines. {"ok": true, "format", "layer", "columns", "crs", "encoding", "encoding_reason"}, then
[values, WKB in base64 or null, faults] a row, then {"rows": n}; or {"ok": false, "code", "facts"} alone.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from domain.errors import Invalid
from storage import decoding, fence
from storage.fence import MB, MEMORY_CAP_MB, READING_LIMIT_S, UNPACKED_AT_MOST_MB
from storage.layers import COLUMNS_AT_MOST, POINTS_AT_MOST, SHAPEFILE_PARTS

if TYPE_CHECKING:
    from storage.layer_texts import Found

# Every driver of the wheel that reads shapes but the three we want. A driver that is new here is added by _without().
OUT = (
    "OGR_VRT,MEM,PCIDSK,PDS4,VICAR,PDF,MBTiles,EEDA,OGCAPI,GDALG,MapInfo File,LVBAG,S57,DGN,CSV,GML,GPX,LIBKML,KML,"
    "GeoJSON,GeoJSONSeq,ESRIJSON,TopoJSON,OGR_GMT,SQLite,WAsP,OpenFileGDB,FlatGeobuf,GeoRSS,VFK,PGDUMP,OSM,GPSBabel,"
    "OGR_PDS,WFS,OAPIF,EDIGEO,Idrisi,ODS,XLSX,Elasticsearch,Carto,AmigoCloud,SXF,Selafin,JML,PLSCENES,CSW,VDV,MVT,NGW,"
    "MapML,GTFS,PMTiles,JSONFG,MiraMonVector,ADBC,AVCBin,AVCE00,AIVector,HTTP"
)
_TOLD = "SLG_LAYER_DRIVERS_OUT"
_TEXT_SUFFIXES = {".csv": "csv", ".txt": "csv", ".tsv": "csv"}


def main() -> None:
    options = _options()
    fence.serve("layer", lambda: _lines(_read(options.file, options.folder, options.layer)),
                memory_mb=options.memory_mb, limit_s=options.limit_s)  # fmt: skip


def _read(path: Path, folder: Path, layer: str | None) -> Found:
    found = _by_content(path, folder, layer)
    if len(found.columns) > COLUMNS_AT_MOST:
        raise Invalid("layer_too_many_columns", at_most=COLUMNS_AT_MOST)
    if not found.rows:
        raise Invalid("layer_empty")
    if all(shape is None for shape in found.shapes) and not found.faults:
        raise Invalid("layer_no_shapes")
    return found


def _by_content(path: Path, folder: Path, layer: str | None) -> Found:
    """The format is what the file holds, not what it is called."""
    with path.open("rb") as file:
        start = file.read(512)
    if start.startswith(b"SQLite format 3\x00"):
        return _gis().read_gpkg(path, layer)
    if start.startswith(b"PK\x03\x04"):
        return _zipped(path, folder, layer)
    if path.suffix.lower() == ".shp":
        return _gis().read_shapefile(path, may_mend=path.parent == folder)
    _refuse_binary_drawing(start)
    if start.startswith((b"PAR1", b"\x89", b"\xff\xd8")) or (
        b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        raise Invalid("layer_format_unknown")
    return _text(path, layer)


def _refuse_binary_drawing(start: bytes) -> None:
    if start.startswith(b"AutoCAD Binary DXF"):
        raise Invalid("layer_dxf_binary")
    if start[:4] in (b"AC10", b"AC1.", b"AC2.") and start[4:6].isdigit():
        raise Invalid("layer_dwg")


def _text(path: Path, layer: str | None) -> Found:
    from storage import layer_texts

    data, suffix = path.read_bytes(), path.suffix.lower()
    if not data.strip():
        raise Invalid("layer_empty")
    if suffix == ".dxf":
        _gis()  # first the other drivers go
        from storage import layer_drawing

        if not layer_drawing.is_drawing(data):
            raise Invalid("layer_not_dxf")
        return layer_drawing.read_dxf(path, data, layer)
    text, encoding, reason = decoding.decoded(data, "layer")
    first = text.lstrip()[:1]
    if first == "<":
        # XML names its own encoding; bytes, so that the parser believes it. UTF-16 would slip past nothing: same parser.
        found = layer_texts.read_kml(data)
    elif first in ("{", "["):
        found = layer_texts.read_geojson(text)
    elif suffix in _TEXT_SUFFIXES:
        found = layer_texts.read_csv(text)
    elif suffix in (".geojson", ".json"):
        found = layer_texts.read_geojson(text)  # says at which line it stops being JSON
    elif suffix == ".kml":
        raise Invalid("layer_not_kml")
    else:
        raise Invalid("layer_format_unknown")
    if found.encoding is None:
        found.encoding, found.encoding_reason = encoding, reason
    return found


# -- archives ------------------------------------------------------------------------------------------------------


def _zipped(path: Path, folder: Path, layer: str | None) -> Found:
    """A Shapefile, a KMZ, or one layer of another kind in a zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = _checked(archive)
            wanted = {name: info for name, info in files.items() if _suffix(name) in (*SHAPEFILE_PARTS, *_LAYERS)}
            for name, info in wanted.items():
                _unpack(archive, info, folder / name)
    except Invalid:
        raise
    except fence.ZIP_TROUBLES as error:
        raise Invalid("layer_zip_broken") from error
    layers = {Path(name).stem if _suffix(name) == ".shp" else name: name for name in wanted
              if _suffix(name) in (".shp", *_LAYERS)}  # fmt: skip
    if not layers:
        has_zip = any(_suffix(name) == ".zip" for name in files)
        raise Invalid("layer_zip_nested" if has_zip else "layer_zip_nothing")
    if len(layers) > 1 and "doc.kml" in layers and all(_suffix(n) == ".kml" for n in layers.values()):
        layers = {"doc.kml": "doc.kml"}
    name = layers[_gis_chosen(sorted(layers), layer)]
    return _unpacked(folder / name, layer if len(layers) == 1 else None)


_LAYERS = (".geojson", ".json", ".kml", ".gpkg", ".csv", ".dxf")


def _unpacked(path: Path, layer: str | None) -> Found:
    if path.suffix.lower() == ".shp":
        return _gis().read_shapefile(path, may_mend=True)
    with path.open("rb") as file:
        start = file.read(32)
    if start.startswith(b"SQLite format 3\x00"):
        return _gis().read_gpkg(path, None)
    if start.startswith(b"PK"):
        raise Invalid("layer_zip_nested")
    _refuse_binary_drawing(start)
    return _text(path, layer)


def _gis_chosen(names: list[str], wanted: str | None) -> str:
    if len(names) == 1:
        return names[0]
    return _gis().chosen(names, wanted)


def _checked(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Its files by bare name, after the totals that its directory claims; what is unpacked is counted again."""
    infos = fence.check_totals(archive, "layer")
    files: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = PurePosixPath(_real_name(info).replace("\\", "/")).name
        if name and not name.startswith(".") and "__MACOSX" not in info.filename:
            files.setdefault(f"{name[:-4]}{_suffix(name)}" if name[-4:-3] == "." else name, info)
    return files


def _real_name(info: zipfile.ZipInfo) -> str:
    """Windows packs Chinese names in GBK without saying so; Python then reads them as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    left = UNPACKED_AT_MOST_MB * MB - sum(p.stat().st_size for p in target.parent.iterdir() if p.is_file())
    with archive.open(info) as source, target.open("xb") as out:
        while piece := source.read(MB):
            left -= len(piece)
            if left < 0:
                raise Invalid("layer_zip_too_large", at_most_mb=UNPACKED_AT_MOST_MB)
            out.write(piece)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


# -- the answer ----------------------------------------------------------------------------------------------------


def _lines(found: Found) -> Iterable[str]:
    import shapely

    counts = shapely.get_num_coordinates(found.shapes)
    if counts.max(initial=0) > POINTS_AT_MOST:
        raise Invalid("layer_too_many_points", at_most=POINTS_AT_MOST, row=int(counts.argmax()) + 1)
    names = _distinct(found.columns)
    head = {"ok": True, "format": found.format, "layer": found.layer, "columns": names, "crs": found.crs,
            "encoding": found.encoding, "encoding_reason": found.encoding_reason}  # fmt: skip
    return chain([json.dumps(head, ensure_ascii=False)], _row_lines(found), [json.dumps({"rows": len(found.rows)})])


def _row_lines(found: Found) -> Iterator[str]:
    import shapely

    for i, row in enumerate(found.rows):
        shape = found.shapes[i]
        text = b64encode(shapely.to_wkb(shapely.force_2d(shape))).decode() if shape is not None else None
        yield json.dumps([row, text, found.faults.get(i, [])], ensure_ascii=False)


def _distinct(names: list[str]) -> list[str]:
    """Cut names may have fallen together: the second one gets its number."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        name = name.strip()[:100] or "?"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


# -- GDAL ----------------------------------------------------------------------------------------------------------


def _gis() -> Any:
    """The room that uses GDAL, opened only when GDAL is needed and only with every other driver gone."""
    os.environ.update({
        "OGR_SKIP": os.environ.get(_TOLD, OUT), "GDAL_DRIVER_PATH": "disable", "PROJ_NETWORK": "OFF",
        "OGR_SQLITE_LOAD_EXTENSIONS": "", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
        "GDAL_HTTP_PROXY": "127.0.0.1:9", "GDAL_VRT_ENABLE_PYTHON": "NO",
    })  # fmt: skip
    for room in ("geopandas", "pandas", "pyarrow"):  # pyogrio loads them where it finds them, and we read without
        sys.modules[room] = None  # type: ignore[assignment]
    import pyogrio

    from storage import layer_gis

    alive = set(pyogrio.list_drivers())
    if alive - layer_gis.ALLOWED:
        _without(alive - layer_gis.ALLOWED)
    return layer_gis


def _without(more: set[str]) -> None:
    """Start once more, in this very process, with the drivers that this GDAL has beyond our list."""
    if _TOLD in os.environ or any("," in name for name in more):
        raise Invalid("layer_reader_unsafe")
    os.environ[_TOLD] = ",".join([OUT, *sorted(more)])
    fence.answers_go_to_stdout_again()
    for left in Path(_options().folder).iterdir():
        left.unlink()
    os.execv(sys.executable, [sys.executable, "-m", "storage.layer_reader", *sys.argv[1:]])  # noqa: S606


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="storage.layer_reader", description="Reads one GIS file behind a fence.")
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layer")
    parser.add_argument("--memory-mb", type=int, default=MEMORY_CAP_MB)
    parser.add_argument("--limit-s", type=float, default=READING_LIMIT_S)
    return parser.parse_args()


if __name__ == "__main__":
    main()
