"""Plates as people type them, and as they are kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.policy.plates import NO_PLATE, PROVINCES, BadPlate, normal_plate
from i18n import words

SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"

heads = st.builds(str.__add__, st.sampled_from(PROVINCES), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
blue = st.builds(str.__add__, heads, st.text(SIGNS, min_size=5, max_size=5)).filter(
    lambda plate: sum(sign in LETTERS for sign in plate[2:]) <= 2
)
small_green = st.builds(
    lambda head, kind, sign, rest: head + kind + sign + rest,
    heads, st.sampled_from(LETTERS), st.sampled_from(SIGNS), st.text(DIGITS, min_size=4, max_size=4),
)  # fmt: skip
large_green = st.builds(
    lambda head, rest, kind: head + rest + kind,
    heads, st.text(DIGITS, min_size=5, max_size=5), st.sampled_from(LETTERS),
)  # fmt: skip
plates = st.one_of(blue, small_green, large_green)


@given(plates)
def test_a_plate_of_a_known_series_is_kept_as_it_is(plate):
    assert normal_plate(plate) == plate
    assert normal_plate(normal_plate(plate)) == plate


@given(plates, st.sampled_from([" ", "·", ".", "-", "•", " · "]), st.booleans())
def test_separators_and_small_letters_do_not_matter(plate, filler, is_small):
    typed = f"  {plate[:2]}{filler}{plate[2:]} "
    assert normal_plate(typed.lower() if is_small else typed) == plate


@given(plates)
def test_full_width_signs_do_not_matter(plate):
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() else sign for sign in plate)
    assert normal_plate(wide) == plate


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_plate_or_one_kind_of_refusal(text):
    try:
        plate = normal_plate(text)
    except BadPlate:
        return
    assert plate == NO_PLATE or plate[0] in PROVINCES


@given(blue, st.integers(0, 6))
def test_a_plate_with_a_sign_missing_is_refused(plate, at):
    with pytest.raises(BadPlate):
        normal_plate(plate[:at] + plate[at + 1 :])


@pytest.mark.parametrize("typed", ["无牌", " 无车牌 ", "没有车牌", "No plate", "NO_PLATE"])
def test_no_plate_has_its_own_code(typed):
    assert normal_plate(typed) == NO_PLATE


@pytest.mark.parametrize(
    ("typed", "plate"),
    [("浙d.12345", "浙D12345"), ("浙D·A12B3", "浙DA12B3"), ("浙DD12345", "浙DD12345"), ("浙D12345D", "浙D12345D"),
     ("浙D1234学", "浙D1234学"), ("浙D1234挂", "浙D1234挂"), ("浙D1234警", "浙D1234警"), ("粤ZA123港", "粤ZA123港")],
)  # fmt: skip
def test_the_usual_series(typed, plate):
    assert normal_plate(typed) == plate


@pytest.mark.parametrize(
    "typed",
    ["", "D12345", "浙12345", "浙D1234", "浙D123456", "浙D1234567", "浙DIO345", "浙D12I45", "浙DABC12", "浙DDD1234D",
     "XD12345", "浙D12345；drop", "浙D💥2345", "浙D12 挂 45", "<b>浙D12345</b>"],
)  # fmt: skip
def test_what_is_no_plate(typed):
    with pytest.raises(BadPlate) as refusal:
        normal_plate(typed)
    assert (refusal.value.code, refusal.value.field) == ("bad_plate", "plate")
    assert refusal.value.facts["plate_typed"] == typed[:20]
    assert isinstance(refusal.value, Invalid)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_refusal_shows_what_was_typed(lang):
    with pytest.raises(BadPlate) as refusal:
        normal_plate("浙D1")
    assert "浙D1" in words(lang)(f"refused.{refusal.value.code}", **refusal.value.facts)


@pytest.mark.parametrize(("typed", "plate"), [("绍兴 d12345", "绍兴D12345"), ("嵊州·012345", "嵊州012345")])
def test_the_plate_of_an_ebike_is_taken_as_its_city_writes_it(typed, plate):
    assert normal_plate(typed, "ebike") == plate
    with pytest.raises(BadPlate):
        normal_plate(typed)


@pytest.mark.parametrize("typed", ["很旧的电瓶车", "12", "<b>12345</b>"])
def test_words_are_no_plate_of_an_ebike_either(typed):
    with pytest.raises(BadPlate):
        normal_plate(typed, "ebike")


def test_there_are_31_provinces():
    assert len(PROVINCES) == len(set(PROVINCES)) == 31
