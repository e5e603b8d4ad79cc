"""The outermost layer: counts every request and writes one line about it, by its route and never by its address."""

from __future__ import annotations

import re
import secrets
import time
from functools import lru_cache

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.policy.permissions import page_names, route_templates
from services import Services
from services.logs import who
from web.metrics import Metrics

UPLOAD = "/api/v1/captures/{capture_id}/photos/{sha256}"
# Streamlit's own addresses, by their first part.
OF_STREAMLIT = ("_stcore", "static", "media", "component")
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"))
QUIET = ("/healthz", "/readyz", "/metrics", "/assets/{name:path}", "/static/…")
log = structlog.get_logger("web")


class Watch:
    def __init__(self, app: ASGIApp, *, services: Services, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._key = services.secret_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        came, went, status, started = 0, 0, 0, time.perf_counter()
        request = secrets.token_hex(6)
        method = scope["method"] if scope["type"] == "http" else "WEBSOCKET"
        method = method if method in METHODS else "OTHER"
        route = template_of(scope["path"])

        async def counted_in() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b"") or message.get("bytes") or b"")
            return message

        async def counted_out(message: Message) -> None:
            nonlocal went, status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request.encode())]
            elif message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close" and not status:
                status = 403
            went += len(message.get("body", b"") or message.get("bytes") or b"")
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request):
            try:
                await self._app(scope, counted_in, counted_out)
            finally:
                seconds = time.perf_counter() - started
                if method != "WEBSOCKET":  # how long a page stays open is no time of ours
                    self._metrics.answered(method, route, status, seconds)
                if route == UPLOAD and 200 <= status < 300:
                    self._metrics.uploaded(came)
                self._tell(scope, method, route, status, seconds, came, went)

    def _tell(
        self, scope: Scope, method: str, route: str, status: int, seconds: float, came: int, went: int
    ) -> None:  # fmt: skip
        if status < 400 and (route in QUIET or (route == UPLOAD and status == 204)):
            return  # of an original in parts, the part that made it whole is told
        actor = scope.get("slg.actor")
        person = {"who": who(actor.person_id, self._key)} if actor is not None else {}
        log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1), bytes_in=came,
                 bytes_out=went, **person)  # fmt: skip


@lru_cache(maxsize=1)
def _patterns() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    plain = {template: template for template, _ in route_templates() if "{" not in template}
    plain |= {"/": "/", **{f"/{name}": f"/{name}" for name in page_names()}}
    return plain, [(re.compile(pattern), template) for template, pattern in route_templates() if "{" in template]


def template_of(path: str) -> str:
    """The route of an address as doors.toml writes it; what nobody gave out is "other"."""
    plain, patterns = _patterns()
    known = plain.get(path) or plain.get(path.rstrip("/"))
    if known:
        return known
    for pattern, template in patterns:
        if pattern.fullmatch(path):
            return template
    first = path.lstrip("/").partition("/")[0]
    return f"/{first}/…" if first in OF_STREAMLIT else "other"
