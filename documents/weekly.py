"""The weekly report as a workbook: records by street and kind, originals, coverage, assets. Texts are never formulas."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from i18n import Words

WIDTHS = (18, 12)
PERCENT = "0.0%"


@dataclass(frozen=True)
class Table:
    """One sheet. Each row is as long as the heads; a float under a head of `shares` is written as a percentage."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str | int | float | None]]
    shares: frozenset[int] = frozenset()
    total: Sequence[str | int | float | None] | None = None


@dataclass(frozen=True)
class Weekly:
    """since, until: first and last day. made_at: in the office's time, as text."""

    since: str
    until: str
    made_at: str
    is_sample: bool
    figures: Sequence[tuple[str, int | float | str, str]]
    tables: Sequence[Table]


def workbook(report: Weekly, say: Words) -> bytes:
    """The file's bytes."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                     "strings_to_numbers": False})  # fmt: skip
    book.set_properties({"title": say("report.weekly_title", since=report.since, until=report.until)})
    forms = {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "note": book.add_format({"font_color": "#56656E"}),
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}),
        "total": book.add_format({"bold": True, "top": 1}),
        "share": book.add_format({"num_format": PERCENT}),
        "total_share": book.add_format({"bold": True, "top": 1, "num_format": PERCENT}),
    }
    _first(book.add_worksheet(say("report.overview")), report, forms, say)
    for table in report.tables:
        _sheet(book.add_worksheet(table.title), table, forms)
    book.close()
    return out.getvalue()


def _first(sheet: Any, report: Weekly, forms: dict[str, Any], say: Words) -> None:
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 44)
    sheet.write_string(0, 0, say("report.weekly_title", since=report.since, until=report.until), forms["title"])
    sheet.write_string(1, 0, say("report.made_at", at=report.made_at), forms["note"])
    if report.is_sample:
        sheet.write_string(2, 0, say("app.sample"), forms["note"])
    for i, (name, figure, note) in enumerate(report.figures, start=4):
        sheet.write_string(i, 0, name)
        _cell(sheet, i, 1, figure, forms["share"] if isinstance(figure, float) else None)
        sheet.write_string(i, 2, note, forms["note"])
    for i, line in enumerate(("report.how_week", "report.how_coverage"), start=6 + len(report.figures)):
        sheet.write_string(i, 0, say(line), forms["note"])
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _sheet(sheet: Any, table: Table, forms: dict[str, Any]) -> None:
    sheet.set_column(0, 0, WIDTHS[0])
    sheet.set_column(1, max(1, len(table.heads) - 1), WIDTHS[1])
    for column, head in enumerate(table.heads):
        sheet.write_string(0, column, head, forms["head"])
    for i, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            _cell(sheet, i, column, value, forms["share"] if column in table.shares else None)
    for column, value in enumerate(table.total or ()):
        form = forms["total_share"] if column in table.shares else forms["total"]
        _cell(sheet, len(table.rows) + 1, column, value, form)
    sheet.freeze_panes(1, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _cell(sheet: Any, row: int, column: int, value: str | int | float | None, form: Any) -> None:
    """A number as a number, everything else as text, nothing as an empty cell."""
    if value is None:
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, form)
    else:
        sheet.write_number(row, column, value, form)
