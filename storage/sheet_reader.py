"""The child that reads foreign sheets: `python -m storage.sheet_reader FILE`. One file, one answer, then gone.

XLSX through python-calamine, which has no formula or macro engine: a formula is the value that the last program left
there. An archive's totals are checked first, and every entry is unpacked once to count what it really holds. CSV by
the standard library, with , ; or TAB between its cells.

Answer: JSON lines. {"ok": true, "format", "sheet", "others", "encoding", "encoding_reason"}, then [number, values] a
row, then {"rows": n}; or {"ok": false, "code", "facts"} alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from domain.errors import Invalid
from storage import decoding, fence
from storage.fence import MB, MEMORY_CAP_MB, READING_LIMIT_S, UNPACKED_AT_MOST_MB
from storage.sheets import COLUMNS_AT_MOST, ROWS_AT_MOST, SUSPECT, TEXT_AT_MOST

OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED_PART = "EncryptedPackage".encode("utf-16-le")
BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"
Numbered = list[tuple[int, list[Any]]]


def main() -> None:
    options = _options()
    fence.serve("sheet", lambda: _lines(*_read(options.file, options.sheet)), memory_mb=options.memory_mb,
                limit_s=options.limit_s)  # fmt: skip


def _read(path: Path, wanted: str | None) -> tuple[dict[str, Any], Numbered]:
    """The format is what the file holds, not what it is called."""
    with path.open("rb") as file:
        start = file.read(512)
    if start.startswith(b"PK"):
        return _read_xlsx(path, wanted)
    if start.startswith(OLD_OFFICE):
        raise Invalid("sheet_locked" if LOCKED_PART in path.read_bytes() else "sheet_old_format")
    return _read_csv(path.read_bytes())


# -- XLSX ----------------------------------------------------------------------------------------------------------


def _read_xlsx(path: Path, wanted: str | None) -> tuple[dict[str, Any], Numbered]:
    _check_archive(path)
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
        sheets = [m.name for m in book.sheets_metadata
                  if m.typ == calamine.SheetTypeEnum.WorkSheet and m.visible == calamine.SheetVisibleEnum.Visible]  # fmt: skip
        if wanted is not None and wanted not in sheets:
            raise Invalid("sheet_no_such", name=wanted[:40], names="、".join(sheets)[:300])
        found: tuple[str, Numbered] | None = None
        others = []
        for name in [wanted] if wanted else sheets:
            sheet = book.get_sheet_by_name(name)
            if not sheet.height:
                continue
            if found is None:
                found = (name, _worksheet_rows(sheet))
                found = found if found[1] else None
            else:
                others.append(name)
    except calamine.PasswordError as error:
        raise Invalid("sheet_locked") from error
    except calamine.CalamineError as error:
        raise Invalid("sheet_broken") from error
    if found is None:
        raise Invalid("sheet_empty")
    return {"format": "xlsx", "sheet": found[0], "others": others, "encoding": None, "encoding_reason": None}, found[1]


def _check_archive(path: Path) -> None:
    """Totals as claimed, then as they are: what a directory says about its entries may be a lie."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = fence.check_totals(archive, "sheet")
            names = {info.filename.replace("\\", "/") for info in infos}
            left = UNPACKED_AT_MOST_MB * MB
            for info in infos:
                with archive.open(info) as entry:
                    while piece := entry.read(MB):
                        left -= len(piece)
                        if left < 0:
                            raise Invalid("sheet_zip_too_large", at_most_mb=UNPACKED_AT_MOST_MB)
    except Invalid:
        raise
    except fence.ZIP_TROUBLES as error:
        raise Invalid("sheet_broken") from error
    if "xl/workbook.xml" not in names:
        raise Invalid("sheet_not_a_sheet")


def _worksheet_rows(sheet: Any) -> Numbered:
    _check_size(sheet.height, sheet.width)
    first = sheet.start[0] + 1
    return _not_blank([(first + i, [_plain(cell) for cell in row]) for i, row in enumerate(sheet.to_python())])


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip(BLANKS)[:TEXT_AT_MOST] or None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, datetime):
        # A day that was typed with its time left at midnight is a day.
        is_day = value.time() == time()
        return {"day": value.date().isoformat()} if is_day else {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, time):
        return value.isoformat("minutes" if not value.second else "seconds")
    if isinstance(value, timedelta):
        return str(value)
    return value


# -- CSV -----------------------------------------------------------------------------------------------------------


def _read_csv(data: bytes) -> tuple[dict[str, Any], Numbered]:
    if not data.strip():
        raise Invalid("sheet_empty")
    text, encoding, reason = decoding.decoded(data, "sheet")
    if any(sign < " " and sign not in "\t\r\n\f\v" for sign in set(text)) or data.startswith((b"%PDF", b"{\\rtf")):
        raise Invalid("sheet_not_a_sheet")
    if text.lstrip(BLANKS)[:1] == "<":
        raise Invalid("sheet_is_web")
    rows: Numbered = []
    try:
        # Counted as a sheet counts: a cell may hold several lines, and an empty line is a row too.
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), 1):
            row = [_typed(cell) for cell in cells]
            while row and row[-1] is None:
                row.pop()
            if row:
                rows.append((number, row))
                _check_size(len(rows), len(row))
    except csv.Error as error:
        raise Invalid("sheet_broken") from error
    if not rows:
        raise Invalid("sheet_empty")
    head = {"format": "csv", "sheet": "", "others": [], "encoding": encoding, "encoding_reason": reason}
    return head, rows


def _delimiter(text: str) -> str:
    """What stands most often in the first line that holds one at all: a title above the header holds none."""
    for line in text[:20_000].splitlines():
        found = max(",;\t", key=line.count)
        if line.count(found):
            return found
    return ","


def _typed(cell: str) -> str | None:
    """A program guards a cell that starts like a formula with a '; it is not part of what was meant."""
    text = cell.strip(BLANKS)
    if text.startswith("'") and text[1:2] in SUSPECT:
        text = text[1:]
    return text[:TEXT_AT_MOST] or None


# -- both ----------------------------------------------------------------------------------------------------------


def _check_size(height: int, width: int) -> None:
    if height > ROWS_AT_MOST + 20:  # a title and a header above them
        raise Invalid("sheet_too_many_rows", at_most=ROWS_AT_MOST)
    if width > COLUMNS_AT_MOST:
        raise Invalid("sheet_too_many_columns", at_most=COLUMNS_AT_MOST)


def _not_blank(rows: Numbered) -> Numbered:
    return [(number, row) for number, row in rows if any(cell is not None for cell in row)]


def _lines(head: dict[str, Any], rows: Numbered) -> Iterator[str]:
    width = max(len(row) for _, row in rows)
    texts = (json.dumps([number, [*row, *[None] * (width - len(row))]], ensure_ascii=False) for number, row in rows)
    return chain([json.dumps({"ok": True, **head}, ensure_ascii=False)], texts, [json.dumps({"rows": len(rows)})])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="storage.sheet_reader", description="Reads one sheet behind a fence.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--sheet")
    parser.add_argument("--memory-mb", type=int, default=MEMORY_CAP_MB)
    parser.add_argument("--limit-s", type=float, default=READING_LIMIT_S)
    return parser.parse_args()


if __name__ == "__main__":
    main()
