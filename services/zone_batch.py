"""Many drafts of zones decided in one go: which could take force now, which are held back and why, and the deciding.

Every rule is asked of services.zone_versions, one draft after the other; nothing is judged here but whether drafts that
were picked together lie on each other.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely

from domain.errors import Busy, NotFound, Refused
from domain.policy.permissions import Permissions, Scoped
from domain.records import Actor, Area
from domain.zones import Decision
from services.policy import LivePolicy
from services.zone_force import overlaps_among
from services.zone_lineage import together
from services.zone_versions import ACTION, JudgedTogether, ZoneVersions, checked
from storage.store import Store, Work

KEPT_AT_MOST = 16


@dataclass(frozen=True)
class Candidate:
    """One draft, or the halves of one split, that would take force as one decision. over: the version in force that
    the first of them replaces, None for none. obstacles: the street's consent left out; other drafts that are free of
    obstacles and lie on it are among them."""

    judged: JudgedTogether
    over: Area | None
    obstacles: tuple[Refused, ...]

    @property
    def id(self) -> str:
        return self.judged.versions[0].id

    @property
    def needs_consent(self) -> bool:
        return not self.obstacles and self.judged.crosses_grids

    @property
    def is_clear(self) -> bool:
        return not self.obstacles and not self.judged.crosses_grids


@dataclass(frozen=True)
class Decided:
    """decisions: what took force or waits for its day. refused: drafts that stay drafts, and why; the name is empty
    where the asker may not know it."""

    decisions: tuple[Decision, ...]
    refused: tuple[tuple[str, Refused], ...]


class ZoneBatch:
    def __init__(self, store: Store, permissions: Permissions, policy: LivePolicy, versions: ZoneVersions) -> None:
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._versions = versions
        self._judged: dict[Any, tuple[Any, tuple[Candidate, ...]]] = {}
        self._judging = threading.Lock()

    def candidates(self, street_id: str | None, actor: Actor) -> tuple[Candidate, ...]:
        """Every open draft of a street, or of all where the actor decides, judged as a single decision would judge it.

        Judged anew when zones, plans, grids, streets, communities, buildings or the catalogue have changed. By name.
        """
        self._permissions.require(actor, ACTION)
        key = (street_id, actor.assignments, actor.actions)
        with self._judging:  # the second asker waits for the first one's work
            with self._store.look() as work:
                stamp = self._stamp(work)
                if (known := self._judged.get(key)) and known[0] == stamp:
                    return known[1]
                drafts, current = _open_drafts(work)
            wanted = [d for d in drafts if street_id in (None, d.street_id)
                      and self._permissions.allows(actor, ACTION, Scoped(d.street_id, d.community_id))]  # fmt: skip
            found = self._judge(wanted, current, actor)
            self._judged[key] = (stamp, found)
            while len(self._judged) > KEPT_AT_MOST:
                del self._judged[next(iter(self._judged))]
            return found

    def decide(
        self, picks: Sequence[tuple[str, str | None]], reason: str, *, consent: str | None, from_day: date | None,
        actor: Actor,
    ) -> Decided:  # fmt: skip
        """Put drafts in force, or plan them for a day, with one reason. picks: (version id, id of the version in force
        that whoever decides saw, None for none). consent: the street's, kept with those that cross grids.

        Each is a decision of its own, judged and kept in a transaction of its own by ZoneVersions.decide, and what is
        refused is listed. So one bad draft holds back nobody else's, nothing is half done when the server dies in the
        middle (what is left are drafts as before), and phones that send meanwhile wait for one decision, not for all.
        The halves of a split are one decision. Two picks that lie on each other are both refused: which of them is
        meant is not for their order to say. Raises Invalid for the reason or the day, before anything is decided.
        """
        self._permissions.require(actor, ACTION)
        checked(reason, from_day, self._policy.today())
        drafts, clashing = self._picked(picks)
        decisions: list[Decision] = []
        refused: list[tuple[str, Refused]] = []
        done: set[str] = set()
        busy: Busy | None = None
        for version_id, seen in dict(picks).items():
            if version_id in done:
                continue  # a half, decided with the other
            try:
                if busy or version_id in clashing:
                    raise busy or clashing[version_id]
                made = self._versions.decide(
                    version_id, reason, seen=seen, consent=consent, from_day=from_day, actor=actor
                )
            except NotFound as found:
                refused.append(("", found))
            except Refused as found:
                busy = found if isinstance(found, Busy) else busy
                refused.append((drafts[version_id].name, found))
            else:
                decisions.append(made)
                done.update(made.versions)
        return Decided(tuple(decisions), tuple(refused))

    def _stamp(self, work: Work) -> tuple[Any, ...]:
        layers = ("zone", "grid", "street", "community", "building")
        return (*(work.areas.stamp(layer) for layer in layers), work.buildings.count(), self._policy.now().edition,
                tuple(d.id for d in work.zones.planned()))  # fmt: skip

    def _judge(self, drafts: Sequence[Area], current: dict[str, Area], actor: Actor) -> tuple[Candidate, ...]:
        found: list[JudgedTogether] = []
        told: set[str] = set()
        for draft in sorted(drafts, key=lambda d: (d.name, d.code, d.id)):
            if draft.id in told:
                continue  # a half, told with the other
            try:
                judged = self._versions.judge(draft.id, actor)
            except NotFound:
                continue  # part of it lies where somebody else decides
            found.append(judged)
            told.update(v.id for v in judged.versions)
        clashing = _clashes([j.versions for j in found if not j.obstacles])
        return tuple(
            Candidate(j, current.get(j.versions[0].area_id), j.obstacles or clashing.get(j.versions[0].id, ()))
            for j in found
        )

    def _picked(self, picks: Sequence[tuple[str, str | None]]) -> tuple[dict[str, Area], dict[str, Refused]]:
        """The versions that were picked, by id, and those among them that lie on another that was picked."""
        with self._store.look() as work:
            found = {i: version for i, _ in picks if (version := work.areas.version(i))}
            groups = [together(work, v).versions for v in found.values() if v.layer == "zone" and v.status == "draft"]
        clashes = _clashes(groups)
        return found, {i: first for i, (first, *_) in clashes.items()}


def _open_drafts(work: Work) -> tuple[list[Area], dict[str, Area]]:
    """The newest draft of each zone that is ahead of its version in force, and the versions in force by zone."""
    shown = sorted(work.areas.shown("zone"), key=lambda v: v.version)
    current = {v.area_id: v for v in shown if v.status == "in_force"}
    newest = {v.area_id: v for v in shown if v.status == "draft"}
    return [d for d in newest.values() if d.area_id not in current or d.version > current[d.area_id].version], current


def _clashes(groups: Sequence[Sequence[Area]]) -> dict[str, tuple[Refused, ...]]:
    """What lies on drafts of another group, by the id of a group's first draft."""
    drafts = [(version, i) for i, group in enumerate(groups) for version in group]
    if not drafts:
        return {}
    lines = [version.geometry for version, _ in drafts]
    found: dict[str, tuple[Refused, ...]] = {}
    for one, other in zip(*shapely.STRtree(lines).query(lines, predicate="intersects").tolist(), strict=True):
        if drafts[one][1] != drafts[other][1]:
            first = groups[drafts[one][1]][0].id
            found[first] = (*found.get(first, ()), *overlaps_among(drafts[one][0], [drafts[other][0]]))
    return {i: clashes for i, clashes in found.items() if clashes}
