"""Records, their photo rows, and who may see how far; assets too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from domain.errors import Invalid
from domain.filters import AssetFilter, RecordFilter
from domain.policy.permissions import Reach
from tests.storage.rows import area, asset, new_id, person, photo_row, record_row

ALL, NONE = Reach(everything=True), Reach()


@pytest.fixture
def reporter(store):
    who = person(name="张巡查")
    with store.work() as work:
        work.people.add(who, password_hash="hash")
    return who


def keep(store, *rows, photos=()):
    with store.work() as work:
        work.records.add_many(rows, photos)
    return rows


def test_a_record_comes_back_with_names_photos_and_its_body(store, reporter, noon):
    zone, grid = area(mode="professional"), area(layer="grid", name="一网格")
    row = record_row(reporter.id, zone_version_id=zone.id, grid_version_id=grid.id, clock_off_s=-301.25)
    first = photo_row(row["id"], ordinal=0, facts={"width": 4000, "GPS": [29.58, None]})
    photos = [photo_row(row["id"], ordinal=1, state="kept", kept_at=noon, preview=None), first]
    with store.work() as work:
        work.areas.add([zone, grid], at=noon)
        work.records.add(row, photos)
    with store.look() as work:
        found = work.records.get(row["id"])
        assert (found.reporter_name, found.zone_name, found.zone_mode, found.grid_name, found.street_name) == (
            "张巡查", "剡湖花园", "professional", "一网格", None
        )  # fmt: skip
        assert (found.photos_expected, found.photos_kept, found.cover_photo_id) == (2, 1, first["id"])
        assert (found.captured_at, found.position.fixed_at, found.clock_off_s) == (noon, noon, -301.25)
        assert (found.lon, found.lat) == (120.801, 29.581)
        assert [p.ordinal for p in found.photos] == [0, 1]
        assert (found.photos[0].facts, found.photos[0].has_preview) == (first["facts"], True)
        assert not found.photos[1].has_preview
        assert work.records.by_number(row["number"]) == found
        assert work.records.preview(first["id"]) == first["preview"]
        assert work.records.photo_by_hash(row["id"], first["sha256"]) == found.photos[0]
        assert work.records.content_hash(row["id"]) == (row["content_hash"], reporter.id)
        assert work.records.get(new_id()) is work.records.photo(new_id()) is work.records.content_hash("x") is None


def test_one_id_is_one_record_and_one_hash_one_photo(store, reporter):
    (row,) = keep(store, record_row(reporter.id))
    with pytest.raises(IntegrityError):
        keep(store, record_row(reporter.id, id=row["id"]))
    photo = photo_row(row["id"])
    keep(store, photos=[photo])
    with pytest.raises(IntegrityError):
        keep(store, photos=[photo_row(row["id"], sha256=photo["sha256"])])
    with pytest.raises(IntegrityError):
        keep(store, photos=[photo_row("nothing")])


def test_a_reach_ends_where_it_ends(store, reporter):
    keep(store, record_row(reporter.id, street_id="s1", community_id="c1", grid_id="g1"),
         record_row(reporter.id, street_id="s2", grid_id="g2"), record_row(reporter.id, street_id=None))  # fmt: skip
    sizes = [(ALL, 3), (NONE, 0), (Reach(street_ids=("s1",)), 1), (Reach(street_ids=("s1", "s2")), 2),
             (Reach(community_ids=("c1",)), 1), (Reach(grid_ids=("g1", "g2")), 2), (Reach(owner_id=reporter.id), 3),
             (Reach(owner_id="other"), 0), (Reach(grid_ids=("g2",), street_ids=("s1",)), 2)]  # fmt: skip
    with store.look() as work:
        for reach, size in sizes:
            assert len(work.records.search(RecordFilter(), reach)) == work.records.count(RecordFilter(), reach) == size


def test_a_list_is_narrowed_newest_first_and_cut(store, reporter, noon):
    hours = [noon + timedelta(hours=i) for i in range(4)]
    rows = keep(store, *(record_row(reporter.id, captured_at=at, issue_type=kind, street_id=street)
                         for at, kind, street in zip(hours, "abab", ["s1", "s1", "s2", None], strict=True)))  # fmt: skip
    ids = [row["id"] for row in rows]

    def found(**narrowed):
        with store.look() as work:
            view = RecordFilter(**narrowed)
            listed = [ids.index(r.id) for r in work.records.search(view, ALL)]
            assert "limit" in narrowed or work.records.count(view, ALL) == len(listed)
            return listed

    assert found() == [3, 2, 1, 0]
    assert found(limit=2) == [3, 2]
    assert found(limit=2, offset=3) == [0]
    assert found(issue_types=("a",)) == [2, 0]
    assert found(since=hours[1], until=hours[3]) == [2, 1]
    assert found(street_id="s1", issue_types=("b", "c")) == [1]
    assert found(place_states=("no_zone",)) == []
    with store.look() as work:
        assert work.records.count_by("street_id", RecordFilter(), ALL) == {"s1": 2, "s2": 1, None: 1}
        assert work.records.last_seen("street_id") == {"s1": hours[1], "s2": hours[2]}


@pytest.mark.parametrize(
    ("text", "found"), [("100%", 1), ("%", 1), ("_", 0), ("浙d12345", 3), ("3幢", 3), ("灰", 2), ("'--", 0)]
)
def test_search_in_records_takes_wildcards_as_themselves(store, reporter, text, found):
    keep(store, record_row(reporter.id, note="100%坏了"), record_row(reporter.id), record_row(reporter.id))
    with store.look() as work:
        assert work.records.count(RecordFilter(text=text), ALL) == found


def test_a_kept_photo_is_counted_and_listed(store, reporter, noon):
    (row,) = keep(store, record_row(reporter.id))
    photo = photo_row(row["id"])
    keep(store, photos=[photo])
    with store.work() as work:
        assert work.records.kept_photos() == []
        work.records.update_photo(photo["id"], state="kept", kept_at=noon, facts={"a": 1})
    with store.look() as work:
        assert work.records.kept_photos() == [(photo["id"], row["id"], photo["sha256"], photo["size"])]
        assert work.records.photo(photo["id"]).kept_at == noon


def test_assets_are_found_by_text_category_zone_and_reach(store, noon):
    zone = area(community_id="c1")
    one = asset(asset_no="A-1", zone_id=zone.area_id, rent_fen=3_000_000_000, surveyed_at=noon, attributes={"层": -1})
    two = asset(asset_no="A-2", category="advert", name="电梯_广告", street_id="s2", grid_id="g2")
    with store.work() as work:
        work.areas.add([zone], at=noon)
        work.assets.add([two, one])
        work.assets.add([])
    with store.look() as work:
        assert work.assets.get(one.id) == replace(one, zone_name=zone.name)
        assert work.assets.get(new_id()) is None
        assert [work.assets.number_taken(number) for number in ("A-1", "a-1")] == [True, False]

        def found(reach=ALL, **view):
            return [a.asset_no for a in work.assets.search(AssetFilter(**view), reach)]

        assert found() == ["A-1", "A-2"]
        assert found(limit=1) == ["A-1"]
        assert found(text="_") == ["A-2"]
        assert found(text="a-1") == found(category="parking") == found(zone_id=zone.area_id) == ["A-1"]
        assert found(Reach(street_ids=("s2",))) == found(Reach(grid_ids=("g2",))) == ["A-2"]
        assert found(Reach(community_ids=("c1",))) == ["A-1"]
        assert found(NONE) == []


@pytest.mark.parametrize("changed", [{"name": "a\x00b"}, {"name": "长" * 5000}])
def test_what_a_column_cannot_hold_is_refused_in_plain_words_or_kept_whole(store, changed):
    """PostgreSQL takes no NUL and no more than the column's length; SQLite does. Neither breaks off or cuts."""
    odd = asset(**changed)
    if store.engine.dialect.name == "sqlite":
        store.run(lambda work: work.assets.add([odd]))
        assert store.run(lambda work: work.assets.get(odd.id)).name == odd.name
        return
    with pytest.raises(Invalid) as refused:
        store.run(lambda work: work.assets.add([odd]))
    assert refused.value.code == "text_unfit"
    assert store.run(lambda work: work.assets.get(odd.id)) is None
