"""A full disk, a locked database, a clock a day off: plain words, nothing lost, and it goes on without a restart."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from tests.drills.figures import is_long, tell
from tests.drills.phones import Sent, capture_body, check_nothing_lost
from tests.web.small_city import City, build_city
from wiring import now

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DISK_MB, PHOTO_BYTES = 48, 400_000
LOCKED_S = 10.0 if is_long() else 1.5


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that can really be full."""
    if os.geteuid() != 0:
        pytest.skip("a small disk can only be mounted by root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], check=False,
                             capture_output=True, text=True)  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Sender:
    """Sends what is left of some captures and counts in which words it was refused."""

    def __init__(self, city: City, captures: list) -> None:
        self.client = city.client(city.people["inspector", "street"])
        self.captures, self.sent, self.refused = captures, Sent(), set()

    def send(self, *, in_parts: bool) -> None:
        for body, files in self.captures:
            if body["id"] not in self.sent.numbers:
                answer = self.client.post("/api/v1/captures", json=body)
                if self.is_taken(answer):
                    self.sent.numbers[body["id"]] = answer.json()["number"]
            for sha256, data in files.items():
                where = f"/api/v1/captures/{body['id']}/photos/{sha256}"
                if body["id"] in self.sent.numbers and (body["id"], sha256) not in self.sent.originals:
                    first = int(self.client.head(where).headers["upload-offset"]) if in_parts else 0
                    told = {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if in_parts else {}
                    if self.is_taken(self.client.put(where, content=data[first:], headers=told)):
                        self.sent.originals.add((body["id"], sha256))

    def is_taken(self, answer) -> bool:
        if answer.status_code in (200, 201):
            return True
        problem = answer.json()
        assert answer.status_code == 503, problem
        assert answer.headers["retry-after"]
        assert problem["detail"].endswith("。")
        self.refused.add(problem["code"])
        return False


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_full_disk_is_said_in_words_and_afterwards_all_goes_on(small_disk: Path, monkeypatch, in_parts: bool):
    monkeypatch.setattr("services.evidence.DISK_LEFT_BYTES", 0)  # not the early warning: the disk itself refuses
    city = build_city(small_disk)
    try:
        captures = [capture_body(city, seed, PHOTO_BYTES) for seed in range(12)]
        sender = Sender(city, captures)
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            file.write(bytes(max(shutil.disk_usage(small_disk).free - 2_500_000, 0)))
        sender.send(in_parts=in_parts)
        kept = len(sender.sent.originals)
        assert "disk_full" in sender.refused
        assert kept < sum(len(files) for _, files in captures)
        with filler.open("ab") as file:
            try:
                file.write(bytes(3_000_000))
                file.flush()
            except OSError:
                pass  # full: what was wanted
        sender.send(in_parts=in_parts)  # now not even the database has room
        filler.unlink()
        sender.send(in_parts=in_parts)
        found = check_nothing_lost(city.services, captures, sender.sent)
        tell(f"disk full, originals {'in parts' if in_parts else 'in one go'}", f"{len(captures)} captures on {DISK_MB} MB",
             f"503 {', '.join(sorted(sender.refused))}; with room again: {found}")  # fmt: skip
    finally:
        city.services.close()


def test_a_disk_with_little_left_takes_no_more_originals(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("services.evidence.DISK_LEFT_BYTES", 10**18)
    city = build_city_without_photos(tmp_path, monkeypatch)
    sender = Sender(city, [capture_body(city, 1)])
    sender.send(in_parts=False)
    assert sender.refused == {"disk_full"}
    assert len(sender.sent.numbers) == 1, "the record itself is taken: it is small"
    city.services.close()


def build_city_without_photos(folder: Path, monkeypatch) -> City:
    with monkeypatch.context() as patch:
        patch.setattr("services.evidence.DISK_LEFT_BYTES", 0)
        return build_city(folder)


def test_a_database_locked_by_somebody_else_is_waited_for_or_said(tmp_path: Path, monkeypatch):
    if not is_long():
        for place in ("storage.engine", "storage.store"):
            monkeypatch.setattr(f"{place}.BUSY_TIMEOUT_MS", 300)
    city = build_city(tmp_path)
    captures = [capture_body(city, seed) for seed in range(3)]
    sender, over = Sender(city, captures), threading.Event()
    locked = threading.Event()

    def lock() -> None:
        with sqlite3.connect(tmp_path / "slg.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            locked.set()
            over.wait(LOCKED_S * 3)
            other.execute("ROLLBACK")

    holder = threading.Thread(target=lock)
    holder.start()
    locked.wait(10)
    reader = city.client(city.people["inspector", "street"])
    assert reader.get("/api/v1/records").status_code == 200, "reading waits for nobody"
    sender.captures = captures[:1]
    sender.send(in_parts=False)
    assert sender.refused == {"store_busy"}
    over.set()
    holder.join()
    sender.captures = captures
    sender.send(in_parts=False)
    found = check_nothing_lost(city.services, captures, sender.sent)
    city.services.close()
    tell("database locked by another process", "longer than a request waits (10 s)" if is_long() else "longer than a request waits",
         f"503 store_busy, reading goes on; afterwards: {found}")  # fmt: skip


@pytest.mark.parametrize("days", [1, -1])
def test_a_server_whose_clock_jumps_a_day_keeps_everything_in_order(tmp_path: Path, days: int):
    city = build_city(tmp_path)
    captures = [capture_body(city, seed) for seed in range(4)]
    sender = Sender(city, captures)
    sender.captures = captures[:2]
    sender.send(in_parts=False)
    with time_machine.travel(now() + timedelta(days=days), tick=True):
        answer = sender.client.post("/api/v1/captures", json=captures[2][0])
        if days > 0:  # the login is over; the phone keeps everything and asks for it
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        else:
            assert answer.status_code == 201
    sender.captures = captures
    sender.send(in_parts=True)
    assert len(set(sender.sent.numbers.values())) == 4
    found = check_nothing_lost(city.services, captures, sender.sent)
    city.services.close()
    tell(f"the server's clock {'a day ahead' if days > 0 else 'a day back'} for a while", "4 captures", found)
