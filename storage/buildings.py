"""Buildings with their households, and roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.records import Building, Road
from storage import spatial
from storage.tables import buildings, hidden_rows, roads

_BUILDING = [buildings.c[f.name] for f in fields(Building)]
_ROAD = [roads.c[f.name] for f in fields(Road)]
ALL = 2**31 - 1
Box = tuple[float, float, float, float]


@cache
def _in_box(engine: str, table: sa.Table) -> sa.Select:
    """Built once: naming the columns takes longer than asking."""
    columns, near = _BUILDING if table is buildings else _ROAD, spatial.touching(engine, table)
    query = sa.select(*columns).where(near, _shown(table)).order_by(table.c.serial)
    return query.limit(sa.bindparam("limit", type_=sa.Integer))


def _shown(table: sa.Table) -> sa.ColumnElement[bool]:
    """A WHERE: rows of an import that is not whole yet are not there."""
    h = hidden_rows.c
    return ~sa.exists().where(h.of == table.name, table.c.serial.between(h.first, h.last))


class Buildings:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, found: Sequence[Building]) -> tuple[int, int]:
        """Their first and last serial."""
        return self._add(buildings, [{f.name: getattr(b, f.name) for f in fields(Building)} for b in found])

    def add_roads(self, found: Sequence[Road]) -> tuple[int, int]:
        return self._add(roads, [{f.name: getattr(r, f.name) for f in fields(Road)} for r in found])

    def every(self) -> list[Building]:
        """All buildings, oldest first."""
        rows = self._connection.execute(sa.select(*_BUILDING).where(_shown(buildings)).order_by(buildings.c.serial))
        return [Building(**row) for row in rows.mappings()]

    def every_road(self) -> list[Road]:
        rows = self._connection.execute(sa.select(*_ROAD).where(_shown(roads)).order_by(roads.c.serial))
        return [Road(**row) for row in rows.mappings()]

    def change(self, found: Sequence[Building]) -> None:
        """Write buildings over those with the same id."""
        self._change(buildings, [{f.name: getattr(b, f.name) for f in fields(Building)} for b in found])

    def change_roads(self, found: Sequence[Road]) -> None:
        self._change(roads, [{f.name: getattr(r, f.name) for f in fields(Road)} for r in found])

    def place(self, found: Sequence[tuple[str, str | None, str | None]]) -> None:
        """Say in which street and grid buildings lie now: (id, street_id, grid_id)."""
        change = sa.update(buildings).where(buildings.c.id == sa.bindparam("of"))
        rows = [{"of": i, "street_id": street, "grid_id": grid} for i, street, grid in found]
        if rows:
            self._connection.execute(change.values(street_id=sa.bindparam("street_id"), grid_id=sa.bindparam("grid_id")),
                                     rows)  # fmt: skip

    def touching(self, box: Box, *, limit: int | None = None) -> list[Building]:
        rows = self._connection.execute(self._touching(buildings), {**spatial.sides(box), "limit": limit or ALL})
        return [Building(*row) for row in rows]

    def roads_touching(self, box: Box, *, limit: int | None = None) -> list[Road]:
        rows = self._connection.execute(self._touching(roads), {**spatial.sides(box), "limit": limit or ALL})
        return [Road(*row) for row in rows]

    def _touching(self, table: sa.Table) -> sa.Select:
        return _in_box(spatial.engine_of(self._connection), table)

    def figures(self) -> list[Any]:
        """Rows (id, lon, lat, households, is_residential, street_id, grid_id) of every building, no geometry."""
        c = buildings.c
        return list(
            self._connection.execute(
                sa.select(c.id, c.lon, c.lat, c.households, c.is_residential, c.street_id, c.grid_id, c.zone_id).where(
                    _shown(buildings)
                )
            )
        )

    def get(self, building_id: str) -> Building | None:
        query = sa.select(*_BUILDING).where(buildings.c.id == building_id, _shown(buildings))
        row = self._connection.execute(query).mappings().first()
        return Building(**row) if row else None

    def labels(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Name and number of these buildings, by id."""
        found: dict[str, tuple[str, str]] = {}
        c = buildings.c
        for start in range(0, len(ids), 500):
            query = sa.select(c.id, c.name, c.number).where(c.id.in_(ids[start : start + 500]))
            found.update({row.id: (row.name, row.number) for row in self._connection.execute(query)})
        return found

    def find(self, text: str, *, limit: int) -> list[Building]:
        rows = self._connection.execute(
            sa.select(*_BUILDING)
            .where(buildings.c.name.icontains(text, autoescape=True), _shown(buildings))
            .order_by(buildings.c.name)
            .limit(limit)
        )
        return [Building(**row) for row in rows.mappings()]

    def find_roads(self, text: str, *, limit: int) -> list[Road]:
        rows = self._connection.execute(
            sa.select(*_ROAD)
            .where(roads.c.name.icontains(text, autoescape=True), _shown(roads))
            .order_by(roads.c.name, roads.c.serial)
            .limit(limit)
        )
        return [Road(**row) for row in rows.mappings()]

    def count(self) -> int:
        return self._count(buildings)

    def count_roads(self) -> int:
        return self._count(roads)

    def _count(self, table: sa.Table) -> int:
        return self._connection.scalar(sa.select(sa.func.count()).select_from(table).where(_shown(table))) or 0

    def _add(self, table: sa.Table, rows: list[dict[str, Any]]) -> tuple[int, int]:
        if not rows:
            return 0, -1
        last = self._connection.scalar(sa.select(sa.func.max(table.c.serial))) or 0
        self._connection.execute(sa.insert(table), rows)
        new = sa.select(table.c.id, table.c.serial).where(table.c.serial > last)  # one writer: these are ours
        serials = {row.id: row.serial for row in self._connection.execute(new)}
        spatial.index_rows(self._connection, table, [(serials[row["id"]], row["geometry"]) for row in rows])
        return min(serials.values()), max(serials.values())

    def _change(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        names = [name for name in rows[0] if name != "id"]
        change = sa.update(table).where(table.c.id == sa.bindparam("of")).values({n: sa.bindparam(n) for n in names})
        self._connection.execute(change, [{**{n: row[n] for n in names}, "of": row["id"]} for row in rows])
        self._index(table, rows)

    def _index(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        serials: dict[str, int] = {}
        for start in range(0, len(rows), 500):
            ids = [row["id"] for row in rows[start : start + 500]]
            found = self._connection.execute(sa.select(table.c.id, table.c.serial).where(table.c.id.in_(ids)))
            serials.update((row.id, row.serial) for row in found)
        spatial.index_rows(self._connection, table, [(serials[row["id"]], row["geometry"]) for row in rows])
