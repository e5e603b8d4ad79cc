"""Tiles of a base map that a setting names, fetched by the server: its key stays here, the browser asks nobody else."""

from __future__ import annotations

import urllib.error
import urllib.request
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import NotFound
from web.gate import actor_of
from web.problems import answer

TILE_CAP_BYTES = 1_000_000
TIMEOUT_S = 10
ZOOM_AT_MOST = 20


class Basemap:
    """template: an http(s) address with {z}, {x} and {y}. Without one there is no base map and every tile is 404."""

    def __init__(self, template: str) -> None:
        self._template = template if urlsplit(template).scheme in ("http", "https") else ""
        self._fetch = lru_cache(maxsize=512)(self._fetch_tile)

    def tile(self, request: Request) -> Response:
        """GET /basemap/{z}/{x}/{y}: one raster tile for a signed-in person."""
        actor = actor_of(request)
        z, x, y = (request.path_params[name] for name in ("z", "x", "y"))
        found = self._fetch(z, x, y) if self._template and z <= ZOOM_AT_MOST and max(x, y) < 2**z else None
        if found is None:
            return answer(NotFound(), actor.lang)
        media_type, body = found
        return Response(body, media_type=media_type, headers={"Cache-Control": "private, max-age=86400"})

    def _fetch_tile(self, z: int, x: int, y: int) -> tuple[str, bytes] | None:
        address = self._template.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
        asked = urllib.request.Request(address, headers={"User-Agent": "shengliguan-inspect"})  # noqa: S310
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as tile:  # noqa: S310
                media_type = tile.headers.get_content_type()
                body = tile.read(TILE_CAP_BYTES + 1)
        except (urllib.error.URLError, OSError, ValueError):
            return None
        if media_type not in ("image/png", "image/jpeg", "image/webp") or len(body) > TILE_CAP_BYTES:
            return None
        return media_type, body
