"""Is it known already? Open records of one kind near a place, and what a sighting points to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from domain.capture import Capture
from domain.errors import Invalid
from domain.policy.issue import IssueType
from domain.policy.permissions import Permissions
from domain.policy.states import load_states
from domain.records import Actor, Record
from geo import measure
from services.evidence import scope_of
from services.policy import LivePolicy
from storage.store import Store, Work

SHOWN_AT_MOST = 20
DEGREE_M = 111_320.0
Point = tuple[float, float]


@dataclass(frozen=True)
class Near:
    """may_see: the asker may open the record; of any other one they learn number, distance and age, for the comparison."""

    record: Record
    distance_m: float
    age_days: int
    may_see: bool


class Nearby:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock

    def find(self, lon: float, lat: float, issue_type: str, actor: Actor) -> list[Near]:
        """Open reports of the kind within its radius, nearest first. Raises Invalid for an unknown kind or no point."""
        self._permissions.require(actor, "record.report")
        issues = self._policy.now().issues
        if not issues.has(issue_type):
            raise Invalid("unknown_issue_type", field="issue_type", issue_type=issue_type)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise Invalid("bad_point", field="lon")
        radius_m = issues.get(issue_type).duplicate_radius_m
        with self._store.look() as work:
            found = work.records.near(issue_type, _box((lon, lat), radius_m), _open_states())
        near = [self._near(record, (lon, lat), actor) for record in found]
        near = [one for one in near if one.distance_m <= radius_m]
        near.sort(key=lambda one: (one.distance_m, one.record.number))
        return near[:SHOWN_AT_MOST]

    def _near(self, record: Record, point: Point, actor: Actor) -> Near:
        age = self._clock() - min(record.captured_at, record.received_at)
        may_see = self._permissions.allows(actor, "record.read", scope_of(record))
        return Near(record, distance_m(record, point), max(age.days, 0), may_see)


def subject_of(
    work: Work, capture: Capture, point: Point | None, issue: IssueType, permissions: Permissions, actor: Actor
) -> Record:
    """The report that a sighting sees again; of a sighting, the report behind it.

    Raises Invalid when there is none that this person may point to: it is of the same kind, and they may see it or
    stand within the kind's radius. Its state does not matter: it may have been closed while the phone was offline.
    """
    subject = work.records.get(capture.subject_id or "")
    if subject is not None and subject.subject_id is not None:
        subject = work.records.get(subject.subject_id)
    if subject is None or not (
        permissions.allows(actor, "record.read", scope_of(subject))
        or (point is not None and distance_m(subject, point) <= issue.duplicate_radius_m)
    ):
        raise Invalid("subject_unknown", field="subject_id")
    if subject.issue_type != issue.code:
        raise Invalid("subject_other_type", field="subject_id", number=subject.number)
    return subject


def distance_m(record: Record, point: Point) -> float:
    """Metres from a record's place to a point; endless for a record without a place."""
    if record.lon is None or record.lat is None:
        return math.inf
    return float(measure.distance_m(record.lon, record.lat, *point))


def _box(point: Point, radius_m: float) -> tuple[float, float, float, float]:
    """A box that holds the circle, a little wider."""
    lon, lat = point
    tall = radius_m * 1.01 / DEGREE_M
    wide = tall / max(math.cos(math.radians(lat)), 0.01)
    return lon - wide, lat - tall, lon + wide, lat + tall


def _open_states() -> tuple[str, ...]:
    return tuple(code for code, state in load_states().items() if state.is_open and code != "draft")
