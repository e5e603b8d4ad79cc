"""Reads policy tables strictly: every bad entry is refused with its file, its code, its field and a reason."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.errors import Invalid


class BadEntry(Invalid):
    """One entry of a policy table cannot stand. i18n words it under refused.bad_entry_<reason>.

    file: name of the table. entry: code of the entry, "" for the table's head. field: key in the entry.
    reason: not_toml, missing, empty, wrong_kind, unknown, too_long, too_small, too_large, repeated, no_source, unverified,
    out_of_order.
    """

    def __init__(self, file: str, entry: str, field: str, reason: str) -> None:
        super().__init__(f"bad_entry_{reason}", field=field, file=file, entry=entry, name=field)
        self.file, self.entry, self.reason = file, entry, reason


def table(text: str, file: str) -> dict[str, Any]:
    """The text as TOML. Raises BadEntry(file, "", "line N" or "", "not_toml")."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition("(at ")[2].rstrip(")")
        raise BadEntry(file, "", where, "not_toml") from error


@dataclass(frozen=True)
class Term:
    """From which day on an entry is offered, and from which day on it no longer is; None: no such day."""

    starts_on: date | None = None
    retired_on: date | None = None

    def holds(self, on: date) -> bool:
        return (self.starts_on is None or self.starts_on <= on) and (self.retired_on is None or on < self.retired_on)


ALWAYS = Term()


class Entry:
    """One entry, read field by field; `done` refuses the fields nobody asked for."""

    def __init__(self, file: str, code: str, data: Any, *, inside: str = "") -> None:
        self.file, self.code, self._inside = file, code, inside
        if not isinstance(data, dict):
            raise BadEntry(file, code, inside, "wrong_kind")
        self._data, self._asked = data, set[str]()

    def bad(self, field: str, reason: str) -> BadEntry:
        """The refusal for one field of this entry, to be raised by the caller."""
        return BadEntry(self.file, self.code, f"{self._inside}.{field}" if self._inside else field, reason)

    def has(self, field: str) -> bool:
        return field in self._data

    def value(self, field: str) -> Any:
        self._asked.add(field)
        if field not in self._data:
            raise self.bad(field, "missing")
        return self._data[field]

    def text(self, field: str, *, at_most: int = 2000) -> str:
        """A non-empty single string without blanks at its ends."""
        value = self.value(field)
        if not isinstance(value, str):
            raise self.bad(field, "wrong_kind")
        if not value.strip() or value != value.strip():
            raise self.bad(field, "empty")
        if len(value) > at_most:
            raise self.bad(field, "too_long")
        return value

    def maybe_text(self, field: str, *, at_most: int = 2000) -> str:
        """A string that may be left out or empty; then ""."""
        if self._data.get(field, "") == "":
            self._asked.add(field)
            return ""
        return self.text(field, at_most=at_most)

    def choice(self, field: str, allowed: Iterable[str]) -> str:
        value = self.text(field)
        if value not in allowed:
            raise self.bad(field, "unknown")
        return value

    def number(self, field: str, *, above: float = 0.0) -> float:
        """A finite number larger than `above`."""
        value = self.value(field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.bad(field, "wrong_kind")
        if not above < value < float("inf"):
            raise self.bad(field, "too_small")
        return float(value)

    def whole(self, field: str, *, above: int = 0, at_most: int | None = None) -> int:
        value = self.value(field)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.bad(field, "wrong_kind")
        if value <= above:
            raise self.bad(field, "too_small")
        if at_most is not None and value > at_most:
            raise self.bad(field, "too_large")
        return value

    def flag(self, field: str) -> bool:
        value = self.value(field)
        if not isinstance(value, bool):
            raise self.bad(field, "wrong_kind")
        return value

    def maybe_day(self, field: str) -> date | None:
        if not self.has(field):
            return None
        value = self.value(field)
        if type(value) is not date:
            raise self.bad(field, "wrong_kind")
        return value

    def term(self) -> Term:
        """starts_on and retired_on, both optional; a term that ends before it begins is out_of_order."""
        found = Term(self.maybe_day("starts_on"), self.maybe_day("retired_on"))
        if found.starts_on and found.retired_on and found.retired_on < found.starts_on:
            raise self.bad("retired_on", "out_of_order")
        return found

    def texts(self, field: str, *, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of non-empty strings, none twice; may be left out."""
        self._asked.add(field)
        values = self._data.get(field, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.bad(field, "wrong_kind")
        if not all(value.strip() for value in values):
            raise self.bad(field, "empty")
        if len(set(values)) != len(values):
            raise self.bad(field, "repeated")
        if allowed is not None and not set(values) <= set(allowed):
            raise self.bad(field, "unknown")
        return tuple(values)

    def part(self, field: str) -> Entry:
        """A table inside this entry."""
        return Entry(self.file, self.code, self.value(field), inside=self._path(field))

    def parts(self, field: str) -> list[Entry]:
        """A list of tables inside this entry; may be left out."""
        self._asked.add(field)
        values = self._data.get(field, [])
        if not isinstance(values, list):
            raise self.bad(field, "wrong_kind")
        return [Entry(self.file, self.code, value, inside=self._path(field, at)) for at, value in enumerate(values)]

    def named(self, field: str) -> list[Entry]:
        """A table of tables, [field.CODE]: each becomes an entry under its own code."""
        value = self.value(field)
        if not isinstance(value, dict):
            raise self.bad(field, "wrong_kind")
        return [Entry(self.file, code, data) for code, data in value.items()]

    def coded(self, field: str) -> list[Entry]:
        """An array of tables, [[field]], each with its own permanent `code`; none twice."""
        found: list[Entry] = []
        for at, part in enumerate(self.parts(field)):
            code = part._data.get("code")
            if not isinstance(code, str) or not code:
                raise BadEntry(self.file, "", f"{field}[{at}].code", "missing")
            if any(code == other.code for other in found):
                raise BadEntry(self.file, code, "code", "repeated")
            entry = Entry(self.file, code, part._data)
            entry._asked.add("code")
            found.append(entry)
        return found

    def done(self) -> None:
        """Raises BadEntry(..., "unknown") for a field that is not part of this kind of entry: a typing slip."""
        for field in self._data:
            if field not in self._asked:
                raise self.bad(field, "unknown")

    def _path(self, field: str, at: int | None = None) -> str:
        own = field if at is None else f"{field}[{at}]"
        return f"{self._inside}.{own}" if self._inside else own
