"""Reading records: one, a list, figures for the day. Only what the asker may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import shapely

from domain.errors import NotFound
from domain.filters import UNSETTLED, WITHDRAWN, RecordFilter
from domain.policy.clock import Due
from domain.policy.permissions import Permissions, Reach
from domain.records import Actor, HistoryEntry, Record
from geo import geojson, measure
from i18n import words
from services.calendar import CalendarService
from services.evidence import scope_of
from services.history import broken_links
from services.policy import LivePolicy
from storage.store import Store

ON_MAP_AT_MOST = 5000


@dataclass(frozen=True)
class Day:
    """Figures for the first screen. Counts over what the asker may see."""

    today: int
    week: int
    unsettled: int
    mine: int
    total: int
    by_issue: dict[str | None, int]
    latest: list[Record]


@dataclass(frozen=True)
class Story:
    """is_whole: every link follows from the one before and from its payload. apart_m: metres from the fix to the place.

    sightings: the records that saw it again. may_take_originals: the asker may have this record's untouched photos, for a reason. due: when the limit of its
    edition ends, counted from its receipt by the calendar as it stands now, so that a corrected day moves it; None for
    a kind that its edition does not know.
    """

    entries: tuple[HistoryEntry, ...]
    is_whole: bool
    apart_m: float | None
    may_take_originals: bool
    due: Due | None
    sightings: tuple[Record, ...] = ()


class RecordsService:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, calendar: CalendarService,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._calendar = calendar
        self._clock = clock

    def get(self, record_id: str, actor: Actor) -> Record:
        """A record by id or by number. Raises NotFound, also for another street's record."""
        with self._store.look() as work:
            record = work.records.get(record_id) or work.records.by_number(record_id)
        if record is None:
            self._permissions.require(actor, "record.read")
            raise NotFound()
        self._permissions.require(actor, "record.read", scope_of(record))
        return record

    def history(self, record_id: str, actor: Actor) -> list[HistoryEntry]:
        record = self.get(record_id, actor)
        with self._store.look() as work:
            return work.history.of("record", record.id)

    def sightings(self, record_id: str, actor: Actor) -> list[Record]:
        """What saw a report again, oldest first; a number and a time tell no more than its history does."""
        record = self.get(record_id, actor)
        with self._store.look() as work:
            return work.records.sightings(record.id)

    def story(self, record_id: str, actor: Actor) -> Story:
        """What one record's page tells beside the record itself. Raises NotFound as `get` does."""
        record = self.get(record_id, actor)
        with self._store.look() as work:
            entries = work.history.of("record", record.id)
            is_whole = not broken_links(work, "record", record.id)
            sightings = work.records.sightings(record.id)
        may_take = self._permissions.allows(actor, "photo.original", scope_of(record))
        return Story(tuple(entries), is_whole, _apart_m(record), may_take, self._due(record), tuple(sightings))

    def _due(self, record: Record) -> Due | None:
        issues = self._policy.issues_of(record.catalogue_edition)
        if not issues.has(record.issue_type):
            return None
        limit = issues.get(record.issue_type).time_limit
        return self._calendar.current().after_limit(record.received_at, limit.value, limit.unit)

    def search(self, view: RecordFilter, actor: Actor) -> tuple[list[Record], int]:
        """Newest first, with the whole number found."""
        reach = self._reach(actor)
        with self._store.look() as work:
            return work.records.search(view, reach), work.records.count(view, reach)

    def on_map(self, view: RecordFilter, actor: Actor) -> bytes:
        """The same as points, EPSG:4326; records without a place are not on the map."""
        reach = self._reach(actor)
        with self._store.look() as work:
            found = work.records.search(replace(view, limit=ON_MAP_AT_MOST, offset=0), reach)
        placed = [r for r in found if r.lon is not None and r.lat is not None]
        points = [shapely.Point(r.lon, r.lat) for r in placed]
        return geojson.feature_collection([r.id for r in placed], points, [self._on_map(r, actor) for r in placed])

    def day(self, actor: Actor) -> Day:
        reach = self._reach(actor)
        now = self._clock()
        with self._store.look() as work:
            count = work.records.count
            return Day(
                today=count(RecordFilter(since=now - timedelta(days=1), without_states=WITHDRAWN), reach),
                week=count(RecordFilter(since=now - timedelta(days=7), without_states=WITHDRAWN), reach),
                unsettled=count(RecordFilter(place_states=UNSETTLED, without_states=WITHDRAWN), reach),
                mine=count(RecordFilter(reporter_id=actor.person_id), reach),
                total=count(RecordFilter(), reach),
                by_issue=work.records.count_by(
                    "issue_type", RecordFilter(since=now - timedelta(days=30), without_states=WITHDRAWN), reach
                ),
                latest=work.records.search(RecordFilter(limit=8), reach),
            )

    def _reach(self, actor: Actor) -> Reach:
        self._permissions.require(actor, "record.read")
        return self._permissions.reach(actor, "record.read")

    def _on_map(self, record: Record, actor: Actor) -> dict[str, Any]:
        issues = self._policy.issues_of(record.catalogue_edition)
        issue = issues.get(record.issue_type) if issues.has(record.issue_type) else None
        kind = issue.name(actor.lang) if issue else record.issue_type
        return {
            "id": record.id, "number": record.number, "issue_type": record.issue_type, "icon": issue.icon if issue else "",
            "title": words(actor.lang)("record.suspected", kind=kind), "state": record.state,
            "captured_at": record.captured_at.isoformat(), "zone_name": record.zone_name,
        }  # fmt: skip


def _apart_m(record: Record) -> float | None:
    """Metres between the place that counts and the fix; None without either."""
    if record.position is None or record.lon is None or record.lat is None:
        return None
    return float(measure.distance_m(record.lon, record.lat, record.position.lon, record.position.lat))
