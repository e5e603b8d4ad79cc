"""Finds the header of a sheet and what its columns hold, by the names that offices usually give them.

Pure: rows are plain values here (storage/sheets.py). Used for every kind of rows that comes in sheets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from domain.errors import Invalid

HEADER_WITHIN = 20  # rows: a title, a date and who made the list may stand above it
HEADER_NAMES_AT_LEAST = 2
_BRACKETS = re.compile(r"[(\[].*?[)\]]|[*:]")
Aliases = Mapping[str, Sequence[str]]


def find_header(rows: Sequence[Sequence[Any]], aliases: Aliases, *, like: tuple[str, str]) -> int:
    """The place of the first row that holds two known names. like: (zh, en) names for the refusal.

    Raises Invalid("sheet_no_header").
    """
    known = {name for names in aliases.values() for name in names}
    for i, row in enumerate(rows[:HEADER_WITHIN]):
        if len({plain_name(cell) for cell in row} & known) >= HEADER_NAMES_AT_LEAST:
            return i
    raise Invalid("sheet_no_header", field="file", names_zh=like[0], names_en=like[1])


def guessed_columns(
    names: Sequence[str], aliases: Aliases, remembered: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Field to column. What was used last time comes first, then the usual names; a column serves one field."""
    found: dict[str, str] = {}
    for field, column in (remembered or {}).items():
        if field in aliases and column in names and column not in found.values():
            found[field] = column
    by_name = {plain_name(name): name for name in reversed(names)}
    for field, usual in aliases.items():
        free = [by_name[name] for name in usual if name in by_name and by_name[name] not in found.values()]
        if field not in found and free:
            found[field] = free[0]
    return found


def checked_columns(names: Sequence[str], aliases: Aliases, chosen: Mapping[str, str]) -> dict[str, str]:
    """A person's own choice, field to column; "" leaves a field out. Raises Invalid naming field and column."""
    for field, column in chosen.items():
        if field not in aliases:
            raise Invalid("sheet_no_such_field", field=field, name=field[:40], names="、".join(aliases))
        if column and column not in names:
            raise Invalid("sheet_no_such_column", field=field, name=column[:80], names="、".join(names)[:500])
    return dict(chosen)


def distinct(names: Sequence[Any]) -> list[str]:
    """The header as column names: an empty one is called by its letter, the second of two equal ones gets a number."""
    seen: dict[str, int] = {}
    out = []
    for i, cell in enumerate(names):
        name = text_of(cell)[:100] or _letter(i)
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def plain_name(cell: Any) -> str:
    """A column's name without what does not matter: 手机号（必填）* and 手机 号 are 手机号."""
    text = _BRACKETS.sub("", unicodedata.normalize("NFKC", text_of(cell)))
    return re.sub(r"[\s_]+", "", text).casefold()


def text_of(value: Any) -> str:
    """A cell as a person reads it. 13800000000.0 has become a whole number before."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()


def _letter(i: int) -> str:
    return chr(65 + i) if i < 26 else _letter(i // 26 - 1) + chr(65 + i % 26)
