"""Watches over the chain: closes a day with a checkpoint, walks everything and says what does not fit."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain import chain
from domain.policy.permissions import Permissions
from domain.records import Actor
from services.queue import Closing, Queue
from storage.jobs import Job
from storage.photos import PhotoStore
from storage.store import Store, Work
from storage.timetable import Outcome

SETTLING = timedelta(minutes=10)
VERIFY, CLOSE_DAYS = "verify", "history.close_days"  # kinds of jobs
FINDINGS_KEPT = 50
LINKS_A_STEP = 2000


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit. code: for i18n under [verify]."""

    code: str
    subject: str
    detail: str = ""


@dataclass(frozen=True)
class Verified:
    links: int
    subjects: int
    photos: int
    checkpoints: int
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        return not self.findings


class HistoryService:
    def __init__(
        self, store: Store, photos: PhotoStore, permissions: Permissions, clock: Callable[[], datetime],
        timezone: ZoneInfo, queue: Queue,
    ) -> None:  # fmt: skip
        self._store = store
        self._photos = photos
        self._permissions = permissions
        self._clock = clock
        self._timezone = timezone
        queue.handle(VERIFY, self._verify_by_clock)
        queue.handle(CLOSE_DAYS, self._close_days_by_clock)

    def verify_as(self, actor: Actor) -> Verified:
        self._permissions.require(actor, "history.verify")
        started = self._clock()
        found = self.verify()
        self.write_down(found, started)
        return found

    def write_down(self, found: Verified, started: datetime, key: str = "") -> None:
        """Write down what a check by hand found, so that the operator's page knows of it."""
        outcome = self._outcome(found, started, key or f"{VERIFY}@hand-{uuid.uuid4().hex[:12]}")
        self._store.run(lambda work: work.outcomes.keep(outcome))

    def _verify_by_clock(self, job: Job) -> Closing:
        started = self._clock()
        outcome = self._outcome(self.verify(step=job.go_on), started, job.key)
        return lambda work: work.outcomes.keep(outcome)

    def _outcome(self, found: Verified, started: datetime, key: str) -> Outcome:
        facts = {
            "links": found.links, "subjects": found.subjects, "photos": found.photos, "checkpoints": found.checkpoints,
            "found": len(found.findings), "findings": [asdict(one) for one in found.findings[:FINDINGS_KEPT]],
        }  # fmt: skip
        return Outcome(VERIFY, key, started, self._clock(), facts)

    def _close_days_by_clock(self, job: Job) -> None:
        self.close_days()

    def verify(
        self, progress: Callable[[int, int], None] | None = None, *, step: Callable[[], None] = lambda: None
    ) -> Verified:
        """Walk every chain, check heads and checkpoints, rehash every original. Reads only. step: called often, may raise."""
        with self._store.look() as work:
            links = list(work.history.walk())
            heads = work.history.heads()
            checkpoints = work.history.checkpoints()
            photos = work.records.kept_photos()
        by_link = {(r.subject_kind, r.subject_id, r.seq): r.hash for r in links}
        findings = [*_walk(links, heads, step), *_check_days(checkpoints, by_link, self._day_bounds)]
        findings += self._check_photos(photos, progress, step)
        findings += _photos_without_link(links, photos)
        return Verified(len(links), len(heads), len(photos), len(checkpoints), tuple(findings))

    def close_days(self) -> int:
        """Make the checkpoints of every finished day that has none yet; returns how many."""
        # A write that began before midnight may end after it.
        today = (self._clock() - SETTLING).astimezone(self._timezone).date()
        made = 0
        with self._store.work() as work:
            first = work.history.first_day()
            if first is None:
                return 0
            done = work.history.checkpoints()
            day = (
                datetime.fromisoformat(done[-1].day).date() + timedelta(days=1)
                if done
                else first.astimezone(self._timezone).date()
            )
            prev = done[-1].hash if done else chain.GENESIS
            while day < today:
                start, end = self._day_bounds(day.isoformat())
                heads = [list(h) for h in work.history.heads_between(start, end)]
                root = chain.merkle_root([str(h[3]) for h in heads])
                link = _checkpoint_hash(day.isoformat(), len(heads), root, prev)
                work.history.add_checkpoint(day=day.isoformat(), heads=len(heads), root=root, prev_hash=prev, hash=link,
                                            head_list=heads, made_at=self._clock())  # fmt: skip
                prev, made, day = link, made + 1, day + timedelta(days=1)
        return made

    def _day_bounds(self, day: str) -> tuple[datetime, datetime]:
        start = datetime.fromisoformat(day).replace(tzinfo=self._timezone)
        return start, start + timedelta(days=1)

    def _check_photos(
        self, photos: list[Any], progress: Callable[[int, int], None] | None, step: Callable[[], None]
    ) -> Iterator[Finding]:
        known: dict[str, str | None] = {}
        for i, (photo_id, record_id, sha256, _size) in enumerate(photos):
            step()
            if sha256 not in known:
                known[sha256] = self._photos.rehash(sha256)
            if known[sha256] is None:
                yield Finding("original_missing", f"record {record_id}", f"photo {photo_id}, {sha256}")
            elif known[sha256] != sha256:
                yield Finding("original_changed", f"record {record_id}", f"photo {photo_id}, {sha256}")
            if progress:
                progress(i + 1, len(photos))


def broken_links(work: Work, subject_kind: str, subject_id: str) -> list[Finding]:
    """What does not fit in one subject's chain. Every link is worked out again; daily checkpoints are not read."""
    head = work.history.head(subject_kind, subject_id)
    return list(_walk(work.history.links(subject_kind, subject_id), {(subject_kind, subject_id): head} if head else {}))


def _walk(
    links: list[Any], heads: dict[tuple[str, str], tuple[int, str]], step: Callable[[], None] = lambda: None
) -> Iterator[Finding]:
    last: dict[tuple[str, str], Any] = {}
    for i, row in enumerate(links):
        if i % LINKS_A_STEP == 0:
            step()
        subject = (row.subject_kind, row.subject_id)
        name = f"{row.subject_kind} {row.subject_id}"
        before = last.get(subject)
        if row.seq != (before.seq + 1 if before else 1):
            yield Finding("link_missing", name, f"before {row.seq}")
        elif row.prev_hash != (before.hash if before else chain.GENESIS):
            yield Finding("link_broken", name, f"at {row.seq}")
        if chain.payload_digest(row.salt, row.payload) != row.digest:
            yield Finding("payload_changed", name, f"at {row.seq}")
        fresh = chain.link_hash(
            prev_hash=row.prev_hash, subject_kind=row.subject_kind, subject_id=row.subject_id, seq=row.seq, at=row.at,
            actor_id=row.actor_id, action=row.action, digest=row.digest,
        )  # fmt: skip
        if fresh != row.hash:
            yield Finding("link_changed", name, f"at {row.seq}")
        last[subject] = row
    for subject, (seq, link_hash) in heads.items():
        found = last.get(subject)
        if found is None or (found.seq, found.hash) != (seq, link_hash):
            yield Finding("head_differs", " ".join(subject), f"head {seq}, last link {found.seq if found else 0}")
    for subject in last.keys() - heads.keys():
        yield Finding("head_missing", " ".join(subject))


def _check_days(
    checkpoints: list[Any], by_link: dict[tuple[str, str, int], str], bounds: Callable[[str], Any]
) -> Iterator[Finding]:
    prev = chain.GENESIS
    for day in checkpoints:
        if day.prev_hash != prev or day.hash != _checkpoint_hash(day.day, day.heads, day.root, day.prev_hash):
            yield Finding("checkpoint_changed", day.day)
        if chain.merkle_root([h[3] for h in day.head_list]) != day.root or len(day.head_list) != day.heads:
            yield Finding("checkpoint_changed", day.day)
        for kind, subject_id, seq, link_hash in day.head_list:
            if by_link.get((kind, subject_id, seq)) != link_hash:
                yield Finding("link_gone", f"{kind} {subject_id}", f"{seq}, in the checkpoint of {day.day}")
        prev = day.hash


def _photos_without_link(links: list[Any], photos: list[Any]) -> Iterator[Finding]:
    """A photo row that says kept must be in its record's chain with the same hash."""
    told = {
        (row.subject_id, row.payload.get("photo_id"), row.payload.get("sha256"))
        for row in links
        if row.subject_kind == "record" and row.action == "photo.kept"
    }
    for photo_id, record_id, sha256, _size in photos:
        if (record_id, photo_id, sha256) not in told:
            yield Finding("photo_not_in_history", f"record {record_id}", f"photo {photo_id}, {sha256}")


def _checkpoint_hash(day: str, heads: int, root: str, prev: str) -> str:
    return hashlib.sha256("\n".join((day, str(heads), root, prev)).encode()).hexdigest()
