"""The built front-end bundles: their hashed names, whether they fit their sources, and the files themselves."""

from __future__ import annotations

import importlib.util
import json
import mimetypes
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

HOME = Path(__file__).resolve().parent.parent
DIST = HOME / "web" / "dist"
IMMUTABLE = "public, max-age=31536000, immutable"


@cache
def manifest() -> dict[str, str]:
    """Logical name to hashed file name; empty when nothing has been built."""
    try:
        return json.loads((DIST / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def urls() -> dict[str, str]:
    """Logical name to address."""
    return {name: f"/assets/{file}" for name, file in manifest().items() if name != "sources"}


@cache
def trouble() -> str | None:
    """ "missing" when the bundles were never built, "old" when the sources have changed since; else None."""
    if not manifest():
        return "missing"
    spec = importlib.util.spec_from_file_location("frontend_sources", HOME / "frontend" / "sources.py")
    if spec is None or spec.loader is None:
        return None
    sources = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sources)
    return None if sources.sources_digest() == manifest().get("sources") else "old"


def serve(request: Request) -> Response:
    """GET /assets/NAME: only names in the dist folder itself, pre-compressed when the browser takes it."""
    name = request.path_params["name"]
    path = DIST / name
    if "/" in name or name.startswith(".") or not path.is_file() or name == "manifest.json":
        return Response(status_code=404)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": IMMUTABLE, "Vary": "Accept-Encoding"}
    accepted = request.headers.get("accept-encoding", "")
    for encoding, ending in (("br", ".br"), ("gzip", ".gz")):
        if encoding in accepted and (packed := path.with_name(name + ending)).is_file():
            return FileResponse(packed, media_type=media_type, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(path, media_type=media_type, headers=headers)
