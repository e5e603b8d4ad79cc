"""300 captures of the 90 days before a given day: what was seen, where, by whom, with which pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

import numpy as np
import shapely

from demo.names import sample_id
from demo.people import SamplePerson
from domain.policy.catalogue import load_builtin
from domain.records import Area, Building, Position
from geo.measure import project_points, unproject

COUNT = 300
DAYS = 90
LOCAL = timezone(timedelta(hours=8))  # Asia/Shanghai has no summer time

# How often each type is seen (made up), and what an inspector would jot down.
SEEN: dict[str, tuple[int, tuple[str, ...]]] = {
    "zombie_vehicle": (26, ("轮胎瘪了，车身积灰", "停了很久没动，车窗有落叶")),
    "illegal_parking": (30, ("压着人行道", "停在出入口边上", "占了转弯的地方")),
    "random_piling": (28, ("纸箱和旧家具堆在楼道口", "绿化带边堆了杂物")),
    "fire_lane_blocked": (22, ("黄线内停了车", "通道口堆了东西")),
    "flying_wire_charging": (20, ("二楼窗口拉线下来充电", "从车库拉线到楼外")),
    "corridor_ebike": (20, ("电瓶车停在楼道里", "一楼楼梯间停了两辆")),
    "bin_overflow": (18, ("桶满了，地上有散落", "早上还没清运")),
    "small_ads": (16, ("单元门上贴了好几张", "墙上喷了电话")),
    "bike_parking": (14, ("非机动车停到车道上",)),
    "waste_sorting": (14, ("厨余和其他混投",)),
    "exposed_garbage": (12, ("墙角有一堆生活垃圾",)),
    "green_damage": (12, ("草坪被压出车辙", "绿化带改成了菜地")),
    "illegal_construction": (12, ("顶楼搭了阳光房", "一楼院子加了棚")),
    "ground_lock": (8, ("公共车位装了地锁",)),
    "catering_fume": (8, ("油烟直排到小区一侧",)),
    "illegal_renovation": (7, ("装修工人说要拆墙",)),
    "elevator_fault": (6, ("电梯停用，没有贴说明",)),
    "fire_equipment_fault": (6, ("灭火器箱空着", "消火栓被挡住")),
    "notice_board_missing": (5, ("公示栏还是去年的内容",)),
    "charging_pile_fault": (5, ("三号桩没电",)),
    "electricity_safety": (4, ("电表箱门没关",)),
    "water_supply": (4, ("外墙水管渗水",)),
    "gas_safety": (4, ("燃气管上挂了东西",)),
    "unauthorised_business_common": (4, ("架空层摆了摊",)),
    "change_of_use": (3, ("车库里住了人",)),
    "object_throwing": (2, ("楼下又有扔下来的杂物",)),
}
TWO_PICTURES = ("zombie_vehicle", "illegal_parking", "random_piling")  # common ones come in two looks


@dataclass(frozen=True)
class PhotoSpec:
    """One picture to draw: demo.pictures.picture(kind, shot, seed). The same spec gives the same picture."""

    shot: str
    kind: str
    seed: int


@dataclass(frozen=True)
class SampleRecord:
    """One capture. lon/lat is the pin (EPSG:4326); position is the fix, some metres off, or None with a reason."""

    id: str
    issue_type: str
    captured_at: datetime
    reporter_id: str
    reporter_name: str
    lon: float
    lat: float
    position: Position | None
    position_reason: str | None
    zone_id: str | None
    grid_id: str
    community_id: str
    street_id: str
    building: str | None
    unit: str | None
    floor: str | None
    note: str
    plate: str | None
    photos: tuple[PhotoSpec, ...]


def make_records(
    zones: Sequence[Area],
    buildings: Sequence[Building],
    grids: Sequence[Area],
    people: Sequence[SamplePerson],
    today: date,
    seed: int,
) -> tuple[SampleRecord, ...]:
    """Oldest first. today only moves the dates; places and kinds depend on the seed alone."""
    rng = np.random.default_rng([seed, 6])
    spots = _spots(buildings, people, rng)
    lonlat = _beside(spots, rng)
    points = shapely.points(lonlat)
    grid_at = _first(grids, points)
    zone_at = _first(zones, points)
    types = rng.choice(list(SEEN), COUNT, p=np.array([w for w, _ in SEEN.values()]) / sum(w for w, _ in SEEN.values()))
    moments = _moments(today, rng)
    shots = {one.code: [shot.code for shot in one.shots if shot.required] for one in load_builtin().types}
    plates = {one.code for one in load_builtin().types if one.plate == "required"}
    found = []
    for i in range(COUNT):
        grid = grids[grid_at[i]]
        kind = str(types[i])
        reporter = _reporter(people, grid, rng)
        fix, reason = _fix(lonlat[i], moments[i], rng)
        look = int(rng.integers(1, 3)) if kind in TWO_PICTURES else 1
        is_inside = bool(rng.random() < 0.3) and spots[i].zone_id is not None
        found.append(
            SampleRecord(
                id=sample_id("record", str(i + 1)),
                issue_type=kind,
                captured_at=moments[i],
                reporter_id=reporter.id,
                reporter_name=reporter.name,
                lon=float(lonlat[i, 0]),
                lat=float(lonlat[i, 1]),
                position=fix,
                position_reason=reason,
                zone_id=zones[zone_at[i]].area_id if zone_at[i] >= 0 else None,
                grid_id=grid.area_id,
                community_id=grid.community_id or "",
                street_id=grid.street_id or "",
                building=spots[i].number,
                unit=f"{int(rng.integers(1, 4))}单元" if is_inside else None,
                floor=f"{int(rng.integers(1, 7))}楼" if is_inside else None,
                note=str(rng.choice(SEEN[kind][1])),
                plate=f"示例牌照 {int(rng.integers(1, 60)):02d}" if kind in plates else None,
                photos=tuple(PhotoSpec(shot, kind, look) for shot in shots[kind]),
            )
        )
    return tuple(found)


def _spots(buildings: Sequence[Building], people: Sequence[SamplePerson], rng: np.random.Generator) -> list[Building]:
    """The building beside each record: in a staffed street, nearly always in a zone, more in the two full ones."""
    streets = [a.scope_id for p in people for a in p.assignments if a.role == "inspector" and a.scope_kind == "street"]
    weight = {street: 3.0 if i < 2 else 1.0 for i, street in enumerate(streets)}
    in_zone = [b for b in buildings if b.zone_id and b.street_id in weight]
    outside = [b for b in buildings if not b.zone_id and b.street_id in weight]
    spots = []
    for pool, count in ((in_zone, COUNT - 24), (outside, 24)):
        share = np.array([weight[b.street_id] for b in pool])
        spots += [pool[i] for i in rng.choice(len(pool), count, p=share / share.sum())]
    return [spots[i] for i in rng.permutation(COUNT)]


def _beside(spots: Sequence[Building], rng: np.random.Generator) -> np.ndarray:
    """A place 3 m in front of the building's long side, anywhere along it; (n, 2) degrees, 1e-7."""
    rings = np.array([shapely.get_coordinates(spot.geometry)[:4] for spot in spots])
    x, y = project_points(rings[..., 0].ravel(), rings[..., 1].ravel())
    corners = np.stack([x, y], axis=-1).reshape(-1, 4, 2)
    start, end, back = corners[:, 0], corners[:, 1], corners[:, 3]
    outwards = (start - back) / np.linalg.norm(start - back, axis=1, keepdims=True)
    spot = start + (end - start) * rng.uniform(0.1, 0.9, (len(spots), 1)) + outwards * 3.0
    return np.round(shapely.get_coordinates(unproject(shapely.points(spot))), 7)


def _first(areas: Sequence[Area], points: np.ndarray) -> np.ndarray:
    at, area = shapely.STRtree([a.geometry for a in areas]).query(points, predicate="intersects")
    found = np.full(len(points), -1)
    found[at[::-1]] = area[::-1]
    return found


def _moments(today: date, rng: np.random.Generator) -> list[datetime]:
    """Working hours of the 90 days before today, aware UTC, oldest first."""
    midnight = datetime.combine(today, time(), LOCAL)
    days = rng.integers(1, DAYS + 1, COUNT)
    seconds = np.clip(rng.normal(13 * 3600, 2.4 * 3600, COUNT), 7.5 * 3600, 19 * 3600).astype(int)
    moments = [
        midnight - timedelta(days=int(d)) + timedelta(seconds=int(s)) for d, s in zip(days, seconds, strict=True)
    ]
    return sorted(moment.astimezone(UTC) for moment in moments)


def _reporter(people: Sequence[SamplePerson], grid: Area, rng: np.random.Generator) -> SamplePerson:
    """An inspector whose scope holds the grid; those of a whole street walk most."""
    here = {grid.street_id, grid.community_id, grid.area_id}
    own = [p for p in people if any(a.role == "inspector" and a.scope_id in here for a in p.assignments)]
    return own[int(rng.integers(len(own)))]


def _fix(lonlat: np.ndarray, at: datetime, rng: np.random.Generator) -> tuple[Position | None, str | None]:
    """The satellite's idea of the place: accuracy_m is its 68 % radius. One in thirty has none."""
    if rng.random() < 1 / 30:
        return None, "楼道里没有信号"
    accuracy = float(np.round(rng.gamma(3.0, 4.0) + 3.0, 1))
    east, north = rng.normal(0, accuracy / 1.52, 2)
    lon = round(float(lonlat[0]) + east / 96_800.0, 7)
    lat = round(float(lonlat[1]) + north / 110_900.0, 7)
    return Position(lon, lat, accuracy, at - timedelta(seconds=int(rng.integers(1, 20)))), None
