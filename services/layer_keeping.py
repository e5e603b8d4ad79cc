"""Keeps the rows of a confirmed preview: versions and lineage of areas, buildings, roads. Inside one unit of work."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import shapely

from domain import layers
from domain.errors import Invalid
from domain.records import Actor, Area, Building, DivisionRow, Road
from geo import measure
from services import layer_rows
from services.layer_preview import Preview, value_of
from services.layer_rows import Row
from services.zones import division_rows
from storage.store import Work

AT_ONCE = 5000


def keep_areas(work: Work, preview: Preview, rows: Sequence[Row], actor: Actor, now: datetime, is_sample: bool) -> int:
    layer, author = preview.layer, actor.person_id or None
    is_zone = layer == "zone"
    last = work.areas.last_versions(layer)
    recoded = {line.new[0] for line in preview.choices.lineage if line.relation == "recoded"}
    frame = preview.frame
    versions, links, ended = [], [], []
    for row in rows:
        known = row.known if isinstance(row.known, Area) else None
        code = row.values.get("code") or (known.code if known else f"Q-{work.next_number('zone-code'):05d}")
        said = {name: value_of(row, name, known) for name in ("name", "kind", "mode", "manager", "households")
                if name in layers.FIELDS[layer]}  # fmt: skip
        said["name"] = said["name"] or code
        version = Area(
            id=str(uuid.uuid4()), area_id=known.area_id if known else str(uuid.uuid4()), layer=layer,
            version=last.get(known.area_id, 0) + 1 if known else 1, status="draft" if is_zone else "in_force",
            code=code, geometry=row.geometry, area_m2=row.area_m2, street_id=row.street_id,
            community_id=row.community_id, origin=f"{preview.file_name}; {frame.crs}, {frame.datum}",
            is_sample=is_sample, valid_from=None if is_zone else now, created_at=now, created_by=author,
            attributes=dict(known.attributes) if known else {}, **said,
        )  # fmt: skip
        versions.append(version)
        if known:
            links.append((known.id, version.id, "recoded" if code in recoded else "next"))
            if not is_zone and known.status == "in_force":
                ended.append(known.id)
    work.areas.end(ended, status="superseded", at=now)
    more, retired = _lineage_links(work, preview, versions, is_zone)
    work.areas.end(retired, status="retired", at=now)
    versions, pieces = _divided(work, versions) if is_zone else (versions, [])
    work.areas.add(versions, at=now)
    work.areas.set_divisions([(v.id, row) for v, rows in zip(versions, pieces, strict=False) for row in rows])
    work.areas.link_many([*links, *more], at=now)
    action = "zone.drafted" if is_zone else f"{layer}.imported"
    work.history.write_many(layer, [(v.area_id, action, _version_payload(v, preview), author, now) for v in versions])
    return len(links) + len(more)


def _lineage_links(
    work: Work, preview: Preview, versions: Sequence[Area], is_zone: bool
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Links of splits and mergers, and the versions that end with them. A zone ends only when its heirs take force."""
    by_code = {version.code: version for version in versions}
    in_force = {area.code: area for area in work.areas.in_force(preview.layer)}
    links, retired = [], []
    for line in preview.choices.lineage:
        if line.relation == "recoded":
            continue
        for old in line.old:
            if old not in in_force:
                raise Invalid("layer_lineage_unknown", field="lineage", which=old)
            links += [(in_force[old].id, by_code[new].id, line.relation) for new in line.new if new in by_code]
            retired += [] if is_zone else [in_force[old].id]
    return links, retired


def _divided(work: Work, versions: Sequence[Area]) -> tuple[list[Area], list[list[DivisionRow]]]:
    """Zone drafts with their pieces, and with households counted where the file says none."""
    box = measure.bounds([version.geometry for version in versions])
    if box is None:
        return list(versions), []
    grids, buildings = work.areas.touching("grid", box), work.buildings.touching(box)
    rows, crosses = division_rows([v.geometry for v in versions], grids, buildings, grids_are_a_coverage=False)
    counted = [
        replace(v, crosses_grids=is_crossing,
                households=v.households if v.households is not None else sum(r.households for r in pieces))
        for v, is_crossing, pieces in zip(versions, crosses, rows, strict=True)
    ]  # fmt: skip
    return counted, rows


def keep_things(work: Work, layer: str, rows: Sequence[Row], is_sample: bool) -> None:
    """Buildings or roads, a few thousand at a time: a hundred thousand at once would double the memory."""
    keeps: dict[tuple[str, str], Callable[[list[Any]], None]] = {
        ("building", "new"): work.buildings.add, ("building", "changed"): work.buildings.change,
        ("road", "new"): work.buildings.add_roads, ("road", "changed"): work.buildings.change_roads,
    }  # fmt: skip
    make: Callable[[Row, bool], Any] = _building if layer == "building" else _road
    for fate in ("new", "changed"):
        some = [row for row in rows if row.fate == fate]
        for start in range(0, len(some), AT_ONCE):
            keeps[layer, fate]([make(row, is_sample) for row in some[start : start + AT_ONCE]])


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


def place_buildings(work: Work) -> int:
    """Buildings lie in the streets and grids that are in force now; returns how many moved."""
    found = work.buildings.figures()
    if not found:
        return 0
    points = shapely.points([row.lon for row in found], [row.lat for row in found])
    streets = layer_rows.holding(points, work.areas.in_force("street"))
    grids = layer_rows.holding(points, work.areas.in_force("grid"))
    moved = [
        (row.id, street, grid) for row, street, grid in zip(found, streets, grids, strict=True)
        if (row.street_id, row.grid_id) != (street, grid)
    ]  # fmt: skip
    work.buildings.place(moved)
    return len(moved)


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
