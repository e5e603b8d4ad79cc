"""One shape for every line of the log, whoever writes it: ours, the server's, Streamlit's, alembic's.

Nothing personal gets in: no name, number plate, phone, coordinate, address asked for, session, token or photo. Ours
name only what this file lists (FIELDS); of others' lines the template is kept without what was put into it; of an error
its kind and where it happened, never its message, which may quote what somebody wrote.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import structlog

HOME = Path(__file__).resolve().parent.parent
# Every field that a line of ours may carry. What is not here is left out, so a new one is a decision.
FIELDS = frozenset({
    "event", "level", "logger", "timestamp", "error", "where", "kind", "how", "seconds", "attempts", "code", "method",
    "route", "status", "ms", "bytes_in", "bytes_out", "who", "request", "count", "file", "edition", "entry", "field", "files", "stale", "size_bytes",
})  # fmt: skip
# These write addresses with their queries; requests are told by our own line.
SILENT = ("uvicorn.access", "httptools", "h11", "watchfiles", "watchdog")
QUIET = {"uvicorn": logging.WARNING, "uvicorn.error": logging.WARNING, "uvicorn.asgi": logging.WARNING,
         "websockets": logging.ERROR, "alembic": logging.WARNING, "streamlit": logging.WARNING,
         "sqlalchemy": logging.WARNING, "PIL": logging.WARNING, "pyogrio": logging.WARNING}  # fmt: skip
TAKEN = frozenset({*(name.partition(".")[0] for name in (*SILENT, *QUIET))})
FRAMES = 6
# In a template that was formatted before it came here: numbers and long words say more than they should.
LOOSE = re.compile(r"\?\S*|https?://\S+|[0-9A-Za-z_\-]{16,}|\d[\d.,:\-]{3,}|[^\x00-\x7f]+|/[^\s:]*|'[^']*'|\"[^\"]*\"")


def set_up(*, as_json: bool, to: TextIO | None = None) -> None:
    """Route everything through one handler on standard error. Call it again after a library has set up its own."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _error_without_words,
        _only_fields,
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=lambda *_: None)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.setLoggerClass(_Housed)
    handler = logging.StreamHandler(to) if to else _ToStandardError()
    foreign: list[Any] = [_foreign, *shared]
    handler.addFilter(lambda record: isinstance(record.msg, dict) or record.levelno >= logging.WARNING)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in [*logging.root.manager.loggerDict, *SILENT]:
        if _is_taken(name):
            logger = logging.getLogger(name)
            logger.handlers[:] = []
            logger.propagate, logger.disabled = True, _is_silent(name)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)


class _ToStandardError(logging.StreamHandler):
    """Whatever standard error is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


class _Housed(logging.Logger):
    """A logger made from now on: those of the libraries named here get no handler of their own, whatever they ask."""

    def __init__(self, name: str, level: int = logging.NOTSET) -> None:
        self._taken = _is_taken(name)
        super().__init__(name, level)
        self.disabled = _is_silent(name)

    def addHandler(self, hdlr: logging.Handler) -> None:
        if not self._taken:
            super().addHandler(hdlr)

    @property
    def propagate(self) -> bool:
        return self._taken or self._spreads

    @propagate.setter
    def propagate(self, value: bool) -> None:
        self._spreads = value


def who(person_id: str, key: str) -> str:
    """A person in the log: the same for the same person, and nobody's without the key."""
    return hmac.new(key.encode(), b"log:" + person_id.encode(), hashlib.sha256).hexdigest()[:12]


def _is_taken(name: str) -> bool:
    return name.partition(".")[0] in TAKEN


def _is_silent(name: str) -> bool:
    return any(name == silent or name.startswith(silent + ".") for silent in SILENT)


def _foreign(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A line of somebody else's: its template, with everything loose taken out."""
    record: logging.LogRecord = event["_record"]
    event["event"] = LOOSE.sub("…", str(record.msg).splitlines()[0] if record.msg else "")[:160]
    event["logger"] = record.name
    if record.exc_info:
        event["exc_info"] = record.exc_info
    return event


def _error_without_words(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    found = event.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        event["where"] = " < ".join(f"{_short(f.filename)}:{f.lineno}" for f in reversed(frames))
    event.pop("stack_info", None)
    return event


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(HOME)) if path.is_relative_to(HOME) else f"{path.parent.name}/{path.name}"


def _only_fields(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Internal keys of structlog begin with an underscore."""
    return {key: value for key, value in event.items() if key in FIELDS or key.startswith("_")}
