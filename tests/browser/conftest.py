"""Real Chromium against the real app in a process of its own, over a copy of the sample city."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                 if Path(p).exists()), None)  # fmt: skip
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]  # fmt: skip
PASSWORD = "shili-2026"
STARTS_WITHIN_S = 90


@dataclass
class Server:
    url: str
    folder: Path
    environment: dict[str, str]

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """python manage.py ... on the same database and photos."""
        return subprocess.run([sys.executable, "manage.py", *words], cwd=HOME, env=self.environment,
                              capture_output=True, text=True, timeout=300)  # fmt: skip


@pytest.fixture(scope="session")
def server(sample_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server") / "city"
    shutil.copytree(sample_template, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, "SLG_DATABASE_URL": f"sqlite:///{folder}/slg.db", "SLG_PHOTO_STORE": str(folder / "photos"),
        "SLG_PORT": str(port), "SLG_SECRET_KEY": "k" * 40,
    }  # fmt: skip
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "manage.py", "run"], cwd=HOME, env=environment, stdout=log,
                                   stderr=subprocess.STDOUT)  # fmt: skip
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", process, folder / "server.log")
            yield Server(f"http://127.0.0.1:{port}", folder, environment)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"the app ended while starting:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the app did not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        browser.devices = playwright.devices
        yield browser
        browser.close()


@pytest.fixture
def people(chromium, server):
    """people("inspector1", phone=True): a logged-in page of its own; remote requests are collected and refused."""
    contexts = []
    remote: list[str] = []

    def enter(username: str, *, phone: bool = False, at: tuple[float, float] | None = None, lang: str = "zh-CN"):
        device = dict(chromium.devices["Pixel 7"]) if phone else {"viewport": {"width": 1440, "height": 900}}
        if phone:
            device["viewport"] = {"width": 390, "height": 844}
        device.pop("default_browser_type", None)
        where = {"geolocation": {"longitude": at[0], "latitude": at[1], "accuracy": 6}} if at else {}
        context = chromium.new_context(**device, **where, locale=lang, timezone_id="Asia/Shanghai", base_url=server.url,
                                       permissions=["geolocation"] if at else [])  # fmt: skip
        context.set_default_timeout(45_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith((server.url, "data:", "blob:", server.url.replace("http", "ws")))
                else remote.append(r.url))  # fmt: skip
        page.goto("/login")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert remote == [], "no request may leave for another host"
