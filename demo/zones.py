"""Property-management zones of the sample city as areas on the map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from demo.estates import Built, Estate, choose_mode
from demo.land import Land
from demo.names import sample_id
from demo.places import Places, on_map
from domain.records import Area
from geo.division import divide
from geo.measure import area_m2

ORIGIN = "示意数据：由程序生成；WGS 84"
COMPANIES = tuple(f"示例物业公司{letter}" for letter in "ABCDEFGH")


def make_zones(land: Land, built: Built, places: Places, rng: np.random.Generator) -> tuple[Area, ...]:
    """One area for each estate, named 示例小区001 ... A sliver in the next grid is no crossing."""
    shapes = on_map(shapely.simplify(_placed(land, built.estates), 0.15))
    areas = area_m2(shapes)
    community = {one.area_id: one.name for one in places.communities}
    grid_of = [places.grids[estate.leaf] for estate in built.estates]
    grids = np.array([grid.geometry for grid in places.grids])
    crosses = divide(shapes, grids, grids_are_a_coverage=True).crosses_grids()
    found = []
    for i, estate in enumerate(built.estates):
        code = f"SL-{i + 1:04d}"
        mode = choose_mode(estate.kind, rng)
        name = f"示例小区{i + 1:03d}"
        found.append(
            Area(
                id=sample_id("zone-version", f"{code}/1"),
                area_id=sample_id("zone", code),
                layer="zone",
                version=1,
                status="in_force",
                code=code,
                name=name,
                geometry=shapes[i],
                area_m2=float(areas[i]),
                kind=estate.kind,
                mode=mode,
                manager=_manager(mode, name, community[grid_of[i].community_id or ""], rng),
                street_id=grid_of[i].street_id,
                community_id=grid_of[i].community_id,
                origin=ORIGIN,
                is_sample=True,
                crosses_grids=bool(crosses[i]),
                attributes={"sample_intent": estate.intent, "style": estate.style},
            )
        )
    return tuple(found)


def _placed(land: Land, estates: Sequence[Estate]) -> np.ndarray:
    return np.array([shapely.Polygon(land.patches[estate.patch].warp(estate.ring())) for estate in estates])


def _manager(mode: str, name: str, community: str, rng: np.random.Generator) -> str | None:
    if mode in ("professional", "trusteeship"):
        return str(rng.choice(COMPANIES))
    return {
        "soe_backstop": "示例国有物业公司",
        "self_managed": f"{name}业主自治小组（示例）",
        "community_trust": f"{community}（社区托管示例）",
    }.get(mode)
