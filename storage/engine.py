"""Opens the database and sets what each dialect needs so that nothing acknowledged is lost.

One rule on both: a writing transaction has the store to itself from its first word (SQLite's BEGIN IMMEDIATE, an
advisory lock on PostgreSQL), so what it read still holds when it writes; a reading one sees one moment and waits for
nobody.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.types import TypeDecorator

from domain.errors import Busy, Invalid

BUSY_TIMEOUT_MS = 10_000
IDLE_WRITER_TIMEOUT_MS = 300_000  # a machine that vanished in the middle of a transaction must not hold the lock
READS = "slg_reads_only"
WRITE_LOCK = 0x534C47  # "SLG"; advisory locks belong to one database of the cluster

# PostgreSQL's words for "I am going away" or "not up yet"; without any, the connection itself broke.
AWAY_STATES = (None, "57P01", "57P02", "57P03", "08000", "08003", "08006", "25P03")


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///file.db` or `postgresql+psycopg://...`. The SQLite folder is made when missing."""
    parsed = make_url(url)
    waits: dict[str, Any] = {"pool_size": 20, "max_overflow": 20, "pool_timeout": BUSY_TIMEOUT_MS / 1000}
    waits["hide_parameters"] = True  # an error must not carry what somebody wrote into a log
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            _make_private(Path(parsed.database))
        engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, **waits)
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
        return engine
    engine = sa.create_engine(
        url, connect_args={"connect_timeout": 5, "client_encoding": "utf8"}, pool_pre_ping=True, **waits
    )
    event.listen(engine, "connect", _postgres_settings)
    event.listen(engine, "begin", _postgres_begin)
    return engine


def _make_private(path: Path) -> None:
    """The file of a new database is readable for us alone; SQLite gives its side files the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def writers_turn() -> threading.Lock:
    """A lock for the writers of this process, who would only wait for each other in the database.

    SQLite lets a writer that waits sleep up to 100 ms between two looks, with nobody writing meanwhile: sixteen
    uploads at once spent nine tenths of their time asleep. On PostgreSQL each waiting writer would hold a connection
    that a reader needs. Another process still waits in the database.
    """
    return threading.Lock()


def is_away(error: Exception) -> bool:
    """True when the database server itself is gone or just restarting; a locked one is there."""
    orig = getattr(error, "orig", None)
    return orig is not None and hasattr(orig, "sqlstate") and orig.sqlstate in AWAY_STATES


def _is_full(error: DBAPIError) -> bool:
    """The disk under the database takes nothing more."""
    return (
        getattr(error.orig, "sqlite_errorname", None) == "SQLITE_FULL" or getattr(error.orig, "sqlstate", "") == "53100"
    )


@contextmanager
def plain_words() -> Iterator[None]:
    """What a database says about itself, as the refusals that every door knows: Busy, Invalid("text_unfit")."""
    try:
        yield
    except DataError as error:
        raise Invalid("text_unfit") from error
    except (OperationalError, InterfaceError) as error:
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_ERROR":
            raise  # a mistake of ours (no such table) that SQLite calls operational: time will not mend it
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_FULL":
            raise Busy("disk_full") from error
        raise Busy("store_away" if is_away(error) else "disk_full" if _is_full(error) else "store_busy") from error
    except PoolTimeout as error:
        raise Busy("store_busy") from error


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: SQLAlchemy's BEGIN below decides the kind.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL loses acknowledged commits in a power cut
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "temp_store=MEMORY",
        "cache_size=-16000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that reads and then writes loses updates; IMMEDIATE queues writers instead.
    only_reads = _only_reads(connection)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(only_reads)}")
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _postgres_settings(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for setting in (
        "synchronous_commit = on",
        f"lock_timeout = {BUSY_TIMEOUT_MS}",
        f"idle_in_transaction_session_timeout = {IDLE_WRITER_TIMEOUT_MS}",
        "timezone = 'UTC'",
    ):
        cursor.execute(f"SET {setting}")
    cursor.close()
    connection.commit()


def _postgres_begin(connection: Connection) -> None:
    # READ COMMITTED loses updates like a deferred SQLite transaction; the lock queues writers instead. REPEATABLE
    # READ lets a reader see one moment: a chain and its head, counted rows and the rows.
    if _only_reads(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")


def _only_reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get(READS, False))


@contextmanager
def changing_schema(engine: Engine) -> Iterator[Connection]:
    """One transaction that may rebuild tables; everything or nothing. Raises RuntimeError when references would break.

    SQLite rebuilds a table to change it, so its foreign keys sleep meanwhile and are checked at the end.
    """
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")  # inside a transaction it would do nothing
        try:
            with connection.begin():
                yield connection
                if is_sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise RuntimeError(f"the migration would break {len(broken)} references; nothing was changed")
                else:
                    _sort_by_code_point(connection)
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def _sort_by_code_point(connection: Connection) -> None:
    """Texts sort as on SQLite, whatever language the cluster was made for: lists and cuts agree after a move."""
    columns = sa.text(
        "SELECT c.oid::regclass::text AS of, quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS kind"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_collation l ON l.oid = a.attcollation"
        " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0"
        " AND NOT a.attisdropped AND l.collname <> 'C' AND c.relname <> 'spatial_ref_sys' ORDER BY 1, a.attnum"
    )
    changes: dict[str, list[str]] = {}
    for of, name, kind in connection.execute(columns):
        changes.setdefault(of, []).append(f'ALTER COLUMN {name} TYPE {kind} COLLATE "C"')
    for of, changed in changes.items():
        connection.exec_driver_sql(f"ALTER TABLE {of} {', '.join(changed)}")


def catch_up_serials(connection: Connection, tables: list[str]) -> None:
    """After rows came with their serials: the next one is above them. SQLite counts on by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables:
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'serial'), max(serial)) FROM {table} HAVING count(*) > 0"  # noqa: S608
        )


def keeps_one_file(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def is_there(url: str) -> bool:
    """False for a SQLite file that opening would only make; a server answers for itself."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)


class Utc(TypeDecorator):
    """Aware datetimes in, aware UTC out; a naive one is refused rather than guessed."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
