"""Every real photo file, and mutations of them, through the real door: kept or refused, nothing half, server alive."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from jobs.runner import Runner
from storage.tables import jobs
from tests.intake.bodies import capture_json, photo_json

REFUSALS = {"not_a_photo", "too_many_pixels", "photo_broken", "photo_size"}
MUTATIONS = 2000 if os.environ.get("SLG_LONG") else 120


@pytest.fixture
def files(real_data) -> list[Path]:
    found = sorted(p for p in (real_data / "photos").rglob("*") if p.is_file() and p.suffix not in (".csv", ".md"))
    if not found:
        pytest.skip(f"no photos in {real_data}")
    return found


def send(inspector, spot, jpegs, data: bytes) -> tuple[int, str | None]:
    """Announce `data` as the panorama of a capture and send it; (status, code of the refusal)."""
    photos = [photo_json(data, "panorama"), *(photo_json(jpegs[s], s) for s in ("closeup", "plate"))]
    body = capture_json(spot, photos)
    answer = inspector.post("/api/v1/captures", json=body)
    if answer.status_code == 201:
        answer = inspector.put(f"/api/v1/captures/{body['id']}/photos/{hashlib.sha256(data).hexdigest()}", content=data)
    return answer.status_code, answer.json().get("code")


def test_every_file_is_kept_or_refused_in_words(files, enter, services, spot, jpegs):
    inspector = enter("inspector1")
    with services.store.work() as work:
        work.connection.execute(jobs.update().values(state="done"))  # the sample city's own pictures can wait
    outcome = {}
    for path in files:
        status, code = send(inspector, spot, jpegs, path.read_bytes())
        assert (status == 201 and code is None) or (status == 422 and code in REFUSALS), (path.name, status, code)
        outcome[path.name] = status
    assert sum(status == 201 for status in outcome.values()) > len(files) / 2
    assert services.evidence._photos.unfinished() == []
    assert Runner(services).run_until_empty() == sum(status == 201 for status in outcome.values())
    with services.store.look() as work:
        kept = [work.records.photo(photo_id) for photo_id, *_ in work.records.kept_photos()]
    mine = [p for p in kept if p.facts or p.views != "none"]
    assert {p.views for p in mine} <= {"made", "failed"}
    assert all(p.view_error for p in mine if p.views == "failed")
    assert services.history.verify().is_clean


def test_mutations_never_hurt_the_server(files, enter, services, spot, jpegs):
    inspector, chance = enter("inspector1"), random.Random(20261123)
    small = [p for p in files if p.stat().st_size < 400_000]
    for _ in range(MUTATIONS):
        data = bytearray(chance.choice(small).read_bytes())
        for _ in range(chance.randint(1, 12)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        cut = bytes(data[: chance.randrange(1, len(data) + 1)]) if chance.random() < 0.3 and data else bytes(data)
        status, code = send(inspector, spot, jpegs, cut)
        assert status in (201, 422), (status, code)
    assert inspector.get("/healthz").status_code == 200
    assert services.evidence._photos.unfinished() == []
