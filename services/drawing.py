"""The drawing board's own questions: which version of a zone is drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain.errors import NotFound
from domain.policy.permissions import Permissions
from domain.records import Actor
from geo.geojson import geometry_to_geojson
from storage.store import Store

DRAWN_DECIMALS = 7  # what is stored: an untouched border comes back as it was


@dataclass(frozen=True)
class Opened:
    """A zone's version on the board: its figures for the form and its whole line, parts and holes, in lon/lat."""

    id: str
    version_id: str
    version: int
    status: str
    name: str
    kind: str
    mode: str
    geometry: dict[str, Any]


class Drawing:
    def __init__(self, store: Store, permissions: Permissions) -> None:
        self._store = store
        self._permissions = permissions

    def open(self, zone_id: str, actor: Actor) -> Opened:
        """The newest draft of a zone, else its version in force. Raises NotFound, NotAllowed."""
        self._permissions.require(actor, "zone.draft")
        with self._store.look() as work:
            found = [v for v in work.areas.versions(zone_id) if v.layer == "zone" and v.status in ("draft", "in_force")]
        if not found:
            raise NotFound()
        last = max(found, key=lambda v: (v.status == "draft", v.version))
        return Opened(
            id=last.area_id, version_id=last.id, version=last.version, status=last.status, name=last.name,
            kind=last.kind or "", mode=last.mode or "", geometry=geometry_to_geojson(last.geometry, decimals=DRAWN_DECIMALS) or {},
        )  # fmt: skip
