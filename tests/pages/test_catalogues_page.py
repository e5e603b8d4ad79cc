"""The page of the catalogues, drawn by Streamlit's test runner: forms that change nothing, drafts, refusals at their field."""

from __future__ import annotations

import pytest

from domain.policy.entry_fields import FORMS


@pytest.fixture
def admin(services, session_of):
    return services.people.actor(session_of("admin1"))


@pytest.fixture(autouse=True)
def clean(services, admin):
    yield
    services.catalogues.discard(seen=services.catalogues.overview(admin).token, actor=admin)


def texts(at) -> str:
    return "\n".join(html.value if hasattr(html, "value") else html.proto.body for html in at.get("html"))


def save(at, place, code):
    at.button(key=f"slg.cat_save.{place[0]}.{place[1]}.{code}").click().run()
    assert not at.exception, at.exception


@pytest.mark.parametrize("place", list(FORMS), ids="/".join)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_entry_that_was_only_opened_and_saved_changes_nothing(visit, services, admin, place, lang):
    code = services.catalogues.rows(*place, admin)[0].code
    at = visit("admin1", "catalogues", lang, list="-".join(place), entry=code)
    save(at, place, code)
    assert services.catalogues.overview(admin).changes == ()
    assert "存进草稿。" in texts(at) or "is in the draft" in texts(at)


def test_a_bad_field_is_told_at_its_field_and_what_was_typed_stays(visit, services, admin):
    at = visit("admin1", "catalogues", list="issues-types", entry="zombie_vehicle")
    box = next(each for each in at.number_input if each.label == "时限")
    box.set_value(0).run()
    save(at, ("issues", "types"), "zombie_vehicle")
    box = next(each for each in at.number_input if each.label.startswith("时限 "))
    assert "时限要大于零" in box.label
    assert box.value == 0
    assert services.catalogues.overview(admin).changes == ()


def test_two_at_once_see_both_and_lose_nothing(visit, services, admin):
    at = visit("admin1", "catalogues", list="issues-types", entry="zombie_vehicle")
    view = services.catalogues.entry("issues", "types", "zombie_vehicle", admin)
    services.catalogues.save("issues", "types", "zombie_vehicle", {**view.fields, "tile_zh": "废车"}, seen=view.token,
                             actor=admin)  # fmt: skip
    next(each for each in at.number_input if each.label == "时限").set_value(12).run()
    assert "刚刚也改了这一项" in texts(at)
    assert "废车" in texts(at)
    at.button(key="slg.cat_merge").click().run()
    assert not at.exception
    told = {c.field: c.after for c in services.catalogues.overview(admin).changes}
    assert told == {"tile_zh": "废车", "time_limit.value": 12}


def test_time_limits_are_a_list_of_their_own_over_the_same_entries(visit, services, admin):
    at = visit("admin1", "catalogues", list="issues-limits")
    (table,) = at.dataframe
    types = services.catalogues.rows("issues", "types", admin)
    assert list(table.value["code"]) == [row.code for row in types]
    told = table.value.set_index("code").loc["zombie_vehicle"]
    assert (told["limit"], told["decided"]) == ("30 天", "建议值")

    at = visit("admin1", "catalogues", list="issues-limits", entry="zombie_vehicle")
    (value,) = at.number_input
    assert "没有文件定过" in texts(at), "the tick says what a proposal is"
    value.set_value(20)
    at.checkbox[0].uncheck().run()
    save(at, ("issues", "types"), "zombie_vehicle")
    changed = {c.field: c.after for c in services.catalogues.overview(admin).changes}
    assert changed == {"time_limit.value": 20, "time_limit.is_proposal": False}
    told = (
        visit("admin1", "catalogues", list="issues-limits").dataframe[0].value.set_index("code").loc["zombie_vehicle"]
    )
    assert (told["limit"], told["decided"]) == ("20 天", "已定")


def test_a_new_entry_is_asked_for_its_code_and_refused_by_it(visit, services, admin):
    at = visit("admin1", "catalogues", list="zones-kinds", entry="+")
    save(at, ("zones", "kinds"), "+")
    assert any("代码不行" in each.label for each in at.text_input)


def test_the_draft_is_a_readable_list_and_is_adopted_with_a_note(visit, services, admin):
    view = services.catalogues.entry("departments", "departments", "sanitation", admin)
    services.catalogues.save("departments", "departments", "sanitation", {**view.fields, "zh": "环卫所"}, seen=view.token,
                             actor=admin)  # fmt: skip
    at = visit("admin1", "catalogues", view="draft")
    assert "环卫所" in texts(at)
    at.button(key="slg.adopt").click().run()
    assert "写一句改了什么" in texts(at)
    at.text_input(key="slg.adopt_note").set_value("改名").run()
    at.button(key="slg.adopt").click().run()
    assert "已采用" in texts(at)
    assert services.policy.now().offices.departments["sanitation"].zh == "环卫所"
    at = visit("admin1", "catalogues", "en", view="editions")
    assert "In force" in texts(at)


def test_an_upgrade_is_looked_through_and_put_into_the_draft(visit, services, admin, monkeypatch):
    from storage.editions import Edition
    from wiring import now

    with services.store.work() as work:
        current = work.editions.in_force()
        bodies = work.editions.bodies(work.editions.get(current).base)
        bodies["issues"] = bodies["issues"].replace('zh = "机动车乱停放"', 'zh = "机动车违规停放"', 1)
        work.editions.add(Edition("builtin-2099-01", "builtin-2099-01", True, "offered", "", None, None, now(), None,
                                  None, []), bodies)  # fmt: skip
    monkeypatch.setattr(services.policy, "builtin", "builtin-2099-01")
    at = visit("admin1", "catalogues", view="upgrade")
    assert "机动车违规停放" in texts(at)
    assert not any(c.code == "illegal_parking" for c in services.catalogues.overview(admin).changes)
    at.button(key="slg.take_upgrade").click().run()
    assert "升级已放进草稿" in texts(at)
    told = {(c.code, c.after) for c in services.catalogues.overview(admin).changes}
    assert told == {("illegal_parking", "机动车违规停放")}
