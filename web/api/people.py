"""Sheets of people: one comes in, the rows to mend and an empty one go out. Adding them is a button of the page."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from i18n import words
from services import Services
from web.answers import download
from web.gate import actor_of
from web.receiving import received

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SheetId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


def router(services: Services) -> APIRouter:
    doors = APIRouter()
    sheets = services.people_sheets

    @doors.post("/people/sheets", status_code=201)
    async def bring(request: Request, name: Annotated[str, Query(max_length=300)] = "") -> dict[str, Any]:
        """The body is the file itself, XLSX or CSV, at most 10 MB; it is kept for an hour."""
        actor = actor_of(request)
        kept = await received(request, partial(sheets.begin, actor), sheets.take,
                              lambda arriving: sheets.keep(arriving, name or "sheet", actor), sheets.abandon)  # fmt: skip
        return {"id": kept, "name": name}

    @doors.get("/people/sheets/{sheet_id}/problems", response_class=Response)
    def problems(request: Request, sheet_id: SheetId) -> Response:
        """The rows that have to be mended, as XLSX."""
        actor = actor_of(request)
        return download(sheets.problems(sheet_id, actor), XLSX, words(actor.lang)("people_sheet.file_problems"))

    @doors.get("/people/template", response_class=Response)
    def template(request: Request) -> Response:
        """An empty sheet with an example and the words for roles and scopes, as XLSX."""
        actor = actor_of(request)
        return download(sheets.template(actor), XLSX, words(actor.lang)("people_sheet.file_template"))

    return doors
