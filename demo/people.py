"""Sample accounts: every role, two streets fully staffed, three more with an officer and an inspector. No real names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from demo.names import sample_id
from demo.places import Places
from domain.records import Area, Assignment

STAFFED = ("330683001", "330683002")
THINLY_STAFFED = ("330683003", "330683005", "330683100")
DEPARTMENTS = {"enforcement_bureau": "综合行政执法局", "fire_brigade": "消防救援大队", "sanitation": "环卫"}
CITY_ROLES = (
    ("supervisor", "受理员", 2), ("dispatcher", "派遣员", 1), ("housing_bureau", "住建干部", 1), ("leader", "市领导", 1),
    ("auditor", "审计", 1), ("admin", "管理员", 1),
)  # fmt: skip
LOGIN = {"housing_bureau": "housing", "street_officer": "officer", "community_specialist": "specialist",
         "grid_leader": "gridleader", "asset_clerk": "clerk"}  # fmt: skip


@dataclass(frozen=True)
class SamplePerson:
    """One account without its password. phone: 1000000 and four digits, which no network gives out."""

    id: str
    username: str
    name: str
    phone: str
    assignments: tuple[Assignment, ...]
    title_zh: str
    place_zh: str


def make_people(places: Places) -> tuple[SamplePerson, ...]:
    """Accounts in a fixed order; inspector1 and officer1 work in 剡湖街道, inspector2 and officer2 in 三江街道."""
    counts: dict[str, int] = {}
    people: list[SamplePerson] = []
    for role, title, place, assignments in _posts(places):
        counts[role] = counts.get(role, 0) + 1
        username = f"{LOGIN.get(role, role)}{counts[role]}"
        people.append(
            SamplePerson(
                id=sample_id("person", username),
                username=username,
                name=f"{title}{chr(ord('A') + counts[role] - 1)}",
                phone=f"1000000{len(people) + 1:04d}",
                assignments=assignments,
                title_zh=title,
                place_zh=place,
            )
        )
    return tuple(people)


def _posts(places: Places) -> Iterator[tuple[str, str, str, tuple[Assignment, ...]]]:
    streets = {street.code: street for street in places.streets}
    for role, title in (("inspector", "网格员"), ("street_officer", "街道干部"), ("asset_clerk", "资产员")):
        for code in STAFFED:
            yield _over(role, title, streets[code])
    for code in THINLY_STAFFED:
        yield _over("inspector", "网格员", streets[code])
        yield _over("street_officer", "街道干部", streets[code])
    for code in STAFFED:
        own = [c for c in places.communities if c.code.startswith(code) and c.kind == "urban"]
        grids = [g for g in places.grids if g.community_id == own[0].area_id]
        yield _over("community_specialist", "物业专员", own[0], own[1])
        yield _over("grid_leader", "网格长", grids[0])
        yield _over("inspector", "网格员", own[2], own[3])
        yield _over("inspector", "网格员", *grids[:2])
    for role, title, count in CITY_ROLES:
        for _ in range(count):
            yield role, title, "嵊州市", (Assignment(role, "city"),)
    for department, name in DEPARTMENTS.items():
        yield "handler", "专业部门", name, (Assignment("handler", "department", department),)


def _over(role: str, title: str, *areas: Area) -> tuple[str, str, str, tuple[Assignment, ...]]:
    place = "、".join(area.name for area in areas)
    return role, title, place, tuple(Assignment(role, area.layer, area.area_id) for area in areas)
