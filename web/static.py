"""Streamlit's own static files, compressed: the biggest single win for a phone on a slow network.

Streamlit serves /static as it lies on the disk. These files are named by their content, so each is compressed once
for the process and kept in memory (about 3 MB for what the app uses).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import mimetypes
import re
import threading
from functools import cache
from pathlib import Path

import brotli
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

COMPRESSED = (".js", ".css", ".html", ".json", ".svg", ".wasm", ".map", ".txt")
BROTLI_QUALITY = 7


class StreamlitFiles:
    def __init__(self) -> None:
        self._packed: dict[tuple[str, str], bytes] = {}
        self._packing = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GET /static/PATH. Stands in the gate, because Streamlit lets no route of ours lie below its own prefix."""
        request = Request(scope)
        answer = (
            Response(status_code=405)
            if request.method not in ("GET", "HEAD")
            else await to_thread.run_sync(self._answer, request)
        )
        await answer(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        path = _file(request.url.path.removeprefix("/static/"))
        if path is None:
            return Response(status_code=404)
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
        accepted = request.headers.get("accept-encoding", "")
        encoding = next((e for e in ("br", "gzip") if e in accepted), None)
        if encoding is None or path.suffix not in COMPRESSED:
            return FileResponse(path, media_type=media_type, headers=headers)
        body = self._pack(path, encoding)
        return Response(body, media_type=media_type, headers={**headers, "Content-Encoding": encoding})

    def _pack(self, path: Path, encoding: str) -> bytes:
        key = (str(path), encoding)
        if key not in self._packed:
            with self._packing:
                if key not in self._packed:
                    raw = path.read_bytes()
                    self._packed[key] = (
                        brotli.compress(raw, quality=BROTLI_QUALITY) if encoding == "br" else gzip.compress(raw, 6)
                    )
        return self._packed[key]


@cache
def folder() -> Path:
    """Where the installed Streamlit keeps its front end (found without importing it)."""
    spec = importlib.util.find_spec("streamlit")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


@cache
def inline_script_hashes() -> tuple[str, ...]:
    """CSP sources for the inline scripts of Streamlit's index.html, computed from the installed file."""
    page = (folder() / "index.html").read_text("utf-8")
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, re.S)
    return tuple(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)


def _file(relative: str) -> Path | None:
    base = (folder() / "static").resolve()
    try:
        path = (base / relative).resolve()
        return path if path.is_relative_to(base) and path.is_file() else None
    except (ValueError, OSError):  # a NUL or a name longer than the disk takes
        return None
