"""Which versions of zones belong together: the halves of a split take force as one, as do zones whose common border
moved, and a zone that was taken in ends.

Lines of lineage: "split" goes from the version that was cut to the draft of what was cut off; "merged" from the version
in force that was taken in to the draft that took it in; "border" from a draft to the draft of a neighbour whose border
moved with it. All are written when a draft is saved.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import shapely

from domain.records import Area
from geo import edits, measure
from services.zones import measured
from storage.store import Work

DRAWN_TOGETHER = ("split", "border")
TAKEN_IN_SHARE = (
    0.5  # a draft that covers less of a zone does not take it in, one that covers more of a half took it back
)


@dataclass(frozen=True)
class Together:
    """versions: drafts that take force as one, the one asked about first. taken: zones in force that end with it.
    relations: of the lines of lineage that joined the versions."""

    versions: tuple[Area, ...]
    taken: tuple[Area, ...]
    relations: frozenset[str]

    @property
    def kind(self) -> str:
        if self.taken:
            return "merge"
        return next((relation for relation in ("split", "border") if relation in self.relations), "version")


def together(work: Work, version: Area) -> Together:
    """What a draft takes with it. A half that is in force already, or that it has grown over again, is not waited for."""
    found = {version.area_id: version}
    taken: dict[str, Area] = {}
    relations = set()
    waiting = [version]
    while waiting:
        for other, relation in _lines(work, waiting.pop()):
            half = open_draft(work, other.area_id) if relation in DRAWN_TOGETHER else None
            if half is not None and half.area_id not in found and not _covers_most(found.values(), half):
                found[half.area_id] = half
                relations.add(relation)
                waiting.append(half)
            elif half is None and relation != "border" and other.area_id not in found:
                current = work.areas.current(other.area_id)
                if current is not None and (relation == "split" or _covers_most(found.values(), current)):
                    taken[current.area_id] = current
    return Together(tuple(found.values()), tuple(taken.values()), frozenset(relations))


def _lines(work: Work, draft: Area) -> Iterator[tuple[Area, str]]:
    """The other ends of a zone's lines of split, merge and border since its version in force, and the other halves of a zone
    that an import splits without a draft of its own."""
    every = work.areas.versions(draft.area_id)
    since = max((v.version for v in every if v.status != "draft"), default=0)
    for own in every:
        if own.version <= since:
            continue
        for before, after, relation in work.areas.lineage(own.id):
            other = work.areas.version(after if before == own.id else before)
            if other is None or (relation not in DRAWN_TOGETHER and (relation != "merged" or after != own.id)):
                continue
            if other.status in ("draft", "in_force"):
                yield other, relation
            if relation == "split" and after == own.id:
                for _, sibling, kind in work.areas.lineage(other.id):
                    half = work.areas.version(sibling) if kind == "split" and sibling != own.id else None
                    if half is not None and half.status == "draft":
                        yield half, "split"


def open_draft(work: Work, zone_id: str) -> Area | None:
    """The newest draft that is ahead of what is in force."""
    every = work.areas.versions(zone_id)
    since = max((v.version for v in every if v.status != "draft"), default=0)
    return max((v for v in every if v.version > since), key=lambda v: v.version, default=None)


def _covers_most(drafts: Iterable[Area], zone: Area) -> bool:
    shared = shapely.area(shapely.intersection([draft.geometry for draft in drafts], zone.geometry))
    return bool(shared.max() >= TAKEN_IN_SHARE * shapely.area(zone.geometry))


def set_corners(work: Work, new: Sequence[Area], *, now: datetime, actor_id: str | None) -> list[Area]:
    """Corners of new lines become corners of the neighbours in force whose border they lie on: next versions of those,
    with the ground they had, in force at once. A neighbour with a draft or a plan over it keeps its line."""
    corners = shapely.get_coordinates([v.geometry for v in new])
    west, south, east, north = shapely.total_bounds([v.geometry for v in new]).tolist()
    around = measure.widened((west, south, east, north), edits.THIN_M)
    ours = {v.area_id for v in new}
    planned = {ending for decision in work.zones.planned() for ending in decision.over}
    changed = []
    for neighbour in work.areas.touching("zone", around):
        if neighbour.area_id in ours or neighbour.id in planned or open_draft(work, neighbour.area_id):
            continue
        box = measure.widened(neighbour.geometry.bounds, edits.THIN_M)
        near = corners[(corners >= box[:2]).all(1) & (corners <= box[2:]).all(1)]
        line = edits.with_corners(neighbour.geometry, np.asarray(near)) if len(near) else neighbour.geometry
        if line is neighbour.geometry:
            continue
        last = max(v.version for v in work.areas.versions(neighbour.area_id))
        made = replace(neighbour, id=str(uuid.uuid4()), version=last + 1, status="draft", geometry=line, valid_from=None,
                       created_at=now, created_by=actor_id)  # fmt: skip
        work.areas.add([made], at=now)
        work.areas.set_division(made.id, measured(work, line, made.area_id).rows, at=now)
        work.areas.link(neighbour.id, made.id, "corner", at=now)
        work.areas.end([neighbour.id], status="superseded", at=now)
        work.areas.put_in_force(made.id, at=now, mode=made.mode, manager=made.manager,
                                crosses_grids=bool(made.crosses_grids), households=made.households)  # fmt: skip
        work.history.write("zone", made.area_id, "zone.corner_added", {
            "version_id": made.id, "version": made.version, "over": neighbour.id, "beside": sorted(ours),
            "geometry": shapely.to_wkt(line, rounding_precision=7),
        }, actor_id=actor_id, at=now)  # fmt: skip
        changed.append(made)
    return changed
