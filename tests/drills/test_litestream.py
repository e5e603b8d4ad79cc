"""Litestream beside the running app: replicate, kill both, restore elsewhere, and everything that was in is there."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from demo.pictures import picture
from tests.browser.running import HOME, PASSWORD, running_server
from tests.intake.bodies import capture_json, photo_json

pytestmark = pytest.mark.slow
PROGRAM = shutil.which(
    "litestream", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
)
CAPTURES = 5
SYNCED_WITHIN_S = 60


def restore(replica: Path, target: Path) -> bool:
    """True when the replica could be restored; a fresh target each time."""
    target.unlink(missing_ok=True)
    assert PROGRAM is not None
    done = subprocess.run([PROGRAM, "restore", "-o", target, f"file://{replica}"], capture_output=True, check=False)
    return done.returncode == 0


def records_in(database: Path) -> set[str]:
    connection = sqlite3.connect(database)
    try:
        return {row[0] for row in connection.execute("SELECT id FROM records")}
    finally:
        connection.close()


def test_a_killed_app_comes_back_from_its_replica(sample_folder: Path, tmp_path: Path):
    if PROGRAM is None:
        pytest.skip("no litestream here (pip install -r requirements-dev.txt on Linux, x86-64)")
    replica, restored, sent = tmp_path / "replica", tmp_path / "restored" / "slg.db", []
    restored.parent.mkdir()
    with running_server(sample_folder, SLG_SAMPLE_CITY="false", SLG_RUNNERS="0") as server:
        log = (tmp_path / "litestream.log").open("wb")
        beside = subprocess.Popen(
            [PROGRAM, "replicate", sample_folder / "slg.db", f"file://{replica}"], stdout=log, stderr=log
        )
        try:
            with httpx2.Client(base_url=server.url) as phone:
                assert phone.post("/login", data={"username": "inspector1", "password": PASSWORD}).status_code == 303
                for i in range(CAPTURES):
                    data = picture("zombie_vehicle", "panorama", i, (640, 480))
                    shots = [photo_json(data, "panorama")]
                    for shot in ("closeup", "plate"):
                        shots.append(photo_json(picture("zombie_vehicle", shot, i, (640, 480)), shot))
                    body = capture_json((120.8245, 29.5925), shots)
                    assert phone.post("/api/v1/captures", json=body).status_code == 201
                    path = f"/api/v1/captures/{body['id']}/photos/{shots[0]['sha256']}"
                    assert phone.put(path, content=data, headers={"content-type": "image/jpeg"}).status_code == 201
                    sent.append(body["id"])
            until = time.monotonic() + SYNCED_WITHIN_S
            while not (restore(replica, restored) and set(sent) <= records_in(restored)):
                assert time.monotonic() < until, (tmp_path / "litestream.log").read_text()
            os.kill(server.pid, signal.SIGKILL)
        finally:
            beside.kill()
            beside.wait()
            log.close()
    assert restore(replica, restored)
    assert set(sent) <= records_in(restored)
    environment = {**server.environment, "SLG_DATABASE_URL": f"sqlite:///{restored}"}
    verified = subprocess.run([sys.executable, "manage.py", "verify"], cwd=HOME, env=environment, capture_output=True,
                              text=True, check=False)  # fmt: skip
    assert verified.returncode == 0, verified.stdout
    assert "clean" in verified.stdout
