"""Times a cold page on a slow phone, /static compressed and not. Run: python tests/benchmarks/bench_page.py

Real Chromium: 1.6 Mbit/s down, 750 kbit/s up, 150 ms, CPU slowed four times, an empty cache in every visit. Two
pages: one sentence in Streamlit (where the target counts), and the app's first page as a leader. The peer is the
same page from a second process that sends Streamlit's /static as it lies on the disk. Visits alternate; a visit ends
when the page's own words stand on the screen, and both sides must show the same words.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

sys.path.insert(0, str(Path(__file__).parents[2]))
from city import log_in, sample_folder
from figures import figure, is_short, load, middle_ratio, say
from one_sentence import SENTENCE

from i18n import words
from tests.browser.running import CHROMIUM, FLAGS, HOME, Server

ROUNDS = 2 if is_short() else 5
MOST_SHARE = 0.5
SLOW_PHONE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
CPU_SLOWED = 4
STARTS_WITHIN_S = 120


@dataclass
class Visit:
    seconds: float
    bytes: int
    requests: int


@dataclass
class Side:
    """One server and how its page is asked for."""

    url: str
    path: str
    shows: str
    cookie: str = ""
    visits: list[Visit] = field(default_factory=list)


def main() -> None:
    say(load())
    if CHROMIUM is None:
        say("no Chromium on this machine (apt install chromium): the page is not timed")
        return
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        sentences = [stack.enter_context(sentence_side(how)) for how in ("packed", "plain")]
        first_pages = (
            [] if is_short() else [stack.enter_context(today_side(front)) for front in ("app:app", "plain_front:app")]
        )
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        compare(
            chromium, playwright.devices["Pixel 7"], "trivial page, cold, slow phone", *sentences, at_most=MOST_SHARE
        )
        if first_pages:
            compare(chromium, playwright.devices["Pixel 7"], "first page of a leader, cold, slow phone", *first_pages)
        chromium.close()
    say(load())


def compare(chromium, device: dict, name: str, ours: Side, plain: Side, at_most: float | None = None) -> None:
    for turn in range(ROUNDS + 1):
        for side in (ours, plain) if turn % 2 else (plain, ours):
            seen = patient_visit(chromium, device, side)
            if turn:  # the first turn fills the server's own caches
                side.visits.append(seen)
        if turn:
            say(
                f"  {name}, round {turn}: ours {ours.visits[-1].seconds:.1f} s, plain {plain.visits[-1].seconds:.1f} s, {load()}"
            )
    one, other = ours.visits[-1], plain.visits[-1]
    seconds = [[v.seconds for v in side.visits] for side in (ours, plain)]
    figure(
        f"{name}: time", middle_ratio(*seconds), at_most=at_most, peer="the same page, /static uncompressed",
        note=f"{one.bytes / 1e6:.2f} MB against {other.bytes / 1e6:.2f}, {one.requests} requests against {other.requests}; "
        f"here {median(seconds[0]):.1f} s against {median(seconds[1]):.1f}",
    )  # fmt: skip


def patient_visit(chromium, device: dict, side: Side) -> Visit:
    """A visit; once more, and said aloud, when a starved machine let the first one hang."""
    from playwright.sync_api import TimeoutError as Hung

    try:
        return visit(chromium, device, side)
    except Hung:
        say(f"  a visit to {side.url} hung and is done again, {load()}")
        return visit(chromium, device, side)


def visit(chromium, device: dict, side: Side) -> Visit:
    """One cold visit in a context of its own."""
    how = {key: value for key, value in device.items() if key != "default_browser_type"}
    context = chromium.new_context(**how, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=side.url)
    context.set_default_timeout(60_000)
    try:
        if side.cookie:
            name, _, value = side.cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": side.url}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", SLOW_PHONE)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWED})
        sizes: list[float] = []
        wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        start = time.perf_counter()
        page.goto(side.path, wait_until="commit")
        page.get_by_text(side.shows, exact=False).first.wait_for(state="visible")
        return Visit(time.perf_counter() - start, int(sum(sizes)), len(sizes))
    finally:
        context.close()


@contextmanager
def sentence_side(static: str) -> Iterator[Side]:
    with serving("one_sentence:app", {"SLG_BENCH_STATIC": static}, "/_stcore/health") as (url, _):
        yield Side(url, "/", SENTENCE)


@contextmanager
def today_side(front: str) -> Iterator[Side]:
    with sample_folder() as folder:
        settings = {"SLG_DATABASE_URL": f"sqlite:///{folder}/slg.db", "SLG_PHOTO_STORE": str(folder / "photos"),
                    "SLG_SECRET_KEY": "k" * 40}  # fmt: skip
        with serving(front, settings, "/healthz") as (url, pid):
            server = Server(url, folder, settings, pid)
            yield Side(url, "/", words("zh")("page.today"), log_in(server, "leader1"))


@contextmanager
def serving(front: str, settings: dict[str, str], health: str) -> Iterator[tuple[str, int]]:
    """uvicorn on a free port of this machine; gives its address and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", front, "--port", str(port), "--no-access-log"]
    paths = os.pathsep.join((str(HOME), str(Path(__file__).parent)))
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, cwd=HOME, env={**os.environ, "PYTHONPATH": paths, **settings}, stdout=log, stderr=log
        )
        try:
            if not answers(f"http://127.0.0.1:{port}{health}", process):
                log.seek(0)
                raise RuntimeError(f"{front} did not start:\n{log.read()[-3000:]}")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)


def answers(url: str, process: subprocess.Popen) -> bool:
    until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    main()
