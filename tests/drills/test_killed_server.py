"""The server is SIGKILLed about every two seconds under phones that go on sending: nothing is lost, nothing doubled."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drills.figures import is_long, tell
from tests.drills.phones import capture_body, check_nothing_lost, send_all
from tests.web.small_city import KEY, City, build_city

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]
HOME = Path(__file__).resolve().parents[2]
CAPTURES, PHONES = (10_000, 16) if is_long() else (500, 8)
PHOTO_BYTES, PART_BYTES = 24_000, 7_000
BETWEEN_KILLS_S = (1.0, 3.0)
WHOLE_APP = [sys.executable, "manage.py", "run"]
DOORS = [sys.executable, str(HOME / "tests" / "drills" / "doors.py")]


class Killed:
    """A server that is killed and started again until told to stop; the phones always ask the same port."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.kills = 0
        self._command = [*command, str(self.port)] if command is DOORS else command
        self._environment = {
            **os.environ, "SLG_DATABASE_URL": f"sqlite:///{folder}/slg.db", "SLG_PHOTO_STORE": str(folder / "photos"),
            "SLG_SECRET_KEY": KEY, "SLG_SAMPLE_CITY": "false", "SLG_PORT": str(self.port),
        }  # fmt: skip
        self._log = (folder / "server.log").open("ab")
        self._dice = random.Random(20261124)
        self._over = threading.Event()
        self._process = self._start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _start(self) -> subprocess.Popen:
        process = subprocess.Popen(self._command, cwd=HOME, env=self._environment, stdout=self._log, stderr=self._log)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return process
            except OSError:
                assert process.poll() is None, "the server did not start"
                time.sleep(0.02)
        raise AssertionError("the server did not start")

    def kill_and_start(self) -> None:
        """Until `end`."""
        while not self._over.wait(self._dice.uniform(*BETWEEN_KILLS_S)):
            self._process.kill()
            self._process.wait()
            self.kills += 1
            self._process = self._start()

    def end(self) -> None:
        self._over.set()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    built = build_city(tmp_path)
    yield built
    built.services.close()


def test_kill_after_kill_loses_and_doubles_nothing(city: City, tmp_path: Path):
    captures = [capture_body(city, seed, PHOTO_BYTES) for seed in range(CAPTURES)]
    server = Killed(tmp_path, WHOLE_APP if is_long() else DOORS)
    killer = threading.Thread(target=server.kill_and_start)
    killer.start()
    started = time.monotonic()
    try:
        sent = send_all(city, lambda: server.url, captures, phones=PHONES, part_bytes=PART_BYTES)
    finally:
        server.end()
        killer.join()
        server.stop()
    figures = check_nothing_lost(city.services, captures, sent)
    assert server.kills >= 3, "hardly a drill"
    tell(
        "server killed (SIGKILL) under replaying phones",
        f"{CAPTURES:,} captures, {PHONES} phones, {server.kills} kills in {time.monotonic() - started:.0f} s",
        figures,
    )
