"""The drawing board's doors: a zone in parts comes back whole; what is no zone is refused with its code and place."""

from __future__ import annotations

import json
import uuid

import pytest
import shapely
from shapely.geometry import mapping, shape

from domain.errors import NotFound
from domain.records import Building
from tests.web.small_city import HERE, THERE, City, square


@pytest.fixture
def officer(city: City):
    return city.actor("street_officer", "street")


def in_parts() -> shapely.MultiPolygon:
    """Two parts inside the zone's street, the first with a hole."""
    west, south = square(HERE).bounds[:2]
    one = shapely.box(west + 0.006, south + 0.006, west + 0.009, south + 0.009)
    hole = shapely.box(west + 0.007, south + 0.007, west + 0.008, south + 0.008)
    return shapely.MultiPolygon(
        [one.difference(hole), shapely.box(west + 0.011, south + 0.006, west + 0.0131234, south + 0.009)]
    )


def same_line(one, two) -> bool:
    """The same corners to the seventh decimal, wherever the rings begin."""
    return shapely.equals_exact(shapely.normalize(one), shapely.normalize(two), tolerance=1e-8)


def test_a_draft_in_parts_with_a_hole_opens_as_it_was_drawn(city: City, officer):
    client = city.client(city.people["street_officer", "street"])
    body = {"id": str(uuid.uuid4()), "zone_id": f"zone-{HERE}", "name": "两块", "kind": "old_compound",
            "mode": "professional", "geometry": mapping(in_parts())}  # fmt: skip
    kept = client.post("/api/v1/zones/drafts", json=body)
    assert kept.status_code == 201
    opened = city.services.drawing.open(f"zone-{HERE}", officer)
    assert opened.version_id == body["id"]
    assert (opened.status, opened.name, opened.mode) == ("draft", "两块", "professional")
    assert same_line(shape(opened.geometry), in_parts())
    assert len(opened.geometry["coordinates"][0]) == 2


def test_a_zone_without_a_draft_opens_as_it_is_in_force(city: City, officer):
    opened = city.services.drawing.open(f"zone-{THERE}", officer)
    assert opened.status == "in_force"
    assert same_line(shape(opened.geometry), square(THERE, 0.004))


@pytest.mark.parametrize("area", ["street-here", "grid-here", "nothing"])
def test_only_a_zone_opens_on_the_board(city: City, officer, area: str):
    with pytest.raises(NotFound):
        city.services.drawing.open(area, officer)


# Doors ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ask(city: City):
    """ask("measure", {...}): the answer of a drawing door, as this street's officer."""
    client = city.client(city.people["street_officer", "street"])
    return lambda door, body: client.post(f"/api/v1/zones/{door}", json=body)


def in_degrees(west: float, south: float, east: float, north: float) -> dict:
    """A box inside the street `here`, in thousandths of a degree from its corner."""
    x, y = square(HERE).bounds[:2]
    return mapping(shapely.box(x + west / 1000, y + south / 1000, x + east / 1000, y + north / 1000))


def test_a_zone_drawn_smaller_tells_what_it_leaves_behind_and_loses(city: City, ask):
    x, y = square(HERE).bounds[:2]
    with city.services.store.work() as work:
        roof = shapely.Point(x + 0.0045, y + 0.01).buffer(0.0001)
        work.buildings.add([Building("building-west", "2", "2", roof, x + 0.0045, y + 0.01, 12, True, f"street-{HERE}",
                                     f"grid-{HERE}", f"zone-{HERE}")])  # fmt: skip
    found = ask("measure", {"geometry": in_degrees(6, 4, 16, 16), "zone_id": f"zone-{HERE}"}).json()
    assert [g["kind"] for g in found["gaps"]] == ["left"]
    assert (found["gaps"][0]["buildings"], found["gaps"][0]["households"]) == (1, 12)
    assert (found["lost"]["buildings"], found["lost"]["households"]) == (1, 12)
    assert found["lost"]["points"] == [[pytest.approx(x + 0.0045), pytest.approx(y + 0.01)]]
    assert found["gained"]["buildings"] == 0
    whole = ask("measure", {"geometry": in_degrees(4, 4, 16, 16), "zone_id": f"zone-{HERE}"}).json()
    assert (whole["gaps"], whole["lost"]["buildings"]) == ([], 0)
    split = {"geometry": in_degrees(6, 4, 16, 16), "zone_id": f"zone-{HERE}", "others": [in_degrees(4, 4, 6, 16)]}
    halves = ask("measure", split).json()
    assert (halves["gaps"], halves["lost"]["buildings"]) == ([], 0), "the other half has it"
    new = ask("measure", {"geometry": in_degrees(1, 1, 3, 3)}).json()
    assert (new["gained"], new["lost"], new["gaps"]) == (None, None, [])


def test_a_strip_beside_a_neighbour_is_a_narrow_gap_and_clipping_takes_overlap_and_strip_away(ask):
    strip = ask("measure", {"geometry": in_degrees(1, 5, 3.99, 12)}).json()
    assert [g["kind"] for g in strip["gaps"]] == ["narrow"]
    over = in_degrees(1, 5, 4.5, 12)
    assert len(ask("measure", {"geometry": over}).json()["overlaps"]) == 1
    clipped = ask("edit", {"edit": "clip", "geometry": over}).json()
    after = ask("measure", {"geometry": clipped["shapes"][0]}).json()
    assert (after["overlaps"], after["gaps"]) == ([], [])
    assert after["area_m2"] == pytest.approx(clipped["areas_m2"][0], abs=0.1)


def test_a_split_gives_two_shapes_and_the_neighbour_with_its_new_corner(ask):
    geometry = in_degrees(1, 5, 4, 12)  # its east edge lies on the zone in force
    x, y = square(HERE).bounds[:2]
    line = [[x + 0.0005, y + 0.008], [x + 0.0045, y + 0.008]]
    found = ask("edit", {"edit": "split", "geometry": geometry, "line": line}).json()
    one, two = (shape(s) for s in found["shapes"])
    assert found["areas_m2"][0] > found["areas_m2"][1]
    assert one.intersection(two).area < 1e-12
    assert [n["zone_id"] for n in found["neighbours"]] == [f"zone-{HERE}"]
    assert shapely.coverage_is_valid([one, two, shape(found["neighbours"][0]["geometry"])])
    joined = ask("edit", {"edit": "merge", "geometry": found["shapes"][0], "with_zone": f"zone-{HERE}"}).json()
    assert shape(joined["shapes"][0]).covers(one)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ([], "edit_line_too_short"),
        ([[120.801, 29.59], [120.801, 29.59]], "edit_line_too_short"),
        ([[120.9, 29.5], [120.9, 29.6]], "edit_line_misses"),
        ([[120.7, 29.588], [120.8025, 29.588]], "edit_line_ends_inside"),
    ],
)
def test_a_line_that_does_not_cut_is_refused_with_its_place(ask, line, code):
    answer = ask("edit", {"edit": "split", "geometry": in_degrees(1, 5, 4, 12), "line": line})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert bool(answer.json().get("at")) == bool(line)


@pytest.mark.parametrize("door", ["measure", "drafts", "edit"])
@pytest.mark.parametrize(
    ("rings", "code", "has_place"),
    [
        ([[[0, 0], [4, 4], [4, 0], [0, 4], [0, 0]]], "geometry_ring_crosses_itself", True),
        ([[[0, 0], [4, 4], [0, 0]]], "geometry_ring_too_short", True),
        ([[[0, 0], [4, 4], [8, 8], [0, 0]]], "geometry_no_area", True),
        ([[[0, 0], [4, 0], [4, 4], [0, 0]], [[9, 9], [10, 9], [10, 10], [9, 9]]], "geometry_hole_outside_shell", True),
        ([[[0, 0], [4, 0], [4, float("nan")], [0, 0]]], "geometry_not_finite", False),
    ],
)
def test_what_is_no_zone_is_refused_at_every_door(city: City, door, rings, code, has_place):
    x, y = square(HERE).bounds[:2]
    moved = [[[x + 0.005 + a / 1000, y + 0.005 + b / 1000] for a, b in ring] for ring in rings]
    refused(city, door, {"type": "Polygon", "coordinates": moved}, code, has_place)


def test_a_part_in_a_part_another_country_swapped_axes_and_too_many_points_are_refused(city: City):
    x, y = square(HERE).bounds[:2]
    big, small = in_degrees(5, 5, 9, 9)["coordinates"], in_degrees(6, 6, 7, 7)["coordinates"]
    refused(city, "measure", {"type": "MultiPolygon", "coordinates": [big, small]}, "geometry_part_inside_part", True)
    abroad = mapping(shapely.box(2.3, 48.8, 2.31, 48.81))
    for door in ("measure", "drafts"):
        refused(city, door, abroad, "geometry_outside_city", True)
    refused(city, "measure", in_degrees(-5, 5, 9, 9), "geometry_partly_outside_city", True)
    swapped = [[[lat, lon] for lon, lat in ring] for ring in big]
    refused(city, "measure", {"type": "Polygon", "coordinates": swapped}, "geometry_lonlat_swapped", True)
    many = [[x + 0.005 + i * 1e-8, y + 0.005] for i in range(200_000)] + [[x + 0.005, y + 0.005]]
    refused(city, "measure", {"type": "Polygon", "coordinates": [many]}, "too_large", False, status=413)


def refused(city: City, door: str, geometry: dict, code: str, has_place: bool, status: int = 422) -> None:
    """One plain sentence, its code, and the place where there is one; nothing was stored."""
    client = city.client(city.people["street_officer", "street"])
    body = {"geometry": geometry, "edit": "clip", "id": str(uuid.uuid4()), "name": "坏的", "kind": "old_compound",
            "mode": "professional"}  # fmt: skip
    answer = client.post(
        f"/api/v1/zones/{door}", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert told["detail"].endswith("。")
    assert bool(told.get("at")) == has_place
