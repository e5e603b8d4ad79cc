"""What the office writes down: frozen dataclasses that pass between the floors.

Geometry is EPSG:4326 lon/lat degrees (WGS 84, equal to CGCS2000 for this use); times are aware UTC datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

LAYERS = ("street", "community", "grid", "unit_cell", "zone")
ROLES = (
    "inspector", "grid_leader", "community_specialist", "supervisor", "dispatcher", "handler",
    "street_officer", "asset_clerk", "housing_bureau", "leader", "auditor", "admin",
)  # fmt: skip
AUTO = "auto"  # a person's language until they choose: the browser's
SCOPES = ("city", "street", "community", "grid", "department")


@dataclass(frozen=True)
class Assignment:
    """One role of one person over one scope. `scope_id` is None for the city."""

    role: str
    scope_kind: str
    scope_id: str | None = None


@dataclass(frozen=True)
class Actor:
    """Who is asking. Built by services.guard from a live session or token, never from a form.

    token_id, actions: set when a machine asks; it may do what its owner may, and of that only these actions.
    """

    person_id: str
    name: str
    assignments: tuple[Assignment, ...] = ()
    lang: str = "zh"
    session_id: str | None = None
    token_id: str | None = None
    actions: frozenset[str] | None = None

    def has_role(self, *roles: str) -> bool:
        return any(a.role in roles for a in self.assignments)


@dataclass(frozen=True)
class Person:
    id: str
    username: str
    name: str
    phone: str | None
    lang: str
    disabled_at: datetime | None
    created_at: datetime
    assignments: tuple[Assignment, ...] = ()


@dataclass(frozen=True)
class Position:
    """A satellite or network fix. accuracy_m is the browser's 68 % radius."""

    lon: float
    lat: float
    accuracy_m: float | None = None
    fixed_at: datetime | None = None


@dataclass(frozen=True)
class Area:
    """One version of a street, community, grid, unit cell or zone.

    area_id: stable over versions. id: this version. kind: zone kind or grid kind; mode: management mode (zones).
    status: draft, in_force, superseded, retired. origin: where the line comes from, and its datum.
    """

    id: str
    area_id: str
    layer: str
    version: int
    status: str
    code: str
    name: str
    geometry: BaseGeometry
    area_m2: float
    kind: str | None = None
    mode: str | None = None
    manager: str | None = None
    street_id: str | None = None
    community_id: str | None = None
    households: int | None = None
    origin: str = ""
    is_sample: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    crosses_grids: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DivisionRow:
    """One piece of a zone version. grid_id None means outside every grid. share is of the zone's area."""

    grid_id: str | None
    grid_version_id: str | None
    grid_code: str
    grid_name: str
    area_m2: float
    share: float
    buildings: int
    households: int
    is_sliver: bool
    piece: BaseGeometry | None = None


@dataclass(frozen=True)
class Place:
    """Where a point lies. state: settled, no_zone, two_zones, outside_city, no_position."""

    state: str
    street: Area | None = None
    community: Area | None = None
    grid: Area | None = None
    unit_cell: Area | None = None
    zones: tuple[Area, ...] = ()

    @property
    def zone(self) -> Area | None:
        return self.zones[0] if len(self.zones) == 1 else None


@dataclass(frozen=True)
class Photo:
    """state: expected (announced, not here yet) or kept. views: none, made, failed."""

    id: str
    record_id: str
    sha256: str
    size: int
    media_type: str
    shot: str
    source: str
    state: str
    views: str
    ordinal: int = 0
    taken_at: datetime | None = None
    position: Position | None = None
    derived_from: str | None = None
    kept_at: datetime | None = None
    has_preview: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    view_error: str | None = None


@dataclass(frozen=True)
class Record:
    """One capture: what was seen, where, by whom, with which photos.

    lon/lat: the place that counts (the pin when one was set, else the fix). *_version_id: versions in force then; the
    zone's, when that was split or taken in since, is the one that the record went to, and the history names both.
    captured_at: by our clock when the phone's was off. subject: the report that a sighting saw again.
    """

    id: str
    number: str
    kind: str
    issue_type: str
    state: str
    captured_at: datetime
    sent_at: datetime | None
    received_at: datetime
    reporter_id: str
    reporter_name: str
    position: Position | None
    position_reason: str | None
    lon: float | None
    lat: float | None
    place_state: str
    street_id: str | None
    street_version_id: str | None
    community_id: str | None
    grid_id: str | None
    grid_version_id: str | None
    zone_id: str | None
    zone_version_id: str | None
    street_name: str | None
    grid_name: str | None
    zone_name: str | None
    zone_mode: str | None
    building: str | None
    unit: str | None
    floor: str | None
    note: str | None
    plate: str | None
    catalogue_edition: str
    is_sample: bool
    clock_off_s: float | None = None
    photos: tuple[Photo, ...] = ()
    photos_expected: int = 0
    photos_kept: int = 0
    cover_photo_id: str | None = None
    subject_id: str | None = None
    subject_number: str | None = None


@dataclass(frozen=True)
class Building:
    id: str
    name: str
    number: str
    geometry: BaseGeometry
    lon: float
    lat: float
    households: int
    is_residential: bool
    street_id: str | None = None
    grid_id: str | None = None
    zone_id: str | None = None
    is_sample: bool = False


@dataclass(frozen=True)
class Road:
    id: str
    name: str
    geometry: BaseGeometry
    kind: str = "road"
    is_sample: bool = False


@dataclass(frozen=True)
class Asset:
    """One public-revenue asset of a zone. rent_fen: hundredths of a yuan per billing cycle."""

    id: str
    asset_no: str
    zone_id: str | None
    grid_id: str | None
    street_id: str | None
    category: str
    subcategory: str
    name: str
    location_text: str
    lon: float
    lat: float
    quantity: float
    unit: str
    ownership: str
    status: str
    operation_mode: str | None = None
    operator: str | None = None
    decision_ref: str | None = None
    contract_no: str | None = None
    contract_start: str | None = None
    contract_end: str | None = None
    rent_fen: int | None = None
    billing_cycle: str | None = None
    area_m2: float | None = None
    remarks: str | None = None
    surveyed_by: str | None = None
    surveyed_at: datetime | None = None
    is_sample: bool = False
    zone_name: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HistoryEntry:
    """One link of a subject's chain: hash = SHA-256 over (prev_hash, subject, seq, at, actor, action, digest)."""

    subject_kind: str
    subject_id: str
    seq: int
    at: datetime
    actor_id: str | None
    actor_name: str | None
    action: str
    payload: dict[str, Any]
    prev_hash: str
    hash: str


@dataclass(frozen=True)
class Day:
    """A day that differs from Monday to Friday. source: a package and its version, or "office"."""

    day: date
    is_working: bool
    name: str
    source: str
