"""Streets, grids and zones: versions, names, boxes, division; buildings and roads beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely
import sqlalchemy as sa
from shapely.geometry import MultiPolygon, Point, Polygon, box
from sqlalchemy.exc import IntegrityError

from domain.records import DivisionRow
from storage.tables import area_lineage
from tests.storage.rows import area, building, new_id, road

HERE = (120.8, 29.58, 120.81, 29.59)
FAR = box(121.4, 31.2, 121.41, 31.21)
WITH_HOLE = Polygon(box(*HERE).exterior.coords, [box(120.803, 29.583, 120.805, 29.585).exterior.coords])


def kept(store, versions, noon):
    with store.work() as work:
        work.areas.add(versions, at=noon)
    return versions


def test_an_area_comes_back_as_it_was_kept_to_the_last_bit(store, noon):
    odd = MultiPolygon([WITH_HOLE, box(1 / 3 + 120, 29.1, 120.5, 29.2)])
    (one,) = kept(store, [area(geometry=odd, created_at=noon, valid_from=noon, attributes={"村": [1.5, None]})], noon)
    with store.look() as work:
        assert work.areas.version(one.id) == one
        assert shapely.to_wkb(work.areas.version(one.id).geometry) == shapely.to_wkb(odd)
        assert work.areas.current(one.area_id) == one
        assert work.areas.version(new_id()) is None


def test_the_next_version_follows_the_first_and_both_stay(store, noon):
    (first,) = kept(store, [area(created_at=noon, status="superseded")], noon)
    second = replace(first, id=new_id(), version=2, status="in_force", name="剡湖新苑")
    kept(store, [second], noon)
    with store.look() as work:
        assert work.areas.versions(first.area_id) == [first, second]
        assert work.areas.current(first.area_id) == second
        assert work.areas.in_force("zone") == [second]
        assert work.areas.names("zone") == {first.area_id: "剡湖新苑"}
        assert work.areas.count("zone") == 1


def test_one_version_number_is_given_once(store, noon):
    (first,) = kept(store, [area()], noon)
    with pytest.raises(IntegrityError):
        kept(store, [replace(first, id=new_id())], noon)
    with store.look() as work:
        assert work.areas.stamp("zone") == 1, "the refused one left no trace"


def test_a_map_layer_holds_drafts_and_its_stamp_counts_changes(store, noon):
    kept(store, [area(status="draft"), area(), area(status="superseded"), area(layer="grid")], noon)
    kept(store, [area(layer="grid")], noon)
    with store.look() as work:
        assert sorted(a.status for a in work.areas.shown("zone")) == ["draft", "in_force"]
        assert [work.areas.stamp(layer) for layer in ("zone", "grid", "street")] == [1, 2, 0]


def test_areas_come_by_code_point_of_their_code(store, noon):
    codes = ["Q-10", "q-1", "Q_2", "Q-2", "３", "嵊", "Q 1", "É"]
    kept(store, [area(code=code) for code in codes], noon)
    with store.look() as work:
        assert [a.code for a in work.areas.in_force("zone")] == sorted(codes)


def test_a_street_gives_its_own_areas(store, noon):
    kept(store, [area(street_id="s1", code="1"), area(street_id="s2", code="2")], noon)
    with store.look() as work:
        assert [a.code for a in work.areas.in_force("zone", street_id="s2")] == ["2"]


def test_what_touches_a_box_is_found_and_what_is_far_is_not(store, noon):
    near, far, old = kept(store, [area(geometry=WITH_HOLE), area(geometry=FAR), area(status="superseded")], noon)
    with store.look() as work:
        touching = work.areas.touching
        assert touching("zone", (120.7, 29.5, 120.9, 29.6)) == touching("zone", HERE) == [work.areas.version(near.id)]
        assert [a.id for a in touching("zone", (120.81, 29.59, 120.9, 29.7))] == [near.id], "a shared corner touches"
        assert touching("zone", (120.82, 29.6, 120.9, 29.7)) == []
        assert touching("grid", HERE) == []
        assert [a.id for a in touching("zone", HERE, status="superseded")] == [old.id]
        assert [a.id for a in touching("zone", FAR.bounds)] == [far.id]


def test_a_point_finds_every_layer_around_it(store, noon):
    kept(store, [area(layer=layer, code=layer) for layer in ("street", "grid", "zone")] + [area(geometry=FAR)], noon)
    with store.look() as work:
        assert [a.code for a in work.areas.near_point(120.805, 29.585)] == ["grid", "street", "zone"]
        assert work.areas.near_point(0.0, 0.0) == []


NAMES = ["百分百%公寓", "百分百公寓", "a_b 苑", "aXb 苑", "back\\slash", "Sunny 苑"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("%", ["百分百%公寓"]), ("_", ["a_b 苑"]), ("\\", ["back\\slash"]), ("sunny", ["Sunny 苑"]), ("SUN", ["Sunny 苑"]),
     ("公寓", ["百分百公寓", "百分百%公寓"]), ("'; drop", []), ("/", [])],
)  # fmt: skip
def test_search_takes_wildcards_as_themselves_and_small_letters_as_capitals(store, noon, text, found):
    kept(store, [area(name=name, code=str(i)) for i, name in enumerate(NAMES)], noon)
    with store.work() as work:
        work.buildings.add([building(name=name) for name in NAMES])
        work.buildings.add_roads([road(name=name) for name in NAMES])
        assert [a.name for a in work.areas.find(text, limit=9)] == found
        assert sorted(b.name for b in work.buildings.find(text, limit=9)) == sorted(found)
        assert sorted(r.name for r in work.buildings.find_roads(text, limit=9)) == sorted(found)


def test_search_puts_estates_first_then_short_names_and_knows_codes(store, noon):
    kept(store, [area(layer="grid", name="剡湖网格", code="330683001"), area(name="剡湖大花园"), area(name="剡湖苑"),
                 area(layer="unit_cell", name="剡湖格"), area(status="draft", name="剡湖稿"),
                 area(layer="street", name="剡湖街道")], noon)  # fmt: skip
    with store.look() as work:
        names = ["剡湖苑", "剡湖大花园", "剡湖街道", "剡湖网格"]
        assert [a.name for a in work.areas.find("剡湖", limit=9)] == names
        assert [a.name for a in work.areas.find("剡湖", limit=2)] == names[:2]
        assert [a.name for a in work.areas.find("330683001", limit=9)] == ["剡湖网格"]


def test_a_split_keeps_its_lineage(store, noon):
    old, one, two = kept(store, [area(status="superseded"), area(), area()], noon)
    with store.work() as work:
        for new in (one, two):
            work.areas.link(old.id, new.id, "split", at=noon)
    with store.look() as work:
        rows = work.connection.execute(sa.select(area_lineage).order_by(area_lineage.c.serial)).all()
    assert [(r.from_version_id, r.to_version_id, r.relation, r.at) for r in rows] == [
        (old.id, one.id, "split", noon), (old.id, two.id, "split", noon)
    ]  # fmt: skip
    with pytest.raises(IntegrityError), store.work() as work:
        work.areas.link(old.id, "nothing", "split", at=noon)


def test_pieces_of_a_zone_come_largest_first_and_the_outside_has_no_grid(store, noon):
    (zone,) = kept(store, [area()], noon)
    small = DivisionRow("g1", "gv1", "01", "一网格", 300.0, 0.3, 1, 24, False, box(120.8, 29.58, 120.803, 29.59))
    large = DivisionRow(None, None, "", "", 700.0, 0.7, 3, 0, True, None)
    with store.work() as work:
        work.areas.set_division(zone.id, [small, large])
        work.areas.set_divisions([])
    with store.look() as work:
        assert work.areas.division(zone.id) == [large, small]
        assert work.areas.division("nothing") == []


def test_buildings_and_roads_come_by_box(store):
    near, far = building(), building(geometry=FAR, lon=121.4, lat=31.2, zone_id="z")
    lane, motorway = road(), road(geometry=FAR.boundary)
    with store.work() as work:
        work.buildings.add([near, far])
        work.buildings.add_roads([lane, motorway])
        work.buildings.add([])
    with store.look() as work:
        assert work.buildings.touching(HERE) == [near]
        assert work.buildings.touching(FAR.bounds) == [far]
        assert len(work.buildings.touching((120, 29, 122, 32), limit=1)) == 1
        assert work.buildings.roads_touching(HERE) == [lane]
        assert work.buildings.count() == 2
        assert {(b.id, b.households, b.is_residential, b.zone_id) for b in work.buildings.figures()} == {
            (near.id, 24, True, None), (far.id, 24, True, "z")
        }  # fmt: skip


def test_a_thousand_at_once_are_all_indexed(store):
    many = [building(geometry=Point(120 + i / 1000, 29 + i / 1000).buffer(1e-5)) for i in range(1201)]
    with store.work() as work:
        work.buildings.add(many)
    with store.look() as work:
        for i in (0, 500, 1200):
            found = work.buildings.touching(many[i].geometry.bounds)
            assert [b.id for b in found] == [many[i].id]
