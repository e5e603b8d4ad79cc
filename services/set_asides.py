"""Findings of the topology report that somebody sets aside with a reason, and takes back.

What is set aside is not in the open list while the ground behind it stays as it was; it comes back by itself when that
changed. Asked anew at each count: nothing waits for a job. Nothing is deleted: a row that no longer holds stays, and
should the ground ever be as it was again, it holds again until somebody ends it.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from domain.errors import Conflict
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor
from domain.topology import Finding, SetAside
from geo import measure, topology
from services.zone_versions import ACTION, checked_reason
from storage.store import Store, Work

STAMP = "set_aside"  # counts what was set aside and taken back, beside the stamps of layers
SAME_PLACE_M = 1.0
Find = Callable[[str, Actor, str], Finding]  # raises NotFound (another street), Conflict when it is gone


def holds(one: SetAside, found: Finding) -> bool:
    """Whether the ground behind a finding is as it was when somebody set it aside."""
    if (one.key, one.code) != (found.key, found.code):
        return False
    if one.shape is not None and found.shape is not None:
        return topology.same_ground(measure.project(one.shape), measure.project(found.shape))
    if one.shape is not None or found.shape is not None or one.versions != _versions(found):
        return False
    place = _place(found)
    return one.at == place or (
        one.at is not None and place is not None and measure.distance_m(*one.at, *place) < SAME_PLACE_M
    )


def held(work: Work, find: Callable[[str], Finding | None]) -> dict[str, SetAside]:
    """What is set aside now, by the finding's key, with the name of whoever did it."""
    standing = {one.key: one for one in work.set_asides.standing()}  # the newest of each
    kept = [one for one in standing.values() if (found := find(one.key)) is not None and holds(one, found)]
    names = {i: person.name for i in {one.set_by for one in kept} if i and (person := work.people.get(i))}
    return {one.key: replace(one, who=names.get(one.set_by or "", "")) for one in kept}


class SetAsides:
    def __init__(self, store: Store, permissions: Permissions, find: Find, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._permissions = permissions
        self._find = find
        self._clock = clock

    def may(self, key: str, actor: Actor, *, basis: str = "in_force") -> bool:
        """Whether this person decides in every street that a finding concerns. Raises NotFound, Conflict."""
        self._permissions.require(actor, "zone.draft")
        return all(self._permissions.allows(actor, ACTION, place) for place in _places(self._find(key, actor, basis)))

    def put(self, key: str, reason: str, actor: Actor, *, basis: str = "in_force") -> SetAside:
        """Set a finding aside until its ground changes. Raises Invalid, Conflict (gone, set aside by somebody else
        meanwhile, another street's too), NotFound, NotAllowed."""
        self._permissions.require(actor, ACTION)
        reason, now = checked_reason(reason), self._clock()
        found = self._find(key, actor, basis)
        self._require(found, actor)
        made = SetAside(str(uuid.uuid4()), key, found.kind, found.code, found.name, _place(found), found.shape,
                        _versions(found), reason, actor.person_id or None, now)  # fmt: skip
        with self._store.work() as work:
            for old in work.set_asides.standing():
                if old.key == key and holds(old, found):
                    raise Conflict("finding_set_aside", name=found.name)
                if old.key == key:
                    work.set_asides.end(old.id, by=actor.person_id or None, at=now)
            work.set_asides.add(made)
            work.areas.bump(STAMP)
            _tell(work, found, "finding_set_aside", {"finding": key, "reason": reason, "id": made.id}, actor, now)
        return made

    def take_back(self, key: str, actor: Actor, *, basis: str = "in_force") -> None:
        """Into the open list again. Raises like `put`; Conflict when it is not set aside."""
        self._permissions.require(actor, ACTION)
        now, found = self._clock(), self._find(key, actor, basis)
        self._require(found, actor)
        with self._store.work() as work:
            standing = [one for one in work.set_asides.standing() if one.key == key and holds(one, found)]
            if not standing:
                raise Conflict("finding_not_aside", name=found.name)
            for one in standing:
                work.set_asides.end(one.id, by=actor.person_id or None, at=now)
            work.areas.bump(STAMP)
            _tell(work, found, "finding_taken_back", {"finding": key, "id": standing[-1].id}, actor, now)

    def _require(self, found: Finding, actor: Actor) -> None:
        if not all(self._permissions.allows(actor, ACTION, place) for place in _places(found)):
            raise Conflict("finding_other_street", name=found.name)


def _places(found: Finding) -> Iterable[Scoped]:
    """Where somebody must decide to set a finding aside: each zone's street; of a building without a zone its own."""
    if found.zones:
        return {Scoped(zone.street_id, zone.community_id) for zone in found.zones}
    return [Scoped(street, None) for street in found.street_ids or (None,)]


def _versions(found: Finding) -> tuple[str, ...]:
    return tuple(sorted(zone.id for zone in found.zones)) if found.home else ()


def _place(found: Finding) -> tuple[float, float] | None:
    return found.at if all(math.isfinite(value) for value in found.at) else None


def _tell(work: Work, found: Finding, what: str, told: dict[str, str], actor: Actor, now: datetime) -> None:
    """One line in the history of each zone, and of the building."""
    for zone_id in sorted({zone.area_id for zone in found.zones}):
        work.history.write("zone", zone_id, f"zone.{what}", told, actor_id=actor.person_id or None, at=now)
    if found.home:
        work.history.write(
            "building", found.home.id, f"building.{what}", told, actor_id=actor.person_id or None, at=now
        )
