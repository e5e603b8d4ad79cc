"""Login through another identity provider: there and back, ending in the same session as a password login."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial

from anyio import CapacityLimiter, to_thread
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from domain.errors import Refused
from services.identities import BEGUN_LIFE, Begun, Identities
from web.login import Doors
from web.plain import local

UNDER_WAY = "slg_oidc"
PATH = "/login/oidc"
BACK = f"{PATH}/callback"
AT_ONCE = 8  # an issuer that answers slowly must not hold the threads that the rest of the app needs


class OidcDoors:
    def __init__(self, identities: Identities, doors: Doors, *, secret_key: str, public_url: str, is_tls: bool) -> None:
        self._identities = identities
        self._doors = doors
        self._seal = URLSafeTimedSerializer(secret_key, salt="slg-oidc")
        self._public_url = public_url.rstrip("/")
        self._is_tls = is_tls
        self._queue = CapacityLimiter(AT_ONCE)

    async def begin(self, request: Request) -> Response:
        """GET /login/oidc: to the issuer's login page; the browser keeps what it needs to come back, sealed."""
        wanted = local(request.query_params.get("next"))
        back = f"{self._public_url or str(request.base_url).rstrip('/')}{BACK}"
        try:
            address, begun = await to_thread.run_sync(self._identities.begin, back, limiter=self._queue)
        except Refused as refused:
            return await self._refuse(request, wanted, refused)
        answer = RedirectResponse(address, 303)
        kept = self._seal.dumps({**asdict(begun), "next": wanted})
        assert isinstance(kept, str)
        # Lax: the way back is a plain link from the issuer's site.
        answer.set_cookie(
            UNDER_WAY, kept, max_age=int(BEGUN_LIFE.total_seconds()), httponly=True, samesite="lax", secure=self._is_tls,
            path=PATH,
        )  # fmt: skip
        return answer

    async def back(self, request: Request) -> Response:
        """GET /login/oidc/callback: whoever comes back with a good answer is logged in; every other gets one sentence."""
        begun, wanted = self._unseal(request.cookies.get(UNDER_WAY, ""))
        finish = partial(
            self._identities.finish, begun, dict(request.query_params),
            address=request.client.host if request.client else "", device=request.headers.get("user-agent", ""),
        )  # fmt: skip
        try:
            token, _ = await to_thread.run_sync(finish, limiter=self._queue)
        except Refused as refused:
            answer = await self._refuse(request, wanted, refused)
        else:
            answer = await self._doors.let_in(request, token, wanted)
        answer.delete_cookie(UNDER_WAY, path=PATH, httponly=True, samesite="lax", secure=self._is_tls)
        return answer

    def _unseal(self, kept: str) -> tuple[Begun | None, str]:
        """(what was begun in this browser, where it wanted to go); None when nothing was, or too long ago."""
        try:
            found = self._seal.loads(kept, max_age=int(BEGUN_LIFE.total_seconds()))
            wanted = local(found.pop("next"))
            return Begun(**found), wanted
        except (BadData, TypeError, KeyError, AttributeError):
            return None, "/"

    async def _refuse(self, request: Request, wanted: str, refused: Refused) -> Response:
        return await to_thread.run_sync(partial(self._doors.refused, request, wanted, refused))
