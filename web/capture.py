"""The offline app at /capture/: one page, its words, manifest and service worker; all the same for everybody.

Nothing here asks who is there: an ended login must not keep the app from opening. What it sends asks at /api/v1.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from i18n import LANGS, closest, words
from services.bundles import Bundles
from web.answers import packed

# The sections that the app speaks from: the form and the map as on the pages, and the app's own.
SECTIONS = ("capture", "map", "state", "phone")
# What the app's form says otherwise than the online one, which cannot keep a record without a network.
FORM_WORDS = ("submit_note", "kept_untouched")
ICONS = (
    ("app-192.png", "192x192", "any"), ("app-512.png", "512x512", "any"), ("app-maskable-512.png", "512x512", "maskable"),
)  # fmt: skip
PAGE, WORKER, MANIFEST = "/capture/", "/capture/sw.js", "/capture/manifest.webmanifest"
WORDS = {lang: f"/capture/words/{lang}.json" for lang in LANGS}
# What the gate lets through without a session, to the letter.
OPEN = frozenset({"/capture", PAGE, WORKER, MANIFEST, *WORDS.values()})


@dataclass(frozen=True)
class Files:
    """One version of the app: everything that must fit together, and a name made of all of it."""

    version: str
    words: dict[str, bytes]
    pages: dict[str, bytes]
    manifests: dict[str, bytes]
    worker: bytes


class CaptureApp:
    def __init__(self, bundles: Bundles) -> None:
        self._bundles = bundles
        self._files = build(bundles) if "phone.json" in bundles.names else None

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/capture", lambda _: RedirectResponse(PAGE, 303), methods=["GET"]),
            Route(PAGE, self.page, methods=["GET"]),
            Route(WORKER, self.worker, methods=["GET"]),
            Route(MANIFEST, self.manifest, methods=["GET"]),
            Route("/capture/words/{lang}.json", self.words, methods=["GET"]),
        ]

    def page(self, request: Request) -> Response:
        lang = _lang(request)
        if self._files is None:
            return PlainTextResponse(words(lang)("app.bundle_missing"), 503)
        return _same_for_all(request, self._files.pages[lang], "text/html; charset=utf-8")

    def worker(self, request: Request) -> Response:
        if self._files is None:
            return Response(status_code=404)
        return _same_for_all(request, self._files.worker, "text/javascript; charset=utf-8")

    def manifest(self, request: Request) -> Response:
        if self._files is None:
            return Response(status_code=404)
        return _same_for_all(request, self._files.manifests[_lang(request)], "application/manifest+json")

    def words(self, request: Request) -> Response:
        lang = request.path_params["lang"]
        if self._files is None or lang not in LANGS:
            return Response(status_code=404)
        return _same_for_all(request, self._files.words[lang], "application/json")


def build(bundles: Bundles) -> Files:
    """Everything the app is made of, rendered once for the process."""
    urls = bundles.urls
    scripts = json.loads((bundles.folder / bundles.names["phone.json"]).read_text("utf-8"))
    spoken = {lang: _json(_sections(lang)) for lang in LANGS}
    worker = (bundles.folder / bundles.names["phone-worker.js"]).read_text("utf-8")
    first = [f"/assets/{name}" for name in scripts["first"]]
    icons = [urls[name] for name, *_ in ICONS]
    files = [
        PAGE, MANIFEST, urls["phone.css"], *first, *(f"/assets/{name}" for name in scripts["later"]), icons[0],
        urls["app-apple-180.png"],
    ]  # fmt: skip
    digest = hashlib.sha256()
    for part in (*spoken.values(), *(name.encode() for name in files), worker.encode(), _template_text().encode()):
        digest.update(part)
    version = digest.hexdigest()[:10]
    words_urls = {lang: f"{path}?v={version}" for lang, path in WORDS.items()}
    shell = {"version": version, "files": [*files, *words_urls.values()]}
    return Files(
        version,
        spoken,
        {lang: _page(lang, urls, first, words_urls, version) for lang in LANGS},
        {lang: _manifest(lang, urls) for lang in LANGS},
        f"self.SHELL = {json.dumps(shell)};\n{worker}".encode(),
    )


def _sections(lang: str) -> dict[str, dict[str, str]]:
    say = words(lang)
    spoken = {name: say.section(name) for name in SECTIONS}
    return {**spoken, "form": {key: spoken["phone"][f"form_{key}"] for key in FORM_WORDS}}


def _page(lang: str, urls: dict[str, str], first: list[str], words_urls: dict[str, str], version: str) -> bytes:
    boot = {
        "version": version, "api": "/api/v1", "words": words_urls,
        "assets": {name: urls[name] for name in ("map.js", "map.css", "maplibre-worker.js", "icons.svg") if name in urls},
    }  # fmt: skip
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("capture.html").render(
        say=words(lang), lang="zh-CN" if lang == "zh" else "en", sheet=urls["phone.css"], script=first[0], also=first[1:],
        icon=urls["app-192.png"], apple_icon=urls["app-apple-180.png"], words_url=words_urls[lang],
        # Inside <script type="application/json"> only "</" could end it early.
        boot=json.dumps(boot, ensure_ascii=False).replace("<", "\\u003c"),
    ).encode()  # fmt: skip


def _template_text() -> str:
    return (Path(__file__).parent / "templates" / "capture.html").read_text("utf-8")


def _manifest(lang: str, urls: dict[str, str]) -> bytes:
    say = words(lang)
    return _json({
        "id": PAGE, "name": say("phone.app_name"), "short_name": say("phone.short_name"), "lang": "zh-CN" if lang == "zh" else "en",
        "start_url": PAGE, "scope": "/", "display": "standalone", "orientation": "portrait",
        "background_color": "#F5F6F4", "theme_color": "#14567A",
        "icons": [{"src": urls[name], "sizes": size, "type": "image/png", "purpose": purpose} for name, size, purpose in ICONS],
        "shortcuts": [{"name": say("phone.outbox"), "url": f"{PAGE}#/outbox"}],
    })  # fmt: skip


def _same_for_all(request: Request, body: bytes, media_type: str) -> Response:
    """Kept by the browser and asked about each time; the service worker holds its own copy for going without."""
    answer = packed(request, body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Vary"] = "Accept-Encoding, Accept-Language"
    return answer


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _lang(request: Request) -> str:
    return closest(request.headers.get("accept-language"))
