"""Lists of zones, and their division over grids as rows and as files: one street's or the city's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.errors import Invalid, NotFound
from domain.policy.permissions import Permissions
from domain.records import Actor, Area, DivisionRow
from i18n import words
from services.exchange import Made
from services.policy import LivePolicy
from storage.layer_writer import ENDINGS, write_layer
from storage.store import Store

KINDS = ("csv", "xlsx", "geojson", "gpkg")
COLUMNS = ("zone_code", "zone_name", "zone_ver", "status", "mode", "crosses", "grid_code", "grid_name", "area_m2",
           "share", "buildings", "households", "sliver", "street")  # fmt: skip


@dataclass(frozen=True)
class ZoneLine:
    """One zone of a list: what is in force, and the newest draft beside it, at least one of the two."""

    zone_id: str
    in_force: Area | None
    draft: Area | None
    street: str

    @property
    def shown(self) -> Area:
        return self.in_force or self.draft  # type: ignore[return-value]


class ZoneDivision:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._clock = clock

    def lines(self, street_id: str | None, actor: Actor) -> tuple[ZoneLine, ...]:
        """Every zone of a street or of the city, drafts first, then by code."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            shown, streets = work.areas.shown("zone"), work.areas.names("street")
        zones: dict[str, dict[str, Area]] = {}
        for area in sorted(shown, key=lambda a: a.version):
            zones.setdefault(area.area_id, {})[area.status] = area
        found = [
            ZoneLine(zone_id, by.get("in_force"), _ahead(by), streets.get(_any(by).street_id or "", ""))
            for zone_id, by in zones.items()
            if street_id is None or _any(by).street_id == street_id
        ]
        return tuple(sorted(found, key=lambda line: (line.draft is None, line.shown.code, line.zone_id)))

    def of(self, zone_id: str, version_id: str | None, actor: Actor) -> tuple[Area, list[DivisionRow]]:
        """One zone's division: of a version, else of what is in force, else of the newest draft. Raises NotFound."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            versions = sorted(work.areas.versions(zone_id), key=lambda v: (v.status == "in_force", v.version))
            wanted = [v for v in versions if version_id in (None, v.id)]
            found = wanted[-1] if wanted else None
            if found is None or found.layer != "zone":
                raise NotFound()
            return found, work.areas.division(found.id)

    def export_file(self, kind: str, street_id: str | None, actor: Actor) -> Made:
        """Every piece of every zone in force as a file; drop it afterwards. Raises Invalid when there is none."""
        self._permissions.require(actor, "layers.read")
        if kind not in KINDS:
            raise Invalid("layer_kind_unknown", field="format", name=kind[:20], names=", ".join(KINDS))
        rows, shapes = self._rows(street_id, actor.lang)
        if not rows:
            raise Invalid("zone_division_empty", field="street")
        folder = Path(tempfile.mkdtemp(prefix="slg-division-"))
        try:
            path = folder / f"division{ENDINGS[kind]}"
            write_layer(path, kind, "division", COLUMNS, rows, shapes)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        word = words(actor.lang)("zones.division_file")
        return Made(path, f"{word}-{self._clock().strftime('%Y%m%d')}{path.suffix}")

    def _rows(self, street_id: str | None, lang: str) -> tuple[list[list[Any]], list[Any]]:
        modes = self._policy.now().zones.modes
        rows: list[list[Any]] = []
        shapes: list[Any] = []
        with self._store.look() as work:
            streets = work.areas.names("street")
            for zone in work.areas.in_force("zone", street_id=street_id):
                mode = modes[zone.mode].name(lang) if zone.mode and zone.mode in modes else zone.mode
                for row in work.areas.division(zone.id):
                    rows.append([
                        zone.code, zone.name, zone.version, zone.status, mode, zone.crosses_grids, row.grid_code,
                        row.grid_name, round(row.area_m2, 2), round(row.share, 6), row.buildings, row.households,
                        row.is_sliver, streets.get(zone.street_id or "", ""),
                    ])  # fmt: skip
                    shapes.append(row.piece if row.piece is not None else zone.geometry)
        return rows, shapes


def _any(by: dict[str, Area]) -> Area:
    return by.get("in_force") or by["draft"]


def _ahead(by: dict[str, Area]) -> Area | None:
    """The newest draft, unless something newer took force since."""
    draft, current = by.get("draft"), by.get("in_force")
    return draft if draft and (current is None or draft.version > current.version) else None
