"""Plain HTML pages of our own, in the reader's language: what must work where Streamlit cannot draw."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from domain.errors import Refused, TooLarge
from i18n import closest, words
from web.problems import sentence, waiting

FORM_CAP_BYTES = 16_000


class PlainPages:
    def __init__(self, style: str) -> None:
        self._style = style
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
        )

    def draw(self, request: Request, template: str, *, refused: Refused | str = "", **facts: Any) -> Response:
        """One page; a refusal (or a sentence in its place) stands above the form, and decides the status."""
        lang = lang_of(request)
        page = self._templates.get_template(template).render(
            say=words(lang),
            lang="zh-CN" if lang == "zh" else "en",
            style=self._style,
            chosen=lang if request.query_params.get("lang") == lang else "",
            refused=sentence(refused, lang) if isinstance(refused, Refused) else refused,
            **facts,
        )
        answer = HTMLResponse(page, headers={"Content-Language": lang, "Vary": "Accept-Language"})
        if isinstance(refused, Refused):
            answer.status_code = refused.status
            answer.headers.update(waiting(refused))
        return answer


def lang_of(request: Request) -> str:
    asked = request.query_params.get("lang")
    return asked if asked in ("zh", "en") else closest(request.headers.get("accept-language"))


def local(wanted: str | None) -> str:
    """Only a path of our own: never another host, however a browser may read it."""
    is_ours = wanted and wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if wanted and is_ours else "/"


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a small form. Raises TooLarge."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_CAP_BYTES:
            raise TooLarge()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
