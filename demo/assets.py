"""A few dozen public-revenue assets (公共收益) in some zones, of every category. Rents and operators are made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import shapely

from demo.names import sample_id
from demo.people import SamplePerson
from domain.records import Area, Asset, Building

COUNT = 48
# category, subcategory, name, unit, most, yearly rent in yuan per unit (0: by the piece)
CATALOGUE = (
    ("parking_bay", "on_common_ground", "公共道路车位", "个", 60, 900),
    ("parking_bay", "planned_unsold", "规划未售车位", "个", 40, 1200),
    ("charging_point", "e_bike", "电动自行车充电桩", "口", 40, 60),
    ("charging_point", "ev", "电动汽车充电桩", "台", 8, 1500),
    ("ad_space", "lift_car", "电梯轿厢广告位", "块", 24, 700),
    ("ad_space", "gate_barrier", "道闸广告位", "块", 4, 2000),
    ("ad_space", "light_box", "灯箱广告位", "块", 6, 1500),
    ("common_property", "business_room", "经营用房", "间", 3, 18000),
    ("common_property", "management_room", "物业办公用房", "间", 2, 0),
    ("common_property", "gate_house", "门岗房", "间", 1, 0),
    ("other", "parcel_locker", "快递柜", "组", 4, 1800),
    ("other", "vending_machine", "自动售货机", "台", 3, 1200),
    ("other", "base_station", "通信基站", "处", 1, 20000),
    ("other", "clothes_bin", "旧衣回收箱", "个", 4, 100),
)
OWNERSHIP = (("owners_common", 0.72), ("developer", 0.08), ("government", 0.06), ("soe", 0.06), ("unclear", 0.08))
STATUS = (("in_use", 0.78), ("idle", 0.12), ("stopped", 0.06), ("disputed", 0.04))
MODES = (("leased", 0.4), ("entrusted", 0.2), ("shared", 0.25), ("self_run", 0.15))
FIRST_DAY = date(2026, 1, 1)


def make_assets(
    zones: Sequence[Area], buildings: Sequence[Building], people: Sequence[SamplePerson], rng: np.random.Generator
) -> tuple[Asset, ...]:
    """48 assets beside buildings of zones in the two fully staffed streets; each category comes round in turn."""
    areas = {zone.area_id: zone for zone in zones}
    clerks = {a.scope_id: p.id for p in people for a in p.assignments if a.role == "asset_clerk"}
    pool = [b for b in buildings if b.zone_id and b.street_id in clerks]
    chosen = rng.choice(len(pool), COUNT, replace=False)
    return tuple(
        _asset(number, pool[at], areas[pool[at].zone_id or ""], clerks[pool[at].street_id], rng)
        for number, at in enumerate(chosen)
    )


def _asset(number: int, building: Building, zone: Area, clerk_id: str, rng: np.random.Generator) -> Asset:
    category, subcategory, name, unit, most, rent_yuan = CATALOGUE[number % len(CATALOGUE)]
    quantity = int(rng.integers(1, most + 1))
    status = _pick(STATUS, rng)
    is_let = rent_yuan > 0 and status == "in_use"
    start = FIRST_DAY - timedelta(days=int(rng.integers(60, 900)))
    years = int(rng.integers(1, 4))
    corner = shapely.get_coordinates(building.geometry)[0]
    return Asset(
        id=sample_id("asset", str(number + 1)),
        asset_no=f"SL-ZC-{number + 1:04d}",
        zone_id=zone.area_id,
        grid_id=building.grid_id,
        street_id=building.street_id,
        category=category,
        subcategory=subcategory,
        name=f"{zone.name}{name}（示例）",
        location_text=f"{building.name}旁",
        lon=float(corner[0]),
        lat=float(corner[1]),
        quantity=float(quantity),
        unit=unit,
        ownership=_pick(OWNERSHIP, rng),
        status=status,
        operation_mode=_pick(MODES, rng) if is_let else None,
        operator=f"示例经营单位{'ABCDE'[number % 5]}" if is_let else None,
        decision_ref=f"示例决议{number + 1:02d}号" if is_let and rng.random() < 0.7 else None,
        contract_no=f"示例合同-{number + 1:03d}" if is_let else None,
        contract_start=start.isoformat() if is_let else None,
        contract_end=(start + timedelta(days=365 * years)).isoformat() if is_let else None,
        rent_fen=int(quantity * rent_yuan * rng.uniform(0.8, 1.2)) * 100 if is_let else None,
        billing_cycle="yearly" if is_let else None,
        area_m2=float(round(quantity * rng.uniform(18, 60), 1)) if category == "common_property" else None,
        remarks="示意数据",
        surveyed_by=clerk_id,
        is_sample=True,
        zone_name=zone.name,
    )


def _pick(weighted: tuple[tuple[str, float], ...], rng: np.random.Generator) -> str:
    return str(rng.choice([w[0] for w in weighted], p=[w[1] for w in weighted]))
