"""Money, days and counts as people type them. Nothing is guessed: a cell is understood or it is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from domain.errors import Invalid

FEN_AT_MOST = 10**13  # a hundred billion yuan; larger is a slip of the finger

_MONEY = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?")
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_COUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def _plain(text: str) -> str:
    """Full-width signs as their plain forms, without blanks round them."""
    return unicodedata.normalize("NFKC", text).strip()


def money_fen(text: str, *, field: str = "rent") -> int:
    """Yuan as typed, in fen: "200.5" and "２００．５０元" give 20050.

    Raises Invalid("bad_money"), Invalid("money_decimals", decimals=3) or Invalid("money_large").
    """
    plain = _plain(text).removeprefix("¥").removesuffix("元").strip()
    if not _MONEY.fullmatch(plain):
        raise Invalid("bad_money", field=field, typed=text[:20])
    yuan, _, decimals = plain.replace(",", "").partition(".")
    if len(decimals) > 2:
        raise Invalid("money_decimals", field=field, decimals=len(decimals))
    fen = int(yuan) * 100 + int(decimals.ljust(2, "0"))
    if fen > FEN_AT_MOST:
        raise Invalid("money_large", field=field, typed=text[:20])
    return fen


def money_text(fen: int) -> str:
    """Fen as yuan with two decimals and thousands marks: 9234000 gives "92,340.00"."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def real_day(text: str, *, field: str = "day") -> date:
    """A day as 2026-2-3, 2026/02/03 or 2026年2月3日.

    Raises Invalid("bad_day"), or Invalid("no_such_day", year=, month=, day=) for a day the calendar does not have.
    """
    found = _DAY.fullmatch(_plain(text))
    if not found:
        raise Invalid("bad_day", field=field, typed=text[:20])
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Invalid("no_such_day", field=field, year=year, month=month, day=day) from error


def count(text: str, *, field: str = "quantity") -> float:
    """A number above zero. Raises Invalid("bad_count") or Invalid("quantity_not_positive")."""
    plain = _plain(text)
    if not _COUNT.fullmatch(plain) or len(plain) > 15:
        raise Invalid("bad_count", field=field, typed=text[:20])
    number = float(plain)
    if number <= 0:
        raise Invalid("quantity_not_positive", field=field)
    return number
