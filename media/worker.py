"""The decoding worker: `python -m media.worker`. One JSON line in, one JSON line out, one picture at a time.

Decoders are the softest wall of the app, so they run here: a process of its own with a cap on memory and time.
Request: {"path", "out_view", "out_thumb", "stamp": {...} or null, "font": path or null, "heic": false, "declared": null}
Answer:  {"ok": true, "stamped": true, "facts": {...}, "view": {"width", "height", "bytes"}, "thumb": {...}}
or       {"ok": false, "error": {"code": "..."}, "facts": {...} or null}
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Any, TextIO

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: each thread would reserve tens of megabytes

from PIL import Image

from domain.errors import Refused
from media.client import MEMORY_CAP_MB, PICTURE_LIMIT_S
from media.facts import facts_of
from media.header import BadPhoto, check_header
from media.pixels import upright
from media.stamp import Stamp
from media.views import VIEW_LONG_SIDE_PX, thumb_of, views_of

NICENESS = 5
_RING_AGAIN_S = 0.05


class _TimeUp(BaseException):
    """The picture took too long. No Exception, so that no handler below mistakes it for a broken file."""


def main() -> None:
    options = _options()
    answers = _private_stdout()
    # Views can wait, an inspector with a photo in the air cannot: the app comes first where cores are few.
    os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    _fence(options.memory_mb)
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    for line in sys.stdin:
        answers.write(json.dumps(_answer(line, options.limit_s), ensure_ascii=False) + "\n")
        answers.flush()


def _answer(line: str, limit_s: float) -> dict[str, Any]:
    known: dict[str, Any] = {}
    try:
        _start_clock(limit_s)
        try:
            return _make(json.loads(line), known)
        finally:
            _stop_clock()
    except _TimeUp:
        code = "photo_too_slow"
    except MemoryError:
        code = "photo_too_heavy"
    except Refused as refused:
        code = refused.code
    except OSError:
        code = "view_not_written"
    except (ValueError, KeyError, TypeError):
        code = "view_request_broken"
    _stop_clock()  # again: the alarm may ring while the first one is on its way
    return {"ok": False, "error": {"code": code}, "facts": known.get("facts")}


def _make(request: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    path = Path(request["path"])
    if not path.is_file():
        raise BadPhoto("original_missing")
    header = check_header(path, request.get("declared"))
    if header.is_heif:
        known["facts"] = facts_of(path, header, None)
    picture = upright(path, VIEW_LONG_SIDE_PX, may_decode_heic=bool(request.get("heic")))
    thumb = thumb_of(picture)
    known["facts"] = facts_of(path, header, thumb)
    stamp = Stamp.from_dict(request["stamp"]) if request.get("stamp") else None
    font = Path(request["font"]) if request.get("font") else None
    if font is None or not font.is_file():
        stamp = None  # a view without its stamp beats no view; "stamped" tells
    views = views_of(picture, stamp, font, thumb)
    _write(Path(request["out_view"]), views.view_jpeg)
    _write(Path(request["out_thumb"]), views.thumb_jpeg)
    return {
        "ok": True,
        "stamped": stamp is not None,
        "facts": known["facts"],
        "view": _size(views.view_size, views.view_jpeg),
        "thumb": _size(views.thumb_size, views.thumb_jpeg),
    }


def _size(size: tuple[int, int], data: bytes) -> dict[str, int]:
    return {"width": size[0], "height": size[1], "bytes": len(data)}


def _write(target: Path, data: bytes) -> None:
    """Whole or not at all: temp file beside the target, fsync, rename, fsync of the folder."""
    temp = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temp.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temp.replace(target)
    except BaseException:
        temp.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _start_clock(limit_s: float) -> None:
    """SIGALRM stops Python between two steps; the CPU cap kills a decoder that never comes back to Python."""
    # It rings on: an exception that lands inside a destructor or a weak reference's callback is swallowed by Python.
    signal.setitimer(signal.ITIMER_REAL, limit_s, _RING_AGAIN_S)
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + limit_s) + 5
    _lower(resource.RLIMIT_CPU, soft)


def _stop_clock() -> None:
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except _TimeUp:
            continue
        return


def _fence(memory_mb: int) -> None:
    def ring(_signal: int, _frame: object) -> None:
        raise _TimeUp

    signal.signal(signal.SIGALRM, ring)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server; the worker leaves when its stdin closes
    _lower(resource.RLIMIT_AS, memory_mb * 1024 * 1024)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(what: int, soft: int) -> None:
    """Set the soft limit below the hard one. Systems without this limit (macOS has no RLIMIT_AS) keep the others."""
    _, hard = resource.getrlimit(what)
    try:
        resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    except (ValueError, OSError):
        return


def _private_stdout() -> TextIO:
    """Keep the answers' pipe to ourselves; whatever a library prints goes to stderr."""
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return pipe


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="media.worker", description="Makes views of photos, one JSON line each.")
    parser.add_argument("--memory-mb", type=int, default=MEMORY_CAP_MB)
    parser.add_argument("--limit-s", type=float, default=PICTURE_LIMIT_S)
    return parser.parse_args()


if __name__ == "__main__":
    main()
