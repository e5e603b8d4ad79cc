"""A private PostgreSQL with PostGIS for the tests: its own folder, its own OS user, a unix socket, gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

OS_USER = "slg-tests"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
FAST_NOT_SAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=on", "max_connections=200")


def why_not() -> str | None:
    """A reason to skip, or None when PostGIS can be had."""
    if not BINARIES or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        return "no PostGIS here (apt install postgresql-15-postgis-3)"
    if not shutil.which("setpriv"):
        return "no setpriv here (package util-linux)"
    return None


class Cluster:
    """One server. It dies with the process that made it, even when that one is killed."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="slg-pg-", dir="/tmp"))
        self._as_user = _as_other_user(self._folder) if os.getuid() == 0 else []
        self._server: subprocess.Popen | None = None
        self._run("initdb", "-D", self._folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self.start()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def start(self) -> None:
        settings = [part for s in (*FAST_NOT_SAFE, "listen_addresses=", f"unix_socket_directories={self._folder}")
                    for part in ("-c", s)]  # fmt: skip
        log = (self._folder / "server.log").open("ab")
        command = [*self._as_user, "setpriv", "--pdeathsig", "INT", BINARIES[0] / "postgres", "-D",
                   self._folder / "data", *settings]  # fmt: skip
        self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        log.close()
        self._wait_until_up()

    def stop(self, *, at_once: bool = False) -> None:
        """Ends every connection and the server; `at_once` is a crash: it recovers at the next start."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._server.wait(timeout=30)
            self._server = None

    @contextmanager
    def admin(self, database: str = "postgres") -> Iterator[sa.Connection]:
        """The administrator's connection; each statement is kept at once."""
        engine = sa.create_engine(self.url(database), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection

    def create(self, database: str | None = None, *, like: str = "template1") -> str:
        """A new database; returns its URL. like: the template and whatever else CREATE DATABASE is to be told."""
        name = database or f"t_{uuid.uuid4().hex}"
        with self.admin() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def drop(self, url: str) -> None:
        with self.admin() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)")

    def end(self) -> None:
        self.stop(at_once=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(part) for part in (*self._as_user, BINARIES[0] / program, *arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stderr

    def _wait_until_up(self) -> None:
        """pg_isready asks; one question takes some milliseconds, so nothing is slept away."""
        assert self._server is not None
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            asked = [BINARIES[0] / "pg_isready", "-q", "-h", self._folder, "-U", "postgres"]
            if subprocess.run(asked, check=False).returncode == 0:
                return
            assert self._server.poll() is None, (self._folder / "server.log").read_text()
        raise AssertionError("the server did not come up")


def _as_other_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: make a user without a home or a shell, give it the folder."""
    try:
        user = pwd.getpwnam(OS_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", OS_USER], check=True)
        user = pwd.getpwnam(OS_USER)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
