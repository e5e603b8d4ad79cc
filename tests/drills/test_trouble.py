"""A locked database and full disks under captures: plain words, nothing half kept, and it goes on without a restart."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from services.people import session_id
from storage.backup import backups
from tests.web.small_city import HERE, City, build_city, capture_at, middle
from wiring import now

pytestmark = pytest.mark.slow


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size; skips aloud where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], capture_output=True,
                             text=True, check=False)  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all that is left, to the last byte that the disk gives."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            while True:
                try:
                    if file.write(b"0" * size) < size:
                        break
                except OSError:
                    break
    return ballast


def inspector(city: City):
    return city.client(city.people["inspector", "street"])


def keep_all(city: City, client, capture, files) -> None:
    """The phone sends everything again; all of it is taken."""
    assert client.post("/api/v1/captures", json=capture.body).status_code in (200, 201)
    for sha256, data in files.items():
        answer = client.put(f"/api/v1/captures/{capture.id}/photos/{sha256}", content=data)
        assert answer.status_code in (200, 201), answer.text
    assert city.services.history.verify().is_clean


def test_a_database_locked_for_ten_seconds_is_said_and_passes(tmp_path: Path):
    city = build_city(tmp_path)
    client, (capture, files) = inspector(city), capture_at(city.services, middle(HERE))
    other = sqlite3.connect(tmp_path / "slg.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = client.post("/api/v1/captures", json=capture.body)
    assert answer.status_code == 503
    assert answer.json()["code"] == "store_busy"
    assert answer.json()["detail"] == "数据库正忙，没有丢，稍后再试。"
    assert int(answer.headers["retry-after"]) > 0
    assert client.get(f"/api/v1/records/{city.records[HERE]}").status_code == 200, "readers wait for nobody"
    other.execute("ROLLBACK")
    other.close()
    keep_all(city, client, capture, files)
    city.services.close()


def test_a_full_disk_of_photos_is_said_and_passes(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("services.evidence.DISK_LEFT_BYTES", 0)  # the stop before the wall: here the wall is wanted
    with small_disk(tmp_path / "disk", 8) as disk:
        city = build_city(tmp_path, photo_store=disk / "photos")
        client, (capture, files) = inspector(city), capture_at(city.services, middle(HERE))
        assert client.post("/api/v1/captures", json=capture.body).status_code == 201
        ballast = fill(disk)
        sha256, data = next(iter(files.items()))
        answer = client.put(f"/api/v1/captures/{capture.id}/photos/{sha256}", content=data)
        assert answer.status_code == 503, answer.text
        assert answer.json()["code"] == "disk_full"
        assert answer.json()["detail"] == "服务器的磁盘快满了，先别清手机上的照片。"
        assert client.get(f"/api/v1/records/{capture.id}").json()["photos_kept"] == 0
        ballast.unlink()
        keep_all(city, client, capture, files)
        city.services.close()


def test_a_full_disk_of_the_database_is_said_and_passes(tmp_path: Path):
    with small_disk(tmp_path / "disk", 16) as disk:
        city = build_city(tmp_path, database_url=f"sqlite:///{disk}/slg.db")
        client, (capture, files) = inspector(city), capture_at(city.services, middle(HERE))
        ballast = fill(disk)
        codes = set()
        for _ in range(60):  # until what SQLite still had room for is used up
            other, _ = capture_at(city.services, middle(HERE))
            answer = client.post("/api/v1/captures", json=other.body)
            if answer.status_code == 503:
                codes.add(answer.json()["code"])
                break
        assert codes == {"disk_full"}
        ballast.unlink()
        keep_all(city, client, capture, files)
        assert city.services.people.actor(session_id(city.people["admin", "city"])).has_role("admin")
        city.services.close()


def test_a_full_disk_of_backups_is_said_and_the_next_try_is_whole(tmp_path: Path):
    with small_disk(tmp_path / "disk", 8) as disk:
        city = build_city(tmp_path, backup_dir=disk / "backups")
        ballast = fill(disk)
        with city.services.store.work() as work:
            work.jobs.queue("backup", "backup@drill", {}, at=now())
        others = city.services.queue.kinds - {"backup"}
        assert city.services.queue.run_next("r", leave=others)
        with city.services.store.look() as work:
            (row,) = work.jobs.struggling()
        assert row.error == "backup_disk_full"
        assert backups(disk / "backups") == []
        ballast.unlink()
        with city.services.store.work() as work:
            work.jobs.again(row.serial, at=now())
        assert city.services.queue.run_next("r", leave=others)
        assert len(backups(disk / "backups")) == 1
        assert [f.name for f in (disk / "backups").iterdir() if "unfinished" in f.name] == []
        city.services.close()
    assert not os.path.ismount(tmp_path / "disk")
