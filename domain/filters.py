"""What lists and maps are narrowed to. Plain values: a page reads them from the address, storage turns them into SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# States of a place that somebody has to settle.
UNSETTLED = ("no_zone", "two_zones", "outside_city", "no_position")

# States of what its reporter took back: it stays readable and counts no more.
WITHDRAWN = ("void",)


@dataclass(frozen=True)
class RecordFilter:
    """What a list or map of records is narrowed to; empty fields do not narrow."""

    text: str = ""
    issue_types: tuple[str, ...] = ()
    place_states: tuple[str, ...] = ()
    street_id: str | None = None
    zone_id: str | None = None
    reporter_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 200
    offset: int = 0
    without_states: tuple[str, ...] = ()


@dataclass(frozen=True)
class AssetFilter:
    text: str = ""
    category: str | None = None
    zone_id: str | None = None
    limit: int = 500
