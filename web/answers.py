"""Answers that save the phone's bytes: ETag with 304, and compression."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import brotli
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

SMALL_BYTES = 1000


def geojson(request: Request, body: bytes, etag: str | None = None) -> Response:
    """GeoJSON that the browser may keep but asks about each time; it is scoped, so no shared cache may hold it."""
    return packed(request, body, "application/geo+json", etag or f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def packed(request: Request, body: bytes, media_type: str, etag: str) -> Response:
    headers = {"Cache-Control": "private, no-cache", "ETag": etag, "Vary": "Accept-Encoding, Cookie"}
    if has_it(request, etag):
        return Response(status_code=304, headers=headers)
    accepted = request.headers.get("accept-encoding", "")
    encoding = next((e for e in ("br", "gzip") if e in accepted), None)
    if encoding is None or len(body) < SMALL_BYTES:
        return Response(body, media_type=media_type, headers=headers)
    return Response(_pack(body, encoding), media_type=media_type, headers={**headers, "Content-Encoding": encoding})


def download(body: bytes, media_type: str, name: str) -> Response:
    """A file made for one person just now: saved under that name, kept nowhere on the way."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(body, media_type=media_type, headers=headers)


def made_file(path: Path, name: str, drop: Callable[[], None]) -> Response:
    """A file that lies on the disk for this one answer; `drop` takes it away after it was sent."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in name)
    headers = {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
    return FileResponse(path, media_type="application/octet-stream", headers=headers, background=BackgroundTask(drop))


def has_it(request: Request, etag: str) -> bool:
    """True when the browser still holds exactly this; it asked, so the right to see it was looked at again."""
    return etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]


@lru_cache(maxsize=32)
def _pack(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body, quality=6) if encoding == "br" else gzip.compress(body, 6)
