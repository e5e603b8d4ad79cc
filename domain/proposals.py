"""Proposals for zones out of the roads: what is a main road unless somebody says otherwise, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

# Classes of roads and waters that a zone is never proposed across: those of this app's own layers, of OpenStreetMap, and
# as offices write them.
MAIN_KINDS = frozenset(
    "highway arterial river canal water wall railway rail motorway trunk primary secondary motorway_link trunk_link "
    "primary_link 高速 高速公路 国道 省道 主干道 主干路 次干道 次干路 快速路 城市主干道 城市次干道 河流 河道 铁路 围墙".split()
)
TARGET_AT_LEAST, TARGET_USUAL, TARGET_AT_MOST = 20, 500, 5000


@dataclass(frozen=True)
class Proposed:
    """One proposal. key: stable while roads, zones and target are as they are. shape: EPSG:4326, seven decimals."""

    key: str
    shape: BaseGeometry
    at: tuple[float, float]
    area_m2: float
    buildings: int
    households: int
    blocks: int


@dataclass(frozen=True)
class ProposalList:
    """found: most households first. none: why there is nothing, "" otherwise. kinds: every class of road in the
    street; main: those taken as main roads. too_large: blocks with homes left out for their size."""

    found: tuple[Proposed, ...]
    none: str
    kinds: tuple[str, ...]
    main: tuple[str, ...]
    roads: int
    too_large: int

    @property
    def households(self) -> int:
        return sum(one.households for one in self.found)
