"""The whole address book: every route of ours on one screen. Streamlit answers what is not here."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from domain.errors import Refused
from services import Services
from web.api import api
from web.basemap import Basemap
from web.bundles import BundleFiles
from web.capture import CaptureApp
from web.gate import Cookies
from web.login import Doors
from web.metrics import Metrics
from web.oidc import BACK, PATH, OidcDoors
from web.plain import PlainPages


def routes(services: Services, cookies: Cookies, metrics: Metrics | None = None) -> list[BaseRoute]:
    doors = Doors(
        services.people,
        cookies,
        PlainPages(services.bundles.urls.get("look.css", "")),
        is_tls=services.is_tls,
        has_sample=services.has_known_passwords,
        provider=services.identities.provider,
    )
    oidc = OidcDoors(services.identities, doors, secret_key=services.secret_key, public_url=services.public_url,
                     is_tls=services.is_tls)  # fmt: skip

    def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    def readyz(_: Request) -> Response:
        try:
            why, waiting = services.operations.not_ready()
        except Refused as refused:
            return JSONResponse({"status": "busy", "code": refused.code, "why": [refused.code]}, 503)
        bundles = services.bundles.trouble or "ok"
        status = {"status": "busy" if why else "ok", "queue": waiting, "bundles": bundles, "why": why}
        return JSONResponse(status, 503 if why else 200)

    def robots(_: Request) -> Response:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")

    return [
        Route("/login", doors.login_page, methods=["GET"]),
        Route("/login", doors.log_in, methods=["POST"]),
        Route(PATH, oidc.begin, methods=["GET"]),
        Route(BACK, oidc.back, methods=["GET"]),
        Route("/logout", doors.log_out, methods=["POST"]),
        Route("/setup", doors.setup_page, methods=["GET"]),
        Route("/setup", doors.set_up, methods=["POST"]),
        Route("/reset", doors.reset_page, methods=["GET"]),
        Route("/reset", doors.reset, methods=["POST"]),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", (metrics or Metrics(services)).page, methods=["GET"]),
        Route("/today", lambda _: RedirectResponse("/", 303), methods=["GET"]),
        Route("/robots.txt", robots, methods=["GET"]),
        Route("/assets/{name:path}", BundleFiles(services.bundles).serve, methods=["GET"]),
        Route("/basemap/{z:int}/{x:int}/{y:int}", Basemap(services.basemap).tile, methods=["GET"]),
        *CaptureApp(services.bundles).routes(),
        Mount("/api/v1", api(services)),
    ]
