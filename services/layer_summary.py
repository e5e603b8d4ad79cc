"""What a page tells about a preview: figures and words as plain values, the rows as a map layer, the problems as a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from domain.layers import Lineage
from geo import geojson, measure
from geo.guess import Frame, into_lonlat, out_of_lonlat
from services.layer_preview import Preview
from services.layer_rows import Row, far_rows

TOLD_AT_MOST = 200  # problems on the page; the sheet has them all
SHEET_AT_MOST = 50_000
SAMPLES, SAMPLE_LENGTH = 3, 40
POINTS_AT_MOST = 250_000  # corners on the map; above, small shapes become points
SIMPLIFY_M = 1.5


def summary_of(preview: Preview) -> dict[str, Any]:
    """Plain values for JSON."""
    told = problems_of(preview.rows, TOLD_AT_MOST)
    far = {row.index for row, _ in far_rows(preview.rows)}  # told in words; in the box the others would not be seen
    shaped = [row for row in preview.rows if row.geometry is not None and row.index not in far]
    told_rows = [row.geometry for row in shaped if row.fate != "same"] or [row.geometry for row in shaped]
    box = measure.bounds(told_rows)
    return {
        "rows": len(preview.rows), "counts": preview.counts, "format": preview.format, "file_layer": preview.file_layer,
        "encoding": preview.encoding, "encoding_reason": preview.encoding_reason,
        "columns": [{"name": name, "samples": samples} for name, samples in _samples(preview)],
        "mapping": dict(preview.mapping), "frame": frame_json(preview.frame),
        "guess": {**frame_json(preview.guess.frame), "reasons": list(preview.guess.reasons),
                  "facts": preview.guess.facts, "is_sure": preview.guess.is_sure},
        "repairs": preview.repairs, "repaired": preview.repaired, "problems": told,
        "problem_count": sum(len(row.problems) for row in preview.rows),
        "proposals": [lineage_json(line) for line in preview.proposals], "missing": preview.missing,
        "blockers": [{"code": b.code, "field": b.field, "facts": b.facts} for b in preview.blockers],
        "stamp": preview.stamp, "bounds": list(box) if box is not None and np.isfinite(box).all() else None,
    }  # fmt: skip


def frame_json(frame: Frame) -> dict[str, Any]:
    return {"crs": frame.crs, "datum": frame.datum, "is_swapped": frame.is_swapped}


def lineage_json(line: Lineage) -> dict[str, Any]:
    return {"old": list(line.old), "new": list(line.new), "relation": line.relation}


def problems_of(rows: Sequence[Row], at_most: int) -> list[dict[str, Any]]:
    """Rows with something to tell: those that cannot be stored first, then in the file's order."""
    with_some = sorted((row for row in rows if row.problems), key=lambda row: (row.fate != "bad", row.index))
    found: list[dict[str, Any]] = []
    for row in with_some:
        for problem in row.problems:
            if len(found) == at_most:
                return found
            found.append({
                "row": row.index, "key": key_of(row), "name": row.values.get("name") or "", "fate": row.fate,
                "code": problem.code, "field": problem.field, "facts": dict(problem.facts), "repair": problem.repair,
                "is_note": problem.is_note,
            })  # fmt: skip
    return found


def key_of(row: Row) -> str:
    return row.values.get("code") or row.values.get("id") or row.values.get("number") or ""


def map_rows(preview: Preview) -> bytes:
    """The rows as GeoJSON. part: row (as it would be stored), after (what an offered repair would make of it), before
    (as it came, where a repair was made). i: the row's number in the file."""
    rows = [row for row in preview.rows if row.geometry is not None and not shapely.is_empty(row.geometry)]
    if not rows:
        return geojson.feature_collection([], [], [])
    shapes = _light(
        np.array([row.geometry for row in rows], dtype=object), np.array([bool(row.problems) for row in rows])
    )
    facts = [_fact(row, "row") for row in rows]
    more: list[Any] = []
    for row in rows:
        after = next((p.mended for p in row.problems if p.mended is not None), None)
        for part, shape in (("before", row.before), ("after", after)):
            if shape is not None:
                more.append(shape)
                facts.append(_fact(row, part))
    every = [*shapes.tolist(), *more]
    sound = [shape if np.isfinite(shapely.get_coordinates(shape)).all() else None for shape in every]
    return geojson.feature_collection(range(len(every)), sound, facts)


def _fact(row: Row, part: str) -> dict[str, Any]:
    repair = next((p.repair for p in row.problems if p.repair), None) or next(iter(row.repaired), None)
    return {"i": row.index, "fate": row.fate, "part": part, "key": key_of(row), "name": row.values.get("name") or "",
            "repair": repair, "notes": len(row.problems)}  # fmt: skip


def _light(shapes: NDArray[np.object_], is_kept_whole: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Few enough corners for a browser; a row with a problem keeps its line."""
    if shapely.get_num_coordinates(shapes).sum() <= POINTS_AT_MOST:
        return shapes
    light = shapes.copy()
    sound = ~is_kept_whole
    light[sound] = geojson.simplified_coverage(shapes[sound], SIMPLIFY_M)
    if shapely.get_num_coordinates(light).sum() > POINTS_AT_MOST:
        light[sound] = shapely.point_on_surface(light[sound])
    return light


def shifted(features: Mapping[str, Any], was: str, datum: str) -> bytes:
    """The same layer read in another datum: what came out of `was` goes back into it and is read as `datum`."""
    listed = features["features"]
    shapes = shapely.from_geojson([_text(each["geometry"]) for each in listed])
    turned = into_lonlat(out_of_lonlat(shapes, was), Frame(datum=datum))
    return geojson.feature_collection([each["id"] for each in listed], turned, [each["properties"] for each in listed])


def _text(geometry: Any) -> str | None:
    return json.dumps(geometry) if geometry else None


def _samples(preview: Preview) -> list[tuple[str, list[str]]]:
    """Each column with its first few different values."""
    kept: dict[str, list[str]] = {name: [] for name in preview.columns}
    for cells in preview.sample_cells:
        for name, value in zip(preview.columns, cells, strict=True):
            text = "" if value is None else str(value)[:SAMPLE_LENGTH]
            if text and text not in kept[name] and len(kept[name]) < SAMPLES:
                kept[name].append(text)
    return list(kept.items())
