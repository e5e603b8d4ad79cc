"""Ids and names of the sample city. Every id is a uuid5, so that a second build has the same ones."""

from __future__ import annotations

import uuid

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:shengliguan:sample-city")
_DIGITS = "零一二三四五六七八九"


def sample_id(kind: str, key: str) -> str:
    """The id of one thing of the sample city, from what it is and its code."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{key}"))


def ordinal_zh(number: int) -> str:
    """1..99 in Chinese numerals, for 第一网格."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[ones] if ones else "")
