"""The running app that the benchmarks ask: the sample city in a folder of its own, a server process, a login."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).parents[2]))
import sqlalchemy as sa

from demo import load
from storage.tables import jobs
from tests.browser.running import PASSWORD, Server, running_server
from wiring import Settings, build, now

Headers = dict[str, str]


TEMPLATE = "SLG_BENCH_CITY"  # a folder with the sample city, made once by run.py; each script copies it


@contextmanager
def sample_folder() -> Iterator[Path]:
    """A copy of the sample city; gone afterwards."""
    with TemporaryDirectory(prefix="slg-bench-") as folder:
        home = Path(folder) / "city"
        if os.environ.get(TEMPLATE):
            shutil.copytree(os.environ[TEMPLATE], home)
        else:
            make_city(home)
        yield home


def make_city(folder: Path) -> None:
    """The sample city without its waiting views, so that nothing runs beside what is measured."""
    folder.mkdir()
    url, photos = f"sqlite:///{folder}/slg.db", folder / "photos"
    built = build(Settings(database_url=url, photo_store=photos, secret_key="k" * 40, sample_city=False))
    try:
        load.load(built, photos, now(), is_wide=False)
        with built.store.work() as work:
            work.connection.execute(sa.update(jobs).values(state="done"))
    finally:
        built.close()


@contextmanager
def city(**settings: str) -> Iterator[Server]:
    """The app over a sample city of its own."""
    with sample_folder() as folder, running_server(folder, **settings) as server:
        yield server


def log_in(server: Server, username: str) -> str:
    """The Cookie header of a new session."""
    answer = Client(server, "").ask("POST", "/login", urlencode({"username": username, "password": PASSWORD}).encode(),
                                    {"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    assert answer.status == 303, f"login as {username}: {answer.status}"
    return answer.headers["Set-Cookie"].split(";")[0]


class Answer:
    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def json(self) -> dict:
        return json.loads(self.body)


class Client:
    """One kept-alive connection of one person; used from one thread."""

    def __init__(self, server: Server, cookie: str) -> None:
        parts = urlsplit(server.url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=120)
        self._cookie = cookie

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Headers | None = None) -> Answer:
        self._connection.request(method, path, body, {"Cookie": self._cookie, **(headers or {})})
        answer = self._connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def post_json(self, path: str, body: dict) -> Answer:
        return self.ask("POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})


def wait_until_idle(server: Server) -> None:
    """Until the queue of the server is empty, so that the peer's round has the machine for itself."""
    client = Client(server, "")
    while True:
        waiting = client.ask("GET", "/readyz").json()["queue"]
        if not waiting.get("queued") and not waiting.get("running"):
            return
        time.sleep(0.25)


def memory_mb(pid: int) -> float:
    """The most memory the process ever had resident (VmHWM), in MB of a million bytes."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"process {pid} does not say how much memory it had")
