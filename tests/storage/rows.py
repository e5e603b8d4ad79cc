"""Rows for the storage tests: areas, people, records, with what a test does not care about filled in."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from shapely.geometry import box

from domain.records import Area, Asset, Assignment, Building, Person, Road

NOON = datetime(2026, 11, 23, 4, 0, 0, 123456, tzinfo=UTC)


def new_id() -> str:
    return str(uuid.uuid4())


def area(**changed: Any) -> Area:
    known = {"id": new_id(), "area_id": new_id(), "layer": "zone", "version": 1, "status": "in_force", "code": "Q-1",
             "name": "剡湖花园", "geometry": box(120.80, 29.58, 120.81, 29.59), "area_m2": 1_073_000.5}  # fmt: skip
    return Area(**{**known, **changed})


def person(**changed: Any) -> Person:
    known = {"id": new_id(), "username": f"u{uuid.uuid4().hex[:8]}", "name": "示意", "phone": None, "lang": "zh",
             "disabled_at": None, "created_at": NOON, "assignments": (Assignment("inspector", "street", "s1"),)}  # fmt: skip
    return Person(**{**known, **changed})


def building(**changed: Any) -> Building:
    known = {"id": new_id(), "name": "3幢", "number": "3", "geometry": box(120.801, 29.581, 120.8012, 29.5811),
             "lon": 120.8011, "lat": 29.58105, "households": 24}  # fmt: skip
    return Building(**{**known, "is_residential": True, **changed})


def road(**changed: Any) -> Road:
    known = {"id": new_id(), "name": "剡溪路", "geometry": box(120.8, 29.58, 120.81, 29.59).boundary}
    return Road(**{**known, **changed})


def asset(**changed: Any) -> Asset:
    known = {"id": new_id(), "asset_no": uuid.uuid4().hex[:10], "zone_id": None, "grid_id": None, "street_id": "s1",
             "category": "parking", "subcategory": "ground", "name": "东门车位", "location_text": "东门内",
             "lon": 120.801, "lat": 29.581, "quantity": 12.0, "unit": "个", "ownership": "owners",
             "status": "in_use"}  # fmt: skip
    return Asset(**{**known, **changed})


def record_row(reporter_id: str, **changed: Any) -> dict[str, Any]:
    known = {
        "id": new_id(), "number": f"R-{uuid.uuid4().hex[:12]}", "kind": "report", "issue_type": "zombie_vehicle",
        "subject_id": None, "state": "reported", "captured_at": NOON, "sent_at": NOON, "received_at": NOON,
        "clock_off_s": None, "reporter_id": reporter_id,
        "position": {"lon": 120.801, "lat": 29.581, "accuracy_m": 6.0, "fixed_at": NOON.isoformat()},
        "position_reason": None, "pin": None, "lon": 120.801, "lat": 29.581, "place_state": "settled",
        "street_id": "s1", "street_version_id": None, "community_id": None, "grid_id": None, "grid_version_id": None,
        "zone_id": None, "zone_version_id": None, "building": "3幢", "unit": None, "floor": None, "note": "落满灰",
        "plate": "浙D12345", "catalogue_edition": "test", "content_hash": "c" * 64,
        "body": {"schema": 1, "深": [{"度": 1.25, "空": None, "符号": "‮🚗 \" \\ '"}]},
    }  # fmt: skip
    return {**known, **changed}


def photo_row(record_id: str, **changed: Any) -> dict[str, Any]:
    known = {"id": new_id(), "record_id": record_id, "ordinal": 0, "sha256": uuid.uuid4().hex * 2, "size": 2_400_000,
             "media_type": "image/jpeg", "shot": "panorama", "source": "camera", "taken_at": NOON, "position": None,
             "derived_from": None, "preview": b"\xff\xd8\x00\x01", "state": "expected", "kept_at": None, "views": "none",
             "facts": {}}  # fmt: skip
    return {**known, **changed}
