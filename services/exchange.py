"""Layers in from files and out again: preview first, then all or nothing; every code keeps its identity and its past."""

from __future__ import annotations

import json
import shutil
import tempfile
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from domain import layers
from domain.errors import Invalid
from domain.policy.permissions import Permissions
from domain.policy.zones import ZonePolicy
from domain.records import Actor, Assignment
from geo import measure
from geo.guess import CHINA, DATUMS, Frame, Guess, UnknownFrame, guess, into_lonlat, is_frame, is_inside
from i18n import words
from services import layer_rows
from services.layer_keeping import Claim, keep, payload_of, place_buildings
from services.layer_lineage import heirs
from services.layer_preview import Choices, Preview, Stored, settle
from services.layer_rows import REPAIRS as REPAIRS
from services.layer_rows import Around, Row
from storage.layer_writer import ENDINGS, write_layer
from storage.layers import LayerTable, read_layer
from storage.store import Store, Work

Progress = Callable[[str, int, int], None]
FAR_FROM_CITY_DEG = 1.0
ACTION = "layer.import"
# Who acts at the server's own command line. It has no account, so history names nobody.
OPERATOR = Actor("", "manage.py", (Assignment("admin", "city"),))


@dataclass(frozen=True)
class Made:
    """A file that was made for somebody. name: what they may call it."""

    path: Path
    name: str

    def drop(self) -> None:
        shutil.rmtree(self.path.parent, ignore_errors=True)


class Exchange:
    def __init__(
        self,
        store: Store,
        permissions: Permissions,
        clock: Callable[[], datetime],
        zone_words: Callable[[], ZonePolicy],
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._clock = clock
        self._zone_words = zone_words  # kinds and modes in force now

    def preview(
        self, path: Path, layer: str, actor: Actor, choices: Choices | None = None, progress: Progress | None = None,
        *, file_name: str | None = None,
    ) -> Preview:  # fmt: skip
        """Read and judge a file; nothing is stored. Raises Invalid, TooLarge in one plain sentence each, NotAllowed."""
        self._permissions.require(actor, ACTION)
        choices, tell = choices or Choices(), progress or _silent
        layer = layers.layer_of(layer)
        check_choices(choices)
        tell("read", 0, 4)
        table = read_layer(path, layer=choices.file_layer)
        tell("compare", 1, 4)
        with self._store.look() as work:
            stamp = work.areas.stamp(layer)
            remembered = work.meta(f"layer_columns.{layer}")
            known = _known(work, layer)
            around = _around(work)
        mapping = layers.guessed_columns(layer, table.columns, json.loads(remembered) if remembered else None)
        mapping |= layers.checked_columns(layer, table.columns, choices.columns or {})
        mapping = {f: c for f, c in mapping.items() if (choices.columns or {}).get(f) != ""}
        raw = shapely.from_wkb(np.array(table.wkb, dtype=object))
        if table.format == "dxf" and layer != "road":
            raw = layer_rows.closed_areas(raw, table.faults)
        rows = layer_rows.read_rows(layer, table.columns, table.rows, mapping, raw, table.faults,
                                    self._zone_words())  # fmt: skip
        found, frame = _frame(table, raw, rows, known, around, choices)
        lonlat = _carried(raw, frame, around)
        for row, shape in zip(rows, lonlat, strict=True):
            row.geometry = shape
        tell("judge", 2, 4)
        layer_rows.check_names(layer, rows, repairs=choices.repairs)
        layer_rows.check_lines(layer, rows, around.city, repairs=choices.repairs)
        layer_rows.check_far(rows)
        if layer in layers.AREAS:
            layer_rows.note_overlaps(rows)
        layer_rows.place_rows(layer, rows, around)
        tell("match", 3, 4)
        settle(layer, rows, known, mapping, choices.lineage)
        proposals, missing = heirs(layer, rows, known, choices.lineage)
        tell("done", 4, 4)
        return Preview(
            layer=layer, file_name=file_name or path.name, format=table.format, file_layer=table.layer,
            sha256=table.sha256, encoding=table.encoding, encoding_reason=table.encoding_reason, columns=table.columns,
            mapping=mapping, guess=found, frame=frame, rows=rows, choices=choices, stamp=stamp,
            proposals=proposals, missing=missing, sample_cells=table.rows[:50],
        )  # fmt: skip

    def store(
        self, preview: Preview, actor: Actor, progress: Progress | None = None, *, import_id: str | None = None,
        claim: Claim | None = None, finish: Callable[[Work, Stored], None] | None = None,
    ) -> Stored:  # fmt: skip
        """Keep a confirmed preview: all of it or nothing. Zones become drafts; everything else is in force at once.

        claim, finish: see layer_keeping.keep. Raises the first of preview.blockers, Conflict when the layer has changed
        since the preview or another import is being stored, NotAllowed.
        """
        self._permissions.require(actor, ACTION)
        tell = progress or _silent
        if preview.blockers:
            raise preview.blockers[0]
        now, counts = self._clock(), preview.counts
        kept = [row for row in preview.rows if row.fate in ("new", "changed")]
        columns = json.dumps(dict(preview.mapping), ensure_ascii=False)

        def stored(links: int, placed: int = 0) -> Stored:
            return Stored(preview.layer, counts["new"], counts["changed"], counts["same"], counts["bad"], links, placed)

        def started(work: Work, done: int, of: int) -> None:
            tell("store", done, of)
            if claim is not None:
                claim(work, done, of)

        def close(work: Work, links: int) -> None:
            work.set_meta(f"layer_columns.{preview.layer}", columns)
            if kept:
                work.history.write("layer", preview.layer, "layer.imported", payload_of(preview), at=now,
                                   actor_id=actor.person_id or None)  # fmt: skip
            if finish is not None:
                finish(work, stored(links))

        if kept:
            links = keep(self._store, preview, kept, actor, now, import_id or str(uuid.uuid4()), started, close)
        else:
            with self._store.work() as work:
                started(work, 0, 0)
                close(work, links := 0)
        return stored(links, self.place(preview.layer) if kept else 0)

    def place(self, layer: str) -> int:
        """After streets or grids came in: say of every building where it lies now. Safe to do again."""
        return place_buildings(self._store) if layer in ("street", "grid") else 0

    def export_file(self, layer: str, kind: str, actor: Actor) -> Made:
        """A layer as a file to hand over; drop it afterwards. Raises what export raises."""
        folder = Path(tempfile.mkdtemp(prefix="slg-layer-out-"))
        try:
            path = folder / f"layer{ENDINGS.get(kind, '')}"
            self.export(layer, kind, path, actor)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        word = words(actor.lang)(f"layers.name_{layers.layer_of(layer)}")
        frame = f"-{measure.METRES.replace(':', '')}" if kind == "dxf" else ""  # a drawing cannot say it
        return Made(path, f"{word}-{self._clock().strftime('%Y%m%d')}{frame}{path.suffix}")

    def export(self, layer: str, kind: str, path: Path, actor: Actor) -> int:
        """Write a layer as it is in force (zones: drafts where nothing is in force) to a new file; the rows written.

        kind: geojson, gpkg, shapefile, kml, csv, xlsx in EPSG:4326; dxf in EPSG:4549 (geo.measure.METRES). Raises Invalid, FileExistsError.
        """
        self._permissions.require(actor, "layers.read")
        layer = layers.layer_of(layer)
        if kind not in ENDINGS:
            raise Invalid("layer_kind_unknown", field="format", name=kind[:20], names=", ".join(ENDINGS))
        with self._store.look() as work:
            columns, rows, shapes = _outgoing(work, layer)
        if not rows:
            raise Invalid("layer_empty_here", field="layer")
        with tempfile.TemporaryDirectory(prefix="slg-export-", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            if kind == "dxf":
                write_layer(draft, kind, layer, columns, rows, list(measure.project(shapes)), frame=measure.METRES)
            else:
                write_layer(draft, kind, layer, columns, rows, shapes)
            if path.exists():
                raise Invalid("layer_file_there", field="file", name=path.name)
            draft.replace(path)
        return len(rows)


def _silent(_step: str, _done: int, _of: int) -> None:
    return None


def check_choices(choices: Choices) -> None:
    """Raises Invalid for a datum, a coordinate system or a repair that does not exist."""
    if unknown := set(choices.repairs) - set(REPAIRS):
        raise Invalid("layer_repair_unknown", field="repairs", name=min(unknown)[:40])
    if choices.datum is not None and choices.datum not in DATUMS:
        raise Invalid("layer_datum_unknown", field="datum", name=choices.datum[:20])
    if choices.crs is not None and not is_frame(choices.crs):
        raise Invalid("layer_crs_unknown", field="crs", name=choices.crs[:40])


# -- what is known -------------------------------------------------------------------------------------------------


def _known(work: Work, layer: str) -> list[Any]:
    """Versions in force (zones: drafts too), all buildings, or all roads."""
    if layer == "building":
        return list(work.buildings.every())
    if layer == "road":
        return list(work.buildings.every_road())
    return list(work.areas.shown(layer))


def _around(work: Work) -> Around:
    streets = work.areas.in_force("street")
    city = shapely.union_all([s.geometry for s in streets]) if streets else None
    return Around(streets, work.areas.in_force("community"), work.areas.in_force("grid"), city)


def _frame(
    table: LayerTable, raw: Any, rows: Sequence[Row], known: Sequence[Any], around: Around, choices: Choices
) -> tuple[Guess, Frame]:
    lines = [a.geometry for a in (*around.streets, *around.communities, *around.grids[:3000])]
    told = choices.crs or table.crs
    box = measure.bounds(around.city) if around.city is not None else None
    found = guess(raw, told, city=box, known=lines, pairs=_pairs(rows, known))
    frame = found.frame
    if choices.datum is not None:
        frame = replace(frame, datum=choices.datum)
    if choices.is_swapped is not None:
        frame = replace(frame, is_swapped=choices.is_swapped)
    if "unreadable" in found.reasons and choices.crs is None:
        raise Invalid("layer_frame_unknown", field="crs")
    return found, frame


def _pairs(rows: Sequence[Row], known: Sequence[Any]) -> Any:
    """(row, lon, lat) of things that are in the file and known by the same code or id."""
    by_key = {getattr(k, "code", None) or k.id: k for k in known}
    pairs = []
    for i, row in enumerate(rows):
        old = by_key.get(row.values.get("code") or row.values.get("id"))
        if old is not None and row.geometry is not None:
            pairs.append((i, *measure.label_point(old.geometry)))
    return np.array(pairs, dtype=float).reshape(-1, 3)


def _carried(raw: Any, frame: Frame, around: Around) -> Any:
    """Everything in lon/lat. A whole file of another country or city is told in one sentence, not row by row."""
    try:
        lonlat = into_lonlat(raw, frame)
    except UnknownFrame as error:
        raise Invalid("layer_crs_unknown", field="crs", name=frame.crs[:40]) from error
    points = shapely.get_coordinates(lonlat)
    if not len(points):
        return lonlat
    x, y = (round(float(v), 4) for v in np.nanmedian(np.where(np.isfinite(points), points, np.nan), axis=0))
    if not is_inside(points, CHINA):
        raise Invalid("layer_outside_country", field="file", lon=x, lat=y)
    if around.city is not None:
        w, s, e, n = around.city.bounds
        far = FAR_FROM_CITY_DEG
        if not is_inside(points, (w - far, s - far, e + far, n + far)):
            km = round(measure.distance_m(x, y, (w + e) / 2, (s + n) / 2) / 1000)
            raise Invalid("layer_outside_city", field="file", lon=x, lat=y, km=km)
    return lonlat


# -- going out -----------------------------------------------------------------------------------------------------


def _outgoing(work: Work, layer: str) -> tuple[list[str], list[list[Any]], list[Any]]:
    """Columns, rows and shapes. Streets and communities are named by their codes; no column name is over ten letters."""
    found = _known(work, layer)
    if layer == "building":
        columns = ["id", "name", "number", "households", "dwelling", "is_sample"]
        rows = [[b.id, b.name, b.number, b.households, b.is_residential, b.is_sample] for b in found]
        return columns, rows, [b.geometry for b in found]
    if layer == "road":
        return (
            ["id", "name", "kind", "is_sample"],
            [[r.id, r.name, r.kind, r.is_sample] for r in found],
            [r.geometry for r in found],
        )
    if layer == "zone":
        in_force = {area.area_id for area in found if area.status == "in_force"}
        newest = {area.area_id: area for area in found if area.status == "draft" and area.area_id not in in_force}
        found = [area for area in found if area.status == "in_force" or newest.get(area.area_id) is area]
    codes = {a.area_id: a.code for kind in ("street", "community") for a in work.areas.in_force(kind)}
    fields = layers.FIELDS[layer]
    columns = [*fields, "area_m2", "version", "status", "is_sample"]
    rows = [
        [codes.get(getattr(a, f"{f}_id")) if f in ("street", "community") else getattr(a, f) for f in fields]
        + [round(a.area_m2, 2), a.version, a.status, a.is_sample]
        for a in found
    ]  # fmt: skip
    return columns, rows, [a.geometry for a in found]
