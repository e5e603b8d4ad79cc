"""Originals and their views: keeps the bytes first, makes pictures for people later, lets each be seen by right."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.capture import PHOTO_CAP_BYTES
from domain.errors import Busy, Invalid, NotFound, TooLarge
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Photo, Record
from i18n import words
from media.client import RETRY_CODES, MediaWorker
from media.header import check_header
from media.stamp import Stamp
from services.policy import LivePolicy
from services.queue import ATTEMPTS_AT_MOST, Closing, Queue
from storage.jobs import Job
from storage.photos import Arriving, PhotoStore
from storage.store import Store, Work

MAKE_VIEWS = "photo.views"
REASON_AT_LEAST = 4
UNFINISHED_LIFE = timedelta(minutes=10)
DISK_LEFT_BYTES = 200_000_000


@dataclass(frozen=True)
class Arrival:
    """A photo on its way in: what was announced, and the open file."""

    photo: Photo
    reporter_id: str
    file: Arriving


@dataclass(frozen=True)
class Picture:
    """Something to show: a file or bytes. is_final: it will not change any more."""

    media_type: str
    path: Path | None = None
    data: bytes | None = None
    is_final: bool = False


class Evidence:
    def __init__(
        self, store: Store, photos: PhotoStore, permissions: Permissions, policy: LivePolicy, queue: Queue,
        clock: Callable[[], datetime], timezone: ZoneInfo, *, font: Path | None, decodes_heic: bool = False,
    ) -> None:  # fmt: skip
        self._store = store
        self._photos = photos
        self._permissions = permissions
        self._policy = policy
        self._queue = queue
        self._clock = clock
        self._timezone = timezone
        self._font = font
        self._decodes_heic = decodes_heic
        self._worker = MediaWorker()
        queue.handle(MAKE_VIEWS, self._make_views)

    # -- in ----------------------------------------------------------------------------------------------------

    def begin(self, record_id: str, sha256: str, actor: Actor) -> Arrival | Photo:
        """Open the way for an announced original; a Photo when it has been kept already.

        Raises NotFound for a record or photo that is not the actor's own, Busy when the disk is full.
        """
        self._permissions.require(actor, "record.report")
        with self._store.look() as work:
            reporter_id = work.records.reporter_id(record_id)
            photo = work.records.photo_by_hash(record_id, sha256.lower())
        if photo is None or reporter_id != actor.person_id:
            raise NotFound()
        if photo.state == "kept":
            return photo
        if shutil.disk_usage(self._photos.root).free < DISK_LEFT_BYTES:
            raise Busy("disk_full")
        return Arrival(photo, reporter_id, self._photos.arriving())

    def take(self, arrival: Arrival, chunk: bytes) -> None:
        """One chunk. Raises TooLarge over the cap or over the announced size, Busy when the disk is full."""
        if arrival.file.size + len(chunk) > min(arrival.photo.size, PHOTO_CAP_BYTES):
            raise TooLarge("photo_longer", announced=arrival.photo.size)
        try:
            arrival.file.write(chunk)
        except OSError as error:
            raise Busy("disk_full") from error

    def keep(self, arrival: Arrival, actor: Actor) -> Photo:
        """Check size, hash and kind of file, keep it for good, then say so. Raises Invalid, BadPhoto."""
        self._permissions.require(actor, "record.report")
        if arrival.reporter_id != actor.person_id:
            raise NotFound()
        file, photo = arrival.file, arrival.photo
        if file.size != photo.size:
            raise Invalid("photo_size_differs", field="size", announced=photo.size, came=file.size)
        if file.sha256 != photo.sha256:
            raise Invalid("photo_hash_differs", field="sha256")
        try:
            file.flush()
        except OSError as error:
            raise Busy("disk_full") from error
        header = check_header(file.path, photo.media_type)
        try:
            self._photos.keep(file, photo.sha256)
        except OSError as error:
            raise Busy("disk_full") from error
        kept = self._store.run(lambda work: self._say_kept(work, photo, header.media_type, actor))
        self._queue.nudge()
        return kept

    def _say_kept(self, work: Work, photo: Photo, media_type: str, actor: Actor) -> Photo:
        now = self._clock()
        current = work.records.photo(photo.id)
        if current is not None and current.state != "kept":
            work.records.update_photo(photo.id, state="kept", kept_at=now, media_type=media_type)
            work.history.write("record", photo.record_id, "photo.kept",
                               {"photo_id": photo.id, "sha256": photo.sha256, "shot": photo.shot},
                               actor_id=actor.person_id, at=now)  # fmt: skip
            self._queue.put(work, MAKE_VIEWS, f"{MAKE_VIEWS}:{photo.id}", {"photo_id": photo.id})
        kept = work.records.photo(photo.id)
        assert kept is not None
        return kept

    def abandon(self, arrival: Arrival) -> None:
        """Whatever went wrong, nothing half-stored stays."""
        arrival.file.drop()

    # -- out ---------------------------------------------------------------------------------------------------

    def picture(self, photo_id: str, size: str, actor: Actor) -> Picture:
        """A view (1600 px, stamped) or thumb (320 px); the phone's own preview until they are made.

        Raises NotFound when there is nothing to show yet, or the record is not in the actor's reach.
        """
        photo, _ = self._visible(photo_id, actor)
        path = self._photos.view(photo.id, size)
        if photo.views == "made" and path.exists():
            return Picture("image/jpeg", path=path, is_final=True)
        with self._store.look() as work:
            preview = work.records.preview(photo.id)
        if preview:
            return Picture("image/jpeg", data=preview)
        raise NotFound("picture_not_ready")

    def unchanged(self, record: Record, actor: Actor) -> dict[str, bool | None]:
        """Reads every kept original again: photo id to True when it still has its hash, None when it is not here yet."""
        self._permissions.require(actor, "record.read", scope_of(record))
        return {
            photo.id: self._photos.rehash(photo.sha256) == photo.sha256 if photo.state == "kept" else None
            for photo in record.photos
        }

    def original(self, photo_id: str, reason: str, actor: Actor) -> tuple[Photo, Path]:
        """The untouched file, for a written reason; leaves a history row. Raises NotFound, NotAllowed, Invalid."""
        self._permissions.require(actor, "photo.original")
        photo, record = self._visible(photo_id, actor)
        self._permissions.require(actor, "photo.original", scope_of(record))
        if len(reason.strip()) < REASON_AT_LEAST:
            raise Invalid("reason_missing", field="reason")
        path = self._photos.original(photo.sha256)
        if photo.state != "kept" or not path.exists():
            raise NotFound("original_missing")
        with self._store.work() as work:
            payload = {"photo_id": photo.id, "sha256": photo.sha256, "reason": reason.strip()[:500]}
            work.history.write("record", record.id, "photo.original_taken", payload, actor_id=actor.person_id,
                               at=self._clock())  # fmt: skip
        return photo, path

    def _visible(self, photo_id: str, actor: Actor) -> tuple[Photo, Record]:
        with self._store.look() as work:
            photo = work.records.photo(photo_id)
            record = work.records.get(photo.record_id) if photo else None
        if photo is None or record is None:
            raise NotFound()
        self._permissions.require(actor, "record.read", scope_of(record))
        return photo, record

    # -- later -------------------------------------------------------------------------------------------------

    def _make_views(self, job: Job) -> Closing | None:
        with self._store.look() as work:
            photo = work.records.photo(job.payload["photo_id"])
            record = work.records.get(photo.record_id) if photo else None
        if photo is None or record is None or photo.state != "kept":
            return None
        answer = self._worker.make(
            {
                "path": str(self._photos.original(photo.sha256)),
                "out_view": str(self._photos.view(photo.id, "view")),
                "out_thumb": str(self._photos.view(photo.id, "thumb")),
                "stamp": self._stamp(photo, record).as_dict(),
                "font": str(self._font) if self._font else None,
                "declared": photo.media_type,
                "heic": self._decodes_heic,
            }
        )
        if not answer["ok"] and answer["error"]["code"] in RETRY_CODES and job.attempts < ATTEMPTS_AT_MOST:
            raise Busy(answer["error"]["code"])  # may pass: the queue tries again; the last time it is written down
        values = {"views": "made", "view_error": None} if answer["ok"] else {
            "views": "failed", "view_error": answer["error"]["code"]
        }  # fmt: skip
        facts = answer.get("facts") or {}
        return lambda work: work.records.update_photo(photo.id, facts=facts, **values)

    def _stamp(self, photo: Photo, record: Record) -> Stamp:
        """Everything the stamp says, in Chinese: it is part of the picture and must not change with the reader."""
        say = words("zh")
        issues = self._policy.issues_of(record.catalogue_edition)
        shots = issues.get(record.issue_type).shots if issues.has(record.issue_type) else ()
        shot = next((s.zh for s in shots if s.code == photo.shot), say("record.extra_shot"))
        taken = (photo.taken_at or record.captured_at).astimezone(self._timezone)
        fix = photo.position or record.position
        position = say("record.no_fix")
        if fix is not None:
            accuracy = f" ±{fix.accuracy_m:.0f} m" if fix.accuracy_m is not None else ""
            position = f"{fix.lon:.6f}, {fix.lat:.6f}{accuracy}"
        return Stamp(
            time=taken.strftime("%Y-%m-%d %H:%M:%S"), offset=taken.strftime("UTC%z"),
            place=" · ".join(n for n in (record.street_name, record.grid_name, record.zone_name) if n)
            or say(f"place.{record.place_state}"),
            position=position, person=record.reporter_name, record_number=record.number, shot=shot,
            sample_mark=say("app.sample") if record.is_sample else "",
        )  # fmt: skip

    def sweep(self) -> int:
        """Remove files that stopped arriving over ten minutes ago; returns how many."""
        limit = self._clock().timestamp() - UNFINISHED_LIFE.total_seconds()
        gone = 0
        for path in self._photos.unfinished():
            with suppress(FileNotFoundError):  # it has just been kept, or dropped by its own request
                if path.stat().st_mtime < limit:
                    path.unlink()
                    gone += 1
        return gone

    def close(self) -> None:
        self._worker.close()


def scope_of(record: Record) -> Scoped:
    return Scoped(record.street_id, record.community_id, record.grid_id, record.reporter_id)
