"""Login, logout and first-start set-up: plain HTML, because Streamlit cannot draw behind a closed gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import NotFound, Refused
from i18n import closest, words
from services.people import SESSION_LIFE, People
from web.gate import COOKIE, Cookies
from web.problems import sentence

FORM_CAP_BYTES = 16_000


class Doors:
    """has_sample: true while the sample city's accounts have the passwords that the README prints."""

    def __init__(
        self, people: People, cookies: Cookies, *, style: str, is_tls: bool, has_sample: Callable[[], bool]
    ) -> None:
        self._people = people
        self._cookies = cookies
        self._style = style
        self._is_tls = is_tls
        self._has_sample = has_sample
        self._pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
        )

    def login_page(self, request: Request) -> Response:
        if self._people.needs_setup():
            return RedirectResponse("/setup", 303)
        if request.scope.get("slg.actor") is not None:
            return RedirectResponse(_local(request.query_params.get("next")), 303)
        return self._login(request, next=_local(request.query_params.get("next")))

    async def log_in(self, request: Request) -> Response:
        form = await _form(request)
        wanted = _local(form.get("next") or request.query_params.get("next"))
        username, password = form.get("username", ""), form.get("password", "")
        address = request.client.host if request.client else ""
        try:
            token, _ = await run_in_threadpool(
                self._people.log_in, username, password, address=address, device=request.headers.get("user-agent", "")
            )
        except Refused as refused:
            page = self._login(request, next=wanted, username=username, refused=refused)
            page.status_code = refused.status
            return page
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(
            COOKIE, self._cookies.seal(token), max_age=int(SESSION_LIFE.total_seconds()), httponly=True,
            samesite="lax", secure=self._is_tls, path="/",
        )  # fmt: skip
        return answer

    async def log_out(self, request: Request) -> Response:
        actor = request.scope.get("slg.actor")
        if actor is not None and actor.session_id:
            await run_in_threadpool(self._people.log_out, actor.session_id)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    def setup_page(self, request: Request) -> Response:
        if not self._people.needs_setup():
            return RedirectResponse("/login", 303)
        return self._draw(request, "setup.html", token=request.query_params.get("token", ""), refused="", given={})

    async def set_up(self, request: Request) -> Response:
        form = await _form(request)
        given = {name: form.get(name, "") for name in ("username", "name")}
        try:
            await run_in_threadpool(
                self._people.set_up, form.get("token", ""), password=form.get("password", ""), **given
            )
        except Refused as refused:
            said = (
                words(self._lang(request))("login.setup_wrong_token")
                if isinstance(refused, NotFound)
                else sentence(refused, self._lang(request))
            )
            page = self._draw(request, "setup.html", token=form.get("token", ""), refused=said, given=given)
            page.status_code = refused.status
            return page
        return RedirectResponse("/login", 303)

    def _login(self, request: Request, *, next: str, username: str = "", refused: Refused | None = None) -> Response:
        said = sentence(refused, self._lang(request)) if refused else ""
        return self._draw(request, "login.html", next=next, username=username, refused=said,
                          has_sample=self._has_sample())  # fmt: skip

    def _draw(self, request: Request, template: str, **facts: Any) -> Response:
        lang = self._lang(request)
        page = self._pages.get_template(template).render(
            say=words(lang), lang="zh-CN" if lang == "zh" else "en", style=self._style, **facts
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store", "Content-Language": lang})

    def _lang(self, request: Request) -> str:
        asked = request.query_params.get("lang")
        return asked if asked in ("zh", "en") else closest(request.headers.get("accept-language"))


def _local(wanted: str | None) -> str:
    """Only a path of our own: never another host."""
    return wanted if wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else "/"


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_CAP_BYTES:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
