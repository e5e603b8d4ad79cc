"""Sheets as offices write them, and sheets that mean harm: plain values, or one plain sentence and no harm done."""

from __future__ import annotations

import random
import resource
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from domain.errors import Refused
from i18n import words
from storage import fence, sheets
from storage.sheets import ERROR_CODES, read_sheet
from tests.sheets.files import csv_file, old_office, with_sheet_xml, xlsx


def code_of(path: Path, **options) -> str:
    with pytest.raises(Refused) as refused:
        read_sheet(path, **options)
    for lang in ("zh", "en"):
        assert words(lang).has(f"refused.{refused.value.code}")
        said = words(lang).refusal((refused.value.code,), refused.value.field, refused.value.facts)
        assert "{" not in said
    return refused.value.code


# -- good sheets ---------------------------------------------------------------------------------------------------


def test_values_come_as_they_were_meant(tmp_path):
    rows = [["姓名", "手机", "入职"], [" 张三　", 13800001111.0, date(2026, 11, 23)], [None, None, None],
            ["007", 0.5, datetime(2026, 11, 23, 8, 30)], [True, "　", 3]]  # fmt: skip
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        sheet = book.add_worksheet("名单")
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                sheet.write(i + 2, j + 1, value)
    table = read_sheet(tmp_path / "a.xlsx")
    assert (table.format, table.sheet, table.encoding) == ("xlsx", "名单", None)
    assert table.numbers == [3, 4, 6, 7]
    assert table.rows == [["姓名", "手机", "入职"], ["张三", 13800001111, date(2026, 11, 23)],
                          ["007", 0.5, datetime(2026, 11, 23, 8, 30)], [True, None, 3]]  # fmt: skip


def test_a_formula_is_the_value_that_was_left_there_and_nothing_runs(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "x")
        sheet.write_formula(1, 0, '=WEBSERVICE("http://127.0.0.1:9/x")', None, "13800001111")
        sheet.write_formula(2, 0, "=1+1", None, 7)
        sheet.write_formula(3, 0, "=1/0", None, "#DIV/0!")
        sheet.write_formula(3, 1, "=1", None, 1)
    assert read_sheet(path).rows == [["x", None], ["13800001111", None], [7, None], [None, 1]]


def test_the_first_visible_sheet_that_holds_anything_is_read(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("空")
        hidden = book.add_worksheet("藏起来的")
        hidden.write(0, 0, "secret")
        book.add_worksheet("名单").write(0, 0, "姓名")
        book.add_worksheet("说明").write(0, 0, "x")
        book.get_worksheet_by_name("空").activate()
        hidden.hide()
    table = read_sheet(path)
    assert (table.sheet, table.others, table.rows) == ("名单", ("说明",), [["姓名"]])
    assert read_sheet(path, sheet="说明").rows == [["x"]]
    assert code_of(path, sheet="没有") == "sheet_no_such"


@pytest.mark.parametrize(
    ("encoding", "told", "reason"),
    [("utf-8-sig", "UTF-8", "bom"), ("utf-8", "UTF-8", "strict"), ("gbk", "GBK", "guess"), ("gb18030", "GBK", "guess"),
     ("utf-16", "UTF-16", "bom")],
)  # fmt: skip
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_csv_in_any_usual_encoding_and_with_any_usual_sign(tmp_path, encoding, told, reason, sign):
    text = f'名单\r\n姓名{sign}备注\r\n张三{sign}"甲{sign}乙\n丙"\r\n\r\n李四{sign}\'=1+1\r\n'
    table = read_sheet(csv_file(tmp_path / "a.csv", text, encoding))
    assert table.rows == [["名单", None], ["姓名", "备注"], ["张三", f"甲{sign}乙\n丙"], ["李四", "=1+1"]]
    assert table.numbers == [1, 2, 3, 5]
    assert (table.format, table.encoding, table.encoding_reason) == ("csv", told, reason)


def test_the_ending_of_the_name_does_not_matter(tmp_path):
    xlsx(tmp_path / "a.xlsx", [["姓名"]]).rename(tmp_path / "a.csv")
    assert read_sheet(tmp_path / "a.csv").format == "xlsx"


# -- sheets that mean harm -----------------------------------------------------------------------------------------


def test_what_is_no_sheet_is_told_in_one_sentence(tmp_path):
    def made(data: bytes) -> Path:
        (tmp_path / "a.xlsx").write_bytes(data)
        return tmp_path / "a.xlsx"

    assert code_of(made(b"")) == "sheet_empty"
    assert code_of(made(b" \r\n \xef\xbb\xbf")) in ("sheet_empty", "sheet_not_a_sheet")
    assert code_of(made(b"<html><table><tr><td>x</td></tr></table></html>")) == "sheet_is_web"
    assert code_of(made(b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>')) == "sheet_is_web"
    assert code_of(made(b"name,phone\nx\x00y,1\n")) == "sheet_not_a_sheet"
    assert code_of(made(b"%PDF-1.7\nname,phone\n")) == "sheet_not_a_sheet"
    assert code_of(made(b"\x89PNG\r\n\x1a\n\x00\x00")) in ("sheet_not_a_sheet", "sheet_encoding_unknown")
    assert code_of(made(b"name\n\xff\x81\x00")) in ("sheet_not_a_sheet", "sheet_encoding_unknown")
    assert code_of(made(b"a\n" + b'"' + b"x" * 200_000)) == "sheet_broken"
    assert code_of(made(b"PK\x03\x04 and nothing more")) == "sheet_broken"
    assert code_of(old_office(tmp_path / "b.xlsx", "EncryptionInfo", "EncryptedPackage")) == "sheet_locked"
    assert code_of(old_office(tmp_path / "b.xls", "Workbook")) == "sheet_old_format"
    assert code_of(Path("https://127.0.0.1/a.xlsx")) == "sheet_not_a_file"
    with zipfile.ZipFile(tmp_path / "word.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert code_of(tmp_path / "word.xlsx") == "sheet_not_a_sheet"


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    row = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    bomb = with_sheet_xml(tmp_path / "bomb.xlsx", row, more={"xl/media/x.bin": b"\x00" * 60_000_000})
    assert bomb.stat().st_size < 200_000
    assert code_of(bomb) == "sheet_zip_too_large"
    small = with_sheet_xml(tmp_path / "ratio.xlsx", row, more={"xl/media/x.bin": b"\x00" * 20_000_000})
    assert code_of(small) == "sheet_zip_ratio"
    many = with_sheet_xml(tmp_path / "many.xlsx", row, more={f"xl/media/{i}.bin": b"" for i in range(300)})
    assert code_of(many) == "sheet_zip_entries"


def test_a_directory_that_lies_about_its_sizes_is_found_out(tmp_path):
    """The entry says 1000 bytes and unpacks to sixty million."""
    path = with_sheet_xml(tmp_path / "liar.xlsx", b"", more={"xl/media/x.bin": b"\x00" * 60_000_000})
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = 0
        while (start := data.find(mark, start)) >= 0:
            if int.from_bytes(data[start + at : start + at + 4], "little") == 60_000_000:
                data[start + at : start + at + 4] = (1000).to_bytes(4, "little")
            start += 4
    path.write_bytes(data)
    assert code_of(path) == "sheet_broken"


def test_a_locked_zip_entry_is_told(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", [["x"]])
    data = bytearray(path.read_bytes())
    start = data.find(b"PK\x01\x02")
    data[start + 8] |= 1
    path.write_bytes(data)
    assert code_of(path) == "sheet_zip_locked"


def test_entities_in_a_sheet_unfold_nothing(tmp_path):
    bomb = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    head = f'<!DOCTYPE worksheet [<!ENTITY e0 "0123456789"><!ENTITY file SYSTEM "file:///etc/passwd">{bomb}]>'
    for entity in ("&e9;", "&file;"):
        body = f'<row r="1"><c r="A1" t="inlineStr"><is><t>x{entity}</t></is></c></row>'
        path = with_sheet_xml(tmp_path / "a.xlsx", body, head=head)
        try:
            cells = [str(cell) for row in read_sheet(path).rows for cell in row]
        except Refused as refused:
            cells = [refused.code]
        assert all(len(cell) < 30 and "root" not in cell for cell in cells)


def test_a_cell_far_away_does_not_fill_the_memory(tmp_path):
    body = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert code_of(with_sheet_xml(tmp_path / "a.xlsx", body)) in ("sheet_too_heavy", "sheet_too_many_rows")


def test_a_sheet_that_needs_more_memory_than_the_fence_gives_is_refused(tmp_path):
    """Under the caps of archive, rows and columns: half a million cells.

    The child's memory is capped; ours stays low."""
    chance = random.Random(7)
    lines = "".join(
        f'<row r="{i}">{"".join(f"<c><v>{chance.randrange(999)}</v></c>" for _ in range(70))}</row>'
        for i in range(1, 7_001)
    )
    path = with_sheet_xml(tmp_path / "a.xlsx", lines)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert code_of(path, memory_mb=55, limit_s=60) == "sheet_too_heavy"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    assert len(read_sheet(path, limit_s=60).rows) == 7_000


def test_too_many_rows_and_columns(tmp_path):
    assert code_of(csv_file(tmp_path / "a.csv", "x\n" * 20_100)) == "sheet_too_many_rows"
    assert code_of(xlsx(tmp_path / "a.xlsx", [["x"]] * 20_100)) == "sheet_too_many_rows"
    assert code_of(csv_file(tmp_path / "b.csv", ",".join("x" * 101))) == "sheet_too_many_columns"
    assert code_of(xlsx(tmp_path / "b.xlsx", [["x"] * 101])) == "sheet_too_many_columns"
    assert len(read_sheet(csv_file(tmp_path / "c.csv", "x" + "," * 300 + "\n")).rows[0]) == 1


def test_a_file_over_the_cap_is_not_opened(tmp_path):
    with (tmp_path / "a.xlsx").open("wb") as file:
        file.truncate(sheets.FILE_AT_MOST_MB * sheets.MB + 1)
    assert code_of(tmp_path / "a.xlsx") == "sheet_too_large"


def test_a_reader_without_time_says_so(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", [["x"] * 90] * 3000)
    assert code_of(path, limit_s=0.02) == "sheet_too_slow"


def test_the_child_sees_no_key_of_the_app(tmp_path, monkeypatch):
    seen = {}
    real = fence.subprocess.Popen

    def watch(*args, **options):
        seen.update(options["env"])
        return real(*args, **options)

    monkeypatch.setenv("SLG_SECRET_KEY", "k" * 40)
    monkeypatch.setattr(fence.subprocess, "Popen", watch)
    read_sheet(xlsx(tmp_path / "a.xlsx", [["x"]]))
    assert seen
    assert not [name for name in seen if name.startswith("SLG_")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_code_of_the_reader_has_words(lang):
    assert [code for code in ERROR_CODES if not words(lang).has(f"refused.{code}")] == []
