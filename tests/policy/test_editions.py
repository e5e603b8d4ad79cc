"""One damaged field, wherever it stands: refused by its name, or harmless; never a stack of code, never half a policy."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.policy import changes, editions
from domain.policy.changes import LISTS, Change
from domain.policy.entry_fields import FORMS, NO_NEW, field_of, read
from domain.policy.reading import BadEntry
from i18n import words

TABLES = changes.tables(editions.builtin_bodies())
FIELDS = [
    (family, section, code, field)
    for family, sections in LISTS.items()
    for section in sections
    for code, entry in changes.entries(TABLES, family, section).items()
    for field in changes.flat(entry)
]
# What a damaged field may be refused as, beside itself: two fields that must agree, or whoever points to it.
ALSO = {
    "plate": {"shots"}, "in_policy": {"policy_quotes"}, "note_zh": {"note_en"}, "note_en": {"note_zh"},
    "policy_quotes": {"in_policy"}, "is_verified": {"legal_basis"}, "source": {"legal_basis"},
    "kind": {"attributes", "choices"}, "starts_on": {"retired_on"},
}  # fmt: skip
DAMAGE = st.one_of(
    st.none(),
    st.sampled_from([
        "", " ", " 头", "x" * 3000, "没有这个代码", 0, -1, 3, 1.5, float("inf"), float("nan"), True, [], [""], ["a", "a"],
        [3], [{}], [{"code": "nobody"}], {}, {"zh": "x"}, date(2026, 1, 1), date(2099, 1, 1), "#FFFFFF", "professional",
    ]),
    st.text(max_size=12),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(FIELDS), value=DAMAGE)
def test_one_damaged_field_is_refused_by_its_name_or_does_no_harm(place, value):
    family, section, code, field = place
    made = damaged(family, section, code, field, value)
    policy, bad = outcome(made)
    if policy is None:
        heads = {field.partition(".")[0]} | ALSO.get(field, set())
        told = {part.partition("[")[0] for part in (bad.field or "").split(".")}
        assert heads & told, f"{place} = {value!r} was refused as {bad.file} {bad.entry} {bad.field} {bad.reason}"
        assert words("zh").has(f"refused.{bad.code}")
        return
    # Accepted: it is a policy that can be written and read again, and it lost nobody's code.
    again = editions.read(changes.bodies(changes.tables(changes.bodies(made, "x")), "x"), "x")
    assert again == policy
    assert policy.codes() == editions.load_builtin().codes() or field in ("subcategories", "attributes")


def outcome(made: changes.Tables) -> tuple[Any, Any]:
    try:
        return editions.read(changes.bodies(made, "x"), "x"), None
    except BadEntry as bad:
        return None, bad


def damaged(family: str, section: str, code: str, field: str, value: Any) -> changes.Tables:
    made = copy.deepcopy(TABLES)
    before = changes.flat(changes.entries(made, family, section)[code])[field]
    put, _ = changes.put(made, [Change(family, section, code, field, before, value)])
    return put


@pytest.mark.parametrize("place", list(FORMS), ids="/".join)
def test_a_form_that_nobody_touched_changes_nothing(place):
    """Every entry of every list, read back from what its controls show."""
    for code, entry in changes.entries(TABLES, *place).items():
        flat = changes.flat(entry)
        typed = {f.path: shown(f, flat.get(f.path)) for f in FORMS[place]}
        if "icon" in typed:
            typed["material"] = entry["material"]
        assert read(*place, typed, entry) == entry, code


def shown(field: Any, value: Any) -> Any:
    """What Streamlit's control hands back for a value that stood in it."""
    if field.kind in ("text", "long"):
        return value or ""
    if field.kind == "lines":
        return "\n".join(value or [])
    if field.kind == "flag":
        return bool(value)
    if field.kind in ("many", "units", "shots", "rows"):
        return value or []
    return 0 if value is None and field.kind == "whole" else value


@pytest.mark.parametrize("place", list(FORMS), ids="/".join)
def test_every_list_and_field_has_its_word_in_both_languages(place):
    for lang in ("zh", "en"):
        say = words(lang)
        assert say.has(f"catalogue.list_{place[0]}_{place[1]}")
        for field in FORMS[place]:
            assert say.has("catalogue.field_" + field.path.replace(".", "_")), field.path
            for code in field.choices:
                assert code.startswith("@") or say.has(f"catalogue.word_{code}"), code


def test_a_refused_inner_path_belongs_to_the_field_of_the_form():
    assert field_of("issues", "types", "departments.joint[0].code") == "departments.joint"
    assert field_of("issues", "types", "shots[2].hint_en") == "shots"
    assert field_of("issues", "types", "time_limit.value") == "time_limit.value"
    assert field_of("assets", "categories", "subcategories.ground_bay") == "subcategories"
    assert NO_NEW <= set(FORMS)


def test_the_same_number_of_another_kind_is_a_change():
    assert not changes.same(30, 30.0)
    assert not changes.same(1, True)
    assert changes.same([{"a": 1}], [{"a": 1}])


@given(value=st.recursive(
    st.one_of(st.booleans(), st.integers(-5, 5), st.text(max_size=5), st.dates(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)), max_leaves=6,
))  # fmt: skip
def test_a_change_survives_the_store(value):
    import json

    change = Change("zones", "kinds", "x", "quote", value, None)
    again = Change.from_json(json.loads(json.dumps(change.as_json())))
    assert changes.same(again.before, change.before)
