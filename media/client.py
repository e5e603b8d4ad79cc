"""The app's end of the decoding worker: starts it when needed, replaces it when it dies or hangs."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

MEMORY_CAP_MB = 1536
PICTURE_LIMIT_S = 20
# Every code an answer may carry; i18n words them under [refused].
ERROR_CODES = frozenset({
    "not_a_photo", "too_many_pixels", "photo_broken", "photo_too_heavy", "photo_too_slow", "heic_not_decoded",
    "original_missing", "view_not_written", "view_request_broken", "worker_died", "worker_hung",
})  # fmt: skip
# Not the picture's fault for certain: the job may try these again a few times.
RETRY_CODES = frozenset({"worker_died", "worker_hung", "view_not_written", "photo_too_slow"})
_ANSWER_CAP_BYTES = 1024 * 1024
# The decoder sees no setting and no key of the app, whatever a photo makes it do.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_HOME = Path(__file__).resolve().parent.parent


class MediaWorker:
    """One warm child, one picture at a time. Safe to share between threads; the next thread waits its turn."""

    def __init__(
        self, *, memory_mb: int = MEMORY_CAP_MB, limit_s: float = PICTURE_LIMIT_S, recycle_after: int = 200
    ) -> None:
        self._command = [sys.executable, "-m", "media.worker", "--memory-mb", str(memory_mb), "--limit-s", str(limit_s)]
        self._recycle_after = recycle_after
        self._child: subprocess.Popen[bytes] | None = None
        self._made = 0
        self.restarts = 0  # children that died, hung or were recycled and had to be started anew
        self._has_run = False
        self._turn = threading.Lock()

    def make(self, request: dict[str, Any], timeout_s: float = PICTURE_LIMIT_S + 10) -> dict[str, Any]:
        """Facts and views of one photo; see media.worker for request and answer. Paths are made absolute here.

        Never raises for what a picture does: a dead or hung child answers {"ok": False, "error": {"code": ...}}.
        """
        line = json.dumps(_absolute(request)).encode() + b"\n"
        with self._turn:
            if self._made >= self._recycle_after:
                self._end()
            was_warm = self._made > 0
            answer = self._ask(line, timeout_s)
            if answer == "worker_died" and was_warm:  # it may have died while idle: a fresh child decides
                answer = self._ask(line, timeout_s)
            if isinstance(answer, str):
                return {"ok": False, "error": {"code": answer}, "facts": None}
            self._made += 1
            return answer

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def close(self) -> None:
        """End the child; a later make() starts a new one."""
        with self._turn:
            self._end()

    def _ask(self, line: bytes, timeout_s: float) -> dict[str, Any] | str:
        """The answer, or the code that says why there is none; then the child is gone."""
        child = self._running()
        assert child.stdin is not None
        try:
            child.stdin.write(line)
        except OSError:
            answer: dict[str, Any] | str = "worker_died"
        else:
            answer = self._receive(timeout_s)
        if isinstance(answer, str):
            self._end()
        return answer

    def _receive(self, timeout_s: float) -> dict[str, Any] | str:
        child = self._child
        assert child is not None
        assert child.stdout is not None
        ends_at = time.monotonic() + timeout_s
        got = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            while not got.endswith(b"\n"):
                left_s = ends_at - time.monotonic()
                if left_s <= 0 or len(got) > _ANSWER_CAP_BYTES or not ready.select(left_s):
                    return "worker_hung"
                piece = os.read(child.stdout.fileno(), 65536)
                if not piece:
                    return "worker_died"
                got += piece
        try:
            answer = json.loads(got)
        except ValueError:
            return "worker_died"
        return answer if isinstance(answer, dict) else "worker_died"

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        self.restarts += self._has_run
        self._has_run = True
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._child = subprocess.Popen(  # bufsize 0: what is asked must not linger in our own buffer
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_HOME, env=env, bufsize=0
        )
        return self._child

    def _end(self) -> None:
        child, self._child, self._made = self._child, None, 0
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def _absolute(request: dict[str, Any]) -> dict[str, Any]:
    """The child runs from the app's home, so a relative path would mean another file there."""
    out = dict(request)
    for key in ("path", "out_view", "out_thumb", "font"):
        if out.get(key):
            out[key] = str(Path(out[key]).absolute())
    return out
