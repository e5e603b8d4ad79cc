"""A few dozen public-revenue assets (公共收益) in some zones, of every category. Rents and operators are made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely

from demo.names import sample_id
from demo.people import SamplePerson
from domain.policy.assets import load_assets
from domain.records import Area, Asset, Building

COUNT = 48
# category, subcategory, name, most of them, yearly rent in yuan for each (0: not let), attributes
CATALOGUE: tuple[tuple[str, str, str, int, int, dict[str, Any]], ...] = (
    ("parking_bay", "ground_bay", "地面车位", 60, 900, {"title": "common_ground", "is_numbered": True}),
    ("charging_point", "ebike_charger", "电动自行车充电桩", 40, 60, {"plugs": 10, "power_kw": 1}),
    ("ad_space", "lift_ad", "电梯轿厢广告位", 24, 700, {"size": "0.6 × 0.9 m"}),
    ("common_property", "business_room", "经营用房", 3, 18000, {"used_for": "便民店"}),
    ("other", "parcel_locker", "快递柜", 4, 1800, {}),
    ("parking_bay", "underground_bay", "地下车位", 40, 1200, {"title": "planned_unsold"}),
    ("charging_point", "car_charger", "汽车充电桩", 8, 1500, {"plugs": 1, "power_kw": 7}),
    ("ad_space", "gate_ad", "道闸广告位", 4, 2000, {}),
    ("common_property", "management_office", "物业办公用房", 2, 0, {"used_for": "物业办公"}),
    ("other", "vending_machine", "自动售货机", 3, 1200, {}),
    ("ad_space", "light_box", "灯箱广告位", 6, 1500, {"size": "1.2 × 1.8 m"}),
    ("common_property", "gatehouse", "门岗", 1, 0, {"used_for": "门岗"}),
    ("other", "base_station", "通信基站", 1, 20000, {}),
    ("other", "clothes_bank", "旧衣回收箱", 4, 100, {}),
)
OWNERSHIP = (("owners", 0.72), ("developer", 0.08), ("government", 0.06), ("soe", 0.06), ("unclear", 0.08))
STATUS = (("in_use", 0.78), ("idle", 0.12), ("stopped", 0.06), ("disputed", 0.04))
MODES = (("leased", 0.4), ("entrusted", 0.2), ("shared", 0.25), ("self_run", 0.15))
ENDS_IN_DAYS = {4: (-40, -5), 7: (10, 55)}  # of nine contracts one has just run out, one soon will
SOME_DAY = date(2026, 1, 1)  # stands in when the city is built without a day


def make_assets(
    zones: Sequence[Area],
    buildings: Sequence[Building],
    people: Sequence[SamplePerson],
    today: date | None,
    rng: np.random.Generator,
) -> tuple[Asset, ...]:
    """48 assets beside buildings of zones in the two fully staffed streets; each category comes round in turn."""
    areas = {zone.area_id: zone for zone in zones}
    clerks = {a.scope_id: p.id for p in people for a in p.assignments if a.role == "asset_clerk"}
    pool = [b for b in buildings if b.zone_id and b.street_id in clerks]
    chosen = rng.choice(len(pool), COUNT, replace=False)
    return tuple(
        _asset(number, pool[at], areas[pool[at].zone_id or ""], clerks[pool[at].street_id], today or SOME_DAY, rng)
        for number, at in enumerate(chosen)
    )


def _asset(number: int, building: Building, zone: Area, clerk_id: str, today: date, rng: np.random.Generator) -> Asset:
    category, subcategory, name, most, rent_yuan, attributes = CATALOGUE[number % len(CATALOGUE)]
    quantity = int(rng.integers(1, most + 1))
    status = _pick(STATUS, rng)
    is_let = rent_yuan > 0 and status == "in_use"
    years = int(rng.integers(1, 4))
    low, high = ENDS_IN_DAYS.get(number % 9, (90, 365 * years - 60))
    end = today + timedelta(days=int(rng.integers(low, high)))
    surveyed = datetime.combine(today, time(10), UTC) - timedelta(days=int(rng.integers(5, 80)), hours=8)
    words = load_assets().categories[category]
    corner = shapely.get_coordinates(building.geometry)[0]
    return Asset(
        id=sample_id("asset", str(number + 1)),
        asset_no=f"{words.number_prefix}-示例{number + 1:03d}",
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
        unit=words.unit_zh,
        ownership=_pick(OWNERSHIP, rng),
        status=status,
        operation_mode=_pick(MODES, rng) if is_let else None,
        operator=f"示例经营单位{'ABCDE'[number % 5]}" if is_let else None,
        decision_ref=f"示例决议{number + 1:02d}号" if is_let and rng.random() < 0.7 else None,
        contract_no=f"示例合同-{number + 1:03d}" if is_let else None,
        contract_start=(end - timedelta(days=365 * years)).isoformat() if is_let else None,
        contract_end=end.isoformat() if is_let else None,
        rent_fen=int(quantity * rent_yuan * rng.uniform(0.8, 1.2)) * 100 if is_let else None,
        billing_cycle="year" if is_let else None,
        area_m2=float(round(quantity * rng.uniform(18, 60), 1)) if category == "common_property" else None,
        remarks="示意数据",
        surveyed_by=clerk_id,
        surveyed_at=surveyed,
        is_sample=True,
        zone_name=zone.name,
        attributes=dict(attributes),
    )


def _pick(weighted: tuple[tuple[str, float], ...], rng: np.random.Generator) -> str:
    return str(rng.choice([w[0] for w in weighted], p=[w[1] for w in weighted]))
