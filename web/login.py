"""Login, logout and first-start set-up: plain HTML, because Streamlit cannot draw behind a closed gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from anyio import CapacityLimiter, to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import NotFound, Refused, TooLarge
from i18n import closest, words
from services.people import SESSION_LIFE, People
from web.gate import COOKIE, Cookies
from web.problems import sentence, waiting

FORM_CAP_BYTES = 16_000
AT_THE_DOOR = 8  # logins looked at together; the others wait without holding a thread that the rest of the app needs


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
        self._queue = CapacityLimiter(AT_THE_DOOR)
        self._pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
        )

    def login_page(self, request: Request) -> Response:
        if self._people.needs_setup():
            return RedirectResponse("/setup", 303)
        if request.scope.get("slg.actor") is not None:
            return RedirectResponse(_local(request.query_params.get("next")), 303)
        return self._login(request, next=_local(request.query_params.get("next")),
                           username=request.query_params.get("username", "")[:64])  # fmt: skip

    async def log_in(self, request: Request) -> Response:
        wanted = _local(request.query_params.get("next"))
        username = ""
        try:
            form = await _form(request)
            wanted, username = _local(form.get("next") or wanted), form.get("username", "")
            token, _ = await to_thread.run_sync(self._knock, request, username, form.get("password", ""),
                                                limiter=self._queue)  # fmt: skip
        except Refused as refused:
            return self._login(request, next=wanted, username=username, refused=refused)
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(
            COOKIE, self._cookies.seal(token), max_age=int(SESSION_LIFE.total_seconds()), httponly=True,
            samesite="lax", secure=self._is_tls, path="/",
        )  # fmt: skip
        return answer

    def _knock(self, request: Request, username: str, password: str) -> tuple[str, object]:
        address = request.client.host if request.client else ""
        device = request.headers.get("user-agent", "")
        entered = self._people.log_in(username, password, address=address, device=device)
        # A login is always a new session; the one this browser had before ends with it.
        before = request.scope.get("slg.actor")
        if before is not None and before.session_id:
            self._people.log_out(before.session_id)
        return entered

    async def log_out(self, request: Request) -> Response:
        actor = request.scope.get("slg.actor")
        if actor is not None and actor.session_id:
            await to_thread.run_sync(self._people.log_out, actor.session_id)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=self._is_tls)
        return answer

    def setup_page(self, request: Request) -> Response:
        if not self._people.needs_setup():
            return RedirectResponse("/login", 303)
        return self._draw(request, "setup.html", token=request.query_params.get("token", ""), refused="", given={})

    async def set_up(self, request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            form = await _form(request)
            await to_thread.run_sync(self._set_up, form, limiter=self._queue)
        except Refused as refused:
            wrong_token = words(self._lang(request))("login.setup_wrong_token")
            said = wrong_token if isinstance(refused, NotFound) else sentence(refused, self._lang(request))
            given = {name: form.get(name, "") for name in ("username", "name")}
            page = self._draw(request, "setup.html", token=form.get("token", ""), refused=said, given=given)
            page.status_code = refused.status
            return page
        return RedirectResponse("/login", 303)

    def _set_up(self, form: dict[str, str]) -> None:
        username, name = form.get("username", ""), form.get("name", "")
        self._people.set_up(form.get("token", ""), password=form.get("password", ""), username=username, name=name)

    def _login(self, request: Request, *, next: str, username: str = "", refused: Refused | None = None) -> Response:
        said = sentence(refused, self._lang(request)) if refused else ""
        page = self._draw(request, "login.html", next=next, username=username, refused=said,
                          has_sample=self._has_sample())  # fmt: skip
        if refused:
            page.status_code = refused.status
            page.headers.update(waiting(refused))
        return page

    def _draw(self, request: Request, template: str, **facts: Any) -> Response:
        lang = self._lang(request)
        page = self._pages.get_template(template).render(
            say=words(lang),
            lang="zh-CN" if lang == "zh" else "en",
            style=self._style,
            chosen=lang if request.query_params.get("lang") == lang else "",
            **facts,
        )
        return HTMLResponse(page, headers={"Content-Language": lang, "Vary": "Accept-Language"})

    def _lang(self, request: Request) -> str:
        asked = request.query_params.get("lang")
        return asked if asked in ("zh", "en") else closest(request.headers.get("accept-language"))


def _local(wanted: str | None) -> str:
    """Only a path of our own: never another host."""
    return wanted if wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) else "/"


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form. Raises TooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_CAP_BYTES:
            raise TooLarge()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
