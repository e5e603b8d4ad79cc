"""What the office decides about zones: versions that take force, and who manages a zone since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

# Why a zone is drawn as it is, in the policy's own words: 路网结构、公共设施配套、管理便捷性 (嵊政办〔2022〕97号 三(三)1).
REASONS = ("road_network", "public_facilities", "convenience")


@dataclass(frozen=True)
class Decision:
    """Versions that take force together, at `starts_at`. kind: version, split, merge, border (of neighbours, moved).

    over: ids of the versions in force when it was decided, which end with it. state: planned, in_force, withdrawn,
    failed. refusal: why a planned one could not take force when its day came: {"code": ..., **facts}.
    """

    id: str
    kind: str
    state: str
    street_id: str | None
    versions: tuple[str, ...]
    over: tuple[str, ...]
    starts_at: datetime
    reason: str
    consent: str | None
    decided_by: str | None
    decided_at: datetime
    closed_at: datetime | None = None
    refusal: dict[str, Any] | None = None


@dataclass(frozen=True)
class ModeEntry:
    """One line of a zone's management: mode and company since a day. Days are ISO dates; source: where it is written."""

    id: str
    zone_id: str
    mode: str
    manager: str | None
    since: str
    contract_start: str | None
    contract_end: str | None
    source: str
    entered_by: str | None
    entered_at: datetime


@dataclass(frozen=True)
class Succession:
    """What became of one thing of a zone that was split or taken in. kind: record, asset, contract (a ModeEntry).

    to_zone: the zone it went to; None while nobody decided, or when it went nowhere. why: place (it lies there), or
    what place does not tell: no_place, outside, several, contract. state: followed (by place, nobody asked), open,
    settled (somebody decided). label: its number or name as people know it.
    """

    id: str
    decision_id: str
    kind: str
    subject_id: str
    label: str
    from_zone: str
    heirs: tuple[str, ...]
    to_zone: str | None
    why: str
    state: str
    at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None
