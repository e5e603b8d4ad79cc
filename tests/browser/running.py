"""Starts the real app in a process of its own over a fresh or copied sample city; used by tests and screenshots."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()), None
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]  # fmt: skip
PASSWORD = "shili-2026"
STARTS_WITHIN_S = 120


@dataclass
class Server:
    url: str
    folder: Path
    environment: dict[str, str]
    pid: int

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """python manage.py ... on the same database and photos."""
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=HOME, env=self.environment, capture_output=True, text=True,
            timeout=300,
        )  # fmt: skip


@contextmanager
def running_server(folder: Path, **settings: str) -> Iterator[Server]:
    """folder: where database and photos lie; an empty one gets the sample city. Raises RuntimeError with the log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "SLG_DATABASE_URL": f"sqlite:///{folder}/slg.db", "SLG_PHOTO_STORE": str(folder / "photos"),
        "SLG_PORT": str(port), "SLG_SECRET_KEY": "k" * 40, **settings,
    }  # fmt: skip
    log_file = folder / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run"], cwd=HOME, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", process, log_file)
            yield Server(f"http://127.0.0.1:{port}", folder, environment, process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the app did not start:\n{log.read_text()[-3000:]}")
