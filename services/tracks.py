"""Where inspectors walked, while they let their phone note it: taken in, their own to see, others' for a reason only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Conflict, Invalid, NotFound
from domain.phone_clock import by_our_clock, clock_off_s
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, HistoryEntry, Person
from domain.tracks import Patrol, TrackPart, TrackPoint, patrols
from storage.store import Store, Work

SEEN = "track.seen"
REASON_AT_LEAST, REASON_AT_MOST = 2, 200


@dataclass(frozen=True)
class Mine:
    """days: on which I let it be noted, newest first. seen: who looked at one of them, newest first."""

    days: list[date]
    seen: list[HistoryEntry]


class Tracks:
    def __init__(
        self, store: Store, permissions: Permissions, clock: Callable[[], datetime], timezone: ZoneInfo, *, keep_days: int
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._clock = clock
        self._timezone = timezone
        self._keep = timedelta(days=keep_days)

    @property
    def keep_days(self) -> int:
        return self._keep.days

    def receive(self, part: TrackPart, actor: Actor) -> bool:
        """Keep some points of one's own. True when new, False when the same came before.

        Raises Invalid for a part without points, Conflict when its id holds other content.
        """
        self._permissions.require(actor, "record.report")
        if not part.points:
            raise Invalid("field_wrong", field="points")

        def deed(work: Work) -> bool:
            known = work.tracks.known(part.id)
            if known is not None:
                if known != (part.content_hash, actor.person_id):
                    raise Conflict("track_id_used", field="id")
                return False
            now = self._clock()
            off = clock_off_s(sent_at=part.sent_at, latest=max(p.at for p in part.points), now=now)
            points = [replace(p, at=by_our_clock(p.at, off, now)) for p in part.points]
            work.tracks.add(part, sorted(points, key=_when), person_id=actor.person_id, clock_off_s=off, at=now)
            return True

        return self._store.run(deed)

    def mine(self, actor: Actor) -> Mine:
        """One's own days, and who looked at them with which reason."""
        self._permissions.require(actor, "record.report")
        with self._store.look() as work:
            told = [entry for entry in work.history.of("person", actor.person_id) if entry.action == SEEN]
            return Mine(self._days(work, actor.person_id), told[::-1])

    def own(self, day: date, actor: Actor) -> list[Patrol]:
        """One's own patrols of a day of the office; no reason asked, nothing written."""
        self._permissions.require(actor, "record.report")
        return self._of(actor.person_id, day)

    def people(self, actor: Actor) -> list[Person]:
        """Everybody else in reach whose track is here, by name."""
        self._permissions.require(actor, "track.read")
        with self._store.look() as work:
            walked = [work.people.get(person_id) for person_id in work.tracks.walkers()]
            found = [p for p in walked if p and p.id != actor.person_id and self._reaches(work, p, actor)]
        return sorted(found, key=lambda person: (person.name, person.username))

    def days(self, person_id: str, actor: Actor) -> list[date]:
        """The days of somebody in reach, newest first; no position. Raises NotFound."""
        self._permissions.require(actor, "track.read")
        with self._store.look() as work:
            self._required(work, person_id, actor)
            return self._days(work, person_id)

    def see(self, person_id: str, day: date, reason: str, actor: Actor) -> list[Patrol]:
        """Somebody's patrols of a day, for a written reason; the person's history names who looked, when and why.

        Raises NotFound out of reach, Invalid without a reason or when nothing was noted on that day.
        """
        self._permissions.require(actor, "track.read")
        with self._store.look() as work:
            self._required(work, person_id, actor)
        reason = reason.strip()
        if not REASON_AT_LEAST <= len(reason) <= REASON_AT_MOST:
            raise Invalid("track_reason_missing", field="reason", at_most=REASON_AT_MOST)
        found = self._of(person_id, day)
        if not found:
            raise Invalid("track_none", field="day", day=day.isoformat())
        with self._store.work() as work:
            points = sum(len(patrol.points) for patrol in found)
            work.history.write("person", person_id, SEEN, {"day": day.isoformat(), "reason": reason, "points": points},
                               actor_id=actor.person_id, at=self._clock())  # fmt: skip
        return found

    def sweep(self) -> int:
        """Take out what is older than the office keeps it; gives the number of points."""
        with self._store.work() as work:
            return work.tracks.forget(before=self._clock() - self._keep)

    # -- within ------------------------------------------------------------------------------------------------

    def _of(self, person_id: str, day: date) -> list[Patrol]:
        since = datetime.combine(day, time(), self._timezone)
        until = datetime.combine(day + timedelta(days=1), time(), self._timezone)
        with self._store.look() as work:
            return patrols(work.tracks.between(person_id, since, until), since, until)

    def _days(self, work: Work, person_id: str) -> list[date]:
        spans = work.tracks.spans(person_id)
        return sorted({at.astimezone(self._timezone).date() for span in spans for at in span}, reverse=True)

    def _required(self, work: Work, person_id: str, actor: Actor) -> None:
        person = work.people.get(person_id)
        if person is None or not self._reaches(work, person, actor):
            raise NotFound()

    def _reaches(self, work: Work, person: Person, actor: Actor) -> bool:
        return any(self._permissions.allows(actor, "track.read", place) for place in _places(work, person))


def _when(point: TrackPoint) -> datetime:
    return point.at


def _places(work: Work, person: Person) -> list[Scoped]:
    """Where somebody is assigned, as a reader's own assignment may cover it; the city lies in no street."""
    found = []
    for one in person.assignments:
        area = work.areas.current(one.scope_id) if one.scope_kind in ("community", "grid") and one.scope_id else None
        found.append(Scoped(
            street_id=one.scope_id if one.scope_kind == "street" else area.street_id if area else None,
            community_id=one.scope_id if one.scope_kind == "community" else area.community_id if area else None,
            grid_id=one.scope_id if one.scope_kind == "grid" else None,
            departments=(one.scope_id,) if one.scope_kind == "department" and one.scope_id else (),
        ))  # fmt: skip
    return found
