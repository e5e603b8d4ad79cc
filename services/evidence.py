"""Originals: keeps the bytes first, has pictures made for people later (views.py), lets each be seen by right."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep

import structlog

from domain.capture import PHOTO_CAP_BYTES, Part
from domain.errors import Busy, Conflict, Held, Invalid, NotFound, Refused, TooLarge
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Photo, Record
from media.header import check_header
from services.queue import Queue
from services.views import MAKE_VIEWS
from storage.photos import Arriving, Growing, Occupied, PhotoStore, Unfinished
from storage.store import Store, Work

REASON_AT_LEAST = 4
UNFINISHED_LIFE = timedelta(minutes=10)  # of what nobody can take up again
PARTS_LIFE = timedelta(days=7)  # of what a phone may come back for
DISK_LEFT_BYTES = 200_000_000
ASK_AGAIN_S = 2
FINISHING_TRIES, FINISHING_PAUSE_S = 20, 0.05
log = structlog.get_logger("evidence")


@dataclass(frozen=True)
class Arrival:
    """A photo on its way in: what was announced, the open file, and the size that this request may bring it to."""

    photo: Photo
    reporter_id: str
    file: Arriving | Growing
    until: int


@dataclass(frozen=True)
class Swept:
    """What the janitor removed. stale: parts that nobody came back for; the others could not be taken up again."""

    files: int = 0
    stale: int = 0
    size_bytes: int = 0


@dataclass(frozen=True)
class Picture:
    """Something to show: a file or bytes. is_final: it will not change any more."""

    media_type: str
    path: Path | None = None
    data: bytes | None = None
    is_final: bool = False


class Evidence:
    def __init__(
        self, store: Store, photos: PhotoStore, permissions: Permissions, queue: Queue, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._photos = photos
        self._permissions = permissions
        self._queue = queue
        self._clock = clock

    # -- in ----------------------------------------------------------------------------------------------------

    def arrived(self, record_id: str, sha256: str, actor: Actor) -> tuple[Photo, int]:
        """An announced original and how many of its bytes are here for good. Raises NotFound as `begin` does.

        One whose last bytes came, and whose request died before it could say so, is kept now: nothing is left to send.
        """
        photo = self._own(record_id, sha256, actor)
        if photo.state != "kept" and self._arrived_bytes(photo) == photo.size:
            photo = self._finish(photo, actor)
        return photo, self._arrived_bytes(photo)

    def begin(self, record_id: str, sha256: str, actor: Actor, part: Part | None = None) -> Arrival | Photo:
        """Open the way for an announced original or the next part of it; a Photo when it has been kept already.

        Raises NotFound for a record or photo that is not the actor's own, Conflict when the part does not begin where
        the bytes here end, TooLarge when it goes beyond the announced size, Held while another request sends the same
        photo, Busy when the disk is full.
        """
        photo = self._own(record_id, sha256, actor)
        if photo.state == "kept":
            return photo
        if part is not None:
            _fits(part, photo)
        if shutil.disk_usage(self._photos.root).free < DISK_LEFT_BYTES:
            raise Busy("disk_full")
        if part is None:
            return Arrival(photo, actor.person_id, self._photos.arriving(), min(photo.size, PHOTO_CAP_BYTES))
        file = self._next_part(photo, part)
        if file is None:  # all of it is here already
            photo = self._finish(photo, actor)
            if photo.state == "kept":
                return photo
            raise Conflict("upload_offset", offset=self._arrived_bytes(photo))
        return Arrival(photo, actor.person_id, file, part.last + 1)

    def _finish(self, photo: Photo, actor: Actor) -> Photo:
        """Keep what is here whole; whole but wrong it is thrown away. Whoever is just doing that is waited for a moment."""
        for _ in range(FINISHING_TRIES):
            try:
                file = self._photos.growing(photo.record_id, photo.sha256)
            except Occupied:
                sleep(FINISHING_PAUSE_S)
                continue
            arrival = Arrival(photo, actor.person_id, file, photo.size)
            try:
                if file.size == photo.size:
                    return self.keep(arrival, actor)
            except Busy:
                raise
            except Refused as refused:
                log.info("parts_wrong", code=refused.code)
            finally:
                self.abandon(arrival)
            break
        return self._own(photo.record_id, photo.sha256, actor)

    def _own(self, record_id: str, sha256: str, actor: Actor) -> Photo:
        self._permissions.require(actor, "record.report")
        with self._store.look() as work:
            reporter_id = work.records.reporter_id(record_id)
            photo = work.records.photo_by_hash(record_id, sha256.lower())
        if photo is None or reporter_id != actor.person_id:
            raise NotFound()
        return photo

    def _next_part(self, photo: Photo, part: Part) -> Growing | None:
        """The open file, where the part fits on; None when nothing is left to come."""
        try:
            file = self._photos.growing(photo.record_id, photo.sha256)
        except Occupied:
            raise Held(offset=self._arrived_bytes(photo), retry_after_s=ASK_AGAIN_S) from None
        except OSError as error:
            raise Busy("disk_full") from error
        if file.size != part.first:
            here = file.size
            file.leave()
            if here == photo.size:
                return None
            raise Conflict("upload_offset", offset=here)
        return file

    def _arrived_bytes(self, photo: Photo) -> int:
        return photo.size if photo.state == "kept" else self._photos.arrived_bytes(photo.record_id, photo.sha256)

    def take(self, arrival: Arrival, chunk: bytes) -> None:
        """One chunk. Raises TooLarge over what was announced, Busy when the disk is full."""
        if arrival.file.size + len(chunk) > arrival.until:
            raise TooLarge("photo_longer", announced=arrival.photo.size)
        try:
            arrival.file.write(chunk)
        except OSError as error:
            raise Busy("disk_full") from error

    def keep_part(self, arrival: Arrival, actor: Actor) -> Photo | int:
        """A request has ended: the number of bytes that are here for good, or the Photo when that is all of it.

        Raises Invalid or BadPhoto when the whole is not what was announced: then it begins again from nothing.
        """
        self._permissions.require(actor, "record.report")
        if arrival.file.size == arrival.photo.size:
            return self.keep(arrival, actor)
        try:
            arrival.file.leave()
        except OSError as error:
            raise Busy("disk_full") from error
        return arrival.file.size

    def keep(self, arrival: Arrival, actor: Actor) -> Photo:
        """Check size, hash and kind of file, keep it for good, then say so. Raises Invalid, BadPhoto."""
        self._permissions.require(actor, "record.report")
        if arrival.reporter_id != actor.person_id:
            raise NotFound()
        file, photo = arrival.file, arrival.photo
        try:
            media_type = _checked(arrival)
        except Busy:
            raise
        except Refused:
            file.drop()  # whatever part of it is wrong, nobody can tell: the whole is sent again
            raise
        try:
            self._photos.keep(file, photo.sha256)
        except OSError as error:
            raise Busy("disk_full") from error
        kept = self._store.run(lambda work: self._say_kept(work, photo, media_type, actor))
        self._photos.drop_parts(photo.record_id, photo.sha256)
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
        """Whatever went wrong: of a photo in one go nothing stays, of one in parts what has come."""
        with suppress(OSError):  # a full disk: what is safe there stays, the rest comes again
            arrival.file.leave()

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

    # -- left behind -------------------------------------------------------------------------------------------

    def sweep(self) -> Swept:
        """Remove what stopped arriving: parts that a record still waits for after a week, the rest after ten minutes."""
        swept = Swept()
        for found in self._photos.unfinished():
            with suppress(FileNotFoundError):  # it has just been kept, or dropped by its own request
                swept = self._swept(swept, found)
        if swept.files:
            log.info("unfinished_removed", files=swept.files, stale=swept.stale, size_bytes=swept.size_bytes)
        return swept

    def _swept(self, swept: Swept, found: Unfinished) -> Swept:
        facts = found.path.stat()
        age_s = self._clock().timestamp() - facts.st_mtime
        if age_s < UNFINISHED_LIFE.total_seconds():
            return swept
        is_awaited = found.record_id is not None and self._is_awaited(found.record_id, found.sha256 or "")
        if is_awaited and age_s < PARTS_LIFE.total_seconds():
            return swept
        if found.record_id is None:
            found.path.unlink()
        else:
            self._photos.drop_parts(found.record_id, found.sha256 or "")
            if found.path.exists():  # somebody is writing it after all
                return swept
        return Swept(swept.files + 1, swept.stale + is_awaited, swept.size_bytes + facts.st_size)

    def _is_awaited(self, record_id: str, sha256: str) -> bool:
        with self._store.look() as work:
            photo = work.records.photo_by_hash(record_id, sha256)
        return photo is not None and photo.state != "kept"


def scope_of(record: Record) -> Scoped:
    return Scoped(record.street_id, record.community_id, record.grid_id, record.reporter_id)


def _fits(part: Part, photo: Photo) -> None:
    if part.last >= photo.size:
        raise TooLarge("photo_longer", announced=photo.size)
    if part.size != photo.size:
        raise Invalid("photo_size_differs", field="Content-Range", announced=photo.size, came=part.size)


def _checked(arrival: Arrival) -> str:
    """The media type of a whole file that is what was announced. Raises Invalid, BadPhoto, Busy when the disk is full."""
    file, photo = arrival.file, arrival.photo
    if file.size != photo.size:
        raise Invalid("photo_size_differs", field="size", announced=photo.size, came=file.size)
    try:
        file.flush()
    except OSError as error:
        raise Busy("disk_full") from error
    if file.sha256 != photo.sha256:
        raise Invalid("photo_hash_differs", field="sha256")
    return check_header(file.path, photo.media_type).media_type
