"""Sheets for tests: good ones, and ones that mean harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter


def xlsx(path: Path, rows: Sequence[Sequence[Any]], *, name: str = "名单", at: tuple[int, int] = (0, 0)) -> Path:
    """A worksheet whose rows begin at `at` (row and column from 0)."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value is not None:
                    sheet.write(at[0] + i, at[1] + j, value)
    return path


def csv_file(path: Path, text: str, encoding: str = "utf-8-sig") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def with_sheet_xml(path: Path, body: str | bytes, *, head: str = "", more: dict[str, bytes] | None = None) -> Path:
    """A workbook whose one worksheet holds this XML; head: what stands before the root, such as a DTD."""
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain) as book:
        book.add_worksheet("名单").write(0, 0, "x")
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    data = body.encode() if isinstance(body, str) else body
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for info in source.infolist():
            if info.filename != "xl/worksheets/sheet1.xml":
                out.writestr(info.filename, source.read(info))
        start = f'<?xml version="1.0"?>{head}<worksheet {space}><sheetData>'.encode()
        out.writestr("xl/worksheets/sheet1.xml", start + data + b"</sheetData></worksheet>")
        for name, content in (more or {}).items():
            out.writestr(name, content)
    return path


def old_office(path: Path, *parts: str) -> Path:
    """What an .xls or a locked .xlsx begins with, and the names of the parts inside."""
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504 + b"".join(p.encode("utf-16-le") for p in parts)
    )
    return path
