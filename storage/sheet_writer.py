"""Writes sheets that people open in programs which run formulas: every text stays a text.

XLSX cells are written as strings whatever they look like; CSV cells that start with = + - @ TAB CR get a leading '.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xlsxwriter

from storage.sheets import SUSPECT

WIDE_AT_MOST, NARROW_AT_LEAST = 60, 8
TEXT_AT_MOST = 32_000  # a cell of a sheet holds 32,767


@dataclass(frozen=True)
class Page:
    """One worksheet. bad: (row, column) of cells to colour, from 0. choices: column to the texts offered for its cells.

    dim: rows to show in grey, such as an example.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    bad: frozenset[tuple[int, int]] = frozenset()
    dim: frozenset[int] = frozenset()
    choices: Mapping[int, Sequence[str]] = field(default_factory=dict)


def xlsx(pages: Sequence[Page]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        plain = {"font_size": 11, "valign": "top", "text_wrap": True, "num_format": "@"}
        head = book.add_format({**plain, "bold": True, "bg_color": "#E9EDEC", "bottom": 1})
        cell = book.add_format(plain)
        bad = book.add_format(
            {**plain, "bg_color": "#FBE9E5", "font_color": "#A82A1A", "border": 1, "border_color": "#A82A1A"}
        )
        dim = book.add_format({**plain, "font_color": "#56656E"})
        for page in pages:
            sheet = book.add_worksheet(page.name[:31])
            sheet.freeze_panes(1, 0)
            for j, name in enumerate(page.columns):
                sheet.set_column(j, j, _width(page, j), cell)  # an empty cell takes figures as text too
                sheet.write_string(0, j, name, head)
            for i, row in enumerate(page.rows):
                for j, value in enumerate(row):
                    shape = bad if (i, j) in page.bad else dim if i in page.dim else cell
                    sheet.write_string(i + 1, j, _text(value), shape)
            for j, texts in page.choices.items():
                # Offered, not forced: a cell may name two of them.
                rule = {"validate": "list", "source": list(texts), "show_error": False}
                sheet.data_validation(1, j, 1000, j, rule)
    return out.getvalue()


def csv_text(page: Page) -> bytes:
    """One page as CSV in UTF-8 with its mark, as office programs expect it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(page.columns)
    writer.writerows([_guarded(_text(value)) for value in row] for row in page.rows)
    return out.getvalue().encode("utf-8-sig")


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(SUSPECT) else text


def _text(value: Any) -> str:
    """XML has no way to say a control character; a stored text may hold one."""
    text = "" if value is None else str(value)
    return "".join(sign for sign in text if sign >= " " or sign in "\t\n")[:TEXT_AT_MOST]


def _width(page: Page, j: int) -> int:
    """A Chinese sign is as wide as two letters."""
    texts = [page.columns[j], *(_text(row[j]) for row in page.rows[:200] if j < len(row))]
    widest = max(sum(2 if sign > "\u2e7f" else 1 for sign in line) for text in texts for line in text.split("\n"))
    return min(max(widest + 2, NARROW_AT_LEAST), WIDE_AT_MOST)
