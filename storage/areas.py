"""Streets, communities, grids, unit cells and zones: identities, dated versions, lineage, division rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.records import Area, DivisionRow
from storage import spatial
from storage.tables import area_lineage, area_versions, areas, divisions, layer_stamps

_COLUMNS = [area_versions.c[f.name] for f in fields(Area)]
LAYERS = ("street", "community", "grid", "unit_cell", "zone")
Box = tuple[float, float, float, float]
STAGED = "staged"  # a version of an import that is not whole yet: nobody sees it


class AreaLabel(NamedTuple):
    layer: str
    area_id: str
    code: str
    name: str
    street_id: str | None
    community_id: str | None


class Areas:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, versions: Sequence[Area], *, at: datetime) -> None:
        """Store new versions (and their identities when new) and bump the layers' stamps."""
        self.stage(versions, at=at)
        for layer in {v.layer for v in versions}:
            self.bump(layer)

    def stage(self, versions: Sequence[Area], *, at: datetime) -> tuple[int, int]:
        """Store versions without telling the map; their first and last serial."""
        if not versions:
            return 0, -1
        known = self._known({v.area_id for v in versions})
        new = {v.area_id: v.layer for v in versions if v.area_id not in known}
        if new:
            self._connection.execute(
                sa.insert(areas), [{"id": i, "layer": layer, "created_at": at} for i, layer in new.items()]
            )
        c = area_versions.c
        last = self._connection.scalar(sa.select(sa.func.max(c.serial))) or 0
        self._connection.execute(sa.insert(area_versions), [self._row(v, at) for v in versions])
        added = sa.select(c.id, c.serial).where(c.serial > last)  # one writer: these are ours
        serials = {row.id: row.serial for row in self._connection.execute(added)}
        spatial.index_rows(self._connection, area_versions, [(serials[v.id], v.geometry) for v in versions])
        return min(serials.values()), max(serials.values())

    def in_force(self, layer: str, *, street_id: str | None = None) -> list[Area]:
        where = [area_versions.c.layer == layer, area_versions.c.status == "in_force"]
        if street_id is not None:
            where.append(area_versions.c.street_id == street_id)
        return self._select(where)

    def labels(self, layers: Sequence[str]) -> list[AreaLabel]:
        """What areas in force are called, without their lines."""
        c = area_versions.c
        names = (c.layer, c.area_id, c.code, c.name, c.street_id, c.community_id)
        query = sa.select(*names).where(c.layer.in_(layers), c.status == "in_force").order_by(c.layer, c.code, c.serial)
        return [AreaLabel(*row) for row in self._connection.execute(query)]

    def shown(self, layer: str) -> list[Area]:
        """What the map draws: versions in force, and drafts of zones."""
        return self._select([area_versions.c.layer == layer, area_versions.c.status.in_(("in_force", "draft"))])

    def touching(self, layer: str, box: Box, *, status: str = "in_force") -> list[Area]:
        """Versions whose bounds touch (west, south, east, north); the caller decides exactly."""
        return self.around((layer,), box, status=status)

    def around(self, layers: Sequence[str], box: Box, *, status: str = "in_force") -> list[Area]:
        """Versions of several layers whose bounds touch the box."""
        asked = {**spatial.sides(box), "layers": list(layers), "status": status}
        return [Area(*row) for row in self._connection.execute(_around(spatial.engine_of(self._connection)), asked)]

    def near_point(self, lon: float, lat: float) -> list[Area]:
        """Versions in force of every layer whose bounds hold the point."""
        return self.around(LAYERS, (lon, lat, lon, lat))

    def version(self, version_id: str) -> Area | None:
        return next(iter(self._select([area_versions.c.id == version_id])), None)

    def current(self, area_id: str) -> Area | None:
        row = self._connection.execute(_current(), {"area_id": area_id}).first()
        return Area(*row) if row else None

    def versions(self, area_id: str) -> list[Area]:
        return self._select([area_versions.c.area_id == area_id, area_versions.c.status != STAGED])

    def names(self, layer: str) -> dict[str, str]:
        """Stable id to name, versions in force."""
        table = area_versions
        rows = self._connection.execute(
            sa.select(table.c.area_id, table.c.name).where(table.c.layer == layer, table.c.status == "in_force")
        )
        return {row.area_id: row.name for row in rows}

    def find(self, text: str, *, limit: int) -> list[Area]:
        """Versions in force whose name or code holds the text; estates first, then short names."""
        table = area_versions
        where = [
            table.c.status == "in_force",
            table.c.layer != "unit_cell",
            sa.or_(table.c.name.icontains(text, autoescape=True), table.c.code == text),
        ]
        first = sa.case((table.c.layer == "zone", 0), (table.c.layer == "street", 1), else_=2)
        rows = self._connection.execute(
            sa.select(*_COLUMNS)
            .where(*where)
            .order_by(first, sa.func.length(table.c.name), table.c.name, table.c.serial)
            .limit(limit)
        )
        return [Area(*row) for row in rows]

    def link(self, from_version_id: str, to_version_id: str, relation: str, *, at: datetime) -> None:
        self._connection.execute(
            sa.insert(area_lineage).values(
                from_version_id=from_version_id, to_version_id=to_version_id, relation=relation, at=at
            )
        )

    def link_many(self, links: Sequence[tuple[str, str, str]], *, at: datetime) -> None:
        """Lineage of many versions at once: (from_version_id, to_version_id, relation)."""
        rows = [{"from_version_id": a, "to_version_id": b, "relation": relation, "at": at} for a, b, relation in links]
        if rows:
            self._connection.execute(sa.insert(area_lineage), rows)

    def lineage(self, version_id: str) -> list[tuple[str, str, str]]:
        """(from_version_id, to_version_id, relation) of every line that starts or ends at a version."""
        c = area_lineage.c
        either = sa.or_(c.from_version_id == version_id, c.to_version_id == version_id)
        query = sa.select(c.from_version_id, c.to_version_id, c.relation).where(either).order_by(c.serial)
        return [tuple(row) for row in self._connection.execute(query)]

    def end(self, version_ids: Sequence[str], *, status: str, at: datetime) -> None:
        """Take versions out of force: superseded by a next one, or retired. Line and name stay as they were."""
        table = area_versions
        for start in range(0, len(version_ids), 500):
            some = table.c.id.in_(version_ids[start : start + 500])
            self._connection.execute(sa.update(table).where(some).values(status=status, valid_to=at))

    def last_versions(self, layer: str) -> dict[str, int]:
        """Stable id to its highest version number, drafts and ended ones too."""
        c = area_versions.c
        rows = self._connection.execute(
            sa.select(c.area_id, sa.func.max(c.version).label("last")).where(c.layer == layer).group_by(c.area_id)
        )
        return {row.area_id: row.last for row in rows}

    def put_in_force(
        self, version_id: str, *, at: datetime, mode: str | None, manager: str | None, crosses_grids: bool,
        households: int | None,
    ) -> None:  # fmt: skip
        """A draft takes force. Its line and its name stay as they were drawn."""
        table = area_versions
        self._connection.execute(
            sa.update(table)
            .where(table.c.id == version_id, table.c.status == "draft")
            .values(status="in_force", valid_from=at, mode=mode, manager=manager, crosses_grids=crosses_grids,
                    households=households)
        )  # fmt: skip

    def set_mode(self, version_id: str, *, mode: str, manager: str | None) -> None:
        """Who manages a zone is no part of its line: it changes without a new version."""
        table = area_versions
        self._connection.execute(sa.update(table).where(table.c.id == version_id).values(mode=mode, manager=manager))

    def mark_crossing(self, version_id: str, crosses_grids: bool) -> None:
        table = area_versions
        self._connection.execute(sa.update(table).where(table.c.id == version_id).values(crosses_grids=crosses_grids))

    def changed_at(self, layer: str, at: datetime) -> list[Area]:
        """Versions that took force or ended at exactly that moment: what one import changed."""
        c = area_versions.c
        return self._select([c.layer == layer, c.status != STAGED, sa.or_(c.valid_from == at, c.valid_to == at)])

    def set_division(self, zone_version_id: str, rows: Iterable[DivisionRow], *, at: datetime | None = None) -> None:
        self.set_divisions([(zone_version_id, row) for row in rows], at=at)

    def set_divisions(
        self, pairs: Sequence[tuple[str, DivisionRow]], *, at: datetime | None = None, set_no: int = 0
    ) -> None:
        """Write the pieces of zone versions. Pieces of a version in force are written once and never changed."""
        values = [
            {
                "zone_version_id": zone_version_id, "set_no": set_no, "made_at": at,
                "grid_version_id": row.grid_version_id, "grid_id": row.grid_id,
                "grid_code": row.grid_code, "grid_name": row.grid_name, "area_m2": row.area_m2, "share": row.share,
                "buildings": row.buildings, "households": row.households, "is_sliver": row.is_sliver,
                "piece": row.piece,
            }
            for zone_version_id, row in pairs
        ]  # fmt: skip
        if values:
            self._connection.execute(sa.insert(divisions), values)

    def redivide(self, version: Area, rows: Sequence[DivisionRow], *, at: datetime) -> int:
        """New pieces of a version: a draft's replace its old ones, a version in force gets another set beside them.

        Gives the number of the set. Raises ValueError for a version that has ended: its pieces are the past.
        """
        c = divisions.c
        if version.status == "draft":
            self._connection.execute(sa.delete(divisions).where(c.zone_version_id == version.id))
            number = 0
        elif version.status == "in_force":
            number = self.last_set(version.id) + 1
        else:
            raise ValueError(f"{version.id} is {version.status}")
        self.set_divisions([(version.id, row) for row in rows], at=at, set_no=number)
        return number

    def last_set(self, zone_version_id: str) -> int:
        """The number of a version's newest division; -1 when it has none."""
        c = divisions.c
        found = self._connection.scalar(sa.select(sa.func.max(c.set_no)).where(c.zone_version_id == zone_version_id))
        return -1 if found is None else found

    def division(self, zone_version_id: str, set_no: int | None = None) -> list[DivisionRow]:
        """The newest division of a version, or the one it was decided with (set_no 0)."""
        names = [divisions.c[f.name] for f in fields(DivisionRow)]
        number = self.last_set(zone_version_id) if set_no is None else set_no
        rows = self._connection.execute(
            sa.select(*names)
            .where(divisions.c.zone_version_id == zone_version_id, divisions.c.set_no == number)
            .order_by(divisions.c.share.desc(), divisions.c.serial)
        )
        return [DivisionRow(**row) for row in rows.mappings()]

    def divisions_of(self, zone_version_ids: Sequence[str]) -> dict[str, list[DivisionRow]]:
        """The newest division of each version, in one question for some hundred of them."""
        names = [divisions.c[f.name] for f in fields(DivisionRow)]
        of, number = divisions.c.zone_version_id, divisions.c.set_no
        found: dict[str, list[DivisionRow]] = {one: [] for one in zone_version_ids}
        newest: dict[str, int] = {}
        for start in range(0, len(zone_version_ids), 500):
            query = sa.select(of.label("of"), number.label("number"), *names).where(
                of.in_(zone_version_ids[start : start + 500])
            )
            for row in self._connection.execute(
                query.order_by(of, number.desc(), divisions.c.share.desc(), divisions.c.serial)
            ):
                if row.number == newest.setdefault(row.of, row.number):
                    found[row.of].append(DivisionRow(*row[2:]))
        return found

    def stamp(self, layer: str) -> int:
        """Counts the changes of a layer; an unchanged stamp means an unchanged map layer."""
        return self._connection.scalar(_STAMP, {"layer": layer}) or 0

    def bump(self, layer: str) -> None:
        table = layer_stamps
        step = sa.update(table).where(table.c.layer == layer).values(stamp=table.c.stamp + 1)
        if self._connection.execute(step).rowcount == 0:
            self._connection.execute(sa.insert(table).values(layer=layer, stamp=1))

    def count(self, layer: str, *, status: str = "in_force") -> int:
        where = (area_versions.c.layer == layer, area_versions.c.status == status)
        return self._connection.scalar(sa.select(sa.func.count()).select_from(area_versions).where(*where)) or 0

    def _known(self, ids: set[str]) -> set[str]:
        found: set[str] = set()
        wanted = sorted(ids)
        for start in range(0, len(wanted), 500):
            found.update(
                self._connection.scalars(sa.select(areas.c.id).where(areas.c.id.in_(wanted[start : start + 500])))
            )
        return found

    def _row(self, version: Area, at: datetime) -> dict[str, Any]:
        stamped = version if version.created_at else replace(version, created_at=at)
        return {f.name: getattr(stamped, f.name) for f in fields(Area)}

    def _select(self, where: list[Any]) -> list[Area]:
        rows = self._connection.execute(sa.select(*_COLUMNS).where(*where).order_by(*_ORDER))
        return [Area(*row) for row in rows]


_STAMP = sa.select(layer_stamps.c.stamp).where(layer_stamps.c.layer == sa.bindparam("layer"))
# Built once: naming the columns takes longer than asking.
_ORDER = (area_versions.c.code, area_versions.c.version, area_versions.c.serial)


@cache
def _around(engine: str) -> sa.Select:
    c = area_versions.c
    some = c.layer.in_(sa.bindparam("layers", expanding=True))
    near = spatial.touching(engine, area_versions)
    return sa.select(*_COLUMNS).where(some, c.status == sa.bindparam("status"), near).order_by(*_ORDER)


@cache
def _current() -> sa.Select:
    c = area_versions.c
    here = (c.area_id == sa.bindparam("area_id"), c.status == "in_force")
    return sa.select(*_COLUMNS).where(*here).order_by(*_ORDER)
