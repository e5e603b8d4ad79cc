"""The only room that knows how each database keeps and finds geometry.

SQLite: WKB in a column and an R*Tree of bounds (`<table>_box`) keyed by the row's serial. PostGIS: `geometry` with an
indexed `&&`. Both only filter by box; Shapely decides exactly afterwards, so answers agree. EPSG:4326, lon/lat.
"""

from __future__ import annotations

from typing import Any

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator, UserDefinedType

from domain.errors import Invalid

BOXED = ("area_versions", "buildings", "roads")


class _PostgisGeometry(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(Geometry,4326)"

    def bind_expression(self, value: Any) -> Any:
        return sa.func.ST_GeomFromWKB(value, 4326)

    def column_expression(self, column: Any) -> Any:
        return sa.func.ST_AsBinary(column, type_=Geometry())


class Geometry(TypeDecorator):
    """A Shapely geometry in, a Shapely geometry out."""

    impl = sa.LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(_PostgisGeometry())
        return dialect.type_descriptor(sa.LargeBinary())

    def process_bind_param(self, value: BaseGeometry | None, dialect: Any) -> bytes | None:
        return None if value is None else shapely.to_wkb(value, output_dimension=2)  # a survey's heights stay outside

    def process_result_value(self, value: Any, dialect: Any) -> BaseGeometry | None:
        return None if value is None else shapely.from_wkb(bytes(value))


def prepare(connection: Connection) -> None:
    """What must be there before the first table. Raises Invalid("store_not_utf8"), Invalid("postgis_missing")."""
    if connection.dialect.name == "sqlite":
        return
    if connection.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
        raise Invalid("store_not_utf8")
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    except DBAPIError as error:
        raise Invalid("postgis_missing") from error


def is_made_here(kind: str, name: str | None) -> bool:
    """True for a table or index that this room or PostGIS made and the metadata does not know."""
    if name is None:
        return False
    boxes = tuple(f"{table}_box" for table in BOXED)
    return (kind == "table" and (name.startswith(boxes) or name == "spatial_ref_sys")) or (
        kind == "index" and name in {f"ix_{table}_geometry" for table in BOXED}
    )


def create_indexes(connection: Connection) -> None:
    """Make the box index of every spatial table; called by the first migration."""
    for table in BOXED:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {table}_box USING rtree(id, west, east, south, north)")
        else:
            connection.exec_driver_sql(f"CREATE INDEX ix_{table}_geometry ON {table} USING gist (geometry)")


def index_rows(connection: Connection, table: sa.Table, rows: list[tuple[int, BaseGeometry]]) -> None:
    """Tell the box index about new or changed rows: (serial, geometry). PostGIS does it by itself."""
    if connection.dialect.name != "sqlite" or not rows:
        return
    boxes = []
    for serial, geometry in rows:
        west, south, east, north = geometry.bounds
        boxes.append((serial, west, east, south, north))
    connection.exec_driver_sql(f"INSERT OR REPLACE INTO {table.name}_box VALUES (?, ?, ?, ?, ?)", boxes)  # noqa: S608


def forget_rows(connection: Connection, table: sa.Table, first: int, last: int) -> None:
    """Tell the box index that rows first..last (serials) are gone. PostGIS does it by itself."""
    if connection.dialect.name == "sqlite":
        gone = [
            (serial,) for serial in range(first, last + 1)
        ]  # the R*Tree finds one id at once, a range by reading all
        connection.exec_driver_sql(f"DELETE FROM {table.name}_box WHERE id = ?", gone)  # noqa: S608


def engine_of(connection: Connection) -> str:
    """For statements that are built once for each engine."""
    return connection.dialect.name


def touching(engine: str, table: sa.Table) -> sa.ColumnElement:
    """A WHERE for rows whose bounds touch a box, which comes beside the statement (`sides`)."""
    if engine == "sqlite":
        found = sa.text(
            f"SELECT id FROM {table.name}_box WHERE east >= :west AND west <= :east AND north >= :south AND south <= :north"  # noqa: S608
        )
        return table.c.serial.in_(found.columns(sa.column("id")))
    envelope = sa.func.ST_MakeEnvelope(*(sa.bindparam(side, type_=sa.Float) for side in _SIDES), 4326)
    return sa.type_coerce(table.c.geometry, sa.LargeBinary).op("&&")(envelope)


_SIDES = ("west", "south", "east", "north")


def sides(box: tuple[float, float, float, float]) -> dict[str, float]:
    """(west, south, east, north) in degrees as the parameters of `touching`."""
    return dict(zip(_SIDES, box, strict=True))
