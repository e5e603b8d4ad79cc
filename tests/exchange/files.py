"""Makes the files that the tests bring in: a Shapefile as desktop programs write it, GeoJSON, archives."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely


def geojson(path: Path, features: Sequence[tuple[dict[str, Any], Any]], **more: Any) -> Path:
    """features: (properties, shape or a GeoJSON geometry)."""
    body = {
        "type": "FeatureCollection", **more,
        "features": [
            {"type": "Feature", "properties": properties,
             "geometry": shape if shape is None or isinstance(shape, dict) else json.loads(shapely.to_geojson(shape))}
            for properties, shape in features
        ],
    }  # fmt: skip
    path.write_text(json.dumps(body, ensure_ascii=False), "utf-8")
    return path


def shapefile(
    folder: Path, name: str, columns: dict[str, list[Any]], shapes: Sequence[Any], *, encoding: str = "UTF-8",
    crs: str | None = None, keep: Sequence[str] = (".shp", ".shx", ".dbf", ".prj", ".cpg"), ldid: int | None = None,
) -> Path:  # fmt: skip
    """A zip. encoding: of the .dbf; keep: the parts that go in; ldid: the mark at byte 29 of the .dbf."""
    target = folder / f"{name}.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no .prj, or that a text is cut, is what the test is about
        pyogrio.raw.write(
            str(target), shapely.to_wkb(np.array(shapes, dtype=object)), [np.array(v) for v in columns.values()],
            list(columns), driver="ESRI Shapefile", geometry_type="Polygon", crs=crs, encoding=encoding,
        )  # fmt: skip
    if ldid is not None:
        dbf = bytearray(target.with_suffix(".dbf").read_bytes())
        dbf[29] = ldid
        target.with_suffix(".dbf").write_bytes(dbf)
    return zipped(folder / f"{name}.zip", {
        f"{name}{part}": target.with_suffix(part).read_bytes() for part in keep if target.with_suffix(part).is_file()
    })  # fmt: skip


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def dxf(
    path: Path, lines: Sequence[tuple[str, Sequence[Sequence[float]], bool]] = (),
    texts: Sequence[tuple[str, tuple[float, float], str]] = (), *, more: str = "", blocks: str = "",
    encoding: str = "gbk", page: str = "ANSI_936",
) -> Path:  # fmt: skip
    """A drawing as surveyors' programs write it. lines: (layer, points, is closed); texts: (layer, place, words).

    more: entities, blocks: BLOCK sections, as "code value" lines.
    """
    said = ["0 SECTION", "2 HEADER", "9 $ACADVER", "1 AC1015", "9 $DWGCODEPAGE", f"3 {page}", "0 ENDSEC",
            "0 SECTION", "2 BLOCKS", *blocks.splitlines(), "0 ENDSEC", "0 SECTION", "2 ENTITIES"]  # fmt: skip
    for layer, points, is_closed in lines:
        said += ["0 LWPOLYLINE", f"8 {layer}", f"90 {len(points)}", f"70 {int(is_closed)}", "38 35.5"]
        said += [f"{code} {value!r}" for point in points for code, value in zip((10, 20), point, strict=False)]
    for layer, (x, y), words in texts:
        said += ["0 TEXT", f"8 {layer}", f"10 {x!r}", f"20 {y!r}", "40 2.5", f"1 {words}"]
    said += [*more.splitlines(), "0 ENDSEC", "0 EOF", ""]
    path.write_bytes("\r\n".join("\r\n".join(line.split(" ", 1)) if line else "" for line in said).encode(encoding))
    return path
