"""Backups taken while the app runs, and their way back. Everything is hashed; nothing is trusted on the way back.

A backup folder holds one pool of originals and reports (`originals/ab/<sha256>`, each written once, they never change)
and one sub-folder for each backup: the database as it was at one moment, and a manifest that names and hashes all of it.
The database is copied first: every original that it calls kept was on the disk before its row was written.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, make_url

from domain.errors import Busy, Conflict, Invalid
from storage import tables
from storage.engine import READS
from storage.photos import PhotoStore, sync_folder
from storage.reports import ReportFiles
from storage.schema import revision
from storage.store import Store

MANIFEST, MANIFEST_HASH, UNFINISHED = "manifest.json", "manifest.sha256", ".unfinished"
LOCK = ".one-at-a-time"
NAMES = "slg-????????-??????*"
VIEWS = "photo.views"  # the kind of job that makes them
COUNTED = ("people", "records", "photos", "area_versions", "buildings", "assets", "history", "reports")
PAGES_AT_ONCE = 1000
COPY_BYTES = 1024 * 1024

Step = Callable[[], None]


def _no_step() -> None:
    pass


@dataclass(frozen=True)
class Backup:
    """folder: the finished backup. copied: files that were not in the pool yet. size: of the database's copy, bytes."""

    folder: Path
    originals: int
    copied: int
    counts: dict[str, int]
    size: int = 0


def make_backup(
    store: Store, photos: PhotoStore, into: Path, *, at: datetime, reports: ReportFiles | None = None, job: str = "",
    step: Step = _no_step,
) -> Backup:  # fmt: skip
    """Copy database, originals and reports into `into`; the backup's folder appears only when it is whole.

    job: whose backup this is; the same job again finds the one that is there. step: called between files, may raise.
    Raises Invalid("backup_original_missing") when an original that the database calls kept is gone or changed,
    Conflict("backup_running"), Busy("backup_disk_full").
    """
    with _space_said(), only_one(into):
        for left in into.glob(f"*{UNFINISHED}"):  # of a run that was killed: with the lock in hand nobody writes there
            shutil.rmtree(left, ignore_errors=True)
        if job and (made := find_backup(into, job)):
            return made
        pool, folder = into / "originals", _free_name(into, at)
        partial = folder.with_name(folder.name + UNFINISHED)
        partial.mkdir(parents=True)
        database, wanted, files, counts = _copy_database(store, partial, step)
        copied = 0
        for sha256 in wanted:
            step()
            copied += _keep(photos.original(sha256), sha256, pool)
        for name, sha256 in files.items():
            step()
            copied += _keep(reports.path(name) if reports else Path(name), sha256, pool)
        manifest: dict[str, Any] = {
            "made_at": at.isoformat(), "job": job, "engine": store.engine.dialect.name,
            "revision": revision(store.engine),
            "database": {"file": database.name, "size": database.stat().st_size, "sha256": _hash(database, step)},
            "counts": counts, "originals": wanted, "reports": files,
        }  # fmt: skip
        _write(partial / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
        _write(partial / MANIFEST_HASH, _hash(partial / MANIFEST).encode())
        sync_folder(partial)
        os.replace(partial, folder)
        sync_folder(into)
        return Backup(folder, len(wanted), copied, counts, manifest["database"]["size"])


def find_backup(into: Path, job: str) -> Backup | None:
    """The finished backup that this job made."""
    for folder in backups(into):
        manifest = _manifest(folder)
        if manifest and manifest.get("job") == job:
            return Backup(folder, len(manifest["originals"]), 0, manifest["counts"], manifest["database"]["size"])
    return None


def backups(into: Path) -> list[Path]:
    """Finished backups, oldest first."""
    return sorted(f for f in into.glob(NAMES) if f.is_dir() and not f.name.endswith(UNFINISHED))


def made_at(folder: Path) -> datetime:
    """When a backup was made, from its name."""
    return datetime.strptime(folder.name[4:19], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)


def rotate(into: Path, doomed: list[Path]) -> int:
    """Take whole backups away, only those that a job made; originals stay in the pool. Returns how many."""
    gone = 0
    with only_one(into):
        for folder in doomed:
            manifest = _manifest(folder)
            if manifest and manifest.get("job"):
                aside = folder.with_name(folder.name + UNFINISHED)  # half deleted must not look like a backup
                os.replace(folder, aside)
                shutil.rmtree(aside)
                gone += 1
    return gone


def mend_pool(folder: Path, photos: PhotoStore, *, step: Step = _no_step) -> int:
    """Read every original of a backup in the pool; copy what is damaged or gone there once more. Returns how many."""
    manifest, pool, mended = _manifest(folder), folder.parent / "originals", 0
    for sha256 in manifest["originals"] if manifest else ():
        step()
        path = _in_pool(pool, sha256)
        if not path.is_file() or _hash(path, step) != sha256:
            path.unlink(missing_ok=True)
            _keep(photos.original(sha256), sha256, pool)
            mended += 1
    return mended


def check_backup(folder: Path, *, step: Step = _no_step, originals: bool = True) -> dict[str, Any]:
    """The manifest, after every byte that it names has been hashed again. Raises Invalid saying what is damaged.

    originals=False leaves the photos to somebody who has just read them (`mend_pool`).
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        promised = (folder / MANIFEST_HASH).read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise Invalid("backup_no_manifest", file=str(folder)) from error
    if _hash(folder / MANIFEST) != promised:
        raise Invalid("backup_damaged", file=MANIFEST)
    database = folder / manifest["database"]["file"]
    if not database.is_file() or _hash(database, step) != manifest["database"]["sha256"]:
        raise Invalid("backup_damaged", file=database.name)
    pooled = [*(manifest["originals"] if originals else ()), *manifest.get("reports", {}).values()]
    for sha256 in pooled:
        step()
        path = _in_pool(folder.parent / "originals", sha256)
        if not path.is_file() or _hash(path, step) != sha256:
            raise Invalid("backup_damaged", file=f"originals/{sha256[:2]}/{sha256}")
    return manifest


def restore_backup(folder: Path, url: str, photo_root: Path, report_root: Path | None = None) -> dict[str, Any]:
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
    for name, sha256 in manifest.get("reports", {}).items() if report_root else ():
        assert report_root is not None
        report_root.mkdir(parents=True, exist_ok=True)
        _copy(_in_pool(folder.parent / "originals", sha256), report_root / Path(name).name)
    _make_views_again(url)
    return manifest


@contextmanager
def only_one(into: Path) -> Iterator[None]:
    """One backup at a time into one folder, whichever process; the lock dies with its process. Raises Conflict."""
    into.mkdir(parents=True, exist_ok=True)
    with (into / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict("backup_running") from error
        yield


@contextmanager
def _space_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) or "full" in str(error):
            raise Busy("backup_disk_full") from error
        raise Invalid("backup_folder_unusable", said=error.strerror or str(error)) from error


def _free_name(into: Path, at: datetime) -> Path:
    folder = into / f"slg-{at.astimezone(UTC).strftime('%Y%m%d-%H%M%S')}"
    number = 2
    while folder.exists():
        folder = into / f"{folder.name[:19]}-{number}"
        number += 1
    return folder


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _make_views_again(url: str) -> None:
    """Views are not backed up: they are made again from the originals, by the queue, after the next start."""
    store = Store.open(url)
    with store.work() as work:
        work.records.forget_views()
        work.jobs.do_again(VIEWS)
    store.close()


def _copy_database(store: Store, into: Path, step: Step) -> tuple[Path, list[str], dict[str, str], dict[str, int]]:
    """(the copy, hashes of its originals, its reports by name, its row counts), all of one moment."""
    if store.engine.dialect.name == "sqlite":
        target = into / "database.sqlite"
        _copy_sqlite(str(store.engine.url.database), target, step)
        engine = sa.create_engine(f"sqlite:///{target}")
        with engine.connect() as connection:
            found = _contents(connection)
        engine.dispose()
        return target, *found
    target = into / "database.dump"
    # The snapshot that we count in is the one that pg_dump reads.
    with store.engine.connect().execution_options(**{READS: True}) as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar()
        found = _contents(connection)
        _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}",
             url=store.engine.url, step=step)  # fmt: skip
    _sync(target)
    return target, *found


def _copy_sqlite(source_path: str, target: Path, step: Step) -> None:
    """One open read holds the moment still: without it every write between two steps starts the copy anew."""
    source = sqlite3.connect(source_path, isolation_level=None, timeout=10)
    copy = sqlite3.connect(target)
    try:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        source.backup(copy, pages=PAGES_AT_ONCE, progress=lambda *_: step())
        source.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise OSError(errno.ENOSPC, str(error)) from error
        raise
    finally:
        copy.close()
        source.close()
    _sync(target)


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
    _run("pg_restore", "--no-owner", "--exit-on-error", str(source), url=parsed)


def _contents(connection: Connection) -> tuple[list[str], dict[str, str], dict[str, int]]:
    """(hashes of kept originals, reports by file name, row counts) as this connection sees them."""
    photos, reports = tables.photos, tables.reports
    wanted = sorted(connection.scalars(sa.select(photos.c.sha256).where(photos.c.state == "kept").distinct()))
    files = {row.file: row.sha256 for row in connection.execute(sa.select(reports.c.file, reports.c.sha256))}
    counts = {
        name: connection.scalar(sa.select(sa.func.count()).select_from(tables.metadata.tables[name])) or 0
        for name in COUNTED
    }
    return wanted, files, counts


def _keep(source: Path, sha256: str, pool: Path) -> bool:
    """True when it was copied. One that is in the pool is not read again here; the check after it does."""
    target = _in_pool(pool, sha256)
    if target.is_file():
        return False
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


def _hash(path: Path, step: Step = _no_step) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(COPY_BYTES):
            found.update(piece)
            step()
    return found.hexdigest()


def _run(program: str, *arguments: str, url: URL, step: Step = _no_step) -> None:
    """A tool of PostgreSQL on a database; its password goes by the environment, where no other user can read it."""
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    command = (program, f"--dbname={address}", *arguments)
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
        )
    except FileNotFoundError as error:
        raise Invalid("backup_tool_missing", tool=program) from error
    try:
        while True:
            with suppress(subprocess.TimeoutExpired):
                _, said = process.communicate(timeout=1)
                break
            step()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if process.returncode:
        tail = said.strip()[-300:]
        if "No space left" in tail:
            raise OSError(errno.ENOSPC, tail)
        raise Invalid("backup_tool_failed", tool=program, said=tail)
