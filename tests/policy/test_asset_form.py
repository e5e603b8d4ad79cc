"""Reading one typed asset: understood exactly, or refused at its field, never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.policy.asset_form import LONGEST, read_asset, read_point
from domain.policy.assets import load_assets

POINT = (120.82, 29.59)
COMPLETE = {
    "category": "charging_point", "subcategory": "car_charger", "name": "示例充电桩", "quantity": "4",
    "ownership": "owners", "status": "in_use",
}  # fmt: skip


def refused(point=POINT, **typed) -> dict[str, str]:
    _, refusals = read_asset({**COMPLETE, **typed}, point, "id", load_assets())
    return {refusal.field: refusal.code for refusal in refusals}


def test_the_least_that_can_be_registered():
    asset, refusals = read_asset(COMPLETE, POINT, "id-1", load_assets())
    assert refusals == []
    assert (asset.id, asset.lon, asset.lat, asset.quantity, asset.unit) == ("id-1", 120.82, 29.59, 4.0, "个")
    assert (asset.rent_fen, asset.contract_end, asset.attributes) == (None, None, {})


def test_an_empty_form_names_everything_that_is_missing():
    _, refusals = read_asset({}, None, "id", load_assets())
    assert {r.field for r in refusals} == {
        "category",
        "subcategory",
        "name",
        "place",
        "quantity",
        "ownership",
        "status",
    }


def test_further_columns_keep_their_kinds_and_empty_ones_are_left_out():
    asset, refusals = read_asset(
        {**COMPLETE, "attribute.plugs": "２", "attribute.power_kw": "7.5", "attribute.meter_no": " A-1 ",
         "attribute.price": "", "attribute.title_no": "of another category"}, POINT, "id", load_assets())  # fmt: skip
    assert refusals == []
    assert asset.attributes == {"plugs": 2.0, "power_kw": 7.5, "meter_no": "A-1"}


@pytest.mark.parametrize(("typed", "kept"), [("yes", True), ("no", False)])
def test_a_flag_is_yes_no_or_not_known(typed, kept):
    bay = {**COMPLETE, "category": "parking_bay", "subcategory": "ground_bay"}
    assert read_asset({**bay, "attribute.is_numbered": typed}, POINT, "id", load_assets())[0].attributes == {
        "is_numbered": kept
    }
    assert read_asset(bay, POINT, "id", load_assets())[0].attributes == {}


@pytest.mark.parametrize(("field", "value", "code"), [
    ("quantity", "0", "quantity_not_positive"), ("quantity", "十", "bad_count"), ("rent", "-5", "bad_money"),
    ("rent", "200.555", "money_decimals"), ("contract_end", "2026-02-30", "no_such_day"),
    ("area_m2", "0", "area_not_positive"), ("attribute.plugs", "many", "bad_count"),
])  # fmt: skip
def test_a_field_that_does_not_fit_is_named(field, value, code):
    assert refused(**{field: value}) == {field: code}


def test_a_contract_that_ends_before_it_starts():
    assert refused(contract_start="2026-05-02", contract_end="2026-05-01") == {"contract_end": "days_out_of_order"}


@pytest.mark.parametrize("field", list(LONGEST))
def test_text_longer_than_the_register_holds_is_refused_before_it_is_cut(field):
    assert refused(**{field: "长" * (LONGEST[field] + 1)}) == {field: "text_long"}
    assert refused(**{field: "长" * LONGEST[field]}) == {}


@given(st.dictionaries(st.sampled_from([*COMPLETE, *LONGEST, "rent", "contract_end", "area_m2", "attribute.plugs"]),
                       st.text(max_size=40)))  # fmt: skip
def test_nothing_a_person_types_breaks_the_reading(typed):
    asset, refusals = read_asset(typed, POINT, "id", load_assets())
    assert asset.quantity > 0
    assert all(isinstance(refusal, Invalid) and refusal.field for refusal in refusals)


@pytest.mark.parametrize("typed", [{}, {"lon": "120.8"}, {"lat": "29.5", "lon": " "}])
def test_half_a_point_is_none(typed):
    assert read_point(typed) is None


def test_full_width_coordinates_are_understood():
    assert read_point({"lon": "１２０．８２", "lat": "29.59"}) == POINT


@pytest.mark.parametrize(("lon", "lat", "field"), [
    ("181", "29", "lon"), ("120", "-91", "lat"), ("inf", "29", "lon"), ("120", "1e1", "lat"), ("120,5", "29", "lon"),
])  # fmt: skip
def test_what_is_no_place_on_earth_is_refused_at_its_field(lon, lat, field):
    with pytest.raises(Invalid) as refusal:
        read_point({"lon": lon, "lat": lat})
    assert refusal.value.field == field
