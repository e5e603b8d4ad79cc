"""Versions of a zone: put in force now or from a day, taken back, restored. Append-only: what was stays as it was."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Conflict, Invalid, NotFound, Refused
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Area, DivisionRow
from domain.zones import Decision, ModeEntry
from services.policy import LivePolicy
from services.queue import Closing, Queue
from services.zone_force import CONSENT_AT_MOST, Judged, MayDecide, judge, take
from services.zone_lineage import Together, together
from services.zones import measured
from storage.jobs import Job
from storage.store import Store, Work

ACTION = "zone.decide"
COME_INTO_FORCE = "zone.in_force"
REASON_AT_LEAST, REASON_AT_MOST = 4, 500
PLAN_AT_MOST = timedelta(days=731)


@dataclass(frozen=True)
class VersionView:
    """One version with its newest division (set_no: over 0 when grids changed since it was decided), who made it, and
    the plan that stands over it, if any."""

    area: Area
    rows: tuple[DivisionRow, ...]
    author: str
    planned: Decision | None = None
    set_no: int = 0


@dataclass(frozen=True)
class ZoneView:
    """Everything a page says of one zone. versions: newest first. decisions, modes: oldest first."""

    zone_id: str
    versions: tuple[VersionView, ...]
    decisions: tuple[Decision, ...]
    modes: tuple[ModeEntry, ...]
    names: dict[str, str]
    street: str
    may_decide: bool
    may_draft: bool

    @property
    def current(self) -> VersionView | None:
        return next((v for v in self.versions if v.area.status == "in_force"), None)

    @property
    def head(self) -> VersionView:
        """What the zone is now: the version in force, else the newest draft, else the last that was."""
        return self.current or next((v for v in self.versions if v.area.status == "draft"), self.versions[0])

    def version(self, version_id: str) -> VersionView | None:
        return next((v for v in self.versions if v.area.id == version_id), None)


@dataclass(frozen=True)
class JudgedTogether:
    """kind: see Decision. versions: drafts that take force as one, the one asked about first. taken: zones that end with
    it. buildings, households: in these drafts, as they stand now."""

    kind: str
    versions: tuple[Area, ...]
    taken: tuple[Area, ...]
    obstacles: tuple[Refused, ...]
    crosses_grids: bool
    buildings: int
    households: int


class ZoneVersions:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, queue: Queue, clock: Callable[[], datetime],
        timezone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._queue = queue
        self._clock = clock
        self._timezone = timezone
        queue.handle(COME_INTO_FORCE, self._come_into_force)

    # -- looking ---------------------------------------------------------------------------------------------------

    def view(self, zone_id: str, actor: Actor) -> ZoneView:
        """Raises NotFound."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            areas = _versions(work, zone_id)
            decisions = work.zones.decisions_of([area.id for area in areas])
            modes = work.zones.modes(zone_id)
            streets = work.areas.names("street")
            people = {a.created_by for a in areas} | {d.decided_by for d in decisions} | {m.entered_by for m in modes}
            names = {i: person.name for i in people if i and (person := work.people.get(i))}
            plans = {i: d for d in decisions if d.state == "planned" for i in d.versions}
            rows = work.areas.divisions_of([area.id for area in areas])
            versions = tuple(
                VersionView(area, tuple(rows[area.id]), names.get(area.created_by or "", ""),
                            plans.get(area.id), work.areas.last_set(area.id))
                for area in reversed(areas)
            )  # fmt: skip
        newest = areas[-1]
        here = [Scoped(area.street_id, area.community_id) for area in areas]
        return ZoneView(
            zone_id, versions, tuple(decisions), tuple(modes), names, streets.get(newest.street_id or "", ""),
            all(self._permissions.allows(actor, ACTION, place) for place in here),
            all(self._permissions.allows(actor, "zone.draft", place) for place in here),
        )  # fmt: skip

    def judge(self, version_id: str, actor: Actor) -> JudgedTogether:
        """What a draft takes with it and what stands in its way, the street's consent left out of it.

        Raises NotFound, NotAllowed.
        """
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            version = self._of_mine(work, version_id, actor)
            group, _, judged = self._judge_together(work, version, "-", actor)
            obstacles = [*self._planned(work, group), *(o for each in judged for o in each.obstacles)]
            figures = [each.figures for each in judged]
            return JudgedTogether(
                group.kind, group.versions, group.taken, tuple(obstacles), any(f.crosses_grids for f in figures),
                sum(f.buildings for f in figures), sum(f.households for f in figures),
            )  # fmt: skip

    # -- deciding --------------------------------------------------------------------------------------------------

    def decide(
        self, version_id: str, reason: str, *, seen: str | None, consent: str | None, from_day: date | None,
        actor: Actor,
    ) -> Decision:  # fmt: skip
        """Put a draft in force, now or from the start of a day to come.

        seen: the id of the version in force that whoever decides saw, None for none. consent: the street's, in
        writing, for a zone that crosses grids. Raises the first obstacle, Conflict when somebody was faster, Invalid.
        """
        self._permissions.require(actor, ACTION)
        now, today = self._clock(), self._policy.today()
        reason = checked(reason, from_day, today)
        consent = (consent or "").strip()[:CONSENT_AT_MOST] or None
        is_planned = from_day is not None and from_day > today
        start = datetime.combine(from_day, time(), self._timezone) if is_planned and from_day else now
        with self._store.work() as work:
            version = self._of_mine(work, version_id, actor)
            current = work.areas.current(version.area_id)
            if (current.id if current else None) != seen:
                raise Conflict("zone_changed", name=version.name, version=current.version if current else 0)
            group, over, judged = self._judge_together(work, version, consent, actor)
            if obstacles := [*self._planned(work, group), *(o for each in judged for o in each.obstacles)]:
                raise obstacles[0]
            crosses = any(each.figures.crosses_grids for each in judged)
            decision = Decision(
                str(uuid.uuid4()), group.kind, "planned", version.street_id, tuple(v.id for v in group.versions), over,
                start, reason, consent if crosses else None, actor.person_id or None, now,
            )  # fmt: skip
            work.zones.add_decision(decision)
            if is_planned:
                self._plan(work, decision, version, now, actor)
            else:
                take(work, decision, judged, actor_id=actor.person_id or None, now=now, day=self._day(decision))
                work.zones.close_decision(decision.id, "in_force", at=now)
        self._queue.nudge()
        return decision if is_planned else replace(decision, state="in_force", closed_at=now)

    def withdraw(self, decision_id: str, reason: str, actor: Actor) -> None:
        """Take a plan back before its day; the draft stays. Raises NotFound, Conflict."""
        self._permissions.require(actor, ACTION)
        reason, now = checked_reason(reason), self._clock()
        with self._store.work() as work:
            decision = work.zones.decision(decision_id)
            if decision is None:
                raise NotFound()
            versions = [self._of_mine(work, i, actor) for i in decision.versions]
            if decision.state != "planned":
                raise Conflict("zone_not_planned", name=versions[0].name)
            work.zones.close_decision(decision_id, "withdrawn", at=now)
            for version in versions:
                work.history.write("zone", version.area_id, "zone.plan_withdrawn", {
                    "decision_id": decision_id, "version_id": version.id, "version": version.version, "reason": reason,
                }, actor_id=actor.person_id or None, at=now)  # fmt: skip

    def restore(self, version_id: str, reason: str, actor: Actor) -> Area:
        """An older version comes back as a new draft; nothing that was is changed. Raises NotFound, Conflict."""
        self._permissions.require(actor, "zone.draft")
        reason, now = checked_reason(reason), self._clock()
        with self._store.work() as work:
            old = _version(work, version_id)
            areas = _versions(work, old.area_id)
            for place in {Scoped(v.street_id, v.community_id) for v in areas}:
                self._permissions.require(actor, "zone.draft", place)
            if old.status not in ("superseded", "retired"):
                raise Conflict("zone_not_old", name=old.name, version=old.version)
            figures = measured(work, old.geometry, old.area_id)
            made = replace(
                old, id=str(uuid.uuid4()), version=areas[-1].version + 1, status="draft", valid_from=None,
                valid_to=None, created_at=now, created_by=actor.person_id or None, households=figures.households,
                crosses_grids=figures.crosses_grids, area_m2=figures.area_m2,
            )  # fmt: skip
            work.areas.add([made], at=now)
            work.areas.set_division(made.id, figures.rows, at=now)
            work.areas.link(old.id, made.id, "restored", at=now)
            work.history.write("zone", old.area_id, "zone.restored", {
                "version_id": made.id, "version": made.version, "from_version": old.version, "reason": reason,
            }, actor_id=actor.person_id or None, at=now)  # fmt: skip
        return made

    # -- within ----------------------------------------------------------------------------------------------------

    def _judge_together(
        self, work: Work, version: Area, consent: str | None, actor: Actor
    ) -> tuple[Together, tuple[str, ...], list[Judged]]:
        """A draft, its other halves and what it takes in; ids of the versions that end; each draft judged."""
        group = together(work, version)
        for zone in (*group.versions[1:], *group.taken):
            self._of_mine(work, zone.id, actor)
        ending = [found for v in group.versions if (found := work.areas.current(v.area_id))] + [*group.taken]
        over = tuple(each.id for each in ending)
        judged = [judge(work, v, over=over, beside=group.versions, consent=consent, may_decide=self._may_decide(actor))
                  for v in group.versions]  # fmt: skip
        return group, over, judged

    def _planned(self, work: Work, group: Together) -> list[Conflict]:
        """The plan that stands over one of these drafts already."""
        mine = {v.id for v in group.versions}
        return [Conflict("zone_already_planned", name=group.versions[0].name, day=self._day(plan))
                for plan in work.zones.planned() if mine & {*plan.versions}]  # fmt: skip

    def _come_into_force(self, job: Job) -> Closing:
        """The job of a plan, and of any other that is due: judged once more on its day. All of it takes force, or none of it, with the reason kept."""

        def closing(work: Work) -> None:
            now = self._clock()
            due = [decision for decision in work.zones.planned() if decision.starts_at <= now]
            for decision in sorted(due, key=lambda each: (each.starts_at, each.decided_at)):
                self._take_plan(work, decision, now)

        return closing

    def _take_plan(self, work: Work, decision: Decision, now: datetime) -> None:
        refused, judged = self._judge_plan(work, decision)
        if refused is None:
            take(work, decision, judged, actor_id=decision.decided_by, now=now, day=self._day(decision))
            work.zones.close_decision(decision.id, "in_force", at=now)
            return
        told = {"code": refused.code, **{k: str(v) for k, v in refused.facts.items()}}
        work.zones.close_decision(decision.id, "failed", at=now, refusal=told)
        for each in judged:
            work.history.write("zone", each.version.area_id, "zone.plan_failed",
                               {"decision_id": decision.id, "version_id": each.version.id, **told},
                               actor_id=None, at=now)  # fmt: skip

    def _judge_plan(self, work: Work, decision: Decision) -> tuple[Refused | None, list[Judged]]:
        versions = [found for i in decision.versions if (found := work.areas.version(i))]
        judged = [
            judge(work, v, over=decision.over, beside=versions, consent=decision.consent,
                  may_decide=lambda place: True)  # it was allowed when it was decided
            for v in versions
        ]  # fmt: skip
        for each in judged:
            current = work.areas.current(each.version.area_id)
            if current is not None and current.id not in decision.over:
                return Conflict("zone_changed", name=each.version.name, version=current.version), judged
        if any((old := work.areas.version(i)) is None or old.status != "in_force" for i in decision.over):
            return Conflict("zone_changed", name=versions[0].name, version=0), judged
        return next((o for each in judged for o in each.obstacles), None), judged

    def _may_decide(self, actor: Actor) -> MayDecide:
        return lambda place: self._permissions.allows(actor, ACTION, place)

    def _of_mine(self, work: Work, version_id: str, actor: Actor) -> Area:
        """A version of a zone whose every version lies where the actor decides. Raises NotFound."""
        version = _version(work, version_id)
        for place in {Scoped(v.street_id, v.community_id) for v in _versions(work, version.area_id)}:
            self._permissions.require(actor, ACTION, place)
        return version

    def _plan(self, work: Work, decision: Decision, version: Area, now: datetime, actor: Actor) -> None:
        self._queue.put(work, COME_INTO_FORCE, f"{COME_INTO_FORCE}:{decision.id}", {"decision": decision.id},
                        not_before=decision.starts_at)  # fmt: skip
        work.history.write("zone", version.area_id, "zone.planned", {
            "decision_id": decision.id, "version_id": version.id, "version": version.version,
            "from": self._day(decision), "reason": decision.reason, "consent": decision.consent,
        }, actor_id=actor.person_id or None, at=now)  # fmt: skip

    def _day(self, decision: Decision) -> str:
        return decision.starts_at.astimezone(self._timezone).date().isoformat()


def checked(reason: str, from_day: date | None, today: date) -> str:
    """What any decision asks for; the reason as it is kept. Raises Invalid naming the field."""
    if from_day is not None and not today <= from_day <= today + PLAN_AT_MOST:
        raise Invalid("zone_day_wrong", field="from_day")
    return checked_reason(reason)


def checked_reason(reason: str) -> str:
    """Raises Invalid("zone_reason_missing")."""
    reason = reason.strip()
    if not REASON_AT_LEAST <= len(reason) <= REASON_AT_MOST:
        raise Invalid("zone_reason_missing", field="reason", at_least=REASON_AT_LEAST, at_most=REASON_AT_MOST)
    return reason


def _version(work: Work, version_id: str) -> Area:
    found = work.areas.version(version_id)
    if found is None or found.layer != "zone" or found.status == "staged":
        raise NotFound()
    return found


def _versions(work: Work, zone_id: str) -> list[Area]:
    """Oldest first. Raises NotFound."""
    found = sorted(work.areas.versions(zone_id), key=lambda v: v.version)
    if not found or found[0].layer != "zone":
        raise NotFound()
    return found
