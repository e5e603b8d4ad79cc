"""Backups by the clock: made, read back, mended from the originals here, and thinned out; what came of each is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.queue import Closing, Queue
from storage.backup import backups, check_backup, made_at, make_backup, mend_pool, rotate
from storage.jobs import Job
from storage.photos import PhotoStore
from storage.reports import ReportFiles
from storage.store import Store
from storage.timetable import Outcome

BACKUP = "backup"
KEEP_DAYS, KEEP_WEEKS = 14, 8


class Backups:
    """folder: SLG_BACKUP_DIR; without it this process makes no backups."""

    def __init__(
        self, store: Store, photos: PhotoStore, reports: ReportFiles, queue: Queue, clock: Callable[[], datetime],
        timezone: ZoneInfo, *, folder: Path | None,
    ) -> None:  # fmt: skip
        self._store = store
        self._photos = photos
        self._reports = reports
        self._clock = clock
        self._timezone = timezone
        self._folder = folder
        if folder is not None:
            queue.handle(BACKUP, self._back_up)

    def _back_up(self, job: Job) -> Closing:
        assert self._folder is not None
        started = self._clock()
        made = make_backup(self._store, self._photos, self._folder, at=started, reports=self._reports, job=job.key,
                           step=job.go_on)  # fmt: skip
        mended = mend_pool(made.folder, self._photos, step=job.go_on)
        check_backup(made.folder, step=job.go_on, originals=False)
        gone = rotate(self._folder, superfluous(backups(self._folder), self._timezone))
        facts = {
            "folder": str(made.folder), "originals": made.originals, "copied": made.copied, "mended": mended,
            "rotated": gone, "database_bytes": made.size, "counts": made.counts, "checked": True,
        }  # fmt: skip
        done = Outcome(BACKUP, job.key, started, self._clock(), facts)
        return lambda work: work.outcomes.keep(done)


def superfluous(folders: Sequence[Path], timezone: ZoneInfo) -> list[Path]:
    """Backups that need not stay: all but the newest of each of the last 14 days and of the last 8 weeks that have any."""
    by_day: dict[date, Path] = {}
    by_week: dict[tuple[int, int], Path] = {}
    for folder in sorted(folders):
        day = made_at(folder).astimezone(timezone).date()
        by_day[day] = folder
        by_week[day.isocalendar()[:2]] = folder
    kept = {by_day[day] for day in sorted(by_day)[-KEEP_DAYS:]} | {by_week[w] for w in sorted(by_week)[-KEEP_WEEKS:]}
    return [folder for folder in folders if folder not in kept]
