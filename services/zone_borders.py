"""Borders that zones share: which neighbours' corners move with a zone's, which cannot and why, and their drafts.

The board moves the corners; here the lines are sewn together first and judged again on save. The zone and the neighbours
become drafts in one transaction; lines of lineage "border" let them take force together (services.zone_lineage).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import Conflict, Invalid, NotFound, Refused
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Area
from geo import borders, edits, measure
from services import beside
from services.zone_lineage import open_draft
from services.zones import Measured, Overlap, Zones, measured, overlaps_of, payload, read_polygon, sound, where
from storage.store import Store, Work

ACTION = "zone.draft"


@dataclass(frozen=True)
class Neighbour:
    """A zone beside one that is drawn. newest: its newest version, told back on save. source: the version whose line
    moves: a draft of whoever draws, else the one in force. line: with the common corners. obstacle: why it cannot move."""

    newest: Area
    source: Area
    line: BaseGeometry
    obstacle: Refused | None


@dataclass(frozen=True)
class MovedLine:
    """A neighbour's new line as the board sends it, GeoJSON. base_version_id: its newest version when it was sewn."""

    zone_id: str
    base_version_id: str
    polygon: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What a neighbour's new line gains and loses against the line that moved, and whom it overlaps that it did not."""

    zone: Area
    gained_m2: float
    lost_m2: float
    gained: beside.Moved | None
    lost: beside.Moved | None
    overlaps: tuple[Overlap, ...]


class ZoneBorders:
    def __init__(self, store: Store, permissions: Permissions, zones: Zones, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._permissions = permissions
        self._zones = zones
        self._clock = clock

    def sew(
        self, polygon: dict[str, Any], zone_id: str | None, moved: Sequence[MovedLine], actor: Actor,
        takes_in: Sequence[str] = (),
    ) -> tuple[BaseGeometry, list[Neighbour]]:  # fmt: skip
        """The zone and every neighbour that shares a corner with it, all with the same corners. moved: lines that were
        moved before and are not saved. Raises Invalid, NotAllowed."""
        self._permissions.require(actor, ACTION)
        zone = read_polygon(polygon)
        with self._store.look() as work:
            # A neighbour that has a newer version by now is seen as it is, not as it was moved.
            lines = _lines(work, [each for each in moved if _newest_id(work, each.zone_id) == each.base_version_id])
            near = self._near(work, zone, {zone_id, *takes_in}, lines, actor)
            known = {zone_id, *takes_in, *(n.newest.area_id for n in near)}
            others = _others(work, [n.line for n in near], known)
        own, sewn = borders.sewn(zone, [n.line for n in near], [sound(other).geometry for other in others])
        both = [replace(n, line=line) for n, line in zip(near, sewn, strict=True)]
        return own, [n for n in both if borders.share_a_corner(own, n.line)]

    def measure(
        self, polygon: dict[str, Any], zone_id: str | None, moved: Sequence[MovedLine], actor: Actor,
        others: Sequence[dict[str, Any]] = (), takes_in: Sequence[str] = (),
    ) -> tuple[Measured, list[Change]]:  # fmt: skip
        """Zones.measure beside neighbours that move, and what becomes of each of them."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            lines = _lines(work, moved)
        figures = self._zones.measure(polygon, zone_id, actor, others, takes_in, lines)
        if not moved:
            return figures, []
        with self._store.look() as work:
            found = [n for each in moved if (n := self._neighbour(work, each.zone_id, lines[each.zone_id], actor))]
            return figures, [_change(work, n, {zone_id, *takes_in}, lines) for n in found]

    def save(
        self, version_id: str, polygon: dict[str, Any], moved: Sequence[MovedLine], *, actor: Actor, **drawn: Any
    ) -> tuple[Area, Measured, bool, list[Area]]:
        """Zones.save_draft, and a draft of each neighbour that moved: all of them or none. drawn: see there.

        Raises what it raises, Conflict when a neighbour cannot move or has a newer version than the board saw.
        """
        with self._store.look() as work:
            lines = _lines(work, moved)

        def also(work: Work, own: Area) -> None:
            for each in moved:
                self._draft(work, own, each, lines[each.zone_id], actor)

        own, figures, is_new = self._zones.save_draft(version_id, polygon, actor=actor, moved=lines, also=also, **drawn)
        with self._store.look() as work:
            ends = [after for before, after, relation in work.areas.lineage(own.id)
                    if relation == "border" and before == own.id]  # fmt: skip
            return own, figures, is_new, [made for end in ends if (made := work.areas.version(end))]

    # -- within ----------------------------------------------------------------------------------------------------

    def _near(
        self, work: Work, zone: BaseGeometry, known: set[str | None], lines: Mapping[str, BaseGeometry], actor: Actor
    ) -> list[Neighbour]:
        """Zones in force or drawn whose border meets the zone's."""
        around = measure.widened(zone.bounds, edits.THIN_M)
        ids = {
            a.area_id for status in ("in_force", "draft") for a in work.areas.touching("zone", around, status=status)
        }
        every = [self._neighbour(work, i, lines.get(i), actor) for i in sorted({*ids, *lines} - known)]
        return [n for n in every if n is not None and n.line.dwithin(zone, edits.ON_BORDER_DEG)]

    def _neighbour(self, work: Work, zone_id: str, line: BaseGeometry | None, actor: Actor) -> Neighbour | None:
        """None for a zone that has neither a version in force nor a draft ahead of it."""
        versions = work.areas.versions(zone_id)
        draft = open_draft(work, zone_id)
        current = next((v for v in versions if v.status == "in_force"), None)
        is_mine = draft is not None and draft.created_by == actor.person_id
        source = (draft if is_mine else None) or current or draft
        if source is None or source.layer != "zone":
            return None
        newest = max(versions, key=lambda v: v.version)
        obstacle = self._obstacle(work, versions, None if is_mine else draft, actor)
        return Neighbour(newest, source, sound(source).geometry if line is None else line, obstacle)

    def _obstacle(self, work: Work, versions: Sequence[Area], draft: Area | None, actor: Actor) -> Refused | None:
        """draft: somebody else's, open."""
        name = versions[-1].name
        for v in versions:
            if not self._permissions.allows(actor, ACTION, Scoped(v.street_id, v.community_id)):
                street = work.areas.names("street").get(v.street_id or "", "")
                return Conflict("border_other_street", name=name, street=street)
        if draft is not None:
            return Conflict("border_draft", name=name, version=draft.version, who=_author(work, draft))
        ids = {v.id for v in versions}
        if any(ids & {*plan.versions, *plan.over} for plan in work.zones.planned()):
            return Conflict("border_planned", name=name)
        return None

    def _draft(self, work: Work, own: Area, moved: MovedLine, line: BaseGeometry, actor: Actor) -> None:
        found = self._neighbour(work, moved.zone_id, line, actor)
        if found is None or moved.zone_id == own.area_id:
            raise NotFound()
        if found.newest.id != moved.base_version_id:
            raise Conflict(
                "border_changed", field="neighbours", name=found.newest.name, who=_author(work, found.newest)
            )
        if found.obstacle is not None:
            raise found.obstacle
        figures, now = measured(work, line, moved.zone_id), self._clock()
        self._permissions.require(actor, ACTION, where(figures))
        made = replace(
            found.source, id=str(uuid.uuid4()), version=found.newest.version + 1, status="draft", geometry=line,
            area_m2=figures.area_m2, street_id=where(figures).street_id, community_id=where(figures).community_id,
            households=figures.households, crosses_grids=figures.crosses_grids, valid_from=None, valid_to=None,
            created_at=now, created_by=actor.person_id,
        )  # fmt: skip
        work.areas.add([made], at=now)
        work.areas.set_division(made.id, figures.rows, at=now)
        work.areas.link(found.source.id, made.id, "next", at=now)
        work.areas.link(own.id, made.id, "border", at=now)
        work.history.write("zone", made.area_id, "zone.drafted", payload(made, figures) | {"border_with": own.id},
                           at=now, actor_id=actor.person_id)  # fmt: skip


def _lines(work: Work, moved: Sequence[MovedLine]) -> dict[str, BaseGeometry]:
    """Sound lines by the zone's id. Raises Invalid naming the zone, and the place."""
    found = {}
    for each in moved:
        try:
            found[each.zone_id] = read_polygon(each.polygon)
        except Invalid as broken:
            names = [v.name for v in work.areas.versions(each.zone_id)]
            if not names:
                raise NotFound() from broken
            at = broken.facts.get("at")
            raise Invalid("border_line_broken", field="neighbours", name=names[-1], at=at) from broken
    return found


def _others(work: Work, lines: Sequence[BaseGeometry], known: set[str | None]) -> list[Area]:
    if not lines:
        return []
    west, south, east, north = shapely.total_bounds(lines).tolist()
    around = measure.widened((west, south, east, north), edits.THIN_M)
    return [z for z in work.areas.touching("zone", around) if z.area_id not in known]


def _change(work: Work, neighbour: Neighbour, ours: set[str | None], lines: Mapping[str, BaseGeometry]) -> Change:
    before, after = sound(neighbour.source), neighbour.line
    gained, lost = shapely.difference(after, before.geometry), shapely.difference(before.geometry, after)
    west, south, east, north = shapely.total_bounds([before.geometry, after]).tolist()
    around = work.buildings.touching((west, south, east, north))
    came, went = beside.gained_and_lost(after, before, around)
    others = [
        replace(z, geometry=lines[z.area_id]) if z.area_id in lines else sound(z)
        for z in _others(work, [after], {*ours, before.area_id})
    ]
    return Change(neighbour.newest, float(measure.area_m2(gained)), float(measure.area_m2(lost)), came, went,
                  tuple(overlaps_of(others, gained, around)))  # fmt: skip


def _newest_id(work: Work, zone_id: str) -> str | None:
    newest = max(work.areas.versions(zone_id), key=lambda v: v.version, default=None)
    return newest.id if newest else None


def _author(work: Work, version: Area) -> str:
    person = work.people.get(version.created_by) if version.created_by else None
    return person.name if person else "—"
