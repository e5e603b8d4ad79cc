"""manage.py import people and export people, as the operator types them, from another folder."""

from __future__ import annotations

import stat

from storage.sheets import read_sheet
from tests.exchange.test_command import typed  # noqa: F401 - fixture
from tests.sheets.files import csv_file, xlsx

HEADER = ["姓名", "账号", "岗位", "范围"]


def test_the_operator_brings_people_in_and_takes_them_out(typed, tmp_path):  # noqa: F811
    xlsx(tmp_path / "人.xlsx", [HEADER, *[[f"员{i}", f"yuan{i:02}", "领导", "全市"] for i in range(3)],
                               ["员9", "yuan09", "领倒", "全市"]])  # fmt: skip

    code, said, _ = typed("import", "people", "人.xlsx", "--errors", "改.xlsx")
    assert (code, "4 行：3 人可以加，1 行要改" in said) == (0, True)
    assert "第 5 行 员9：没有“领倒”这个岗位，是不是“领导”？" in said
    assert "什么都没存" in said
    assert read_sheet(tmp_path / "改.xlsx").rows[1][1] == "yuan09"

    code, _, complained = typed("import", "people", "人.xlsx", "--confirm")
    assert (code, "--links" in complained) == (1, True)
    code, _, complained = typed("import", "people", "人.xlsx", "--confirm", "--links", "l.xlsx")
    assert (code, "有 1 行要改" in complained) == (1, True)
    assert not (tmp_path / "l.xlsx").exists()
    code, _, complained = typed("import", "people", "人.xlsx", "--confirm", "--links", "nowhere/l.xlsx", "--skip-bad")
    assert (code, "写不进去" in complained) == (1, True)

    code, said, _ = typed("import", "people", "人.xlsx", "--confirm", "--skip-bad", "--links", "l.xlsx")
    assert (code, "加了 3 人" in said) == (0, True)
    links = read_sheet(tmp_path / "l.xlsx").rows
    assert links[1][2].startswith("http://127.0.0.1:8501/reset?token=")
    assert stat.S_IMODE((tmp_path / "l.xlsx").stat().st_mode) == 0o600

    code, said, _ = typed("export", "people", "out.csv")
    assert (code, "3 人" in said) == (0, True)
    assert [row[1] for row in read_sheet(tmp_path / "out.csv").rows] == ["账号", "yuan00", "yuan01", "yuan02"]
    code, said, _ = typed("import", "people", "out.csv")
    assert (code, "3 人已经在" in said) == (0, True)


def test_the_operator_names_columns_and_gets_one_sentence_for_a_bad_file(typed, tmp_path):  # noqa: F811
    csv_file(tmp_path / "a.csv", "姓名,工号,岗位,范围\n员,gh01,领导,全市\n", "gbk")
    code, said, _ = typed("import", "people", "a.csv", "--map", "username=工号")
    assert (code, "1 人可以加" in said, "username=工号" in said) == (0, True, True)
    code, _, complained = typed("import", "people", "a.csv", "--map", "username=没有")
    assert (code, "没有“没有”这一列" in complained) == (1, True)
    (tmp_path / "b.xlsx").write_bytes(b"<html></html>")
    code, _, complained = typed("import", "people", "b.xlsx")
    assert (code, "网页" in complained) == (1, True)
