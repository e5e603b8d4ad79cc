"""Many people from one sheet on the page People: what each step shows, and what is said when it cannot be done."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from services import Services
from tests.sheets.files import csv_file, xlsx

HEADER = ["姓名", "账号", "岗位", "范围"]


def people(good: int = 10, bad: int = 0) -> list[list]:
    tag = uuid.uuid4().hex[:8]
    sound = [[f"示意员{i}", f"{tag}{i:02}", "网格员", "剡湖街道"] for i in range(good)]
    return [HEADER, *sound, *[[f"要改员{i}", f"{tag}x{i}", "花匠", "剡湖街道"] for i in range(bad)]]


@pytest.fixture
def bring(services: Services, session_of, visit):
    """bring("admin1", path): the page with that file chosen, as the component says when its upload is through. at: on
    the page that is open already."""

    def open_page(username: str, path: Path, lang: str = "zh", *, at: AppTest | None = None) -> AppTest:
        actor = services.people.actor(session_of(username, lang))
        arriving = services.people_sheets.begin(actor)
        services.people_sheets.take(arriving, path.read_bytes())
        kept = services.people_sheets.keep(arriving, path.name, actor)
        at = at or visit(username, "people", lang)
        at.session_state["slg.sheet_id"] = kept
        return at.run()

    return open_page


def text(at: AppTest) -> str:
    return "\n".join(element.body for element in at.get("html"))


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if label in button.label).click()
    at.run()
    assert not at.exception
    return at


def test_ten_good_people_are_one_sentence_and_one_button(bring, services, tmp_path):
    before = count(services)
    at = bring("admin1", xlsx(tmp_path / "十个人.xlsx", people()))
    assert "10 行：10 人都可以加" in text(at)
    press(at, "加入 10 人")
    assert count(services) == before + 10
    assert "加了 10 人" in text(at)
    links = next(frame.value for frame in at.dataframe if "link" in frame.value.columns)
    token = links["link"][0].rpartition("token=")[2]
    assert services.people.link_owner(token).username == links["username"][0]
    press(at, "发好了")
    assert "加了 10 人" not in text(at)
    assert at.session_state["slg.sheet_done"] == []


def test_problems_come_first_and_the_sound_ones_can_be_added(bring, services, tmp_path):
    before = count(services)
    at = bring("admin1", csv_file(tmp_path / "a.csv", "\n".join(",".join(row) for row in people(3, 2)), "gbk"))
    assert "5 行：3 人可以加，2 行要改" in text(at)
    assert "没有“花匠”这个岗位" in text(at)
    table = next(frame.value for frame in at.dataframe if "fate" in frame.value.columns)
    assert list(table["fate"]) == ["要改", "要改", "可以加", "可以加", "可以加"]
    press(at, "先加没问题的 3 人")
    assert count(services) == before + 3
    assert "还有 2 行没有加" in text(at)


def test_after_a_part_was_added_the_next_sheet_comes_and_no_link_is_lost(bring, services, tmp_path):
    before = count(services)
    at = press(bring("admin1", xlsx(tmp_path / "a.xlsx", people(3, 2))), "先加没问题的 3 人")
    first = at.session_state["slg.sheet_done"][0]["id"]
    bring("admin1", xlsx(tmp_path / "b.xlsx", people(2)), at=at)
    assert "加了 3 人" in text(at)
    assert f"/sheets/{first}/problems" in text(at)
    press(at, "加入 2 人")
    assert count(services) == before + 5
    made = [frame.value for frame in at.dataframe if "link" in frame.value.columns]
    assert [len(each) for each in made] == [3, 2]
    press(at, "发好了")
    assert "加了 3 人" not in text(at)
    assert "加了 2 人" in text(at)


def test_another_column_can_be_chosen(bring, tmp_path):
    rows = people(2)
    rows[0] = ["姓名", "工号", "岗位", "范围"]
    at = bring("admin1", xlsx(tmp_path / "a.xlsx", rows))
    assert "0 人可以加" in text(at)
    box = next(box for box in at.selectbox if box.key.endswith(".username"))
    box.select("工号").run()
    assert "2 行：2 人都可以加" in text(at)


@pytest.mark.parametrize(("lang", "said"), [("zh", "这其实是网页"), ("en", "This is a web page")])
def test_what_is_no_sheet_is_one_sentence(bring, tmp_path, lang, said):
    (tmp_path / "a.xls").write_bytes(b"<html></html>")
    at = bring("admin1", tmp_path / "a.xls", lang)
    assert said in text(at)
    assert not [button for button in at.button if "加入" in button.label]


def test_somebody_else_added_them_meanwhile(bring, services, session_of, tmp_path):
    path = xlsx(tmp_path / "a.xlsx", people())
    at = bring("admin1", path)
    actor = services.people.actor(session_of("admin1"))
    services.people_sheets.store(services.people_sheets.preview_file(path, actor), actor)
    press(at, "加入 10 人")
    assert "有人改过" in text(at)
    assert "10 人都已经在" in text(at)


def test_a_sheet_that_is_gone_is_chosen_again(visit):
    at = visit("admin1", "people")
    at.session_state["slg.sheet_id"] = "0" * 32
    at.run()
    assert "这张表格已经不在了" in text(at)
    at.run()
    assert "这张表格已经不在了" not in text(at)


def test_whoever_only_reads_people_has_no_such_part(visit):
    assert not [part for part in visit("auditor1", "people").expander if "表格" in part.label]


def count(services: Services) -> int:
    with services.store.look() as work:
        return work.people.count()
