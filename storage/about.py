"""What a database says of itself, for whoever runs it: versions, size, clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import shapely

from storage.schema import revision
from storage.store import Store


@dataclass(frozen=True)
class DatabaseFacts:
    """geometry: what decides about shapes. clock_off_s: the server's clock minus ours; None when it is our own."""

    engine: str
    version: str
    geometry: str
    schema: str
    size_bytes: int
    clock_off_s: float | None
    folder: Path | None


def about_database(store: Store, now: datetime) -> DatabaseFacts:
    """Raises Busy."""
    schema = revision(store.engine) or ""
    geos = f"GEOS {shapely.geos_version_string}"
    with store.look() as work:
        ask = work.connection.exec_driver_sql
        if work.is_file:
            version = ask("SELECT sqlite_version()").scalar()
            pages = (ask("PRAGMA page_count").scalar() or 0) * (ask("PRAGMA page_size").scalar() or 0)
            path = Path(str(store.engine.url.database)).absolute()
            beside = path.with_name(path.name + "-wal")
            size = pages + (beside.stat().st_size if beside.exists() else 0)
            return DatabaseFacts("SQLite", str(version), geos, schema, size, None, path.parent)
        version = str(ask("SHOW server_version").scalar()).split(" ")[0]
        postgis = f"PostGIS {ask('SELECT postgis_lib_version()').scalar()}, GEOS {ask('SELECT postgis_geos_version()').scalar()}"
        size = ask("SELECT pg_database_size(current_database())").scalar() or 0
        theirs = ask("SELECT clock_timestamp()").scalar()
    off = (theirs.astimezone(UTC) - now).total_seconds() if theirs else None
    return DatabaseFacts("PostgreSQL", version, f"{postgis}; Shapely {geos}", schema, int(size), off, None)
