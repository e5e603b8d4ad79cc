"""Copies a whole city from one database into another, empty one: to PostGIS when it outgrows one machine, and back.

All or nothing: rows, their order and every byte of them are read back and compared before the new database keeps
anything. Nobody writes to the old one meanwhile; it stays as it is. Photos lie in their own store and do not move.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.engine import Connection

from domain.chain import canonical_json
from domain.errors import Conflict, Invalid
from storage import schema, spatial
from storage.engine import catch_up_serials
from storage.store import Store
from storage.tables import metadata

ROWS_AT_ONCE = 500
NAMED_AT_MOST = 20
INTEGER_AT_MOST = 2**31 - 1


@dataclass(frozen=True)
class Moved:
    """rows and digests (SHA-256 over every row in the order of its key) by table."""

    rows: dict[str, int]
    digests: dict[str, str]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def move(source: Store, target: Store, progress: Callable[[str, int], None] = lambda _table, _rows: None) -> Moved:
    """Copy everything of `source` into `target`, which is migrated first. progress: (table, rows) when one is done.

    Raises Conflict("move_not_empty"), Invalid("move_old_source"), Invalid("move_unfit") naming what the target's
    columns cannot hold, Invalid("move_differs") when a table reads differently there. Nothing is kept then.
    """
    if not schema.is_current(source.engine):
        raise Invalid("move_old_source")
    schema.migrate(target.engine)
    with target.look() as there:
        for table in metadata.sorted_tables:
            if there.connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first():
                raise Conflict("move_not_empty", table=table.name)
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    with source.work() as here, target.work() as there:  # both locked: what is compared is all there is
        for table in metadata.sorted_tables:
            rows[table.name], digests[table.name] = _copy(here.connection, there.connection, table)
            if _read(there.connection, table) != (rows[table.name], digests[table.name]):
                raise Invalid("move_differs", table=table.name)
            progress(table.name, rows[table.name])
        catch_up_serials(there.connection, [t.name for t in metadata.sorted_tables if "serial" in t.c])
    return Moved(rows, digests)


def _copy(here: Connection, there: Connection, table: sa.Table) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    unfit: list[str] = []
    for batch in _batches(here, table):
        for row in batch:
            digest.update(_as_bytes(row))
            unfit += [f"{table.name}.{c.name} ({_key(table, row)})" for c in table.c if not _fits(c.type, row[c.name])]
        if not unfit:
            there.execute(sa.insert(table), batch)
            if table.name in spatial.BOXED:
                spatial.index_rows(there, table, [(row["serial"], row["geometry"]) for row in batch])
        count += len(batch)
    if unfit:
        raise Invalid("move_unfit", count=len(unfit), first=", ".join(unfit[:NAMED_AT_MOST]))
    return count, digest.hexdigest()


def _read(connection: Connection, table: sa.Table) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    for batch in _batches(connection, table):
        for row in batch:
            digest.update(_as_bytes(row))
        count += len(batch)
    return count, digest.hexdigest()


def _batches(connection: Connection, table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    query = sa.select(table).order_by(*table.primary_key.columns)
    found = connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    for part in found.mappings().partitions():
        yield [dict(row) for row in part]


def _as_bytes(row: dict[str, Any]) -> bytes:
    """One text for one row, whichever database it came from."""
    return canonical_json({name: _plain(value) for name, value in row.items()}).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return shapely.to_wkb(value, hex=True, output_dimension=2)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return value


def _fits(kind: Any, value: Any) -> bool:
    """False for what SQLite took and PostgreSQL will not: long texts, NUL, integers over 32 bits, NaN in JSON."""
    if isinstance(value, str) and isinstance(kind, sa.String):
        return "\x00" not in value and (kind.length is None or len(value) <= kind.length)
    if isinstance(value, int) and isinstance(kind, sa.Integer) and not isinstance(kind, sa.BigInteger):
        return -INTEGER_AT_MOST - 1 <= value <= INTEGER_AT_MOST
    if isinstance(kind, sa.JSON):
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            return False
    return True


def _key(table: sa.Table, row: dict[str, Any]) -> str:
    return " ".join(str(row[name]) for name in (["id"] if "id" in row else [c.name for c in table.primary_key.columns]))
