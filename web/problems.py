"""Turns refusals into application/problem+json: one plain sentence in the reader's language, the field named."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from domain.errors import Invalid, Refused
from i18n import closest, words


def sentence(refused: Refused, lang: str) -> str:
    """What a person reads. A code without words of its own falls back to its family's."""
    return words(lang).refusal((refused.code, type(refused).code), refused.field, refused.facts)


def answer(refused: Refused, lang: str) -> Response:
    body: dict[str, Any] = {
        "type": "about:blank", "title": HTTPStatus(refused.status).phrase, "status": refused.status,
        "code": refused.code, "detail": sentence(refused, lang),
    }  # fmt: skip
    if refused.field:
        body["field"] = refused.field
    for name in ("at", "other"):
        if refused.facts.get(name):
            body[name] = refused.facts[name]
    return Response(
        json.dumps(body, ensure_ascii=False).encode(), refused.status, media_type="application/problem+json",
        headers={"Cache-Control": "no-store", **waiting(refused), **_offset(refused)},
    )  # fmt: skip


def waiting(refused: Refused) -> dict[str, str]:
    """Retry-After, where the refusal knows when it will pass."""
    wait_s = refused.facts.get("retry_after_s") or (2 if refused.status == 503 else None)
    return {"Retry-After": str(wait_s)} if wait_s else {}


def _offset(refused: Refused) -> dict[str, str]:
    """Where the sender of a photo goes on."""
    return {"Upload-Offset": str(refused.facts["offset"])} if "offset" in refused.facts else {}


def lang_of(request: Request) -> str:
    actor = request.scope.get("slg.actor")
    return actor.lang if actor else closest(request.headers.get("accept-language"))


async def on_refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return answer(refused, lang_of(request))


async def on_invalid(request: Request, error: Any) -> Response:
    """FastAPI's own validation in our words: the first field that does not fit."""
    first = error.errors()[0]
    where = [str(part) for part in first["loc"] if part not in ("body", "query", "path")]
    return answer(Invalid("field_wrong", field=".".join(where) or "body"), lang_of(request))
