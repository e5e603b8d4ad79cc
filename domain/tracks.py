"""Where somebody walked on a patrol, while they let their phone note it: points, in parts as the phone sends them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.chain import canonical_json

POINTS_AT_MOST = 500  # a part; a phone sends about a hundred
ACCURACY_AT_MOST_M = 100_000.0
# The phone slept or stood without a signal for longer: nobody knows the way between, and no line is drawn.
GAP = timedelta(minutes=5)


@dataclass(frozen=True)
class TrackPoint:
    """lon, lat in WGS 84 degrees; accuracy_m is the browser's 68 % radius."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None = None


@dataclass(frozen=True)
class TrackPart:
    """Some points of one patrol; id tells a part sent twice from a second one."""

    id: str
    patrol_id: str
    points: tuple[TrackPoint, ...]
    sent_at: datetime | None = None

    @property
    def content_hash(self) -> str:
        """Equal for the same part sent twice: the time of sending is left out."""
        rows = [[p.at, p.lon, p.lat, p.accuracy_m] for p in self.points]
        return hashlib.sha256(canonical_json([self.patrol_id, rows]).encode()).hexdigest()


@dataclass(frozen=True)
class Patrol:
    """One patrol's points of one day, oldest first."""

    id: str
    points: tuple[TrackPoint, ...]

    def lines(self) -> Iterator[tuple[TrackPoint, ...]]:
        """The points in runs without a gap."""
        start = 0
        for i in range(1, len(self.points)):
            if self.points[i].at - self.points[i - 1].at > GAP:
                yield self.points[start:i]
                start = i
        if self.points:
            yield self.points[start:]


def patrols(parts: Sequence[tuple[str, Sequence[TrackPoint]]], since: datetime, until: datetime) -> list[Patrol]:
    """parts: (patrol, points) as they lie in the store. Those of [since, until), one patrol after another."""
    found: dict[str, list[TrackPoint]] = {}
    for patrol_id, points in parts:
        found.setdefault(patrol_id, []).extend(p for p in points if since <= p.at < until)
    whole = [Patrol(key, tuple(sorted(points, key=lambda p: p.at))) for key, points in found.items() if points]
    return sorted(whole, key=lambda patrol: patrol.points[0].at)
