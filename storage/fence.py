"""The fence round every parser of foreign files: both sides of it. Parsers run in a child process, never in the app.

The child has a cap on memory, time, files and cores, no network where the system lets it go without, and no setting
of the app in its environment. It answers with JSON lines: first {"ok": true, ...} or {"ok": false, "code", "facts"}.

`what` is the family of the file, "layer" or "sheet": refusals are called after it (layer_too_slow, sheet_too_slow).
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any, TextIO, TypeVar

from domain.errors import Invalid

MB = 1024 * 1024
MEMORY_CAP_MB = 1024
READING_LIMIT_S = 10.0
UNPACKED_AT_MOST_MB, RATIO_AT_MOST, ENTRIES_AT_MOST = 50, 100, 200
# What a broken archive makes zipfile stumble over.
ZIP_TROUBLES = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, OSError, ValueError,
                UnicodeError, RuntimeError, zlib.error)  # fmt: skip
# The child sees no setting and no key of the app, whatever a file makes it do.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
_HOME = Path(__file__).resolve().parent.parent
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
T = TypeVar("T")


# -- the app's side ------------------------------------------------------------------------------------------------


def local_file(path: Path, what: str) -> Path:
    """An address or a path of GDAL's own (/vsicurl/...) is no file here. Raises Invalid."""
    text = str(path)
    if "://" in text or ":/" in text or text.startswith("/vsi") or not Path(path).is_file():
        raise Invalid(f"{what}_not_a_file", field="file", name=Path(text).name)
    return Path(path).resolve()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ask(
    what: str, module: str, words: Sequence[str], folder: Path, receive: Callable[[IO[bytes]], T], *, limit_s: float
) -> T:
    """Run `python -m module words` behind the fence and hand its answer's pipe to `receive`.

    receive raises ValueError, KeyError or TypeError when the answer breaks off. folder: the child's temporary files.
    Raises Invalid: {what}_too_slow, {what}_too_heavy, {what}_reader_died, or what `receive` raises.
    """
    env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"TMPDIR": str(folder)}
    child = subprocess.Popen(
        [sys.executable, "-m", module, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, cwd=_HOME, env=env,
    )  # fmt: skip
    # The child stops itself at its limit; this ends one that is stuck inside a library, or being stopped.
    was_slow = threading.Event()

    def end() -> None:
        was_slow.set()
        child.kill()

    timer = threading.Timer(limit_s + 5.0, end)
    timer.start()
    begun = time.monotonic()
    try:
        assert child.stdout is not None
        return receive(child.stdout)
    except (ValueError, KeyError, TypeError) as error:
        child.kill()
        code = child.wait()
        is_slow = was_slow.is_set() or code == -signal.SIGXCPU or time.monotonic() - begun >= limit_s
        is_heavy = code == -signal.SIGABRT  # how a compiled library ends when it gets no more memory
        ending = "too_slow" if is_slow else "too_heavy" if is_heavy else "reader_died"
        raise Invalid(f"{what}_{ending}", field="file") from error
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def head_of(pipe: IO[bytes], what: str, known: frozenset[str]) -> dict[str, Any]:
    """The answer's first line. Raises the child's refusal as Invalid, ValueError when there is no answer."""
    first = pipe.readline(MB)
    if not first:
        raise ValueError("no answer")
    head: dict[str, Any] = json.loads(first)
    if not head["ok"]:
        code = head["code"] if head["code"] in known else f"{what}_broken"
        raise Invalid(code, field="file", **head["facts"])
    return head


# -- the child's side ----------------------------------------------------------------------------------------------


class TimeUp(BaseException):
    """It took too long. No Exception, so that no handler mistakes it for a broken file."""


def serve(what: str, read: Callable[[], Iterable[str]], *, memory_mb: int, limit_s: float) -> None:
    """The child's whole life: raise the fence, read, answer. read: gives the lines of a good answer."""
    answers = _private_stdout()
    _raise_fence(memory_mb, limit_s)
    lines: Iterable[str]
    try:
        try:
            lines = read()
        finally:
            _stop_clock()
    except Invalid as refused:
        lines = [json.dumps({"ok": False, "code": refused.code, "facts": refused.facts}, ensure_ascii=False)]
    except TimeUp:
        lines = [json.dumps({"ok": False, "code": f"{what}_too_slow", "facts": {}})]
    except MemoryError:
        lines = [json.dumps({"ok": False, "code": f"{what}_too_heavy", "facts": {}})]
    except Exception:  # noqa: BLE001 - this boundary: whatever a parser stumbles over is a broken file
        lines = [json.dumps({"ok": False, "code": f"{what}_broken", "facts": {}})]
    for line in lines:  # what goes wrong from here on breaks the answer off, and the parent says so
        answers.write(line + "\n")
    answers.flush()


def check_totals(archive: zipfile.ZipFile, what: str) -> list[zipfile.ZipInfo]:
    """The archive's files, after the totals that its directory claims. Whoever unpacks them counts again."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > ENTRIES_AT_MOST:
        raise Invalid(f"{what}_zip_entries", at_most=ENTRIES_AT_MOST)
    total = sum(info.file_size for info in infos)
    if total > UNPACKED_AT_MOST_MB * MB:
        raise Invalid(f"{what}_zip_too_large", at_most_mb=UNPACKED_AT_MOST_MB)
    packed = max(1, sum(info.compress_size for info in infos))
    if total > MB and total / packed > RATIO_AT_MOST:
        raise Invalid(f"{what}_zip_ratio", at_most=RATIO_AT_MOST)
    if any(info.flag_bits & 0x1 for info in infos):
        raise Invalid(f"{what}_zip_locked")
    return infos


def answers_go_to_stdout_again() -> None:
    """Before the child starts itself once more."""
    os.dup2(_answers_pipe, 1)


_answers_pipe = 1


def _private_stdout() -> TextIO:
    """Keep the answers' pipe to ourselves; whatever a library prints goes to stderr."""
    global _answers_pipe
    _answers_pipe = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(os.dup(_answers_pipe), "w", encoding="utf-8", errors="replace")


def _raise_fence(memory_mb: int, limit_s: float) -> None:
    def ring(_signal: int, _frame: object) -> None:
        raise TimeUp

    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each thread would reserve tens of megabytes
    _without_network()
    signal.signal(signal.SIGALRM, ring)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    signal.setitimer(signal.ITIMER_REAL, limit_s, 0.05)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + limit_s) + 2)
    _lower(resource.RLIMIT_AS, memory_mb * MB)
    _lower(resource.RLIMIT_FSIZE, (UNPACKED_AT_MOST_MB + 14) * MB)
    _lower(resource.RLIMIT_NOFILE, 128)
    _lower(resource.RLIMIT_CORE, 0)


def _stop_clock() -> None:
    """It rings on until it is stopped: the first ring may be lost inside a destructor, a second one may come here."""
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TimeUp:
            continue
        return


def _without_network() -> None:
    """A network namespace without a way out. Where the system refuses, the missing drivers must be enough."""
    try:
        library = ctypes.CDLL(None)
        if os.geteuid() == 0:
            library.unshare(_NEW_NETWORK)
        else:
            library.unshare(_NEW_USER | _NEW_NETWORK)
    except (OSError, AttributeError):
        return


def _lower(what: int, soft: int) -> None:
    """Set both limits. Systems without this one (macOS has no RLIMIT_AS) keep the others."""
    _, hard = resource.getrlimit(what)
    soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    try:
        resource.setrlimit(what, (soft, hard))
    except (ValueError, OSError):
        return
