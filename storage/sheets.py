"""Sheets out of XLSX and CSV files: asks a fenced child process to read one file and hands back plain values.

Nothing is judged here: which row is the header and what a cell means is decided by whoever asked for people, assets
or another kind of rows. See storage/fence.py for the fence, storage/sheet_reader.py for what runs inside it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from domain.errors import TooLarge
from storage import fence
from storage.fence import MB, MEMORY_CAP_MB, READING_LIMIT_S

FILE_AT_MOST_MB = 10
ROWS_AT_MOST, COLUMNS_AT_MOST = 20_000, 100
TEXT_AT_MOST = 10_000
ANSWER_AT_MOST_MB = 64

# Every refusal of the reader; i18n words them under [refused].
ERROR_CODES = frozenset({
    "sheet_not_a_file", "sheet_too_large", "sheet_old_format", "sheet_locked", "sheet_is_web", "sheet_not_a_sheet",
    "sheet_broken", "sheet_empty", "sheet_no_such", "sheet_too_many_rows", "sheet_too_many_columns",
    "sheet_encoding_unknown", "sheet_zip_too_large", "sheet_zip_ratio", "sheet_zip_entries", "sheet_zip_locked",
    "sheet_too_slow", "sheet_too_heavy", "sheet_reader_died",
})  # fmt: skip
# A text that starts so is a formula to the programs that open sheets.
SUSPECT = ("=", "+", "-", "@", "\t", "\r")
Cell = str | int | float | bool | date | datetime | None


@dataclass(frozen=True)
class SheetTable:
    """One sheet as the file holds it, blank rows left out.

    numbers[i]: the row's number in the file, from 1. rows[i][j]: text without blanks around it, whole number, number,
    yes/no, day, moment (as the sheet shows it, without a zone) or None; every row has the same length.
    format: xlsx or csv. sheet: the worksheet's name. others: further worksheets that hold something.
    """

    format: str
    sheet: str
    others: tuple[str, ...]
    numbers: list[int]
    rows: list[list[Cell]]
    sha256: str
    size: int
    encoding: str | None = None
    encoding_reason: str | None = None


def read_sheet(
    path: Path, *, sheet: str | None = None, memory_mb: int = MEMORY_CAP_MB, limit_s: float = READING_LIMIT_S
) -> SheetTable:
    """Read a local file. sheet: which worksheet; None: the first visible one that holds anything.

    Raises Invalid with one of ERROR_CODES, TooLarge.
    """
    path = fence.local_file(path, "sheet")
    size = path.stat().st_size
    if size > FILE_AT_MOST_MB * MB:
        raise TooLarge("sheet_too_large", field="file", at_most_mb=FILE_AT_MOST_MB)
    with tempfile.TemporaryDirectory(prefix="slg-sheet-") as folder:
        words = [str(path), "--memory-mb", str(memory_mb), "--limit-s", str(limit_s),
                 *(["--sheet", sheet] if sheet else [])]  # fmt: skip
        head, numbers, rows = fence.ask(
            "sheet", "storage.sheet_reader", words, Path(folder), _receive, limit_s=limit_s
        )  # fmt: skip
    return SheetTable(head["format"], head["sheet"], tuple(head["others"]), numbers, rows, fence.sha256_of(path), size,
                      head["encoding"], head["encoding_reason"])  # fmt: skip


def _receive(pipe: IO[bytes]) -> tuple[dict[str, Any], list[int], list[list[Cell]]]:
    """After the head one line a row; the last line counts them."""
    left = ANSWER_AT_MOST_MB * MB
    head = fence.head_of(pipe, "sheet", ERROR_CODES)
    numbers: list[int] = []
    rows: list[list[Cell]] = []
    while True:
        line = pipe.readline(left)
        left -= len(line)
        if not line or left <= 0:
            raise ValueError("the answer broke off")
        found = json.loads(line)
        if isinstance(found, dict):
            if found["rows"] != len(rows):
                raise ValueError("rows are missing")
            return head, numbers, rows
        number, values = found
        numbers.append(number)
        rows.append([_READ[next(iter(v))](next(iter(v.values()))) if isinstance(v, dict) else v for v in values])


# JSON has no word for days: the child sends {"day": "2026-11-23"} or {"at": "2026-11-23T08:30:00"}.
_READ: dict[str, Callable[[str], date]] = {"day": date.fromisoformat, "at": datetime.fromisoformat}
