"""The rows of a file that something is wrong with, as a sheet to mend it by: where, what, and what would mend it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from i18n import Words

COLUMNS = ("row", "key", "name", "field", "said", "repair", "kept")
WIDTHS = (8, 22, 26, 14, 60, 22, 16)


def problem_sheet(problems: Sequence[Mapping[str, Any]], say: Words) -> bytes:
    """Every cell is a text or a number: what somebody wrote never becomes a formula or a link."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "in_memory": True}  # fmt: skip
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet(say("layers.sheet_name")[:31])
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for j, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True)):
            sheet.set_column(j, j, width)
            sheet.write_string(0, j, say(f"layers.sheet_{name}"), bold)
        sheet.freeze_panes(1, 0)
        for i, problem in enumerate(problems, 1):
            sheet.write_number(i, 0, problem["row"])
            for j, text in enumerate(_texts(problem, say), 1):
                sheet.write_string(i, j, text, wrapped)
    return out.getvalue()


def _texts(problem: Mapping[str, Any], say: Words) -> tuple[str, ...]:
    field = problem["field"] or ""
    return (
        str(problem["key"]), str(problem["name"]),
        say(f"layers.field_{field}") if say.has(f"layers.field_{field}") else field,
        say.refusal((problem["code"],), field, problem["facts"]),
        say(f"layers.{problem['repair']}") if problem["repair"] else "",
        say("layers.sheet_noted" if problem["is_note"] else "layers.sheet_bad"),
    )  # fmt: skip
