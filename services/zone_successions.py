"""Records, assets and contracts of a zone that was split or taken in: they follow by place, or somebody decides.

Nothing moves without a line in the history: a thing that lies in exactly one of the zones that came of it follows;
what place does not tell, and every contract, waits for whoever decides on zones there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import shapely

from domain.errors import Conflict, Invalid, NotFound
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Area
from domain.zones import Decision, ModeEntry, Succession
from services.policy import LivePolicy
from storage.store import Store, Work

ACTION = "zone.decide"
REASON_AT_LEAST, REASON_AT_MOST = 4, 500


@dataclass(frozen=True)
class Waiting:
    """One thing that waits, with the name of the zone it came from and of those in force that it may go to."""

    one: Succession
    from_name: str
    heirs: Mapping[str, str]


class ZoneSuccessions:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock

    def waiting(self, actor: Actor) -> list[Waiting]:
        """What waits for a decision where the actor decides, oldest first."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            found = [one for one in work.zones.open_successions() if self._is_mine(work, one, actor)]
            ids = {zone_id for one in found for zone_id in (one.from_zone, *one.heirs)}
            names = {zone_id: max(work.areas.versions(zone_id), key=lambda v: v.version).name for zone_id in ids}
            alive = {zone_id for zone_id in ids if work.areas.current(zone_id)}
        return [Waiting(one, names[one.from_zone], {i: names[i] for i in one.heirs if i in alive}) for one in found]

    def settle(self, succession_ids: Sequence[str], to_zone: str | None, reason: str, actor: Actor) -> None:
        """Give what waits to one of its heirs; None: it stays with the zone that was, or its contract ended with it.

        All or nothing. Raises NotFound, Invalid naming the field, Conflict when somebody decided meanwhile.
        """
        self._permissions.require(actor, ACTION)
        reason, now = reason.strip(), self._clock()
        if not REASON_AT_LEAST <= len(reason) <= REASON_AT_MOST:
            raise Invalid("zone_reason_missing", field="reason", at_least=REASON_AT_LEAST, at_most=REASON_AT_MOST)
        with self._store.work() as work:
            for succession_id in succession_ids:
                one = work.zones.succession(succession_id)
                if one is None or not self._is_mine(work, one, actor):
                    raise NotFound()
                if one.state != "open":
                    raise Conflict("succession_settled", label=one.label)
                if to_zone is not None and to_zone not in one.heirs:
                    raise Invalid("field_wrong", field="to_zone")
                heir = work.areas.current(to_zone) if to_zone else None
                if to_zone and heir is None:
                    raise Conflict("succession_heir_gone", label=one.label)
                work.zones.settle_succession(
                    one.id, to_zone=to_zone, settled_by=actor.person_id or None, settled_at=now, reason=reason
                )
                self._give(work, replace(one, reason=reason), heir, now, actor)

    def _give(self, work: Work, one: Succession, heir: Area | None, now: datetime, actor: Actor) -> None:
        if one.kind == "contract":
            if heir is not None:
                self._pass_contract_on(work, one, heir, now, actor)
            told = {"contract_of": one.from_zone, "to_zone": heir.area_id if heir else None, "label": one.label,
                    "decision_id": one.decision_id, "reason": one.reason}  # fmt: skip
            for zone_id in {one.from_zone, heir.area_id if heir else one.from_zone}:
                work.history.write(
                    "zone", zone_id, "zone.contract_settled", told, actor_id=actor.person_id or None, at=now
                )
        elif heir is not None and heir.area_id != one.from_zone:
            _move(work, one, heir, now=now, actor_id=actor.person_id or None)

    def _pass_contract_on(self, work: Work, one: Succession, heir: Area, now: datetime, actor: Actor) -> None:
        entry = next((m for m in work.zones.modes(one.from_zone) if m.id == one.subject_id), None)
        if entry is None:
            raise NotFound()
        work.zones.add_mode(ModeEntry(
            str(uuid.uuid4()), heir.area_id, entry.mode, entry.manager, self._policy.today().isoformat(),
            entry.contract_start, entry.contract_end, entry.source, actor.person_id or None, now,
        ))  # fmt: skip
        work.areas.set_mode(heir.id, mode=entry.mode, manager=entry.manager)
        work.areas.bump("zone")

    def _is_mine(self, work: Work, one: Succession, actor: Actor) -> bool:
        versions = work.areas.versions(one.from_zone)
        return all(self._permissions.allows(actor, ACTION, Scoped(v.street_id, v.community_id)) for v in versions)


def follow(
    work: Work, decision: Decision, over: Sequence[Area], heirs: Sequence[Area], *, now: datetime, actor_id: str | None
) -> None:
    """In the transaction that lets versions take force together. over: versions that end; heirs: those that begin.

    Where only a border moved every zone goes on: what lies on the ground that changed hands follows, the rest stays.
    """
    if decision.kind == "version":
        return
    found: list[Succession] = []
    for old in over:
        if [heir.area_id for heir in heirs] == [old.area_id]:
            continue  # it took others in and lost nothing
        for kind, subject_id, label, lon, lat in _things(work, old.area_id):
            to, why = _by_place(heirs, lon, lat)
            stays = to is None and decision.kind == "border"
            if stays or (to is not None and to.area_id == old.area_id):
                continue
            one = _one(decision, kind, subject_id, label, old, heirs, to, why, now)
            if to is not None:
                _move(work, one, to, now=now, actor_id=actor_id)
            found.append(one)
        if decision.kind != "border":
            found += _contract(work, decision, old, heirs, now)
    work.zones.add_successions(found)


def _things(work: Work, zone_id: str) -> Iterator[tuple[str, str, str, float | None, float | None]]:
    for record in work.records.of_zone(zone_id):
        yield "record", record.id, record.number, record.lon, record.lat
    for asset in work.assets.of_zone(zone_id):
        yield "asset", asset.id, f"{asset.name} {asset.asset_no}", asset.lon, asset.lat


def _by_place(heirs: Sequence[Area], lon: float | None, lat: float | None) -> tuple[Area | None, str]:
    if lon is None or lat is None:
        return None, "no_place"
    point = shapely.Point(lon, lat)
    holding = [heir for heir in heirs if heir.geometry.intersects(point)]
    if len(holding) == 1:
        return holding[0], "place"
    return None, "several" if holding else "outside"


def _contract(work: Work, decision: Decision, old: Area, heirs: Sequence[Area], now: datetime) -> Iterator[Succession]:
    """A contract is between people: place does not tell whom it binds now. A zone that goes on keeps its own."""
    entries = work.zones.modes(old.area_id)
    last = entries[-1] if entries else None
    others = [heir for heir in heirs if heir.area_id != old.area_id]
    if last is None or not others or not (last.manager or last.contract_start or last.contract_end):
        return
    label = " ".join(filter(None, (last.manager, last.contract_end)))[:200]
    yield _one(decision, "contract", last.id, label, old, others, None, "contract", now)


def _one(
    decision: Decision, kind: str, subject_id: str, label: str, old: Area, heirs: Sequence[Area], to: Area | None,
    why: str, now: datetime,
) -> Succession:  # fmt: skip
    return Succession(
        str(uuid.uuid4()), decision.id, kind, subject_id, label[:200], old.area_id,
        tuple(heir.area_id for heir in heirs), to.area_id if to else None, why, "followed" if to else "open", now,
    )  # fmt: skip


def _move(work: Work, one: Succession, heir: Area, *, now: datetime, actor_id: str | None) -> None:
    told: dict[str, Any] = {"from_zone": one.from_zone, "to_zone": heir.area_id, "to_version": heir.id, "name": heir.name,
                            "decision_id": one.decision_id, "why": one.why, "reason": one.reason}  # fmt: skip
    if one.kind == "record":
        work.records.update(one.subject_id, zone_id=heir.area_id, zone_version_id=heir.id)
    else:
        work.assets.move(one.subject_id, heir.area_id)
    work.history.write(one.kind, one.subject_id, f"{one.kind}.zone_followed", told, actor_id=actor_id, at=now)
