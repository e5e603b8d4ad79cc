"""Login, logout, first-start set-up, links for passwords: plain HTML, because Streamlit cannot draw behind a closed gate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import NotFound, Refused
from domain.identities import Provider
from domain.records import Person
from i18n import words
from services.people import SESSION_LIFE, People
from web.gate import COOKIE, Cookies
from web.plain import PlainPages, form_of, lang_of, local

TOLD = ("password_set", "admin_made")  # what the address may make the login page say
AT_THE_DOOR = 8  # logins looked at together; the others wait without holding a thread that the rest of the app needs


class Doors:
    """has_sample: true while the sample city's accounts have the passwords that the README prints."""

    def __init__(
        self, people: People, cookies: Cookies, pages: PlainPages, *, is_tls: bool, has_sample: Callable[[], bool],
        provider: Provider | None = None,
    ) -> None:  # fmt: skip
        self._people = people
        self._cookies = cookies
        self._pages = pages
        self._is_tls = is_tls
        self._has_sample = has_sample
        self._provider = provider
        self._queue = CapacityLimiter(AT_THE_DOOR)

    def login_page(self, request: Request) -> Response:
        if self._people.needs_setup():
            return RedirectResponse("/setup", 303)
        if request.scope.get("slg.actor") is not None:
            return RedirectResponse(local(request.query_params.get("next")), 303)
        return self._login(request, next=local(request.query_params.get("next")),
                           username=request.query_params.get("username", "")[:64])  # fmt: skip

    async def log_in(self, request: Request) -> Response:
        wanted = local(request.query_params.get("next"))
        username = ""
        try:
            form = await form_of(request)
            wanted, username = local(form.get("next") or wanted), form.get("username", "")
            token, _ = await to_thread.run_sync(self._knock, request, username, form.get("password", ""),
                                                limiter=self._queue)  # fmt: skip
        except Refused as refused:
            return self._login(request, next=wanted, username=username, refused=refused)
        return await self.let_in(request, token, wanted)

    async def let_in(self, request: Request, token: str, wanted: str) -> Response:
        """Let a new session in. A login is always a new one; the one this browser had before ends with it."""
        before = request.scope.get("slg.actor")
        if before is not None and before.session_id:
            await to_thread.run_sync(self._people.log_out, before.session_id)
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(
            COOKIE, self._cookies.seal(token), max_age=int(SESSION_LIFE.total_seconds()), httponly=True,
            samesite="lax", secure=self._is_tls, path="/",
        )  # fmt: skip
        return answer

    def refused(self, request: Request, wanted: str, refused: Refused) -> Response:
        """The login page with one sentence: another way in came to nothing."""
        return self._login(request, next=wanted, refused=refused)

    def _knock(self, request: Request, username: str, password: str) -> tuple[str, object]:
        address = request.client.host if request.client else ""
        device = request.headers.get("user-agent", "")
        return self._people.log_in(username, password, address=address, device=device)

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
        return self._pages.draw(request, "setup.html", token=request.query_params.get("token", ""), given={})

    async def set_up(self, request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            form = await form_of(request)
            person = await to_thread.run_sync(self._set_up, form, limiter=self._queue)
        except Refused as refused:
            given = {name: form.get(name, "") for name in ("username", "name")}
            return self._draw_refused(
                request, "setup.html", refused, "login.setup_wrong_token", token=form.get("token", ""), given=given
            )
        return self._to_login(request, "admin_made", person)

    def _set_up(self, form: dict[str, str]) -> Person:
        username, name = form.get("username", ""), form.get("name", "")
        return self._people.set_up(
            form.get("token", ""), password=form.get("password", ""), username=username, name=name
        )

    def reset_page(self, request: Request) -> Response:
        """GET /reset: whose password the link sets. Looking does not use it up."""
        return self._draw_reset(request, request.query_params.get("token", ""))

    async def reset(self, request: Request) -> Response:
        form: dict[str, str] = {}
        try:
            form = await form_of(request)
            person = await to_thread.run_sync(self._reset, form, limiter=self._queue)
        except Refused as refused:
            return await to_thread.run_sync(self._draw_reset, request, form.get("token", ""), refused)
        return self._to_login(request, "password_set", person)

    def _to_login(self, request: Request, told: str, person: Person) -> Response:
        lang = f"&lang={lang_of(request)}" if request.query_params.get("lang") else ""
        return RedirectResponse(f"/login?told={told}&username={quote(person.username)}{lang}", 303)

    def _draw_reset(self, request: Request, token: str, refused: Refused | None = None) -> Response:
        try:
            person = self._people.link_owner(token)
        except NotFound as over:
            return self._draw_refused(request, "reset.html", refused or over, "login.reset_over", token="", person=None)
        return self._pages.draw(request, "reset.html", refused=refused or "", token=token, person=person)

    def _reset(self, form: dict[str, str]) -> Person:
        return self._people.use_link(form.get("token", ""), form.get("password", ""), form.get("again", ""))

    def _login(self, request: Request, *, next: str, username: str = "", refused: Refused | None = None) -> Response:
        asked = request.query_params.get("told", "")
        told = words(lang_of(request))(f"login.{asked}") if asked in TOLD and not refused else ""
        # Another way in came to nothing: that is no fault of what stands in the fields.
        is_of_fields = refused is not None and not refused.code.startswith("oidc_")
        return self._pages.draw(request, "login.html", refused=refused or "", is_of_fields=is_of_fields, next=next, username=username, told=told,
                                has_sample=self._has_sample(), provider=self._provider)  # fmt: skip

    def _draw_refused(self, request: Request, template: str, refused: Refused, nowhere: str, **facts: Any) -> Response:
        """A page refused; "not found" has words of its own here, for it means the token."""
        said = words(lang_of(request))(nowhere) if isinstance(refused, NotFound) else refused
        page = self._pages.draw(request, template, refused=said, **facts)
        page.status_code = refused.status
        return page
