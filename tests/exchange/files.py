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
