"""Decisions about zones, and the history of who manages them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.zones import Decision, ModeEntry
from storage.area_tables import zone_decisions, zone_modes

_DECISION = [zone_decisions.c[f.name] for f in fields(Decision)]
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

    def _decisions(self, where: list[Any]) -> list[Decision]:
        rows = self._connection.execute(sa.select(*_DECISION).where(*where).order_by(zone_decisions.c.serial))
        return [
            Decision(**{**row, "versions": tuple(row["versions"]), "over": tuple(row["over"])})
            for row in rows.mappings()
        ]
