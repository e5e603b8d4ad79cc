"""Kinds and modes of zones, and the words of states."""

from __future__ import annotations

import itertools

import pytest

from domain.policy.states import load_states
from domain.policy.zones import load_zones

MODES = ["professional", "soe_backstop", "self_managed", "trusteeship", "community_trust", "unmanaged"]


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_the_modes_stand_in_the_order_of_the_legend():
    assert list(load_zones().modes) == MODES
    assert [mode.order for mode in load_zones().modes.values()] == list(range(6))


def test_only_the_unmanaged_mode_counts_as_not_managed():
    zones = load_zones()
    assert [mode for mode in MODES if not zones.is_managed(mode)] == ["unmanaged"]
    assert not zones.is_managed(None)
    assert not zones.is_managed("forgotten")


def test_only_the_unmanaged_mode_is_hatched():
    assert [mode.code for mode in load_zones().modes.values() if mode.is_hatched] == ["unmanaged"]


@pytest.mark.parametrize("mode", load_zones().modes.values(), ids=lambda mode: mode.code)
def test_a_glyph_can_be_read_on_its_colour(mode):
    # The hatch thins the red behind 无, so there a large-text contrast is enough.
    least = 3.0 if mode.is_hatched else 4.4
    assert contrast(mode.light, mode.glyph_light) >= least
    assert contrast(mode.dark, mode.glyph_dark) >= least


def test_no_two_modes_share_a_colour_or_glyph():
    for first, second in itertools.combinations(load_zones().modes.values(), 2):
        assert first.light != second.light
        assert first.dark != second.dark
        assert first.glyph != second.glyph


def test_the_kinds_are_those_the_policy_names():
    assert list(load_zones().kinds) == ["ordinary_estate", "old_compound", "open_compound", "scattered_building"]
    assert load_zones().kinds["scattered_building"].quote == "零星住宅楼应划入周边小区托管"


def test_modes_and_kinds_go_to_the_browser_in_both_languages():
    answer = load_zones().as_json()
    assert answer["modes"][5]["zh"] == "无物业"
    assert answer["modes"][5]["en"] == "Unmanaged"
    assert {"code", "zh", "en"} <= set(answer["kinds"][0])


def test_the_tones_of_the_states():
    tones: dict[str, set[str]] = {}
    for state in load_states().values():
        tones.setdefault(state.tone, set()).add(state.code)
    assert tones["primary"] == {"filed", "dispatched", "in_progress"}
    assert tones["warn"] == {"feedback", "checking", "suspended", "ext_requested", "returned"}
    assert tones["danger"] == {"rework"}
    assert tones["ok"] == {"closed", "evaluated"}
    assert {"draft", "reported", "rejected", "merged", "void"} <= tones["muted"]


@pytest.mark.parametrize("state", load_states().values(), ids=lambda state: state.code)
def test_a_state_reads_on_paper_in_both_themes(state):
    assert contrast(state.light, "#F5F6F4") >= 4.5
    assert contrast(state.dark, "#0E1417") >= 4.5


def test_no_two_states_share_a_word():
    for lang in ("zh", "en"):
        names = [state.name(lang) for state in load_states().values()]
        assert len(set(names)) == len(names) == 18


def test_a_state_that_ends_is_not_open():
    ended = {code for code, state in load_states().items() if not state.is_open}
    assert ended == {"closed", "evaluated", "rejected", "merged", "void"}
