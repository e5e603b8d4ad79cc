"""Views of photos: jobs that have the decoding worker make the stamped picture and the small one, and make lost ones again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.errors import Busy
from domain.records import Photo, Record
from i18n import words
from media.client import RETRY_CODES, MediaWorker
from media.stamp import Stamp
from services.policy import LivePolicy
from services.queue import ATTEMPTS_AT_MOST, Closing, Queue
from storage.jobs import Job
from storage.photos import PhotoStore
from storage.store import Store, Work
from storage.timetable import Outcome

MAKE_VIEWS, MISSING_VIEWS = "photo.views", "views.missing"  # kinds of jobs


class Views:
    def __init__(
        self, store: Store, photos: PhotoStore, policy: LivePolicy, queue: Queue, clock: Callable[[], datetime],
        timezone: ZoneInfo, *, font: Path | None, decodes_heic: bool = False,
    ) -> None:  # fmt: skip
        self._store = store
        self._photos = photos
        self._policy = policy
        self._clock = clock
        self._timezone = timezone
        self._font = font
        self._decodes_heic = decodes_heic
        self._worker = MediaWorker()
        queue.handle(MAKE_VIEWS, self._make)
        queue.handle(MISSING_VIEWS, self._find_missing)

    @property
    def decoder_restarts(self) -> int:
        """How often the decoding worker had to be started anew in this process."""
        return self._worker.restarts

    def close(self) -> None:
        self._worker.close()

    def _make(self, job: Job) -> Closing | None:
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

    def _find_missing(self, job: Job) -> Closing | None:
        """Views that the store calls made and the disk does not have (a lost folder, a restore) are queued again."""
        with self._store.look() as work:
            kept = work.records.photos_with_views()
        lost = []
        for photo_id in kept:
            job.go_on()
            if not all(self._photos.view(photo_id, size).exists() for size in ("view", "thumb")):
                lost.append(photo_id)
        if not lost:
            return None
        started, at = job.started_at or self._clock(), self._clock()

        def again(work: Work) -> None:
            for photo_id in lost:
                work.records.update_photo(photo_id, views="none", view_error=None)
                work.jobs.queue_again(MAKE_VIEWS, f"{MAKE_VIEWS}:{photo_id}", {"photo_id": photo_id}, at=at)
            work.outcomes.keep(Outcome(MISSING_VIEWS, job.key, started, at, {"queued": len(lost)}))

        return again

    def _stamp(self, photo: Photo, record: Record) -> Stamp:
        """Everything the stamp says, in Chinese: it is part of the picture and must not change with the reader."""
        say = words("zh")
        issues = self._policy.issues_of(record.catalogue_edition)
        shots = issues.get(record.issue_type).shots if issues.has(record.issue_type) else ()
        shot = next((s.zh for s in shots if s.code == photo.shot), say("record.extra_shot"))
        taken = record.captured_at
        if photo.taken_at is not None:  # by our clock, as captured_at is
            taken = photo.taken_at - timedelta(seconds=record.clock_off_s or 0.0)
        taken = taken.astimezone(self._timezone)
        if photo.derived_from:
            shot = say("record.drawing_of", shot=shot)
        # A photo's own fix or none: an album's picture was taken elsewhere, and a later fix is not the shutter's.
        fix = photo.position if photo.source == "camera" else None
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
