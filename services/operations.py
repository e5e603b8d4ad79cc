"""How the system runs, for the administrator: what waits, what failed, what is left; and the buttons for it."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from domain.errors import NotFound
from domain.policy.permissions import Permissions
from domain.records import Actor
from services.backups import BACKUP
from services.certificate import ends_at
from services.evidence import DISK_LEFT_BYTES
from services.history import VERIFY
from services.queue import Queue
from services.reminders import BACKS_UP_SINCE, BACKUP_OLD
from storage.about import DatabaseFacts, about_database
from storage.jobs import JobRow
from storage.photos import PhotoStore
from storage.store import Store
from storage.timetable import Outcome

NOBODY_AT_WORK = timedelta(minutes=15)
CERTIFICATE_ENDS_SOON = timedelta(days=30)
CLOCK_OFF_S = 5.0
DISK_LOW_BYTES = 5 * DISK_LEFT_BYTES


@dataclass(frozen=True)
class Room:
    """A disk. name: database, photos or backups."""

    name: str
    path: str
    free: int
    total: int

    @property
    def is_stopped(self) -> bool:
        """So full that originals are refused."""
        return self.free < DISK_LEFT_BYTES


@dataclass(frozen=True)
class Trouble:
    """Something that waits for the administrator. code: for i18n under [operations]; tone: warn or danger."""

    code: str
    tone: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Status:
    app: str
    python: str
    streamlit: str
    database: DatabaseFacts
    uptime_s: float
    rooms: tuple[Room, ...]
    queue: dict[str, dict[str, int]]
    oldest_wait_s: float | None
    failed: tuple[JobRow, ...]
    struggling: tuple[JobRow, ...]
    running: tuple[JobRow, ...]
    backs_up: bool
    backup_dir: str
    last_backup: Outcome | None
    last_verify: Outcome | None
    sessions: int
    certificate_ends: datetime | None
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Gauges:
    """The figures that a watcher asks for again and again; no name of anybody or anything in them."""

    queue: dict[str, dict[str, int]]
    oldest_wait_s: float
    job_seconds: dict[str, float]
    decoder_restarts: int
    disk_free: dict[str, int]
    database_bytes: int
    backup_age_s: float | None
    verify_age_s: float | None
    verify_findings: int
    sessions: int


class OperationsService:
    def __init__(
        self, store: Store, permissions: Permissions, photos: PhotoStore, queue: Queue, clock: Callable[[], datetime],
        *, app_version: str, backup_dir: Path | None, certificate: Path | None, decoder_restarts: Callable[[], int],
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._photos = photos
        self._queue = queue
        self._clock = clock
        self._app_version = app_version
        self._backup_dir = backup_dir
        self._certificate = certificate
        self._decoder_restarts = decoder_restarts
        self._born = time.monotonic()

    def status(self, actor: Actor) -> Status:
        """Everything at once. Raises Busy, NotAllowed."""
        self._permissions.require(actor, "ops.read")
        now = self._clock()
        database = about_database(self._store, now)
        with self._store.look() as work:
            oldest = work.jobs.oldest_due(at=now)
            settled = [slot.settled_until for slot in work.timetable.slots() if slot.kind == "sweep" and slot.is_on]
            status = Status(
                app=self._app_version, python=platform.python_version(), streamlit=version("streamlit"),
                database=database, uptime_s=time.monotonic() - self._born, rooms=self._rooms(database),
                queue=work.jobs.by_kind(), oldest_wait_s=(now - oldest).total_seconds() if oldest else None,
                failed=tuple(work.jobs.failed()), struggling=tuple(work.jobs.struggling()),
                running=tuple(work.jobs.running()),
                backs_up=self._backup_dir is not None or work.meta(BACKS_UP_SINCE) is not None,
                backup_dir=str(self._backup_dir or ""), last_backup=work.outcomes.last(BACKUP),
                last_verify=work.outcomes.last(VERIFY), sessions=work.people.open_sessions(at=now),
                certificate_ends=ends_at(self._certificate) if self._certificate else None,
            )  # fmt: skip
        is_idle = bool(settled) and now - settled[0] > NOBODY_AT_WORK
        return Status(**{**vars(status), "troubles": tuple(_troubles(status, now, is_idle))})

    def again(self, serial: int, actor: Actor) -> None:
        """Try a given-up job from its first try. Raises NotFound when it is not given up (any more)."""
        self._decide(serial, actor, "job.again")
        self._queue.nudge()

    def drop(self, serial: int, actor: Actor) -> None:
        """A given-up job will not be done. Raises NotFound."""
        self._decide(serial, actor, "job.dropped")

    def _decide(self, serial: int, actor: Actor, action: str) -> None:
        self._permissions.require(actor, "ops.manage")
        now = self._clock()
        with self._store.work() as work:
            row = work.jobs.get(serial)
            if row is None or row.state != "failed":
                raise NotFound("job_not_failed")
            if action == "job.again":
                work.jobs.again(serial, at=now)
            else:
                work.jobs.drop(serial, at=now)
            work.history.write("operations", "office", action, {"kind": row.kind, "key": row.key},
                               actor_id=actor.person_id, at=now)  # fmt: skip

    def gauges(self, actor: Actor) -> Gauges:
        """Raises Busy, NotAllowed."""
        self._permissions.require(actor, "ops.read")
        return self.measure()

    def measure(self) -> Gauges:
        """The same without asking who wants it: for the server itself. Raises Busy."""
        now = self._clock()
        database = about_database(self._store, now)
        with self._store.look() as work:
            oldest = work.jobs.oldest_due(at=now)
            backup, verified = work.outcomes.last(BACKUP), work.outcomes.last(VERIFY)
            return Gauges(
                queue=work.jobs.by_kind(), oldest_wait_s=(now - oldest).total_seconds() if oldest else 0.0,
                job_seconds=work.jobs.last_seconds(), decoder_restarts=self._decoder_restarts(),
                disk_free={room.name: room.free for room in self._rooms(database)}, database_bytes=database.size_bytes,
                backup_age_s=(now - backup.at).total_seconds() if backup else None,
                verify_age_s=(now - verified.at).total_seconds() if verified else None,
                verify_findings=verified.facts["found"] if verified else 0, sessions=work.people.open_sessions(at=now),
            )  # fmt: skip

    def not_ready(self) -> tuple[list[str], dict[str, int]]:
        """(why requests cannot be served as they should, the queue's counts); codes alone. Raises Busy for no store."""
        waiting = self._queue.waiting()
        is_low = shutil.disk_usage(self._photos.root).free < DISK_LEFT_BYTES
        return (["disk_full"] if is_low else []), waiting

    def _rooms(self, database: DatabaseFacts) -> tuple[Room, ...]:
        named = (("database", database.folder), ("photos", self._photos.root), ("backups", self._backup_dir))
        found = []
        for name, path in named:
            if path is not None and path.exists():
                usage = shutil.disk_usage(path)
                found.append(Room(name, str(path), usage.free, usage.total))
        return tuple(found)


def _troubles(status: Status, now: datetime, is_idle: bool) -> list[Trouble]:
    found: list[Trouble] = []
    for room in status.rooms:
        if room.is_stopped and room.name != "backups":
            found.append(Trouble(f"disk_stopped_{room.name}", "danger", {"mb": room.free // 1_000_000}))
        elif room.free < DISK_LOW_BYTES:
            found.append(Trouble(f"disk_low_{room.name}", "warn", {"mb": room.free // 1_000_000}))
    if status.last_verify is not None and status.last_verify.facts["found"]:
        found.append(Trouble("verify_found", "danger", {"n": status.last_verify.facts["found"]}))
    if status.failed:
        found.append(Trouble("failed", "warn", {"n": len(status.failed)}))
    if is_idle:
        found.append(Trouble("nobody_at_work", "danger"))
    if not status.backs_up:
        found.append(Trouble("backup_off", "warn"))
    elif status.last_backup is None:
        found.append(Trouble("backup_not_yet", "warn"))
    elif now - status.last_backup.at > BACKUP_OLD:
        found.append(Trouble("backup_old", "danger", {"days": (now - status.last_backup.at).days}))
    if status.certificate_ends is not None and status.certificate_ends - now < CERTIFICATE_ENDS_SOON:
        days = max(0, (status.certificate_ends - now).days)
        found.append(Trouble("certificate_ends", "danger" if days < 7 else "warn", {"days": days}))
    if abs(status.database.clock_off_s or 0.0) > CLOCK_OFF_S:
        found.append(Trouble("clock_off", "warn", {"seconds": round(status.database.clock_off_s or 0.0)}))
    return found
