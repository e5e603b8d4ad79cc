"""The whole way of a capture over the sample city, on SQLite and on PostGIS."""

from __future__ import annotations

import hashlib

import pytest

from tests.intake.bodies import capture_json, photo_json, preview_of
from wiring import Settings, build


@pytest.fixture
def services(sample_on_both):
    """Takes the place of the room's own: the same doors, both databases."""
    built = build(Settings(**sample_on_both))
    yield built
    built.close()


def test_a_capture_comes_in_is_kept_found_and_verified(enter, services, spot, jpegs):
    inspector = enter("inspector1")
    body = capture_json(spot, [photo_json(data, shot, preview=preview_of(data)) for shot, data in jpegs.items()])
    told = inspector.post("/api/v1/captures", json=body).json()
    assert told["place_state"] == "settled"
    for data in jpegs.values():
        kept = inspector.put(f"/api/v1/captures/{body['id']}/photos/{hashlib.sha256(data).hexdigest()}", content=data)
    assert kept.json()["kept"] == 3
    seen = enter("officer1").get(f"/api/v1/records/{told['number']}")
    assert (seen.status_code, seen.json()["photos_kept"]) == (200, 3)
    assert enter("officer2").get(f"/api/v1/records/{told['number']}").status_code == 404
    found = services.history.verify()
    assert found.is_clean
    assert (found.photos, found.checkpoints) > (500, 1)


PAGES = (
    "streets.geojson", "grids.geojson", "zones.geojson", "buildings.geojson?bbox=120.80,29.57,120.85,29.61",
    "roads.geojson", "search?q=花园", "search?q=%25", "locate?lon=120.82&lat=29.59", "records?limit=50",
)  # fmt: skip
SEEN: dict[str, str] = {}


@pytest.mark.parametrize("page", PAGES)
def test_both_databases_answer_with_the_same_bytes(page, enter):
    answer = enter("officer1").get(f"/api/v1/{page}")
    assert answer.status_code == 200
    digest = hashlib.sha256(answer.content).hexdigest()
    assert SEEN.setdefault(page, digest) == digest
