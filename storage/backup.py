"""Backups taken while the app runs, and their way back. Everything is hashed; nothing is trusted on the way back.

A backup folder holds one pool of originals (`originals/ab/<sha256>`, each written once, they never change) and one
sub-folder for each backup: the database as it was at one moment, and a manifest that names and hashes all of it.
The database is copied first: every original that it calls kept was on the disk before its row was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from domain.errors import Conflict, Invalid
from storage import tables
from storage.photos import PhotoStore, sync_folder
from storage.schema import revision
from storage.store import Store

MANIFEST, MANIFEST_HASH, UNFINISHED = "manifest.json", "manifest.sha256", ".unfinished"
VIEWS = "photo.views"  # the kind of job that makes them
COUNTED = ("people", "records", "photos", "area_versions", "buildings", "assets", "history")


@dataclass(frozen=True)
class Backup:
    """folder: the finished backup. copied: originals that were not in the pool yet."""

    folder: Path
    originals: int
    copied: int
    counts: dict[str, int]


def make_backup(store: Store, photos: PhotoStore, into: Path, *, at: datetime) -> Backup:
    """Copy database and originals into `into`; the backup's folder appears only when it is whole.

    Raises Invalid("backup_original_missing") when an original that the database calls kept is gone or changed.
    """
    pool = into / "originals"
    folder = into / f"slg-{at.strftime('%Y%m%d-%H%M%S')}"
    partial = folder.with_name(folder.name + UNFINISHED)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    database = _copy_database(store, partial)
    wanted, counts = _contents(store, database)
    copied = sum(_keep_original(photos, sha256, pool) for sha256 in wanted)
    manifest = {
        "made_at": at.isoformat(), "engine": store.engine.dialect.name, "revision": revision(store.engine),
        "database": {"file": database.name, "size": database.stat().st_size, "sha256": _hash(database)},
        "counts": counts, "originals": wanted,
    }  # fmt: skip
    _write(partial / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
    _write(partial / MANIFEST_HASH, _hash(partial / MANIFEST).encode())
    sync_folder(partial)
    os.replace(partial, folder)
    sync_folder(into)
    return Backup(folder, len(wanted), copied, counts)


def check_backup(folder: Path) -> dict[str, Any]:
    """The manifest, after every byte that it names has been hashed again. Raises Invalid saying what is damaged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        promised = (folder / MANIFEST_HASH).read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise Invalid("backup_no_manifest", file=str(folder)) from error
    if _hash(folder / MANIFEST) != promised:
        raise Invalid("backup_damaged", file=MANIFEST)
    database = folder / manifest["database"]["file"]
    if not database.is_file() or _hash(database) != manifest["database"]["sha256"]:
        raise Invalid("backup_damaged", file=database.name)
    for sha256 in manifest["originals"]:
        path = _in_pool(folder.parent / "originals", sha256)
        if not path.is_file() or _hash(path) != sha256:
            raise Invalid("backup_damaged", file=f"originals/{sha256[:2]}/{sha256}")
    return manifest


def restore_backup(folder: Path, url: str, photo_root: Path) -> dict[str, Any]:
    """Put a checked backup into an empty place; gives its manifest. Raises Conflict when something is there already."""
    manifest = check_backup(folder)
    photos = PhotoStore(photo_root)
    if next(photos.originals(), None) is not None:
        raise Conflict("restore_not_empty", place=str(photo_root))
    _put_database(folder / manifest["database"]["file"], url, manifest["engine"])
    for sha256 in manifest["originals"]:
        target = photos.original(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(_in_pool(folder.parent / "originals", sha256), target)
    _make_views_again(url)
    return manifest


def _make_views_again(url: str) -> None:
    """Views are not backed up: they are made again from the originals, by the queue, after the next start."""
    store = Store.open(url)
    with store.work() as work:
        work.records.forget_views()
        work.jobs.do_again(VIEWS)
    store.close()


def _copy_database(store: Store, into: Path) -> Path:
    url = store.engine.url
    if store.engine.dialect.name == "sqlite":
        target = into / "database.sqlite"
        with sqlite3.connect(str(url.database)) as source, sqlite3.connect(target) as copy:
            source.backup(copy, pages=1000)  # in steps, so that writers are let through between them
        copy.close()
        source.close()
        _sync(target)
        return target
    target = into / "database.dump"
    address = _libpq(url.render_as_string(hide_password=False))
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={address}")
    _sync(target)
    return target


def _put_database(source: Path, url: str, engine: str) -> None:
    parsed = make_url(url)
    if parsed.get_backend_name() != engine:
        raise Invalid("restore_other_engine", engine=engine)
    if engine == "sqlite":
        target = Path(parsed.database or "")
        if target.exists() and target.stat().st_size:
            raise Conflict("restore_not_empty", place=str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target)
        return
    probe = sa.create_engine(url)
    taken = sa.inspect(probe).has_table("people")
    probe.dispose()
    if taken:
        raise Conflict("restore_not_empty", place=parsed.database or "")
    _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_libpq(url)}", str(source))


def _contents(store: Store, database: Path) -> tuple[list[str], dict[str, int]]:
    """(hashes of the originals, row counts) of the copied database, or of a PostgreSQL one at this moment."""
    engine = sa.create_engine(f"sqlite:///{database}") if database.suffix == ".sqlite" else store.engine
    with engine.connect() as connection:
        kept = sa.select(tables.photos.c.sha256).where(tables.photos.c.state == "kept").distinct()
        wanted = sorted(connection.scalars(kept))
        counts = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(tables.metadata.tables[name])) or 0
            for name in COUNTED
        }
    if engine is not store.engine:
        engine.dispose()
    return wanted, counts


def _keep_original(photos: PhotoStore, sha256: str, pool: Path) -> bool:
    """True when it was copied. One that is in the pool is not read again here; check_backup does."""
    target = _in_pool(pool, sha256)
    if target.is_file():
        return False
    source = photos.original(sha256)
    if not source.is_file():
        raise Invalid("backup_original_missing", sha256=sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(UNFINISHED)
    _copy(source, partial)
    if _hash(partial) != sha256:
        partial.unlink()
        raise Invalid("backup_original_missing", sha256=sha256)
    os.replace(partial, target)
    return True


def _in_pool(pool: Path, sha256: str) -> Path:
    return pool / sha256[:2] / sha256


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    _sync(target)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Invalid("backup_tool_failed", tool=command[0], said=done.stderr.strip()[-300:])
