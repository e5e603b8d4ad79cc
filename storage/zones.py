"""Decisions about zones, the history of who manages them, and what became of the things of those split or taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.zones import Decision, ModeEntry, Succession
from storage.area_tables import zone_decisions, zone_modes, zone_successions

_DECISION = [zone_decisions.c[f.name] for f in fields(Decision)]
_SUCCESSION = [zone_successions.c[f.name] for f in fields(Succession)]
_MODE = [zone_modes.c[f.name] for f in fields(ModeEntry)]


class ZoneRows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_decision(self, decision: Decision) -> None:
        values = {**asdict(decision), "versions": list(decision.versions), "over": list(decision.over)}
        self._connection.execute(sa.insert(zone_decisions).values(**values))

    def decision(self, decision_id: str) -> Decision | None:
        return next(iter(self._decisions([zone_decisions.c.id == decision_id])), None)

    def planned(self) -> list[Decision]:
        return self._decisions([zone_decisions.c.state == "planned"])

    def decisions_of(self, version_ids: Sequence[str]) -> list[Decision]:
        """Decisions that name one of these versions, oldest first."""
        wanted = set(version_ids)
        return [d for d in self._decisions([]) if wanted & {*d.versions, *d.over}]

    def close_decision(
        self, decision_id: str, state: str, *, at: datetime, refusal: dict[str, Any] | None = None
    ) -> None:
        table = zone_decisions
        values = {"state": state, "closed_at": at, "refusal": refusal}
        self._connection.execute(sa.update(table).where(table.c.id == decision_id).values(**values))

    def add_mode(self, entry: ModeEntry) -> None:
        self._connection.execute(sa.insert(zone_modes).values(**asdict(entry)))

    def modes(self, zone_id: str) -> list[ModeEntry]:
        """Every entry of a zone, oldest first; the last one counts."""
        query = sa.select(*_MODE).where(zone_modes.c.zone_id == zone_id).order_by(zone_modes.c.serial)
        return [ModeEntry(**row) for row in self._connection.execute(query).mappings()]

    def add_successions(self, found: Sequence[Succession]) -> None:
        if found:
            rows = [{**asdict(one), "heirs": list(one.heirs)} for one in found]
            self._connection.execute(sa.insert(zone_successions), rows)

    def succession(self, succession_id: str) -> Succession | None:
        return next(iter(self._successions([zone_successions.c.id == succession_id])), None)

    def successions_of(self, decision_ids: Sequence[str]) -> list[Succession]:
        """Everything these decisions moved or left open, oldest first."""
        c = zone_successions.c
        return [
            one
            for start in range(0, len(decision_ids), 500)
            for one in self._successions([c.decision_id.in_(decision_ids[start : start + 500])])
        ]

    def open_successions(self) -> list[Succession]:
        """Oldest first, of the whole city."""
        return self._successions([zone_successions.c.state == "open"])

    def settle_succession(self, succession_id: str, **values: Any) -> None:
        table = zone_successions
        settled = {"state": "settled", **values}
        self._connection.execute(sa.update(table).where(table.c.id == succession_id).values(**settled))

    def _successions(self, where: list[Any]) -> list[Succession]:
        rows = self._connection.execute(sa.select(*_SUCCESSION).where(*where).order_by(zone_successions.c.serial))
        return [Succession(**{**row, "heirs": tuple(row["heirs"])}) for row in rows.mappings()]

    def _decisions(self, where: list[Any]) -> list[Decision]:
        rows = self._connection.execute(sa.select(*_DECISION).where(*where).order_by(zone_decisions.c.serial))
        return [
            Decision(**{**row, "versions": tuple(row["versions"]), "over": tuple(row["over"])})
            for row in rows.mappings()
        ]
