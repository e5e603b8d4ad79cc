"""Keeps the rows of a confirmed preview: versions and lineage of areas, buildings, roads. All of it or nothing.

Phones write meanwhile, so no transaction may be long. Rows go into their tables a thousand at a time and nobody sees
them; one short transaction at the end shows them all, ends what they replace and writes the history. A run that dies
leaves rows that were never seen: the next one takes them away and begins again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import shapely

from domain import layers
from domain.errors import Conflict, Invalid, Refused
from domain.records import Actor, Area, Building, DivisionRow, Road
from geo import measure
from services import layer_rows
from services.divisions import DIVIDE
from services.grid_layer import grids_cover
from services.layer_preview import Preview, value_of
from services.layer_rows import Row
from services.zones import division_rows
from storage import tables
from storage.areas import STAGED
from storage.store import Store, Work

ROWS_AT_ONCE = 1000
PLACED_AT_ONCE = 2000
GIVEN_UP_AFTER = timedelta(minutes=10)
Claim = Callable[[Work, int, int], None]
Pieces = Sequence[DivisionRow]


@dataclass(frozen=True)
class Plan:
    """Everything that the last transaction writes, made before it. pairs: new versions of areas with their pieces."""

    pairs: Sequence[tuple[Area, Pieces]] = ()
    links: Sequence[tuple[str, str, str]] = ()
    superseded: Sequence[str] = ()
    retired: Sequence[str] = ()
    new_things: Sequence[Row] = ()
    changed_things: Sequence[Row] = ()
    history: Sequence[dict[str, Any]] = ()
    is_sample: bool = False


def keep(
    store: Store, preview: Preview, rows: Sequence[Row], actor: Actor, now: datetime, import_id: str, claim: Claim,
    finish: Callable[[Work, int], None],
) -> int:  # fmt: skip
    """Store rows under the id of their import; how many lines of lineage were written.

    claim is called inside every transaction with (work, rows done, of all) and may refuse; finish inside the last one
    with (work, lines of lineage). Raises Conflict when the layer changed since the preview.
    """
    _take_leavings(store, import_id, now)
    plan = _plan(store, preview, rows, actor, now)
    try:
        done = 0
        for batch in _batches(plan.pairs or plan.new_things, ROWS_AT_ONCE):
            with store.work() as work:
                claim(work, done, len(rows))
                _stage(work, preview.layer, batch, plan, import_id, now)
            done += len(batch)
        with store.work() as work:
            claim(work, done, len(rows))
            if work.areas.stamp(preview.layer) != preview.stamp:
                raise Conflict("layer_changed_meanwhile", field="layer")
            _show(work, preview, plan, now, import_id)
            finish(work, len(plan.links))
    except BaseException:
        with suppress(Refused):  # the store may be what failed; then the next run, or the janitor, takes them
            take_away(store, import_id)
        raise
    return len(plan.links)


def take_away(store: Store, import_id: str) -> None:
    """Hidden rows of an import that came to nothing; a thousand at a time, like they came."""
    while True:
        with store.work() as work:
            if not work.layer_imports.take_away(import_id, ROWS_AT_ONCE):
                return


def _take_leavings(store: Store, import_id: str, now: datetime) -> None:
    """What dead runs left. Raises Conflict while another import is being stored."""
    with store.look() as work:
        all_hidden = set(work.layer_imports.hidden())
        dead = set(work.layer_imports.hidden(now - GIVEN_UP_AFTER))
    for found in all_hidden:
        if found != import_id and found not in dead:
            raise Conflict("layer_being_stored", field="layer")
        take_away(store, found)


def _batches(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    yield from (rows[start : start + size] for start in range(0, len(rows), size))


# -- what will be written ----------------------------------------------------------------------------------------------


def _plan(store: Store, preview: Preview, rows: Sequence[Row], actor: Actor, now: datetime) -> Plan:
    with store.look() as work:
        is_sample = work.meta("sample_city") is not None
        last = work.areas.last_versions(preview.layer)
        in_force = {area.code: area for area in work.areas.in_force(preview.layer)} if preview.choices.lineage else {}
    if preview.layer not in layers.AREAS:
        new, changed = ([row for row in rows if row.fate == fate] for fate in ("new", "changed"))
        return Plan(new_things=new, changed_things=changed, is_sample=is_sample)
    versions, links, superseded = _versions(
        preview, rows, _zone_codes(store, preview, rows), last, actor, now, is_sample
    )
    more, retired = _lineage(preview, versions, in_force)
    pieces: Sequence[Pieces] = [()] * len(versions)
    if preview.layer == "zone":
        with store.look() as work:
            versions, pieces = _divided(work, versions)
    action, author = "zone.drafted" if preview.layer == "zone" else f"{preview.layer}.imported", actor.person_id or None
    with store.look() as work:
        history = work.history.make_links(
            preview.layer, [(v.area_id, action, _version_payload(v, preview), author, now) for v in versions]
        )
    return Plan(list(zip(versions, pieces, strict=True)), [*links, *more], superseded, retired, history=history)


def _zone_codes(store: Store, preview: Preview, rows: Sequence[Row]) -> Iterator[str]:
    """Codes for zones that have none."""
    without = sum(not row.values.get("code") and row.known is None for row in rows) if preview.layer == "zone" else 0
    if not without:
        return iter(())
    with store.work() as work:
        numbers = work.next_numbers("zone-code", without)
    return (f"Q-{number:05d}" for number in numbers)


def _versions(
    preview: Preview, rows: Sequence[Row], codes: Iterator[str], last: dict[str, int], actor: Actor, now: datetime,
    is_sample: bool,
) -> tuple[list[Area], list[tuple[str, str, str]], list[str]]:  # fmt: skip
    layer, frame, is_zone = preview.layer, preview.frame, preview.layer == "zone"
    recoded = {line.new[0] for line in preview.choices.lineage if line.relation == "recoded"}
    versions, links, superseded = [], [], []
    for row in rows:
        known = row.known if isinstance(row.known, Area) else None
        code = row.values.get("code") or (known.code if known else next(codes))
        said = {name: value_of(row, name, known) for name in ("name", "kind", "mode", "manager", "households")
                if name in layers.FIELDS[layer]}  # fmt: skip
        said["name"] = said["name"] or code
        version = Area(
            id=str(uuid.uuid4()), area_id=known.area_id if known else str(uuid.uuid4()), layer=layer,
            version=last.get(known.area_id, 0) + 1 if known else 1, status=STAGED, code=code, geometry=row.geometry,
            area_m2=row.area_m2, street_id=row.street_id, community_id=row.community_id,
            origin=f"{preview.file_name}; {frame.crs}, {frame.datum}", is_sample=is_sample,
            valid_from=None if is_zone else now, created_at=now, created_by=actor.person_id or None,
            attributes=dict(known.attributes) if known else {}, **said,
        )  # fmt: skip
        versions.append(version)
        if known:
            links.append((known.id, version.id, "recoded" if code in recoded else "next"))
            if not is_zone and known.status == "in_force":
                superseded.append(known.id)
    return versions, links, superseded


def _lineage(
    preview: Preview, versions: Sequence[Area], in_force: dict[str, Area]
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Links of splits and mergers, and the versions that end with them. A zone ends only when its heirs take force."""
    by_code = {version.code: version for version in versions}
    links, retired = [], []
    for line in preview.choices.lineage:
        if line.relation == "recoded":
            continue
        for old in line.old:
            if old not in in_force:
                raise Invalid("layer_lineage_unknown", field="lineage", which=old)
            links += [(in_force[old].id, by_code[new].id, line.relation) for new in line.new if new in by_code]
            retired += [] if preview.layer == "zone" else [in_force[old].id]
    return links, retired


def _divided(work: Work, versions: Sequence[Area]) -> tuple[list[Area], list[Pieces]]:
    """Zone drafts with their pieces, and with households counted where the file says none."""
    box = measure.bounds([version.geometry for version in versions])
    if box is None:
        return list(versions), [()] * len(versions)
    grids, buildings = work.areas.touching("grid", box), work.buildings.touching(box)
    rows, crosses = division_rows(
        [v.geometry for v in versions], grids, buildings, grids_are_a_coverage=grids_cover(work)
    )
    counted = [
        replace(v, crosses_grids=is_crossing,
                households=v.households if v.households is not None else sum(r.households for r in pieces))
        for v, is_crossing, pieces in zip(versions, crosses, rows, strict=True)
    ]  # fmt: skip
    return counted, list(rows)


# -- writing it ----------------------------------------------------------------------------------------------------


def _stage(work: Work, layer: str, batch: Sequence[Any], plan: Plan, import_id: str, now: datetime) -> None:
    if layer in layers.AREAS:
        table = tables.area_versions
        first, last = work.areas.stage([version for version, _ in batch], at=now)
        work.areas.set_divisions([(version.id, row) for version, rows in batch for row in rows], at=now)
    elif layer == "building":
        table = tables.buildings
        first, last = work.buildings.add([_building(row, plan.is_sample) for row in batch])
    else:
        table = tables.roads
        first, last = work.buildings.add_roads([_road(row, plan.is_sample) for row in batch])
    work.layer_imports.hide(import_id, table, first, last, at=now)


def _show(work: Work, preview: Preview, plan: Plan, now: datetime, import_id: str) -> None:
    layer = preview.layer
    work.areas.end(plan.superseded, status="superseded", at=now)
    work.areas.end(plan.retired, status="retired", at=now)
    work.layer_imports.show(import_id, {"status": "draft" if layer == "zone" else "in_force"})
    work.areas.link_many(plan.links, at=now)
    if layer == "building":
        work.buildings.change([_building(row, plan.is_sample) for row in plan.changed_things])
    elif layer == "road":
        work.buildings.change_roads([_road(row, plan.is_sample) for row in plan.changed_things])
    work.areas.bump(layer)
    if layer == "grid":
        work.jobs.queue(DIVIDE, f"{DIVIDE}:{import_id}", {"at": now.isoformat()}, at=now)
    work.history.append(plan.history)


def _building(row: Row, is_sample: bool) -> Building:
    known = row.known if isinstance(row.known, Building) else None
    lon, lat = row.label
    households, homes = value_of(row, "households", known), value_of(row, "is_residential", known)
    return Building(
        id=known.id if known else row.values.get("id") or str(uuid.uuid4()), name=value_of(row, "name", known) or "",
        number=value_of(row, "number", known) or "", geometry=row.geometry, lon=lon, lat=lat,
        households=households or 0, is_residential=homes if homes is not None else households != 0,
        street_id=row.street_id, grid_id=row.grid_id, zone_id=known.zone_id if known else None,
        is_sample=known.is_sample if known else is_sample,
    )  # fmt: skip


def _road(row: Row, is_sample: bool) -> Road:
    known = row.known if isinstance(row.known, Road) else None
    return Road(
        id=known.id if known else row.values.get("id") or str(uuid.uuid4()), name=value_of(row, "name", known) or "",
        geometry=row.geometry, kind=value_of(row, "kind", known) or "road",
        is_sample=known.is_sample if known else is_sample,
    )  # fmt: skip


def place_buildings(store: Store) -> int:
    """Buildings lie in the streets and grids that are in force now; returns how many moved.

    Stops when the borders change once more meanwhile: whoever changed them places all buildings again.
    """
    with store.look() as work:
        stamps = _border_stamps(work)
        found = work.buildings.figures()
        streets, grids = (work.areas.in_force("street"), work.areas.in_force("grid")) if found else ([], [])
    if not found:
        return 0
    points = shapely.points([row.lon for row in found], [row.lat for row in found])
    moved = [
        (row.id, street, grid)
        for row, street, grid in zip(
            found, layer_rows.holding(points, streets), layer_rows.holding(points, grids), strict=True
        )
        if (row.street_id, row.grid_id) != (street, grid)
    ]
    done = 0
    for batch in _batches(moved, PLACED_AT_ONCE):
        with store.work() as work:
            if _border_stamps(work) != stamps:
                return done
            work.buildings.place(batch)
        done += len(batch)
    return done


def _border_stamps(work: Work) -> tuple[int, int]:
    return work.areas.stamp("street"), work.areas.stamp("grid")


def payload_of(preview: Preview) -> dict[str, Any]:
    frame = preview.frame
    return {
        "file": preview.file_name, "sha256": preview.sha256, "format": preview.format, "crs": frame.crs,
        "datum": frame.datum, "is_swapped": frame.is_swapped, "columns": dict(preview.mapping), **preview.counts,
        "repaired": preview.repaired,
        "lineage": [{"old": list(line.old), "new": list(line.new)} for line in preview.choices.lineage],
    }  # fmt: skip


def _version_payload(version: Area, preview: Preview) -> dict[str, Any]:
    return {
        "version_id": version.id, "version": version.version, "code": version.code, "name": version.name,
        "area_m2": round(version.area_m2, 2), "file_sha256": preview.sha256,
    }  # fmt: skip
