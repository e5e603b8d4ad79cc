"""Findings of the topology report that somebody set aside; rows end, none is taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.topology import SetAside
from storage.area_tables import set_asides

_C = set_asides.c
_COLUMNS = (_C.id, _C.key, _C.kind, _C.code, _C.name, _C.lon, _C.lat, _C.shape, _C.versions, _C.reason, _C.set_by,
            _C.set_at, _C.ended_by, _C.ended_at)  # fmt: skip


class SetAsides:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: SetAside) -> None:
        lon, lat = one.at or (None, None)
        self._connection.execute(sa.insert(set_asides).values(
            id=one.id, key=one.key, kind=one.kind, code=one.code, name=one.name, lon=lon, lat=lat, shape=one.shape,
            versions=list(one.versions), reason=one.reason, set_by=one.set_by, set_at=one.set_at,
        ))  # fmt: skip

    def get(self, set_aside_id: str) -> SetAside | None:
        return next(iter(self._select(_C.id == set_aside_id)), None)

    def standing(self) -> list[SetAside]:
        """Those that nobody ended, oldest first, of the whole city; whether they hold is asked elsewhere."""
        return self._select(_C.ended_at.is_(None))

    def end(self, set_aside_id: str, *, by: str | None, at: datetime) -> None:
        change = sa.update(set_asides).where(_C.id == set_aside_id, _C.ended_at.is_(None))
        self._connection.execute(change.values(ended_by=by, ended_at=at))

    def _select(self, where: Any) -> list[SetAside]:
        rows = self._connection.execute(sa.select(*_COLUMNS).where(where).order_by(_C.serial)).mappings()
        return [_read(dict(row)) for row in rows]


def _read(row: dict[str, Any]) -> SetAside:
    lon, lat = row.pop("lon"), row.pop("lat")
    return SetAside(**{**row, "at": None if lon is None else (lon, lat), "versions": tuple(row["versions"])})
