"""The gate: pure ASGI in front of everything, pages, websockets and routes alike.

It knows who is asking from our own signed cookie, or on the API from a token, throws away every header a client could forge, lets nobody
in without a live session except to log in, and puts the security headers on every answer.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

from anyio import to_thread
from itsdangerous import BadSignature, Signer
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import Broken, NotSignedIn, Refused, TooLarge
from domain.policy.permissions import page_names
from domain.records import AUTO, Actor
from i18n import closest, words
from services import Services
from services.people import session_id
from web.capture import OPEN as CAPTURE_PATHS
from web.problems import answer, sentence, waiting
from web.static import StreamlitFiles, inline_script_hashes

COOKIE = "slg_session"
SESSION_HEADER = "x-slg-session"
OURS = b"x-slg-"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
BODY_CAP_BYTES = 4_000_000  # a capture with twenty previews; originals are streamed and have a cap of their own
STREAMED = re.compile(r"/api/v1/captures/[^/]+/photos/[^/]+|/api/v1/people/sheets|/api/v1/layers/[^/]+/imports")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
# What anyone may fetch: the doors, the health of the server, files that are public in the package anyway.
OPEN_PATHS = (
    "/login",
    "/login/oidc",
    "/login/oidc/callback",
    "/logout",
    "/setup",
    "/reset",
    "/healthz",
    "/readyz",
    "/favicon.ico",
    "/robots.txt",
)
WATCHED = "/metrics"
OPEN_PREFIXES = ("/assets/", "/static/")
# First parts of addresses that a route of ours or Streamlit itself answers; the rest must be a page.
ROUTED = frozenset(
    {
        "",
        *(path[1:] for path in OPEN_PATHS),
        "assets",
        "static",
        "api",
        "basemap",
        "metrics",
        "_stcore",
        "media",
        "component",
    }
)
# Streamlit's doors that this app does not use: uploads come through our own streaming route.
CLOSED_PREFIXES = ("/_stcore/upload_file", "/_stcore/metrics", "/_stcore/agent", "/auth/", "/oauth2callback")


class Cookies:
    """Signs and reads the session cookie's value."""

    def __init__(self, secret_key: str) -> None:
        self._signer = Signer(secret_key, salt="slg-session")

    def seal(self, token: str) -> str:
        return self._signer.sign(token).decode()

    def session(self, headers: Headers) -> str | None:
        """The session id behind the request's cookie; None without one or with a forged one."""
        for part in headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                try:
                    token = self._signer.unsign(value).decode()
                except (BadSignature, UnicodeDecodeError):
                    return None
                # The reader of base64 skips signs it does not know; a cookie counts only as it was written.
                return session_id(token) if self.seal(token) == value else None
        return None


class Gate:
    def __init__(self, app: ASGIApp, *, services: Services, cookies: Cookies) -> None:
        self._app = app
        self._services = services
        self._cookies = cookies
        self._public_host = urlsplit(services.public_url).netloc
        self._is_tls = services.is_tls or services.public_url.startswith("https://")
        self._files = StreamlitFiles()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope["headers"] = [(k, v) for k, v in scope["headers"] if not k.lower().startswith(OURS)]
        headers = Headers(scope=scope)
        try:
            refusal = await self._admit(scope, headers)
        except Refused as refused:  # the store is locked or away
            refusal = _say(scope, headers, refused, closest(headers.get("accept-language")))
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                # Refused before it is accepted: the client sees 403 on the handshake.
                await send({"type": "websocket.close", "code": 1008})
            return

        has_begun = False

        async def with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._protect(MutableHeaders(scope=message), scope["path"])
            await send(message)

        if refusal is None and scope["method"] in UNSAFE and not STREAMED.fullmatch(scope["path"]):
            body = await _body(headers, receive)
            if body is None:
                refusal = answer(TooLarge(), closest(headers.get("accept-language")))
            else:
                receive = _replayed(body, receive)
        app = self._files if refusal is None and scope["path"].startswith("/static/") else refusal or self._app
        try:
            await app(scope, receive, with_headers)
        except Refused as refused:
            if has_begun:
                raise
            said = _say(scope, headers, refused, closest(headers.get("accept-language")))
            await said(scope, receive, with_headers)
        except Exception:
            # The server's own answer to a crash would come without our headers; it still writes the crash to its log.
            if not has_begun:
                await answer(Broken(), closest(headers.get("accept-language")))(scope, receive, with_headers)
            raise

    async def _admit(self, scope: Scope, headers: Headers) -> Response | None:
        """None lets the request in (with its actor in the scope); else the answer it gets."""
        path = scope["path"]
        lang = closest(headers.get("accept-language"))
        is_here = _is_loopback(scope, headers) and self._is_own_name(headers)
        if not is_here and await to_thread.run_sync(self._services.has_known_passwords):
            return PlainTextResponse(words(lang)("login.sample_local_only"), 403)
        if path.startswith(CLOSED_PREFIXES):
            return PlainTextResponse("", 403 if path.startswith("/_stcore") else 404)
        is_unsafe = scope["type"] == "websocket" or scope["method"] in UNSAFE
        is_ours = self._same_origin(headers) if is_unsafe else True
        # The API is never asked from another site: not even to read, since taking an original leaves a history row.
        takes_token = scope["type"] == "http" and (path.startswith("/api/") or path == WATCHED)
        is_watcher = path == WATCHED and self._is_watcher(scope, headers)
        token = _bearer(headers) if takes_token and not is_watcher else None
        if path.startswith("/api/") and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            is_ours = False
        if token is not None and not self._same_origin(headers):
            is_ours = False
        if not is_ours:
            return PlainTextResponse(words(lang)("login.other_origin"), 403)
        if path.startswith(OPEN_PREFIXES) or path in CAPTURE_PATHS:
            return None  # the same files for everybody: no need to ask the store who wants them
        if is_watcher:
            scope["slg.watcher"] = True
            return None
        actor = await (self._actor(headers) if token is None else self._token_actor(scope, token))
        if isinstance(actor, Refused):
            if path in OPEN_PATHS:
                return (
                    None
                    if not actor.status == 503 or path in ("/healthz", "/readyz")
                    else _say(scope, headers, actor, lang)
                )
            if actor.status == 503:
                return _say(scope, headers, actor, lang)
            return _turn_away(scope, headers, actor, lang)
        if _wants_page(scope, headers) and not _is_known(path):
            return self._nowhere(lang if actor.lang == AUTO else actor.lang)
        scope["slg.actor"] = replace(actor, lang=lang) if actor.lang == AUTO else actor
        scope["headers"] = [*scope["headers"], (SESSION_HEADER.encode(), (actor.session_id or "").encode())]
        return None

    def _is_watcher(self, scope: Scope, headers: Headers) -> bool:
        """A program on this machine that reads the figures with the token of the settings."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        token = self._services.metrics_token
        is_right = hmac.compare_digest(given.strip().encode(), token.encode())
        return bool(token) and is_right and kind.lower() == "bearer" and _is_loopback(scope, headers)

    async def _actor(self, headers: Headers) -> Actor | Refused:
        session = self._cookies.session(headers)
        if session is None:
            return NotSignedIn()
        try:
            return await to_thread.run_sync(self._services.people.actor, session)
        except Refused as refused:
            return refused

    async def _token_actor(self, scope: Scope, token: str) -> Actor | Refused:
        """Whoever sends a token is asked for nothing else: a cookie beside a token that opens nothing does not help."""
        address = scope["client"][0] if scope.get("client") else ""
        try:
            return await to_thread.run_sync(partial(self._services.tokens.actor, token, address=address))
        except Refused as refused:
            return refused

    def _nowhere(self, lang: str) -> Response:
        """An address that nobody gave out; Streamlit would draw its first page under a dialog in English."""
        say, style = words(lang), self._services.bundles.urls.get("look.css", "")
        page = (
            f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{escape(say("app.name"))}</title><link rel="stylesheet" href="{escape(style)}">'
            f'<body style="padding:32px 24px"><h1>{escape(say("login.nowhere"))}</h1>'
            f'<p style="margin-top:16px"><a href="/">{escape(say("login.home"))}</a></p></body></html>'
        )
        return HTMLResponse(page, 404)

    def _same_origin(self, headers: Headers) -> bool:
        """Browsers send Origin with every unsafe request and websocket; programs that send none carry no cookie jar."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site") in (None, "same-origin", "none")
        try:
            return urlsplit(origin).netloc in {headers.get("host", ""), self._public_host} - {""}
        except ValueError:
            return False

    def _is_own_name(self, headers: Headers) -> bool:
        """A name that only this machine answers to: a foreign name that was pointed at 127.0.0.1 is another site."""
        host = headers.get("host", "")
        return host == self._public_host or re.sub(r":\d+$", "", host) in LOOPBACK_NAMES

    def _protect(self, headers: MutableHeaders, path: str) -> None:
        headers["Content-Security-Policy"] = content_security_policy()
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
        if self._is_tls:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if not path.startswith(OPEN_PREFIXES):
            headers.setdefault("Cache-Control", "no-store")


def content_security_policy() -> str:
    """Ran clean with Streamlit's components (blob:) and pydeck (WASM); no remote host anywhere."""
    scripts = " ".join(("'self'", "blob:", "'wasm-unsafe-eval'", *inline_script_hashes()))
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' data: blob:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def _bearer(headers: Headers) -> str | None:
    """The token of `Authorization: Bearer ...`; None when there is no such header."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_known(path: str) -> bool:
    first, _, rest = path.lstrip("/").partition("/")
    return first in ROUTED or (first in page_names() and not rest.strip("/"))


def _wants_page(scope: Scope, headers: Headers) -> bool:
    """True for a person's browser going somewhere, not for a program."""
    is_reading = scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", "")
    return is_reading and not scope["path"].startswith("/api/")


def _say(scope: Scope, headers: Headers, refused: Refused, lang: str) -> Response:
    """The refusal as one sentence for a person, as a problem for a program. A page that may pass asks again itself."""
    if not _wants_page(scope, headers):
        return answer(refused, lang)
    later = waiting(refused)
    again = {"Refresh": later["Retry-After"]} if later else {}
    return PlainTextResponse(sentence(refused, lang), refused.status, headers={**later, **again})


def _turn_away(scope: Scope, headers: Headers, refused: Refused, lang: str) -> Response:
    if _wants_page(scope, headers):
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(wanted)}" if wanted != "/" else "/login", 303)
    said = answer(refused, lang)
    if refused.code.startswith("token_"):
        said.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return said


def _is_loopback(scope: Scope, headers: Headers) -> bool:
    """True for a client on this machine that came straight to us; behind a proxy nobody counts as local."""
    client = scope.get("client")
    if client is None or any(name in headers for name in ("x-forwarded-for", "x-real-ip", "forwarded")):
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body of a small request; None when it is over the cap (whatever its length said) or never ended."""
    announced = headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > BODY_CAP_BYTES:
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > BODY_CAP_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body once, then whatever follows it."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


def actor_of(request: Request) -> Actor:
    """The actor that the gate let in. Raises NotSignedIn on a route that the gate left open."""
    actor: Any = request.scope.get("slg.actor")
    if actor is None:
        raise NotSignedIn()
    return actor
