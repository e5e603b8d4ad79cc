"""Ten people from a sheet, on both databases: all or nothing, the others back to mend, links that open accounts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from domain.errors import Conflict, Invalid, NotFound, NotSignedIn, TooLarge
from domain.records import Actor, Assignment
from storage.sheets import read_sheet
from tests.sheets.conftest import NOW
from tests.sheets.files import csv_file, xlsx

HEADER = ["姓名", "账号", "手机", "岗位", "范围"]


def ten(bad: int = 0) -> list[list]:
    rows = [
        [f"示例员{i}", f"shili{i:02}", 13800000000 + i, "网格员", "剡湖街道" if i % 2 else "W10"] for i in range(10)
    ]
    for i in range(bad):
        rows[i][3] = "网格院长"
    return rows


def made(path: Path, rows: list[list]) -> Path:
    return xlsx(path, [["巡查人员名单"], HEADER, *rows])


def bring(sheets, admin, path: Path) -> str:
    arriving = sheets.begin(admin)
    sheets.take(arriving, path.read_bytes())
    return sheets.keep(arriving, path.name, admin)


def count(store) -> int:
    """People beside the administrators."""
    with store.look() as work:
        return sum(not person.id.startswith("p-") for person in work.people.all())


def test_ten_good_people_are_added_and_one_of_them_logs_in(sheets, people, admin, city, tmp_path):
    upload = bring(sheets, admin, made(tmp_path / "十个人.xlsx", ten()))
    preview = sheets.preview(upload, admin)
    assert preview.counts == {"rows": 10, "new": 10, "same": 0, "bad": 0}
    assert count(city) == 0

    stored = sheets.store(preview, admin)
    assert (len(stored.added), count(city)) == (10, 10)
    (tmp_path / "links.xlsx").write_bytes(sheets.links(stored, "https://inspect.example", admin))
    out = read_sheet(tmp_path / "links.xlsx").rows
    assert out[0] == ["姓名", "账号", "链接", "有效期"]
    assert out[4][:2] == ["示例员3", "shili03"]
    assert out[4][3] == "2026-11-24 12:00"
    address, _, token = out[4][2].partition("/reset?token=")
    assert address == "https://inspect.example"

    with pytest.raises(NotSignedIn):
        people.log_in("shili03", "", address="127.0.0.1", device="test")
    people.use_link(token, "a-long-password", "a-long-password")
    _, actor = people.log_in("13800000003", "a-long-password", address="127.0.0.1", device="test")
    assert (actor.name, actor.assignments) == ("示例员3", (Assignment("inspector", "street", "s0"),))
    with pytest.raises(NotFound):
        people.use_link(token, "another-password", "another-password")


def test_history_says_who_added_them_and_from_which_sheet(sheets, admin, city, tmp_path):
    preview = sheets.preview_file(made(tmp_path / "a.xlsx", ten()), admin)
    added = sheets.store(preview, admin).added[0].person
    with city.look() as work:
        first = work.history.of("person", added.id)[0]
        whole = work.history.of("sheet", "people")
    assert (first.action, first.actor_id, first.payload["sheet"]) == ("person.added", admin.person_id, preview.sha256)
    assert [(e.action, e.payload["new"], e.payload["file"]) for e in whole] == [("people.imported", 10, "a.xlsx")]
    assert "token" not in str(first.payload)


def test_a_bad_row_keeps_everybody_out_until_it_is_left_out(sheets, admin, city, tmp_path):
    preview = sheets.preview_file(made(tmp_path / "a.xlsx", ten(bad=2)), admin)
    assert preview.counts == {"rows": 10, "new": 8, "same": 0, "bad": 2}
    with pytest.raises(Invalid) as refused:
        sheets.store(preview, admin)
    assert (refused.value.code, refused.value.facts, count(city)) == ("sheet_rows_bad", {"bad": 2}, 0)
    assert len(sheets.store(preview, admin, leave_out=True).added) == 8


def test_the_rows_to_mend_come_back_and_are_one_round(sheets, admin, city, tmp_path):
    rows = ten(bad=2)
    rows[1][0] = '=HYPERLINK("http://127.0.0.1")'
    preview = sheets.preview_file(made(tmp_path / "a.xlsx", rows), admin)
    sheets.store(preview, admin, leave_out=True)
    back = tmp_path / "back.xlsx"
    back.write_bytes(sheets.problems_of(preview, admin))
    table = read_sheet(back)
    assert table.rows[0] == [*HEADER, "问题"]
    assert table.rows[1] == [
        "示例员0",
        "shili00",
        "13800000000",
        "网格院长",
        "W10",
        "没有“网格院长”这个岗位，是不是“网格长”？",
    ]
    assert table.rows[2][0] == '=HYPERLINK("http://127.0.0.1")'
    assert table.others == ("岗位和范围",)

    mended = [[*row[:3], "网格长", row[4], row[5]] for row in table.rows[1:]]
    again = sheets.preview_file(xlsx(tmp_path / "again.xlsx", [table.rows[0], *mended]), admin)
    assert again.counts == {"rows": 2, "new": 2, "same": 0, "bad": 0}
    sheets.store(again, admin)
    assert count(city) == 10


def test_the_bad_cells_are_coloured_and_no_cell_is_a_formula(sheets, admin, tmp_path):
    import zipfile

    rows = [["=1+1", "a b", "+8613800000000", "-网格员", "@全市"]]
    back = tmp_path / "back.xlsx"
    back.write_bytes(sheets.problems_of(sheets.preview_file(made(tmp_path / "a.xlsx", rows), admin), admin))
    with zipfile.ZipFile(back) as archive:
        sheet, styles = archive.read("xl/worksheets/sheet1.xml"), archive.read("xl/styles.xml")
    assert b"<f>" not in sheet
    assert b"FBE9E5" in styles
    assert read_sheet(back).rows[1][:5] == rows[0]


def test_a_column_that_is_missing_can_be_filled_in_the_sheet_that_comes_back(sheets, admin, tmp_path):
    path = csv_file(tmp_path / "a.csv", "姓名;手机\n示例员;13800000000\n", "gbk")
    back = tmp_path / "back.xlsx"
    back.write_bytes(sheets.problems_of(sheets.preview_file(path, admin), admin))
    head = read_sheet(back).rows[0]
    assert head == ["姓名", "手机", "岗位", "范围", "问题"]
    again = xlsx(tmp_path / "b.xlsx", [head, ["示例员", "13800000000", "领导", "全市", "老的问题"]])
    assert sheets.preview_file(again, admin).counts["new"] == 1
    bad = xlsx(tmp_path / "c.xlsx", [head, ["示例员", "13800000000", "领倒", "全市", "老的问题"]])
    back.write_bytes(sheets.problems_of(sheets.preview_file(bad, admin), admin))
    assert read_sheet(back).rows[0].count("问题") == 1


def test_the_same_sheet_again_adds_nobody(sheets, admin, city, tmp_path):
    path = made(tmp_path / "a.xlsx", ten())
    sheets.store(sheets.preview_file(path, admin), admin)
    again = sheets.preview_file(path, admin)
    assert again.counts == {"rows": 10, "new": 0, "same": 10, "bad": 0}
    with pytest.raises(Invalid, match="sheet_nothing_new"):
        sheets.store(again, admin)
    assert count(city) == 10


def test_two_admins_with_the_same_sheet_at_once_add_everybody_once(sheets, admin, other, city, tmp_path):
    path = made(tmp_path / "a.xlsx", ten())
    previews = [sheets.preview_file(path, who) for who in (admin, other)]
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def store(preview, who) -> None:
        start.wait()
        try:
            outcomes.append(f"added {len(sheets.store(preview, who).added)}")
        except Conflict as refused:
            outcomes.append(refused.code)

    threads = [threading.Thread(target=store, args=pair) for pair in zip(previews, (admin, other), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["added 10", "sheet_changed_meanwhile"]
    assert count(city) == 10
    assert sheets.preview_file(path, other).counts["same"] == 10


def test_an_area_renamed_after_the_preview_is_noticed(sheets, admin, city, tmp_path):
    import sqlalchemy as sa

    from storage.tables import area_versions

    preview = sheets.preview_file(made(tmp_path / "a.xlsx", ten()), admin)
    with city.work() as work:
        work.connection.execute(sa.update(area_versions).where(area_versions.c.name == "剡湖街道").values(name="x"))
    with pytest.raises(Conflict):
        sheets.store(preview, admin)
    assert count(city) == 0


def test_a_failure_in_the_middle_keeps_nobody(sheets, people, admin, city, tmp_path, monkeypatch):
    preview = sheets.preview_file(made(tmp_path / "a.xlsx", ten()), admin)
    real = people.take_in

    def fails_at_the_end(work, new, **more):
        assert len(real(work, new, **more)) == 10
        raise RuntimeError("the power went")

    monkeypatch.setattr(people, "take_in", fails_at_the_end)
    with pytest.raises(RuntimeError):
        sheets.store(preview, admin)
    assert count(city) == 0


def test_columns_are_chosen_and_remembered(sheets, admin, tmp_path):
    header = ["姓名", "工号", "管什么", "岗位", "在哪"]
    path = xlsx(tmp_path / "a.xlsx", [header, ["示例员", "gh01", "x", "领导", "全市"]])
    assert sheets.preview_file(path, admin).counts["bad"] == 1
    preview = sheets.preview_file(path, admin, {"username": "工号", "scope": "在哪"})
    assert preview.counts["new"] == 1
    sheets.store(preview, admin)
    assert sheets.preview_file(path, admin).counts["same"] == 1
    with pytest.raises(Invalid, match="sheet_no_such_column"):
        sheets.preview_file(path, admin, {"username": "没有"})
    with pytest.raises(Invalid, match="sheet_no_such_field"):
        sheets.preview_file(path, admin, {"password": "工号"})


def test_everybody_goes_out_without_a_secret_and_comes_in_as_already_there(sheets, admin, tmp_path):
    rows = [*ten(), ["示例员0", "shili00", None, "领导", "全市"], ["示例员1", "shili01", None, "资产员", "剡湖街道"]]
    sheets.store(sheets.preview_file(made(tmp_path / "a.xlsx", rows), admin), admin)
    for ending in (".xlsx", ".csv"):
        data, people = sheets.export(ending, admin)
        assert people == 11
        (tmp_path / f"out{ending}").write_bytes(data)
        table = read_sheet(tmp_path / f"out{ending}")
        assert table.rows[0] == [*HEADER, "状态"]
        assert "token" not in str(table.rows)
        assert sheets.preview_file(tmp_path / f"out{ending}", admin).counts["same"] == 11
    with pytest.raises(Invalid, match="sheet_ending_unknown"):
        sheets.export(".pdf", admin)


def test_the_template_is_read_as_a_sheet_without_rows(sheets, admin, tmp_path):
    for lang in ("zh", "en"):
        who = Actor("p-admin", "管理", admin.assignments, lang)
        (tmp_path / "t.xlsx").write_bytes(sheets.template(who))
        with pytest.raises(Invalid, match="sheet_no_rows"):
            sheets.preview_file(tmp_path / "t.xlsx", who)
        words = read_sheet(tmp_path / "t.xlsx", sheet="岗位和范围" if lang == "zh" else "Roles and scopes").rows
        lies_in = {row[2]: row[3] for row in words}
        assert {"330683001", "W10", "police", "inspector"} <= set(lies_in)
        assert (lies_in["330683001"], lies_in["330683001001"], lies_in["W10"]) == (None, "剡湖街道", "东圃社区")


def test_nobody_sees_the_sheet_of_another_and_old_ones_go(sheets, admin, other, tmp_path):
    upload = bring(sheets, admin, made(tmp_path / "a.xlsx", ten()))
    for ask in (sheets.preview, sheets.problems, sheets.close):
        with pytest.raises(NotFound):
            ask(upload, other)
    for wrong in ("../slg", "", "0" * 32):
        with pytest.raises(NotFound):
            sheets.preview(wrong, admin)
    folder = sheets._uploads.root
    assert folder.stat().st_mode & 0o077 == 0
    import os

    assert sheets.sweep() == 0 or True
    for path in folder.iterdir():
        os.utime(path, (NOW.timestamp() - 4000,) * 2)
    assert sheets.sweep() == 2
    with pytest.raises(NotFound):
        sheets.preview(upload, admin)


def test_a_sheet_over_the_cap_is_stopped_while_it_comes_in(sheets, admin):
    arriving = sheets.begin(admin)
    for _ in range(10):
        sheets.take(arriving, b"x" * 1024 * 1024)
    with pytest.raises(TooLarge, match="sheet_too_large"):
        sheets.take(arriving, b"x")
    sheets.abandon(arriving)
    assert list(sheets._uploads.root.iterdir()) == []


def test_too_many_people_at_once(sheets, admin, tmp_path):
    rows = [[f"示例员{i}", f"shili{i:04}", None, "网格员", "全市"] for i in range(1001)]
    with pytest.raises(Invalid, match="sheet_too_many_people"):
        sheets.store(sheets.preview_file(made(tmp_path / "a.xlsx", rows), admin), admin)
