"""A bad entry of a policy table is refused with its file, its code and its field."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.policy import assets, catalogue, departments, states, zones
from domain.policy.reading import BadEntry
from i18n import words

POLICY = Path(catalogue.__file__).parent
ISSUES = (POLICY / "issues.toml").read_text(encoding="utf-8")


def mutated(text: str, before: str, after: str) -> str:
    assert before in text, before
    return text.replace(before, after, 1)


CAR = 'code = "zombie_vehicle"\nzh = "僵尸车（废弃车辆）"'
SLIPS = [
    # before, after, code, field, reason
    ('tile_zh = "僵尸车"', 'tile_zh = "长期停放僵尸车"', "zombie_vehicle", "tile_zh", "too_long"),
    ('tile_zh = "僵尸车"\n', "", "zombie_vehicle", "tile_zh", "missing"),
    ('tile_zh = "僵尸车"', 'tile_zh = " 僵尸车"', "zombie_vehicle", "tile_zh", "empty"),
    ('tile_zh = "僵尸车"', "tile_zh = 3", "zombie_vehicle", "tile_zh", "wrong_kind"),
    ('tile_zh = "乱停车"', 'tile_zh = "僵尸车"', "illegal_parking", "tile_zh", "repeated"),
    ('en = "Abandoned (zombie) vehicle"\n', "", "zombie_vehicle", "en", "missing"),
    ('icon = "car-off"', 'icom = "car-off"', "zombie_vehicle", "icon", "missing"),
    ('icon = "car-off"', 'icon = "car-off"\ncolour = "red"', "zombie_vehicle", "colour", "unknown"),
    ("common = 2", "common = 1", "illegal_construction", "common", "repeated"),
    ("common = 2", "common = 0", "illegal_construction", "common", "too_small"),
    ('severity = "normal"', 'severity = "dire"', "zombie_vehicle", "severity", "unknown"),
    ('plate = "required"', 'plate = "always"', "zombie_vehicle", "plate", "unknown"),
    ("duplicate_radius_m = 30.0", "duplicate_radius_m = nan", "zombie_vehicle", "duplicate_radius_m", "too_small"),
    ("duplicate_radius_m = 30.0", "duplicate_radius_m = inf", "zombie_vehicle", "duplicate_radius_m", "too_small"),
    ("duplicate_days = 30", "duplicate_days = 0", "zombie_vehicle", "duplicate_days", "too_small"),
    ("duplicate_days = 30", "duplicate_days = 1.5", "zombie_vehicle", "duplicate_days", "wrong_kind"),
    ('code = "plate", required = true', 'code = "plate", required = false', "zombie_vehicle", "shots", "missing"),
    ('code = "plate", required = true', 'code = "selfie", required = true', "zombie_vehicle", "shots[2].code", "unknown"),
    ('code = "plate", required = true', 'code = "closeup", required = true', "zombie_vehicle", "shots[2].code", "repeated"),
    ('code = "plate", required = true', 'code = "plate", required = "yes"', "zombie_vehicle", "shots[2].required", "wrong_kind"),
    (', hint_en = "step back, the whole car and what is round it"', "", "zombie_vehicle", "shots[0].hint_en", "missing"),
    ('{ code = "traffic_police" }', '{ code = "sheriff" }', "zombie_vehicle", "departments.joint[0].code", "unknown"),
    ('lead = [{ code = "enforcement_bureau" }]', "lead = []", "zombie_vehicle", "departments.lead", "missing"),
    ('scheme = "enforcement_traffic"', 'scheme = "none"', "zombie_vehicle", "departments.scheme", "unknown"),
    ('source = "policy"', 'source = "hearsay"', "zombie_vehicle", "departments.source", "unknown"),
    ("value = 30\nunit", "value = -30\nunit", "zombie_vehicle", "time_limit.value", "too_small"),
    ("value = 30\nunit", "value = 1000\nunit", "zombie_vehicle", "time_limit.value", "too_large"),
    ('unit = "day"', 'unit = "moon"', "zombie_vehicle", "time_limit.unit", "unknown"),
    ('system = "matters_2026", code = "06034"', 'system = "house", code = "06034"', "zombie_vehicle", "codes[0].system", "unknown"),
    (', name = "废弃车辆"', "", "zombie_vehicle", "codes[0].name", "missing"),
    ('law = "road_traffic_act", article = "第十四条、第一百条"', 'law = "road_traffic_act"', "zombie_vehicle", "legal_basis[0].article", "missing"),
    ('law = "road_traffic_act"', 'law = "highrise_fire_rules"', "zombie_vehicle", "legal_basis[0].law", "unverified"),
    ('law = "road_traffic_act"', 'law = "law_of_the_sea"', "zombie_vehicle", "legal_basis[0].law", "unknown"),
    ('roles = ["basis"]', 'roles = ["rumour"]', "zombie_vehicle", "legal_basis[0].roles", "unknown"),
    ('roles = ["basis"]', "roles = []", "zombie_vehicle", "legal_basis[0].roles", "missing"),
    ('policy_quotes = ["“综合执法+交警”,清理各类“僵尸车”"]\n', "", "zombie_vehicle", "policy_quotes", "missing"),
    ('note_en = "No law', 'note_fr = "No law', "zombie_vehicle", "note_en", "missing"),
    ("in_policy = true", 'in_policy = true\nretired_on = "2026-11-01"', "zombie_vehicle", "retired_on", "wrong_kind"),
    ('code = "illegal_construction"', 'code = "zombie_vehicle"', "zombie_vehicle", "code", "repeated"),
    (CAR, CAR.partition("\n")[2], "", "types[0].code", "missing"),
    ('edition = "builtin-2026-11"\n', "", "", "edition", "missing"),
    ('shots_source = "practice"', 'shots_source = "dream"', "", "shots_source", "unknown"),
    ('zh = "消防法"\n', "", "fire_act", "zh", "missing"),
    ('version = "2021-04-29"\nsource = "law_text"', 'version = "2021-04-29"\nsource = "web"', "fire_act", "source", "unknown"),
    ('hint_zh = "贴近，拍清细部、尺寸或铭牌"\n', "", "detail", "hint_zh", "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "code", "field", "reason"), SLIPS)
def test_a_slip_in_the_catalogue_is_found_where_it_stands(before, after, code, field, reason):
    with pytest.raises(BadEntry) as refusal:
        catalogue.parse(mutated(ISSUES, before, after))
    found = refusal.value
    assert (found.file, found.entry, found.field, found.reason) == ("issues.toml", code, field, reason)


@pytest.mark.parametrize(("before", "after", "code", "field", "reason"), SLIPS[::5])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_refusal_has_its_sentence_in_both_languages(lang, before, after, code, field, reason):
    with pytest.raises(BadEntry) as refusal:
        catalogue.parse(mutated(ISSUES, before, after))
    sentence = words(lang)(f"refused.{refusal.value.code}", **refusal.value.facts)
    assert "issues.toml" in sentence
    assert field in sentence


@pytest.mark.parametrize(
    "reason",
    [
        "not_toml",
        "missing",
        "empty",
        "wrong_kind",
        "unknown",
        "too_long",
        "too_small",
        "too_large",
        "repeated",
        "unverified",
        "out_of_order",
        "retired",
        "gone",
        "bad_code",
        "fixed",
        "in_use",
    ],
)
def test_every_reason_has_a_sentence(reason):
    assert words("zh").has(f"refused.bad_entry_{reason}")
    assert words("en").has(f"refused.bad_entry_{reason}")


@pytest.mark.parametrize(
    ("module", "name", "before", "after", "code", "field", "reason"),
    [
        (zones, "zones.toml", 'light = "#203EA8"', 'light = "blue"', "professional", "light", "wrong_kind"),
        (zones, "zones.toml", 'glyph = "国"', 'glyph = "专"', "soe_backstop", "glyph", "repeated"),
        (zones, "zones.toml", 'glyph = "国"', 'glyph = "国企"', "soe_backstop", "glyph", "too_long"),
        (zones, "zones.toml", 'code = "open_compound"', 'code = "old_compound"', "old_compound", "code", "repeated"),
        (zones, "zones.toml", "is_managed = false", 'is_managed = "no"', "unmanaged", "is_managed", "wrong_kind"),
        (states, "states.toml", 'tone = "danger"', 'tone = "pink"', "rework", "tone", "unknown"),
        (states, "states.toml", 'zh = "已结案"\n', "", "closed", "zh", "missing"),
        (assets, "assets.toml", 'kind = "flag"', 'kind = "mood"', "parking_bay", "attributes[1].kind", "unknown"),
        (assets, "assets.toml", 'code = "underground_bay"', 'code = "ground_bay"', "parking_bay", "subcategories.ground_bay", "repeated"),
        (assets, "assets.toml", 'number_prefix = "CD"', 'number_prefix = "TC"', "charging_point", "number_prefix", "repeated"),
        (assets, "assets.toml", 'idle = { zh = "闲置", en = "Idle" }', 'idle = { zh = "闲置" }', "idle", "en", "missing"),
        (departments, "departments.toml", 'kind = "bureau"', 'kind = "club"', "enforcement_bureau", "kind", "unknown"),
        (departments, "departments.toml", 'members = ["enforcement_bureau", "traffic_police"]', 'members = ["navy"]', "enforcement_traffic", "members", "unknown"),
    ],
)  # fmt: skip
def test_a_slip_in_another_table_is_found_too(module, name, before, after, code, field, reason):
    text = (POLICY / name).read_text(encoding="utf-8")
    with pytest.raises(BadEntry) as refusal:
        module.parse(mutated(text, before, after))
    found = refusal.value
    assert (found.file, found.entry, found.field, found.reason) == (name, code, field, reason)


@pytest.mark.parametrize("module", [catalogue, zones, states, assets, departments])
def test_text_that_is_no_toml_is_refused_with_its_line(module):
    with pytest.raises(BadEntry) as refusal:
        module.parse('edition = "x"\nbroken = [1, 2\nmore = = 3\n')
    assert refusal.value.reason == "not_toml"
    assert refusal.value.file == module.FILE
    assert refusal.value.field.startswith("line ")


def test_a_retired_kind_stays_known_but_leaves_the_tiles_of_the_browser():
    text = mutated(ISSUES, "in_policy = true", "in_policy = true\nretired_on = 2026-11-30")
    found = catalogue.parse(text)
    assert found.get("zombie_vehicle").retired_on == "2026-11-30"
    assert "zombie_vehicle" not in [kind["code"] for kind in found.as_json()["types"]]
