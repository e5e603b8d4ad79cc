"""What the topology report tells: findings between zones, what can be done about each, and what that would change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shapely.geometry.base import BaseGeometry

from domain.records import Area

# In the order in which a street works through them: homes first, then lines.
KINDS = ("no_zone", "two_zones", "overlap", "gap", "sliver", "ring", "outside", "no_mode")
BASES = ("in_force", "drafts")  # zones as they are; or as if the newest draft of each were in force
LISTED_AT_MOST = 1000
ADOPTERS = 3
ADOPT_WITHIN_M = 1000.0
# Who can look after a building next door: modes with a company. Owners and communities look after their own.
ADOPTING_MODES = ("professional", "soe_backstop")
ADOPTED_KIND, ADOPTED_MODE = "scattered_building", "trusteeship"


class Home(NamedTuple):
    """A building of a finding."""

    id: str
    name: str = ""
    number: str = ""


@dataclass(frozen=True)
class SetAside:
    """A person's word that a finding needs no repair. It holds while the ground behind the finding stays as it was,
    which is kept here for that: shape (EPSG:4326) or, of a building, at (lon, lat) and the zone versions round it.

    ended_at, ended_by: taken back, or set aside anew after it no longer held. who: the name of set_by, where asked for.
    """

    id: str
    key: str
    kind: str
    code: str
    name: str
    at: tuple[float, float] | None
    shape: BaseGeometry | None
    versions: tuple[str, ...]
    reason: str
    set_by: str | None
    set_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    who: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing to put right.

    key: stable as long as it is there, made of stable ids, or of the place for a gap. zones: whom it concerns; along a
    gap or a sliver the longest border first. at: a place (lon, lat) in it. shape: EPSG:4326, None for a building. code:
    which fault a ring has; "no_street" or "elsewhere" for a zone outside its street; the mode of a zone nobody manages.
    drafts: newest drafts that touch it already. aside: why it is not in the list.
    """

    key: str
    kind: str
    zones: tuple[Area, ...]
    street_ids: frozenset[str]
    community_ids: frozenset[str]
    at: tuple[float, float]
    shape: BaseGeometry | None = None
    area_m2: float = 0.0
    buildings: int = 0
    households: int = 0
    code: str = ""
    home: Home | None = None
    drafts: tuple[Area, ...] = ()
    aside: SetAside | None = None

    @property
    def name(self) -> str:
        """What it is about, in the names of the data."""
        if self.home:
            return self.home.name or self.home.number or self.home.id
        return " / ".join(zone.name for zone in self.zones[:3])


@dataclass(frozen=True)
class Group:
    """All open findings of one kind; `findings` holds the worst first, at most LISTED_AT_MOST of `total`. aside: those
    that somebody set aside, not counted in total and households."""

    kind: str
    total: int
    households: int
    findings: tuple[Finding, ...]
    aside: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class TopologyReport:
    """zones: how many were looked at here; drafts: how many of them, or beside them, are drafts. has_buildings: the
    city has buildings to look for. as_of: when it was counted. asides: counts the changes of what is set aside."""

    groups: tuple[Group, ...]
    zones: int
    drafts: int
    has_buildings: bool
    with_drafts: bool
    as_of: datetime
    asides: int = 0

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)

    @property
    def set_aside(self) -> int:
        return sum(len(group.aside) for group in self.groups)

    def aside(self, key: str) -> SetAside | None:
        return next((one.aside for group in self.groups for one in group.aside if one.key == key), None)

    def group(self, kind: str) -> Group:
        return next(group for group in self.groups if group.kind == kind)


@dataclass(frozen=True)
class Choice:
    """One way to put a finding right. code: "clip:<zone>", "merge:<zone>", "adopt:<zone>", "mode:<mode>", "mend",
    "rehome". zone: the one that changes, or that adopts."""

    code: str
    zone: Area | None = None
    mode: str | None = None
    distance_m: float | None = None

    @property
    def verb(self) -> str:
        return self.code.partition(":")[0]


@dataclass(frozen=True)
class Figures:
    area_m2: float = 0.0
    buildings: int = 0
    households: int = 0


@dataclass(frozen=True)
class Repair:
    """What a choice would do, as a draft. base: the version it starts from, None for a new zone. before, after:
    EPSG:4326. gained and lost: of what the zone holds now."""

    choice: Choice
    base: Area | None
    before: BaseGeometry | None
    after: BaseGeometry
    name: str
    kind: str | None
    mode: str | None
    was: Figures
    becomes: Figures
    gained: Figures
    lost: Figures
