"""The machine's door at /api/v1: who asks, captures, photos, records, map layers, zone measuring. OpenAPI at openapi.json."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from domain.errors import Broken, NotFound, Refused
from services import Services
from web import problems
from web.api import (
    account,
    captures,
    layer_files,
    layers,
    own,
    people,
    records,
    reports,
    topology,
    tracks,
    uploads,
    zones,
)


def api(services: Services) -> FastAPI:
    """The mounted app. No documentation page: those load their scripts from a remote host."""
    app = FastAPI(
        title="嵊里管·巡查 / Shengliguan Inspect",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    for part in (
        account,
        captures,
        layer_files,
        layers,
        own,
        people,
        records,
        reports,
        topology,
        tracks,
        uploads,
        zones,
    ):
        app.include_router(part.router(services))
    app.add_exception_handler(Refused, problems.on_refused)
    app.add_exception_handler(RequestValidationError, problems.on_invalid)
    app.add_exception_handler(404, lambda request, _: problems.answer(NotFound(), problems.lang_of(request)))
    app.add_exception_handler(Exception, lambda request, _: problems.answer(Broken(), problems.lang_of(request)))
    return app
