"""What is not drawn right yet, street by street, always current; and its repairs, which are drafts like any other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import Conflict, Invalid, NotFound
from domain.policy.permissions import Permissions, Reach, Scoped
from domain.records import Actor, Area
from domain.topology import (
    ADOPT_WITHIN_M,
    ADOPTED_KIND,
    ADOPTED_MODE,
    ADOPTERS,
    ADOPTING_MODES,
    BASES,
    KINDS,
    LISTED_AT_MOST,
    Choice,
    Figures,
    Finding,
    Group,
    Home,
    Repair,
    TopologyReport,
)
from geo import geojson, measure, repairs
from geo.locate import PlaceIndex
from services import set_asides
from services.policy import LivePolicy
from services.topology_count import Counted, Ground, count
from services.zones import Zones
from storage.store import Store, Work

DRAFT_DECIMALS = 7
Box = tuple[float, float, float, float]


class Topology:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, zones: Zones, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._zones = zones
        self._clock = clock
        self._counted: dict[str, tuple[tuple[Any, ...], Counted]] = {}
        self._counting = threading.Lock()

    def report(self, street_id: str | None, actor: Actor, *, basis: str = "in_force") -> TopologyReport:
        """Findings of one street, or of all that the asker may draw in; the worst of each kind first.

        Counted anew when zones, streets, communities, buildings or the catalogue have changed. Raises NotFound for
        another street, Invalid for another basis.
        """
        reach = self._reach(street_id, actor)
        counted = self._count(basis)
        with self._store.look() as work:
            key = (street_id, reach, asides := work.areas.stamp(set_asides.STAMP))
        if key not in counted.reports:
            counted.reports[key] = replace(self._report(counted, street_id, reach, basis), asides=asides)
        return counted.reports[key]

    def streets(self, actor: Actor) -> list[Area]:
        """Streets that the asker may draw in; none for somebody who works for single communities."""
        reach = self._reach(None, actor)
        with self._store.look() as work:
            return [s for s in work.areas.in_force("street") if reach.everything or s.area_id in reach.street_ids]

    def box(self, street_id: str, actor: Actor) -> Box | None:
        """(west, south, east, north) of a street. Raises NotFound for another one's."""
        self._reach(street_id, actor)
        with self._store.look() as work:
            street = work.areas.current(street_id)
        return measure.bounds([street.geometry]) if street else None

    def on_map(self, street_id: str | None, actor: Actor, *, basis: str = "in_force") -> bytes:
        """The findings that the report lists, and those set aside, as GeoJSON: their ground, or a point for a building."""
        groups = self.report(street_id, actor, basis=basis).groups
        found = [one for group in groups for one in (*group.findings, *group.aside)]
        found = [one for one in found if np.isfinite(one.at).all()]
        shapes = [one.shape if one.shape is not None else shapely.Point(one.at) for one in found]
        rows = [
            {"key": one.key, "kind": one.kind, "households": one.households, "name": one.name,
             "has_draft": bool(one.drafts), "is_aside": one.aside is not None, "street_ids": sorted(one.street_ids)}
            for one in found
        ]  # fmt: skip
        return geojson.feature_collection([one.key for one in found], shapes, rows, decimals=7)

    def finding(self, key: str, actor: Actor, basis: str = "in_force") -> Finding:
        """Raises NotFound (another street), Conflict when it is gone."""
        self._permissions.require(actor, "zone.draft")
        found = self._found(self._count(basis), key, actor)
        with self._store.look() as work:
            return self._named(work, [found])[0]

    def choices(self, key: str, actor: Actor, *, basis: str = "in_force") -> tuple[Finding, tuple[Choice, ...]]:
        """One finding with the ways to put it right. Raises NotFound (another street), Conflict when it is gone."""
        self._permissions.require(actor, "zone.draft")
        counted = self._count(basis)
        found = self._found(counted, key, actor)
        with self._store.look() as work:
            return self._named(work, [found])[0], tuple(self._choices(work, counted, found, actor))

    def preview(self, key: str, choice: str, actor: Actor, *, basis: str = "in_force") -> Repair:
        """What a choice would change, before and after. Raises like `choices`; Invalid when nothing would be left."""
        self._permissions.require(actor, "zone.draft")
        counted = self._count(basis)
        found = self._found(counted, key, actor)
        with self._store.look() as work:
            return self._repair(work, counted, found, choice, actor)

    def repair(
        self, key: str, choice: str, version_id: str, actor: Actor, *, basis: str = "in_force"
    ) -> tuple[Area, bool]:
        """Keep a repair as a draft; (version, True when new). The same version id again gives the one kept before.

        Raises like `preview`, and like Zones.save_draft, which judges the line once more.
        """
        self._permissions.require(actor, "zone.draft")
        counted = self._count(basis)
        found = self._found(counted, key, actor)
        with self._store.look() as work:
            wanted = self._repair(work, counted, found, choice, actor)
        adopter = wanted.choice.zone if wanted.choice.verb == "adopt" else None
        kept = wanted.base or adopter
        version, _, is_new = self._zones.save_draft(
            version_id, geojson.geometry_to_geojson(wanted.after, decimals=DRAFT_DECIMALS) or {},
            zone_id=wanted.base.area_id if wanted.base else None, name=wanted.name, kind=wanted.kind or "",
            mode=wanted.mode or "", actor=actor,
            repair={"finding": key, "choice": choice},
            manager=kept.manager if kept else None,
            attributes={"adopted_by": adopter.area_id} if adopter else dict(kept.attributes) if kept else {},
        )  # fmt: skip
        return version, is_new

    # -- counting --------------------------------------------------------------------------------------------------

    def _count(self, basis: str) -> Counted:
        if basis not in BASES:
            raise Invalid("unknown_basis", field="basis")
        with self._store.look() as work:
            stamp = self._stamp(work)
        if (known := self._counted.get(basis)) and known[0] == stamp:
            return known[1]
        with self._counting:  # the second asker waits for the first one's count
            with self._store.look() as work:
                stamp = self._stamp(work)
                if (known := self._counted.get(basis)) and known[0] == stamp:
                    return known[1]
                ground = _ground(work, basis)
            counted = count(ground, self._policy.now().zones, self._clock())
            self._counted[basis] = (stamp, counted)
            return counted

    def _stamp(self, work: Work) -> tuple[Any, ...]:
        layers = ("zone", "street", "community", "building")
        return (*(work.areas.stamp(layer) for layer in layers), work.buildings.count(), self._policy.now().edition)

    def _report(self, counted: Counted, street_id: str | None, reach: Reach, basis: str) -> TopologyReport:
        def here(streets: Iterable[str | None], communities: Iterable[str | None]) -> bool:
            return (street_id is None or street_id in streets) and _reaches(reach, streets, communities)

        groups = []
        with self._store.look() as work:
            aside = set_asides.held(work, counted.finding)
            for kind in KINDS:
                if kind in ("no_zone", "two_zones"):
                    every = [row for row in (counted.bare if kind == "no_zone" else counted.twice).tolist()
                             if here(*_of_row(counted, row))]  # fmt: skip
                    put_by = {counted.row_of[key.partition(":")[2]] for key in aside if key.startswith(f"{kind}:")}
                    rows = [row for row in every if row not in put_by]
                    listed = [counted.of_building(row) for row in rows[:LISTED_AT_MOST]]
                    hidden = [counted.of_building(row) for row in every if row in put_by]
                    total, households = len(rows), int(counted.households[rows].sum()) if rows else 0
                else:
                    found = [
                        f for f in counted.found.values() if f.kind == kind and here(f.street_ids, f.community_ids)
                    ]
                    some = [f for f in found if f.key not in aside]
                    listed, hidden = some[:LISTED_AT_MOST], [f for f in found if f.key in aside]
                    total, households = len(some), sum(f.households for f in some)
                named = self._named(work, _with_drafts(listed, counted.ground.drafts))
                kept = tuple(replace(f, aside=aside[f.key]) for f in self._named(work, hidden))
                groups.append(Group(kind, total, households, tuple(named), kept))
        looked = [z for z in counted.ground.zones if here((z.street_id,), (z.community_id,))]
        drafts = [z for z in counted.ground.drafts if here((z.street_id,), (z.community_id,))]
        return TopologyReport(tuple(groups), len(looked), len(drafts), bool(counted.ground.buildings), basis == "drafts",
                              counted.as_of)  # fmt: skip

    def _reach(self, street_id: str | None, actor: Actor) -> Reach:
        self._permissions.require(actor, "zone.draft")
        reach = self._permissions.reach(actor, "zone.draft")
        if street_id is not None and not (reach.everything or street_id in reach.street_ids):
            raise NotFound()
        return reach

    def _found(self, counted: Counted, key: str, actor: Actor) -> Finding:
        found = counted.finding(key)
        if found is None:
            raise Conflict("finding_gone")
        if not _reaches(self._permissions.reach(actor, "zone.draft"), found.street_ids, found.community_ids):
            raise NotFound()
        return _with_drafts([found], counted.ground.drafts)[0]

    def _named(self, work: Work, found: list[Finding]) -> list[Finding]:
        """Buildings with their names; a report lists few of many, so only those are read."""
        labels = work.buildings.labels([one.home.id for one in found if one.home])
        return [replace(one, home=Home(one.home.id, *labels.get(one.home.id, ("", "")))) if one.home else one
                for one in found]  # fmt: skip

    # -- repairs ---------------------------------------------------------------------------------------------------

    def _choices(self, work: Work, counted: Counted, found: Finding, actor: Actor) -> Iterable[Choice]:
        """Ways to put it right that this person may take: a zone of another street is not offered."""
        mine = [z for z in found.zones
                if self._permissions.allows(actor, "zone.draft", Scoped(z.street_id, z.community_id))]  # fmt: skip
        if found.kind == "no_zone":
            yield from self._adopters(counted, found)
        elif found.kind in ("two_zones", "overlap") or found.code == "shared":
            if len(found.zones) > 1:
                yield from (Choice(f"clip:{z.area_id}", z) for z in mine)
        elif found.kind in ("gap", "sliver"):
            yield from (Choice(f"merge:{z.area_id}", z) for z in mine[:ADOPTERS])
        elif found.kind == "ring":
            yield from (Choice("mend", z) for z in mine)
        elif found.kind == "outside":
            if not found.code:
                yield from (Choice("clip:street", z) for z in mine)
            else:
                yield from (Choice("rehome", z) for z in mine)
        elif found.kind == "no_mode":
            policy, today = self._policy.now().zones, self._policy.today()
            for mode in policy.modes.values():
                if mode.is_managed and mode.term.holds(today):
                    yield from (Choice(f"mode:{mode.code}", z, mode.code) for z in mine)

    def _adopters(self, counted: Counted, found: Finding) -> Iterable[Choice]:
        """The nearest zones of the same street that could look after a building."""
        able = [i for i, zone in enumerate(counted.ground.zones)
                if zone.status == "in_force" and zone.mode in ADOPTING_MODES and zone.street_id in found.street_ids
                and zone.kind != ADOPTED_KIND]  # fmt: skip
        near = PlaceIndex(able, counted.shapes[able]).near(*found.at, ADOPT_WITHIN_M) if able else ()
        for i, metres in near[:ADOPTERS]:
            zone = counted.ground.zones[i]
            yield Choice(f"adopt:{zone.area_id}", zone, distance_m=metres)

    def _repair(self, work: Work, counted: Counted, found: Finding, code: str, actor: Actor) -> Repair:
        choice = next((one for one in self._choices(work, counted, found, actor) if one.code == code), None)
        if choice is None:
            raise Invalid("repair_not_offered", field="choice")
        base = None if choice.verb == "adopt" else choice.zone
        after = self._after(work, counted, found, choice)
        if after is None:
            raise Invalid("repair_leaves_nothing", field="choice")
        name, kind, mode = _words(work, found, choice)
        held = counted.inside(_shape(counted, base)) if base else np.array([], dtype=np.intp)
        holds = counted.inside(after)
        return Repair(
            choice, base, base.geometry if base else None, after, name, kind, mode,
            was=_figures(counted, held, base.area_m2 if base else 0.0),
            becomes=_figures(counted, holds, float(measure.area_m2(after))),
            gained=_figures(counted, np.setdiff1d(holds, held)), lost=_figures(counted, np.setdiff1d(held, holds)),
        )  # fmt: skip

    def _after(self, work: Work, counted: Counted, found: Finding, choice: Choice) -> BaseGeometry | None:
        """The line that a choice would give its zone."""
        if choice.verb == "adopt":
            building = work.buildings.get(found.home.id) if found.home else None
            if building is None:
                return None
            return repairs.plot_of(building.geometry, found.at, _near(counted, building.geometry))
        zone = choice.zone
        assert zone is not None
        if choice.verb in ("mode", "rehome"):
            return zone.geometry
        if choice.verb == "mend":
            return repairs.mended(zone.geometry)
        line = _shape(counted, zone)
        if choice.verb == "merge":
            others = _near(counted, found.shape, but=zone)
            return repairs.merged(line, found.shape, others)
        if choice.code == "clip:street":
            street = next((s for s in counted.ground.streets if s.area_id == zone.street_id), None)
            return repairs.kept_inside(line, street.geometry) if street else None
        takers = [_shape(counted, other) for other in found.zones if other.id != zone.id]
        left = repairs.clipped(line, takers)
        return None if left is None or left.equals(line) else left


def _ground(work: Work, basis: str) -> Ground:
    shown = work.areas.shown("zone")
    newest: dict[str, Area] = {}
    for zone in shown:
        if zone.status == "draft" and (zone.area_id not in newest or newest[zone.area_id].version < zone.version):
            newest[zone.area_id] = zone
    in_force = [zone for zone in shown if zone.status == "in_force"]
    drafts = list(newest.values())
    zones = in_force if basis == "in_force" else [z for z in in_force if z.area_id not in newest] + drafts
    return Ground(zones, drafts, work.areas.in_force("street"), work.areas.in_force("community"),
                  work.buildings.figures())  # fmt: skip


def _reaches(reach: Reach, streets: Iterable[str | None], communities: Iterable[str | None]) -> bool:
    return reach.everything or bool(set(reach.street_ids) & set(streets)) or bool(
        set(reach.community_ids) & set(communities)
    )  # fmt: skip


def _of_row(counted: Counted, row: int) -> tuple[set[str | None], set[str | None]]:
    """Streets and communities of a building's finding, without making it."""
    zones = [counted.ground.zones[i] for i in counted.owners.get(row, ())]
    return (
        {counted.street_of.get(row), *(z.street_id for z in zones)},
        {counted.community_of.get(row), *(z.community_id for z in zones)},
    )


def _with_drafts(found: list[Finding], drafts: list[Area]) -> list[Finding]:
    """The same with the drafts that touch them already: drafts of their zones, drafts over their building."""
    if not drafts or not found:
        return found
    of_zone = {draft.area_id: draft for draft in drafts}
    index = PlaceIndex(range(len(drafts)), [d.geometry for d in drafts])

    def known(one: Finding) -> tuple[Area, ...]:
        if one.kind == "no_zone":
            return tuple(drafts[i] for i in index.at(*one.at))
        return tuple(of_zone[z.area_id] for z in one.zones if z.area_id in of_zone and of_zone[z.area_id].id != z.id)

    return [replace(one, drafts=known(one)) for one in found]


def _shape(counted: Counted, zone: Area) -> BaseGeometry:
    """A zone's sound polygon."""
    return counted.shapes[next(i for i, one in enumerate(counted.ground.zones) if one.id == zone.id)]


def _near(counted: Counted, shape: BaseGeometry | None, *, but: Area | None = None) -> list[BaseGeometry]:
    """Zones whose ground a repair must not take."""
    if shape is None:
        return []
    found = counted.index.in_box(measure.widened(shape.bounds, 10.0))
    return [counted.shapes[i] for i in found if but is None or counted.ground.zones[i].id != but.id]


def _words(work: Work, found: Finding, choice: Choice) -> tuple[str, str | None, str | None]:
    """(name, kind, mode) of the draft."""
    zone = choice.zone
    assert zone is not None
    if choice.verb == "adopt":
        assert found.home is not None
        name, number = work.buildings.labels([found.home.id]).get(found.home.id, ("", ""))
        return f"{name or number or found.home.id}（{zone.name}托管）"[:100], ADOPTED_KIND, ADOPTED_MODE
    return zone.name, zone.kind, choice.mode or zone.mode


def _figures(counted: Counted, rows: Any, area_m2: float = 0.0) -> Figures:
    return Figures(area_m2, len(rows), int(counted.households[rows].sum()) if len(rows) else 0)
