"""Layers on their way in: what was brought, what was decided about it, how far it is; and rows that nobody sees yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.layers import LayerImport
from storage import spatial
from storage.tables import area_versions, areas, buildings, divisions, hidden_rows, layer_imports, roads

_COLUMNS = [layer_imports.c[f.name] for f in fields(LayerImport)]
_TABLES = {table.name: table for table in (area_versions, buildings, roads)}


class LayerImports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: LayerImport) -> None:
        values = {f.name: getattr(one, f.name) for f in fields(LayerImport)}
        self._connection.execute(sa.insert(layer_imports).values(**values))

    def get(self, import_id: str) -> LayerImport | None:
        return next(iter(self._select(layer_imports.c.id == import_id)), None)

    def recent(self, limit: int) -> list[LayerImport]:
        """The newest first."""
        newest = layer_imports.c.made_at.desc(), layer_imports.c.serial.desc()
        return self._select(sa.true(), order=newest, limit=limit)

    def before(self, at: datetime, states: tuple[str, ...]) -> list[LayerImport]:
        """Those that nothing has happened to since a moment."""
        return self._select(layer_imports.c.changed_at < at, layer_imports.c.state.in_(states))

    def update(
        self, import_id: str, *, if_revision: int | None = None, if_states: Sequence[str] = (),
        if_runner: str | None = None, **values: Any,
    ) -> bool:  # fmt: skip
        """Change a row that still stands as the caller saw it; False when there is none: somebody was faster."""
        where = [layer_imports.c.id == import_id]
        if if_revision is not None:
            where.append(layer_imports.c.revision == if_revision)
        if if_states:
            where.append(layer_imports.c.state.in_(if_states))
        if if_runner is not None:
            where.append(layer_imports.c.runner == if_runner)
        return self._connection.execute(sa.update(layer_imports).where(*where).values(**values)).rowcount > 0

    # -- rows that are there and not shown yet ------------------------------------------------------------------

    def hide(self, import_id: str, table: sa.Table, first: int, last: int, *, at: datetime) -> None:
        """Rows first..last (serials) belong to an import that is not whole yet. Ranges that meet become one."""
        h = hidden_rows.c
        longer = sa.update(hidden_rows).where(h.import_id == import_id, h.of == table.name, h.last == first - 1)
        if self._connection.execute(longer.values(last=last, at=at)).rowcount == 0:
            row = {"import_id": import_id, "of": table.name, "first": first, "last": last, "at": at}
            self._connection.execute(sa.insert(hidden_rows).values(**row))

    def show(self, import_id: str, statuses: dict[str, Any]) -> None:
        """All rows of an import are there for everybody from now on. statuses: what versions of areas become."""
        for table, first, last in self._ranges(import_id):
            if table is area_versions:
                some = area_versions.c.serial.between(first, last)
                self._connection.execute(sa.update(area_versions).where(some).values(**statuses))
        self._connection.execute(sa.delete(hidden_rows).where(hidden_rows.c.import_id == import_id))

    def hidden(self, before: datetime | None = None) -> list[str]:
        """Imports that have hidden rows, touched before a moment."""
        query = sa.select(hidden_rows.c.import_id).distinct()
        return list(self._connection.scalars(query if before is None else query.where(hidden_rows.c.at < before)))

    def take_away(self, import_id: str, at_most: int) -> int:
        """Delete up to so many of an import's hidden rows; how many went. Nobody ever saw them."""
        h = hidden_rows.c
        for table, first, last in self._ranges(import_id):
            upto = min(last, first + at_most - 1)
            some = table.c.serial.between(first, upto)
            if table is area_versions:
                ids = list(self._connection.scalars(sa.select(area_versions.c.area_id).where(some)))
                versions = sa.select(area_versions.c.id).where(some)
                self._connection.execute(sa.delete(divisions).where(divisions.c.zone_version_id.in_(versions)))
            gone = self._connection.execute(sa.delete(table).where(some)).rowcount
            spatial.forget_rows(self._connection, table, first, upto)
            if table is area_versions:
                self._without_versions(ids)
            here = (h.import_id == import_id, h.of == table.name, h.first == first)
            if upto == last:
                self._connection.execute(sa.delete(hidden_rows).where(*here))
            else:
                self._connection.execute(sa.update(hidden_rows).where(*here).values(first=upto + 1))
            return gone
        return 0

    def _without_versions(self, ids: list[str]) -> None:
        """Identities whose only versions went with an import that was given up."""
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            kept = sa.select(area_versions.c.area_id).where(area_versions.c.area_id.in_(some))
            self._connection.execute(sa.delete(areas).where(areas.c.id.in_(some), areas.c.id.not_in(kept)))

    def _ranges(self, import_id: str) -> list[tuple[sa.Table, int, int]]:
        h = hidden_rows.c
        rows = self._connection.execute(
            sa.select(h.of, h.first, h.last).where(h.import_id == import_id).order_by(h.serial)
        )
        return [(_TABLES[row.of], row.first, row.last) for row in rows]

    def _select(
        self, *where: Any, order: Any = (layer_imports.c.serial,), limit: int | None = None
    ) -> list[LayerImport]:
        rows = self._connection.execute(sa.select(*_COLUMNS).where(*where).order_by(*order).limit(limit))
        return [LayerImport(**row) for row in rows.mappings()]
