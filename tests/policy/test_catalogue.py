"""The built-in catalogue stands: 26 kinds, both languages, photos, units, and only laws that were read."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from streamlit.material_icon_names import ALL_MATERIAL_ICONS

from domain.errors import NotFound
from domain.policy.catalogue import Catalogue, load_builtin
from domain.policy.departments import load_offices
from domain.policy.issue import IssueType

CODES = {
    "illegal_construction", "illegal_renovation", "green_damage", "flying_wire_charging", "corridor_ebike",
    "zombie_vehicle", "catering_fume", "random_piling", "illegal_parking", "bike_parking", "ground_lock",
    "fire_lane_blocked", "electricity_safety", "water_supply", "waste_sorting", "bin_overflow", "exposed_garbage",
    "gas_safety", "unauthorised_business_common", "change_of_use", "object_throwing", "fire_equipment_fault",
    "elevator_fault", "charging_pile_fault", "small_ads", "notice_board_missing",
}  # fmt: skip

REQUIRED_SHOTS = {
    "illegal_construction": {"panorama", "closeup", "detail", "ref"},
    "illegal_renovation": {"panorama", "closeup", "ref"},
    "green_damage": {"panorama", "closeup"},
    "flying_wire_charging": {"panorama", "path", "closeup"},
    "corridor_ebike": {"panorama", "closeup"},
    "zombie_vehicle": {"panorama", "closeup", "plate"},
    "catering_fume": {"panorama", "path", "people"},
    "random_piling": {"panorama", "closeup"},
    "illegal_parking": {"panorama", "plate"},
    "bike_parking": {"panorama"},
    "ground_lock": {"panorama", "closeup"},
    "fire_lane_blocked": {"panorama", "closeup", "ref"},
    "electricity_safety": {"panorama", "closeup"},
    "water_supply": {"panorama", "closeup"},
    "waste_sorting": {"panorama", "closeup"},
    "bin_overflow": {"panorama", "closeup"},
    "exposed_garbage": {"panorama", "closeup"},
    "gas_safety": {"panorama", "closeup"},
    "unauthorised_business_common": {"panorama", "closeup"},
    "change_of_use": {"panorama", "closeup", "ref"},
    "object_throwing": {"panorama", "closeup"},
    "fire_equipment_fault": {"panorama", "closeup", "detail"},
    "elevator_fault": {"closeup", "detail"},
    "charging_pile_fault": {"panorama", "detail"},
    "small_ads": {"panorama", "closeup"},
    "notice_board_missing": {"panorama", "detail"},
}

FIRST_SCREEN = [
    "zombie_vehicle", "illegal_construction", "illegal_parking", "fire_lane_blocked", "flying_wire_charging",
    "random_piling", "corridor_ebike", "green_damage", "unauthorised_business_common",
]  # fmt: skip

HAN = re.compile(r"[一-鿿]")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_builtin()


def kinds() -> list[IssueType]:
    return list(load_builtin().types)


each_kind = pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.code)


def draft_of_the_client() -> Path | None:
    found = Path(__file__).parents[3] / "shared" / "domain" / "issue_types.yaml"
    return found if found.exists() else None


def test_the_26_kinds_keep_their_codes(catalogue):
    assert {kind.code for kind in catalogue.types} == CODES
    assert len(catalogue.types) == 26


def test_the_codes_are_those_of_the_clients_draft(catalogue):
    draft = draft_of_the_client()
    if draft is None:
        pytest.skip("the client's draft of issue types is not beside this tree")
    ids = re.findall(r"^- id: (\w+)$", draft.read_text(encoding="utf-8"), re.MULTILINE)
    assert {kind.code for kind in catalogue.types} == set(ids)


def test_shots_and_required_flags_are_those_of_the_clients_draft(catalogue):
    draft = draft_of_the_client()
    if draft is None:
        pytest.skip("the client's draft of issue types is not beside this tree")
    text = draft.read_text(encoding="utf-8")
    for block in re.split(r"^- id: ", text, flags=re.MULTILINE)[1:]:
        asked = re.findall(r"- key: (\w+)\n\s+label_zh: .*\n\s+required: (true|false)", block)
        kind = catalogue.get(block.split("\n", 1)[0])
        assert {shot.code: shot.required for shot in kind.shots} == {key: flag == "true" for key, flag in asked}


@each_kind
def test_each_kind_asks_for_its_photos(kind):
    assert set(kind.required_shots) == REQUIRED_SHOTS[kind.code]


def test_the_zombie_car_is_shot_in_the_order_of_the_phone(catalogue):
    assert catalogue.get("zombie_vehicle").required_shots == ("panorama", "closeup", "plate")
    assert catalogue.get("zombie_vehicle").shot("closeup").hint_zh == "走近，拍清轮胎和积灰"


def test_the_first_screen_has_its_nine_tiles(catalogue):
    assert [kind.code for kind in catalogue.common()] == FIRST_SCREEN
    assert [kind.code for kind in catalogue.types][:9] == FIRST_SCREEN


@each_kind
def test_a_tile_label_fits_its_tile(kind):
    assert 2 <= len(kind.tile_zh) <= 5
    assert len(kind.tile_en) <= 18


@each_kind
def test_both_languages_are_there_and_are_what_they_say(kind):
    def walk(facts: dict, where: str) -> None:
        for key, value in facts.items():
            if isinstance(value, dict):
                walk(value, f"{where}.{key}")
            elif isinstance(value, list | tuple):
                for at, part in enumerate(value):
                    if isinstance(part, dict):
                        walk(part, f"{where}.{key}[{at}]")
            elif key == "zh" or key.endswith("_zh"):
                other = "en" if key == "zh" else f"{key[:-3]}_en"
                assert bool(value) == bool(facts[other]), f"{where}.{other}"
                assert not value or HAN.search(value), f"{where}.{key}"
                assert not HAN.search(facts[other]) or "综合执法" in facts[other], f"{where}.{other}"

    walk(asdict(kind), kind.code)


@each_kind
def test_a_hint_follows_its_label_and_is_short_enough_to_read_in_the_sun(kind):
    for shot in kind.shots:
        assert not shot.hint_zh.startswith(shot.zh)
        assert not shot.hint_en.startswith(shot.en)
        assert len(shot.hint_zh) <= 20
        assert "您" not in shot.hint_zh
        assert "！" not in shot.hint_zh


@each_kind
def test_an_article_stands_only_where_its_text_was_read(kind, catalogue):
    for basis in kind.legal_basis:
        assert catalogue.sources[basis.source].is_verified
        assert re.match(r"第[一二三四五六七八九十百]+条", basis.article)
        assert basis.version
    for law in kind.unverified_laws:
        assert not catalogue.sources[catalogue.laws[law].source].is_verified
        assert law not in {basis.law for basis in kind.legal_basis}


def test_two_laws_wait_until_somebody_reads_them(catalogue):
    waiting = {law for kind in catalogue.types for law in kind.unverified_laws}
    assert waiting == {"renovation_rules", "highrise_fire_rules"}


@each_kind
def test_every_time_limit_is_called_a_proposal(kind):
    assert kind.time_limit.is_proposal
    assert kind.time_limit.value > 0


@each_kind
def test_an_icon_is_there_for_streamlit(kind):
    assert kind.material in ALL_MATERIAL_ICONS


@each_kind
def test_a_code_is_a_pair_of_system_and_number(kind):
    assert [code.system for code in kind.codes] == ["GB/T 47678.5-2026", "GB/T 30428.2-2013"]
    for code in kind.codes:
        assert bool(code.code) == bool(code.name)
    assert re.fullmatch(r"(\d{5})?", kind.codes[0].code)


def test_a_kind_without_a_class_keeps_its_hints_apart(catalogue):
    code = catalogue.get("flying_wire_charging").codes[0]
    assert (code.code, code.nearest) == ("", ("06008 擅自架设管线、杆线设施",))


@pytest.mark.parametrize(
    ("code", "plate"),
    [("zombie_vehicle", "required"), ("illegal_parking", "required"), ("fire_lane_blocked", "optional"),
     ("corridor_ebike", "optional"), ("green_damage", "none")],
)  # fmt: skip
def test_plates_are_asked_for_where_a_vehicle_is(catalogue, code, plate):
    assert catalogue.get(code).plate == plate


@each_kind
def test_a_plate_shot_goes_with_a_plate_field(kind):
    shot = kind.shot("plate")
    assert (kind.plate == "none") == (shot is None)
    assert kind.needs_plate == bool(shot and shot.required)


def test_the_joint_schemes_are_those_of_the_policy_text(catalogue):
    schemes = {kind.code: kind.departments.scheme for kind in catalogue.types if kind.departments.scheme}
    assert schemes["zombie_vehicle"] == "enforcement_traffic"
    assert schemes["flying_wire_charging"] == "enforcement_fire"
    assert schemes["catering_fume"] == "enforcement_ecology"
    assert schemes["random_piling"] == schemes["illegal_construction"] == "enforcement_township"
    assert schemes["gas_safety"] == "platform_grid_snapshot"
    assert "green_damage" not in schemes


def test_ecology_is_marked_as_missing_from_the_responsible_list():
    ecology = load_offices().departments["ecology_bureau"]
    assert not ecology.in_policy_list
    assert "责任单位名单里没有" in ecology.note_zh


def test_units_of_the_policy_list_are_marked():
    listed = {unit.code for unit in load_offices().departments.values() if unit.in_policy_list}
    assert listed == {
        "enforcement_bureau", "police", "traffic_police", "natural_resources_bureau", "housing_bureau",
        "market_bureau", "fire_brigade", "township",
    }  # fmt: skip


def test_a_kind_the_policy_names_is_quoted(catalogue):
    for kind in catalogue.types:
        assert bool(kind.policy_quotes) == kind.in_policy
    assert not catalogue.get("fire_lane_blocked").in_policy


@pytest.mark.parametrize(
    ("typed", "first"),
    [("油烟", "catering_fume"), ("违停", "illegal_parking"), ("电瓶车 楼道", "corridor_ebike"),
     ("LIFT", "elevator_fault"), ("违建", "illegal_construction"), ("zombie_vehicle", "zombie_vehicle")],
)  # fmt: skip
def test_search_finds_a_kind_by_the_words_people_use(catalogue, typed, first):
    assert catalogue.search(typed)[0].code == first


def test_search_for_nothing_gives_all_and_for_nonsense_none(catalogue):
    assert len(catalogue.search("  ")) == 26
    assert catalogue.search("量子纠缠") == ()


def test_an_unknown_kind_is_refused_by_name(catalogue):
    with pytest.raises(NotFound) as refusal:
        catalogue.get("ufo")
    assert refusal.value.code == "no_such_issue_type"
    assert refusal.value.facts == {"issue_type": "ufo"}


def test_the_missing_photos_of_a_record_are_named(catalogue):
    missing = catalogue.get("zombie_vehicle").missing_shots({"panorama"})
    assert [shot.zh for shot in missing] == ["近景", "车牌"]


def test_the_browser_gets_both_languages_and_everything_it_draws(catalogue):
    answer = catalogue.as_json()
    assert answer["edition"] == "builtin-2026-11"
    assert len(answer["types"]) == 26
    car = answer["types"][0]
    expected = {"code", "zh", "en", "tile_zh", "tile_en", "icon", "needs_plate", "severity", "definition_zh",
                "definition_en", "shots", "departments", "time_limit", "plate", "is_common"}  # fmt: skip
    assert expected <= set(car)
    assert car["shots"][0].keys() == {"code", "zh", "en", "hint_zh", "hint_en", "required"}
    assert car["time_limit"] == {"value": 30, "unit": "day", "is_proposal": True}
    assert car["departments"]["lead"] == "综合行政执法局"
    assert car["departments"]["scheme"] == "综合执法+交警"
