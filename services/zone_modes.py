"""Who manages a zone: mode, company and contract, entry after entry. The newest counts and shows on every map."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime

from domain.errors import Invalid, NotFound
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor
from domain.zones import ModeEntry
from services.policy import LivePolicy
from storage.store import Store

NAME_AT_MOST, SOURCE_AT_MOST = 200, 300


class ZoneModes:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock

    def record(
        self, zone_id: str, *, mode: str, manager: str, since: date | None, contract_start: date | None,
        contract_end: date | None, source: str, actor: Actor,
    ) -> ModeEntry:  # fmt: skip
        """One more entry; the zone in force shows it at once. source: the document or the person that says so.

        Raises Invalid naming the field, NotFound (no such zone in force, or another street), NotAllowed.
        """
        self._permissions.require(actor, "zone.decide")
        words, today, now = self._policy.now().zones, self._policy.today(), self._clock()
        manager, source = manager.strip()[:NAME_AT_MOST], source.strip()[:SOURCE_AT_MOST]
        if mode not in words.modes or not words.modes[mode].term.holds(today):
            raise Invalid("unknown_zone_mode", field="mode")
        if since is None or since > today:
            raise Invalid("zone_since_wrong", field="since")
        if words.is_managed(mode) and mode != "self_managed" and not manager:
            raise Invalid("zone_manager_missing", field="manager")
        if contract_start and contract_end and contract_end < contract_start:
            raise Invalid("zone_contract_wrong", field="contract_end")
        if not source:
            raise Invalid("zone_source_missing", field="source")
        with self._store.work() as work:
            current = work.areas.current(zone_id)
            if current is None or current.layer != "zone":
                raise NotFound()
            self._permissions.require(actor, "zone.decide", Scoped(current.street_id, current.community_id))
            entry = ModeEntry(
                str(uuid.uuid4()), zone_id, mode, manager or None, since.isoformat(),
                contract_start.isoformat() if contract_start else None,
                contract_end.isoformat() if contract_end else None, source, actor.person_id or None, now,
            )  # fmt: skip
            work.zones.add_mode(entry)
            work.areas.set_mode(current.id, mode=mode, manager=entry.manager)
            work.areas.bump("zone")
            work.history.write("zone", zone_id, "zone.mode", {
                "mode": mode, "manager": entry.manager, "since": entry.since, "contract_start": entry.contract_start,
                "contract_end": entry.contract_end, "source": source, "before": current.mode,
            }, actor_id=actor.person_id or None, at=now)  # fmt: skip
        return entry
