"""Where a record lies, in words: 示例小区036 · 3幢 2单元 · 剡湖街道."""

from __future__ import annotations

import re
from typing import Protocol

from i18n import Words

BARE_FIGURE = re.compile(r"-?[0-9]{1,4}[A-Za-z]?")


class Located(Protocol):
    """What a record tells about its place."""

    @property
    def zone_name(self) -> str | None: ...
    @property
    def street_name(self) -> str | None: ...
    @property
    def place_state(self) -> str: ...
    @property
    def building(self) -> str | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def floor(self) -> str | None: ...


def where(record: Located, say: Words) -> str:
    """Zone, place inside it, street; without a zone, the sentence about its place."""
    area = record.zone_name or say(f"place.{record.place_state}")
    return " · ".join(part for part in (area, inside(record, say), record.street_name) if part)


def inside(record: Located, say: Words) -> str:
    """3幢 2单元 5楼: a bare figure gets its measure word, anything else stays as it was typed."""
    typed = {"building": record.building, "unit": record.unit, "floor": record.floor}
    return " ".join(
        say(f"record.in_{name}", n=text) if BARE_FIGURE.fullmatch(text) else text
        for name, text in typed.items()
        if text
    )
