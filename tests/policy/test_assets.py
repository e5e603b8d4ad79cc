"""What one asset's own fields tell, and money and days as people type them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.policy.assets import findings, load_assets
from domain.policy.cells import count, money_fen, money_text, real_day
from domain.records import Asset
from i18n import words

BAYS = Asset(
    id="a", asset_no="TC-017-001", zone_id=None, grid_id=None, street_id=None, category="parking_bay",
    subcategory="ground_bay", name="示意数据", location_text="1 幢南侧", lon=120.82, lat=29.59, quantity=12, unit="个",
    ownership="owners", status="in_use", operation_mode="leased", decision_ref="示例〔2025〕3号",
    contract_start="2025-07-01", contract_end="2027-06-30", rent_fen=20000, billing_cycle="month",
)  # fmt: skip


def codes(asset: Asset) -> list[tuple[str, bool]]:
    return [(finding.code, finding.is_warning) for finding in findings(asset)]


def test_a_complete_asset_has_nothing_to_put_right():
    assert findings(BAYS) == ()
    load_assets().require(BAYS)


@pytest.mark.parametrize("decision", [None, "", "  "])
def test_in_use_without_a_decision_is_a_warning(decision):
    asset = replace(BAYS, decision_ref=decision)
    assert codes(asset) == [("decision_missing", True)]
    load_assets().require(asset)


@pytest.mark.parametrize("change", [{"status": "idle"}, {"ownership": "developer"}])
def test_no_decision_is_asked_where_the_owners_do_not_trade(change):
    assert codes(replace(BAYS, decision_ref=None, **change)) == []


def test_unclear_ownership_is_a_warning():
    assert codes(replace(BAYS, ownership="unclear", decision_ref=None)) == [("ownership_unclear", True)]


def test_rent_without_a_billing_cycle_is_a_warning():
    assert codes(replace(BAYS, billing_cycle=None)) == [("billing_cycle_missing", True)]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"quantity": 0}, "quantity_not_positive", "quantity"),
        ({"quantity": -3}, "quantity_not_positive", "quantity"),
        ({"quantity": float("nan")}, "quantity_not_positive", "quantity"),
        ({"rent_fen": -1}, "money_negative", "rent_fen"),
        ({"area_m2": 0.0}, "area_not_positive", "area_m2"),
        ({"contract_end": "2026-02-30"}, "no_such_day", "contract_end"),
        ({"contract_start": "next year"}, "bad_day", "contract_start"),
        ({"contract_end": "2024-06-30"}, "days_out_of_order", "contract_end"),
        ({"category": "spaceship"}, "unknown_choice", "category"),
        ({"subcategory": "wall_ad"}, "unknown_choice", "subcategory"),
        ({"ownership": "moon"}, "unknown_choice", "ownership"),
        ({"status": "lost"}, "unknown_choice", "status"),
        ({"operation_mode": "barter"}, "unknown_choice", "operation_mode"),
        ({"billing_cycle": "weekly"}, "unknown_choice", "billing_cycle"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_cannot_stand_is_refused_with_its_field_and_a_sentence(change, code, field, lang):
    with pytest.raises(Invalid) as refusal:
        load_assets().require(replace(BAYS, **change))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert words(lang)(f"refused.{code}", **refusal.value.facts)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_warning_has_its_sentence(lang):
    worst = replace(BAYS, ownership="unclear", billing_cycle=None)
    found = findings(worst) + findings(replace(BAYS, decision_ref=None))
    assert {finding.code for finding in found} == set(words(lang).section("findings"))


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("200", 20000), ("200.5", 20050), ("0.01", 1), ("1,234.50", 123450), ("２００．５０元", 20050), (" ¥ 80 ", 8000)],
)
def test_money_as_people_type_it(typed, fen):
    assert money_fen(typed) == fen


@pytest.mark.parametrize(
    ("typed", "code"),
    [("200.555", "money_decimals"), ("", "bad_money"), ("-5", "bad_money"), ("2百", "bad_money"), ("1e3", "bad_money"),
     ("1,23", "bad_money"), ("١٢", "bad_money"), (".5", "bad_money"), ("9" * 15, "money_large")],
)  # fmt: skip
def test_money_is_never_guessed(typed, code):
    with pytest.raises(Invalid) as refusal:
        money_fen(typed)
    assert refusal.value.code == code
    assert words("zh")(f"refused.{code}", **refusal.value.facts)


def test_too_many_decimals_are_counted_for_the_reader():
    with pytest.raises(Invalid) as refusal:
        money_fen("200.555")
    assert words("zh")("refused.money_decimals", **refusal.value.facts) == "金额最多两位小数，现在是 3 位。"


@given(st.integers(0, 10**13))
def test_money_written_and_read_again_is_the_same(fen):
    assert money_fen(money_text(fen)) == fen


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_day_reads_the_same_in_every_way_of_writing(day):
    for typed in (day.isoformat(), f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日"):
        assert real_day(typed) == day


def test_a_day_the_calendar_does_not_have_is_named():
    with pytest.raises(Invalid) as refusal:
        real_day("2026-02-30", field="contract_end")
    assert (refusal.value.code, refusal.value.field) == ("no_such_day", "contract_end")
    assert words("zh")("refused.no_such_day", **refusal.value.facts) == "2026 年 2 月没有 30 日。"


@pytest.mark.parametrize("typed", ["", "20260203", "2026-2", "03/02/2026", "2026-02/03", "明年", "2026-W05-2"])
def test_a_day_is_never_guessed(typed):
    with pytest.raises(Invalid) as refusal:
        real_day(typed)
    assert refusal.value.code == "bad_day"


@pytest.mark.parametrize(("typed", "number"), [("12", 12.0), ("１１", 11.0), ("2.5", 2.5)])
def test_a_count_as_people_type_it(typed, number):
    assert count(typed) == number


@pytest.mark.parametrize("typed", ["0", "-1", "nan", "inf", "12个", ""])
def test_a_count_that_is_none(typed):
    with pytest.raises(Invalid):
        count(typed)


def test_the_five_categories_and_their_lists():
    policy = load_assets()
    assert list(policy.categories) == ["parking_bay", "charging_point", "ad_space", "common_property", "other"]
    assert [code for code, category in policy.categories.items() if not category.in_policy] == ["other"]
    assert [word.zh for word in policy.ownership.values()] == [
        "业主共有",
        "建设单位",
        "政府",
        "国企",
        "第三方",
        "权属不明",
    ]
    assert [word.zh for word in policy.status.values()] == ["在用", "闲置", "停用", "拆除", "争议"]


def test_component_classes_come_with_their_system():
    policy = load_assets()
    assert policy.component_system == "GB/T 47678.5-2026"
    assert policy.subcategory("car_charger").component == "01054"
    assert policy.subcategory("lift_ad").component == ""
    assert policy.subcategory("nothing") is None


def test_the_lists_go_to_the_browser_in_both_languages():
    answer = load_assets().as_json()
    assert answer["status"][0] == {"code": "in_use", "zh": "在用", "en": "In use"}
    assert answer["categories"][0]["subcategories"][0]["zh"] == "地面车位"
