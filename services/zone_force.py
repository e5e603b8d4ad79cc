"""The one place that decides whether versions of zones may take force, and lets them.

Whatever else must come before (a public notice, objections, owners' consent) is asked in `judge` and nowhere else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely

from domain.errors import Conflict, Invalid, Refused
from domain.policy.permissions import Scoped
from domain.records import Area
from domain.zones import Decision, ModeEntry
from geo import measure
from geo.division import SLIVER_SHARE, SLIVER_WIDTH_M
from services.zone_lineage import set_corners
from services.zone_successions import follow
from services.zones import Measured, measured
from storage.store import Work

CONSENT_AT_MOST = 500
MayDecide = Callable[[Scoped], bool]


@dataclass(frozen=True)
class Judged:
    """A version as it would take force now. obstacles: every reason why it may not, the first one first."""

    version: Area
    figures: Measured
    obstacles: tuple[Refused, ...]


def judge(
    work: Work, version: Area, *, over: Sequence[str], beside: Sequence[Area] = (), consent: str | None,
    may_decide: MayDecide,
) -> Judged:  # fmt: skip
    """Look at a draft against what is in force now; pure reading.

    over: versions that end with it. beside: versions that take force together with it. may_decide: asked for every
    street the zone reaches into, slivers not counted.
    """
    figures = measured(work, version.geometry, version.area_id)
    return Judged(version, figures, tuple(_obstacles(work, version, figures, over, beside, consent, may_decide)))


def _obstacles(
    work: Work, version: Area, figures: Measured, over: Sequence[str], beside: Sequence[Area], consent: str | None,
    may_decide: MayDecide,
) -> list[Refused]:  # fmt: skip
    found: list[Refused] = []
    if version.status != "draft":
        found.append(Conflict("zone_not_draft", name=version.name, status=version.status))
    if figures.street is None:
        found.append(Invalid("zone_no_street", name=version.name))
    found += [Conflict("zone_other_street", name=version.name, street=street.name)
              for street in _streets(work, version) if not may_decide(Scoped(street.area_id))]  # fmt: skip
    for overlap in figures.overlaps:
        if overlap.zone.id not in over and (overlap.buildings or not is_thin(overlap.piece, overlap.zone.area_m2)):
            found.append(_overlap(version, overlap.zone, overlap.area_m2, overlap.buildings, overlap.households))
    found += overlaps_among(version, beside)
    if figures.crosses_grids and not (consent or "").strip():
        grids = [r.grid_name or r.grid_code for r in figures.rows if r.grid_version_id and not r.is_sliver]
        found.append(Invalid("zone_consent_missing", field="consent", grids="、".join(grids), n=len(grids)))
    return found


def overlaps_among(version: Area, others: Sequence[Area]) -> list[Conflict]:
    """What a version shares with others that are to take force beside it; buildings are not counted here."""
    found = []
    for other in others:
        piece = _polygons(shapely.intersection(version.geometry, other.geometry))
        if other.id != version.id and not is_thin(piece, other.area_m2):
            found.append(_overlap(version, other, float(measure.area_m2(piece)), 0, 0))
    return found


def _overlap(version: Area, other: Area, area_m2: float, buildings: int, households: int) -> Conflict:
    return Conflict("zone_overlaps", zone=version.name, name=other.name, which=other.area_id,
                    area_m2=f"{area_m2:,.0f}", buildings=buildings, households=households)  # fmt: skip


def is_thin(piece: shapely.Geometry, whole_m2: float) -> bool:
    """A border drawn twice: so narrow, or so small a part, that nobody meant it. Empty is thin."""
    if piece.is_empty:
        return True
    width = float(measure.mean_width_m(measure.project(piece)))
    return width < SLIVER_WIDTH_M or float(measure.area_m2(piece)) < 1.0 or (
        whole_m2 > 0 and float(measure.area_m2(piece)) / whole_m2 < SLIVER_SHARE / 10
    )  # fmt: skip


def _streets(work: Work, version: Area) -> list[Area]:
    """Streets that hold more of a zone than a sliver."""
    found = []
    for street in work.areas.touching("street", version.geometry.bounds):
        piece = _polygons(shapely.intersection(version.geometry, street.geometry))
        if not piece.is_empty:
            share = float(measure.area_m2(piece)) / max(version.area_m2, 1e-9)
            if share >= SLIVER_SHARE and not is_thin(piece, 0.0):
                found.append(street)
    return found


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return shapely.multipolygons(parts) if parts else shapely.Polygon()


def take(
    work: Work, decision: Decision, judged: Sequence[Judged], *, actor_id: str | None, now: datetime, day: str
) -> None:  # fmt: skip
    """Versions that were judged without an obstacle take force together; what they replace ends, and keeps its dates.

    day: of the decision at the office, YYYY-MM-DD.
    """
    over = [found for i in decision.over if (found := work.areas.version(i))]
    new_zones = {each.version.area_id for each in judged}
    for old in over:
        status = "superseded" if old.area_id in new_zones else "retired"
        work.areas.end([old.id], status=status, at=now)
        if status == "retired":
            work.history.write("zone", old.area_id, "zone.retired", _told(decision, old), actor_id=actor_id, at=now)
    for each in judged:
        _take_one(work, decision, each, next((o for o in over if o.area_id == each.version.area_id), None),
                  actor_id, now, day)  # fmt: skip
    heirs = [found for each in judged if (found := work.areas.version(each.version.id))]
    if decision.kind == "split":
        set_corners(work, heirs, now=now, actor_id=actor_id)
    follow(work, decision, over, heirs, now=now, actor_id=actor_id)
    work.areas.bump("zone")


def _take_one(
    work: Work, decision: Decision, each: Judged, before: Area | None, actor_id: str | None, now: datetime, day: str
) -> None:  # fmt: skip
    version, figures = each.version, each.figures
    work.areas.redivide(version, figures.rows, at=now)  # the last time: from here on these pieces are frozen
    kept = work.zones.modes(version.area_id)
    mode, manager = version.mode, version.manager
    if kept and version.created_at and kept[-1].entered_at > version.created_at:
        mode, manager = kept[-1].mode, kept[-1].manager  # entered after the line was drawn
    elif before is not None and manager is None and before.mode == mode:
        manager = before.manager
    work.areas.put_in_force(version.id, at=now, mode=mode, manager=manager, crosses_grids=figures.crosses_grids,
                            households=figures.households or version.households)  # fmt: skip
    if mode and (not kept or (kept[-1].mode, kept[-1].manager) != (mode, manager)):
        work.zones.add_mode(ModeEntry(
            str(uuid.uuid4()), version.area_id, mode, manager, day, None, None, "",
            decision.decided_by, now,
        ))  # fmt: skip
    payload = {
        **_told(decision, version), "area_m2": round(figures.area_m2, 2), "crosses_grids": figures.crosses_grids,
        "mode": mode, "over": before.id if before else None,
        "rows": [{"grid_version_id": r.grid_version_id, "share": round(r.share, 6)} for r in figures.rows],
    }  # fmt: skip
    work.history.write("zone", version.area_id, "zone.in_force", payload, actor_id=actor_id, at=now)


def _told(decision: Decision, version: Area) -> dict[str, object]:
    return {"decision_id": decision.id, "version_id": version.id, "version": version.version, "name": version.name,
            "kind": decision.kind, "reason": decision.reason, "consent": decision.consent}  # fmt: skip
