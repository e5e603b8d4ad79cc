"""Parts of tracks: put in, read, and taken out when their time is over; never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.tracks import TrackPart, TrackPoint
from storage.tables import track_parts


class Tracks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, part_id: str) -> tuple[str, str] | None:
        """(content hash, person) of a part that is here."""
        c = track_parts.c
        row = self._connection.execute(sa.select(c.content_hash, c.person_id).where(c.id == part_id)).first()
        return (row.content_hash, row.person_id) if row else None

    def add(
        self, part: TrackPart, points: Sequence[TrackPoint], *, person_id: str, clock_off_s: float | None, at: datetime
    ) -> None:
        """points: those of the part, oldest first, by our clock."""
        self._connection.execute(
            sa.insert(track_parts).values(
                id=part.id, patrol_id=part.patrol_id, person_id=person_id, starts_at=points[0].at,
                ends_at=points[-1].at, points=[_as_row(point) for point in points], content_hash=part.content_hash,
                clock_off_s=clock_off_s, received_at=at,
            )
        )  # fmt: skip

    def between(self, person_id: str, since: datetime, until: datetime) -> list[tuple[str, list[TrackPoint]]]:
        """(patrol, points) of every part that touches [since, until), oldest first."""
        c = track_parts.c
        query = (
            sa.select(c.patrol_id, c.points)
            .where(c.person_id == person_id, c.starts_at < until, c.ends_at >= since)
            .order_by(c.starts_at, c.id)
        )
        return [(row.patrol_id, [_as_point(*each) for each in row.points]) for row in self._connection.execute(query)]

    def spans(self, person_id: str) -> list[tuple[datetime, datetime]]:
        """Beginning and end of every part of somebody."""
        c = track_parts.c
        query = sa.select(c.starts_at, c.ends_at).where(c.person_id == person_id)
        return [(row.starts_at, row.ends_at) for row in self._connection.execute(query)]

    def walkers(self) -> list[str]:
        """The ids of everybody who has a part here."""
        return list(self._connection.scalars(sa.select(track_parts.c.person_id).distinct()))

    def forget(self, *, before: datetime) -> int:
        """Take out the parts that ended before; gives how many points that were."""
        c = track_parts.c
        gone = list(self._connection.execute(sa.select(c.id, c.points).where(c.ends_at < before)))
        for start in range(0, len(gone), 400):
            some = [row.id for row in gone[start : start + 400]]
            self._connection.execute(sa.delete(track_parts).where(c.id.in_(some)))
        return sum(len(row.points) for row in gone)


def _as_row(point: TrackPoint) -> list[float | None]:
    """Milliseconds since 1970, degrees to 11 cm, metres: a day of points stays small."""
    accuracy_m = None if point.accuracy_m is None else round(point.accuracy_m, 1)
    return [round(point.at.timestamp() * 1000), round(point.lon, 6), round(point.lat, 6), accuracy_m]


def _as_point(at_ms: float, lon: float, lat: float, accuracy_m: float | None) -> TrackPoint:
    return TrackPoint(datetime.fromtimestamp(at_ms / 1000, UTC), lon, lat, accuracy_m)
