"""Who a row of a sheet means, and what stands against adding them: pure rules, no file and no database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain import sheet_columns
from domain.errors import Invalid
from domain.people_sheet import ALIASES, HEADER_LIKE, Known, Newcomer, Place, judge, read_rows
from domain.policy.permissions import load_builtin
from domain.records import Assignment, Person
from i18n import words

AT = datetime(2026, 11, 23, tzinfo=UTC)
PLACES = [
    Place("street", "s0", "330683001", ("剡湖街道",)), Place("street", "s1", "330683002", ("三江街道",)),
    Place("community", "c0", "330683001001", ("东圃社区",), "s0"),
    Place("grid", "g0", "W00", ("第1网格",), "s0", "c0"), Place("grid", "g1", "W10", ("第1网格",), "s1"),
    Place("grid", "g2", "W11", ("第2网格",), "s1"),
    Place("department", "police", "police", ("公安局", "Public security bureau")),
]  # fmt: skip
OLD = Person("p1", "wang", "王示意", "13700000001", "zh", None, AT, (Assignment("inspector", "street", "s0"),))
GONE = Person("p2", "li", "李示意", None, "zh", AT, AT, (Assignment("leader", "city"),))
KNOWN = Known([OLD, GONE], PLACES, load_builtin().roles, [r for r in load_builtin().roles if r != "housing_bureau"])
HEADER = ["姓名", "账号", "手机", "岗位", "范围"]


def read(*rows: list, header: list[str] = HEADER) -> list[Newcomer]:
    names = sheet_columns.distinct(header)
    columns = sheet_columns.guessed_columns(names, ALIASES)
    found = judge(read_rows(range(2, len(rows) + 2), rows, names, columns), KNOWN)
    for row in (row for person in found for row in person.rows):
        for problem in row.problems:
            for lang in ("zh", "en"):
                assert words(lang).has(f"refused.{problem.code}"), problem.code
                assert "{" not in words(lang).refusal((problem.code,), problem.field, problem.facts)
    return found


def codes(person: Newcomer) -> list[tuple[str, str | None]]:
    return [(problem.code, problem.field) for row in person.rows for problem in row.problems]


def one(*rows: list, header: list[str] = HEADER) -> Newcomer:
    found = read(*rows, header=header)
    assert len(found) == 1
    return found[0]


# -- columns -------------------------------------------------------------------------------------------------------


def test_the_header_is_found_below_a_title_and_by_usual_names():
    rows = [
        ["嵊州市网格员名单", None],
        ["2026 年 11 月", None],
        ["序号", "姓 名*", "手机号码（必填）", "岗位"],
        [1, "张", 138, "x"],
    ]
    at = sheet_columns.find_header(rows, ALIASES, like=HEADER_LIKE)
    names = sheet_columns.distinct(rows[at])
    assert at == 2
    assert sheet_columns.guessed_columns(names, ALIASES) == {
        "name": "姓 名*",
        "phone": "手机号码（必填）",
        "role": "岗位",
    }


def test_english_headers_are_known():
    names = ["Name", "User name", "Phone", "Role", "Scope"]
    assert list(sheet_columns.guessed_columns(names, ALIASES)) == ["name", "username", "phone", "role", "scope"]


def test_without_a_header_it_is_told_what_one_looks_like():
    with pytest.raises(Invalid) as refused:
        sheet_columns.find_header([["张三", "13800000000", "网格员"]], ALIASES, like=HEADER_LIKE)
    said = words("zh").refusal((refused.value.code,), refused.value.field, refused.value.facts)
    assert said == "没有找到表头。要有一行写着姓名、账号、手机、岗位、范围这样的列名。"


def test_what_was_remembered_goes_before_the_usual_names_while_it_is_there():
    names = ["姓名", "人员", "岗位"]
    assert sheet_columns.guessed_columns(names, ALIASES, {"name": "人员"})["name"] == "人员"
    assert sheet_columns.guessed_columns(names, ALIASES, {"name": "没有了"})["name"] == "姓名"


def test_columns_of_the_same_name_or_without_one_are_told_apart():
    assert sheet_columns.distinct(["姓名", None, "姓名"]) == ["姓名", "B", "姓名_2"]


# -- people --------------------------------------------------------------------------------------------------------


def test_a_sound_row_is_a_new_person():
    person = one([" 张示意", "zhang", 13800000001, "网格员", "剡湖街道"])
    assert (person.username, person.name, person.phone, person.fate) == ("zhang", "张示意", "13800000001", "new")
    assert person.assignments == (Assignment("inspector", "street", "s0"),)


@pytest.mark.parametrize(
    "typed", ["inspector", "网格员", "采集员", "网格员 / 采集员", "网格员/采集员", "Inspector", "ＩＮＳＰＥＣＴＯＲ"]
)
def test_a_role_by_its_code_or_by_a_word_in_either_language(typed):
    assert one(["张", "zhang", None, typed, "全市"]).assignments == (Assignment("inspector", "city"),)


@pytest.mark.parametrize(
    ("typed", "scope"),
    [("全市", ("city", None)), ("City", ("city", None)), ("330683001", ("street", "s0")), ("东圃社区", ("community", "c0")),
     ("W10", ("grid", "g1")), ("第2 网格", ("grid", "g2")), ("公安局", ("department", "police")), ("police", ("department", "police"))],
)  # fmt: skip
def test_a_scope_by_its_code_or_name(typed, scope):
    assert one(["张", "zhang", None, "leader", typed]).assignments == (Assignment("leader", *scope),)


def test_a_name_that_two_areas_have_asks_for_the_code():
    person = one(["张", "zhang", None, "网格员", "第1网格"])
    assert codes(person) == [("person_scope_twice", "scope")]
    assert person.rows[0].problems[0].facts["codes"] == "W00（东圃社区）、W10（三江街道）"


def test_a_wider_column_beside_it_tells_them_apart():
    header = ["姓名", "账号", "岗位", "街道", "社区", "网格"]
    assert one(["张", "z1", "网格员", "三江街道", None, "第1网格"], header=header).assignments[0].scope_id == "g1"
    assert one(["张", "z1", "网格员", "剡湖街道", "东圃社区", "第1网格"], header=header).assignments[0].scope_id == "g0"
    assert one(["张", "z1", "网格员", "剡湖街道", "东圃社区", None], header=header).assignments[0].scope_id == "c0"
    person = one(["张", "z1", "网格员", "剡湖街道", None, "第2网格"], header=header)
    assert codes(person) == [("person_scope_elsewhere", "grid")]


def test_an_unknown_word_offers_the_nearest():
    person = one(["张", "zhang", None, "网格员工", "剡湖街"])
    assert codes(person) == [("person_role_near", "role"), ("person_scope_near", "scope")]
    assert [p.facts["near"] for p in person.rows[0].problems] == ["网格员", "剡湖街道"]
    assert codes(one(["张", "zhang", None, "花匠", "月亮"])) == [
        ("person_role_unknown", "role"),
        ("person_scope_unknown", "scope"),
    ]


def test_several_roles_in_one_cell_or_in_several_rows():
    in_cell = one(["张", "zhang", None, "网格员、网格长；领导", "剡湖街道"])
    assert {a.role for a in in_cell.assignments} == {"inspector", "grid_leader", "leader"}
    over = one(["张", "zhang", None, "网格员", "剡湖街道、三江街道"])
    assert {a.scope_id for a in over.assignments} == {"s0", "s1"}
    in_rows = one(["张", "zhang", None, "网格员", "剡湖街道"], [None, "zhang", None, "资产员", "三江街道"])
    assert in_rows.assignments == (Assignment("inspector", "street", "s0"), Assignment("asset_clerk", "street", "s1"))
    assert in_rows.fate == "new"


def test_several_roles_over_several_scopes_are_unclear():
    assert codes(one(["张", "z1", None, "网格员、领导", "剡湖街道、三江街道"])) == [("person_roles_and_scopes", "role")]


def test_admin_and_auditor_are_never_one_person():
    person = one(["张", "zhang", None, "系统管理员", "全市"], ["张", "zhang", None, "审计", "全市"])
    assert codes(person) == [("admin_and_auditor", "role")] * 2


def test_without_a_user_name_the_phone_is_one():
    person = one(["张", None, "138-0000-0001", "网格员", "全市"])
    assert (person.username, person.phone, person.fate) == ("13800000001", "13800000001", "new")
    assert codes(one(["张", None, None, "网格员", "全市"])) == [("person_login_missing", "username")]


def test_rows_of_one_phone_are_one_person_also_where_the_user_name_stands_once():
    person = one(
        ["张", "zhang", "13800000001", "网格员", "全市"], ["张", None, "１３８ ００００ ０００１", "领导", "全市"]
    )
    assert len(person.assignments) == 2


def test_rows_of_one_account_that_say_different_things():
    person = one(["张", "zhang", None, "网格员", "全市"], ["章", "zhang", None, "领导", "全市"])
    assert codes(person) == [("person_other_row", None), ("person_rows_differ", "name")]


def test_two_people_of_a_sheet_share_no_login():
    first, second = read(
        ["张", "zhang", "13800000001", "网格员", "全市"], ["李", "li2", "13800000001", "网格员", "全市"]
    )
    assert first.fate == "new"
    assert codes(second) == [("person_login_twice", "phone")]
    assert second.rows[0].problems[0].facts["row"] == 2


@pytest.mark.parametrize(("phone", "is_one"), [("13800000001", True), ("1380000000", False), ("0575-83001234", True),
                                               ("83001234", True), ("138000000012", False)])  # fmt: skip
def test_what_starts_like_a_mobile_has_eleven_digits(phone, is_one):
    assert (codes(one(["张", "zhang", phone, "网格员", "全市"])) == []) == is_one


def test_what_is_missing_or_wrong_is_told_by_column():
    person = one([None, "a b", "abc", None, None])
    assert set(codes(person)) == {("name_missing", "name"), ("bad_phone", "phone"), ("bad_username", "username"),
                                  ("person_role_missing", "role"), ("person_scope_missing", "scope")}  # fmt: skip


# -- against who is there ------------------------------------------------------------------------------------------


def test_an_identical_row_is_already_there():
    assert one(["王示意", "wang", 13700000001, "网格员", "剡湖街道"]).fate == "same"
    assert one(["王示意", "wang", None, "inspector", "330683001"]).fate == "same"
    assert one(["王示意", None, 13700000001, "网格员", "剡湖街道"]).fate == "same"


def test_a_differing_row_is_a_problem_with_words_and_updates_nothing():
    person = one(["王示", "wang", 13700000002, "网格员", "三江街道"])
    assert codes(person) == [("person_differs", "name")]
    assert words("zh").refusal(("person_differs",), None, person.rows[0].problems[0].facts) == (
        "wang 已经有了，姓名、手机、岗位或范围和这里不一样。表格只加新人，不改已有的人。"
    )


def test_a_login_of_somebody_else_is_taken_also_as_a_phone():
    assert codes(one(["张", "zhang", 13700000001, "网格员", "全市"])) == [("login_taken", "phone")]
    assert codes(one(["张", "13700000001", None, "网格员", "全市"])) == [("login_taken", "username")]


def test_a_disabled_account_says_so():
    assert codes(one(["李示意", "li", None, "领导", "全市"])) == [("person_disabled", "username")]


def test_a_role_that_is_not_given_any_more_is_told_and_kept_where_it_is_held():
    assert codes(one(["张", "zhang", None, "住建局", "全市"])) == [("person_role_over", "role")]


def test_the_example_of_the_template_is_left_out():
    assert read([words("zh")("people_sheet.example"), "shanhu03", "13800000000", "网格员", "剡湖街道"]) == []
    assert read([words("en")("people_sheet.example"), "shanhu03", "13800000000", "Inspector", "city"]) == []


def test_judging_twice_tells_the_same():
    names = sheet_columns.distinct(HEADER)
    rows = read_rows([2, 3], [["张", "", "1", "", ""], ["李", "li3", None, "领导", "全市"]], names,
                     sheet_columns.guessed_columns(names, ALIASES))  # fmt: skip
    first = [(p.fate, codes(p)) for p in judge(rows, KNOWN)]
    assert [(p.fate, codes(p)) for p in judge(rows, KNOWN)] == first
