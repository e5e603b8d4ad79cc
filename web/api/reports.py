"""Reports that the clock made: a list, and each as a file."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from services import Services
from web.gate import actor_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def router(services: Services) -> APIRouter:
    doors = APIRouter(prefix="/reports")

    @doors.get("")
    def reports(request: Request) -> dict[str, Any]:
        found = services.reports.all(actor_of(request))
        return {
            "items": [
                {
                    "id": r.id, "kind": r.kind, "since": r.since, "until": r.until, "size": r.size, "sha256": r.sha256,
                    "made_at": r.made_at.isoformat(), "url": f"/api/v1/reports/{r.id}/file",
                }
                for r in found
            ]
        }  # fmt: skip

    @doors.get("/{report_id}/file", response_class=Response)
    def file(report_id: str, request: Request) -> Response:
        found, path = services.reports.file(report_id, actor_of(request))
        return FileResponse(path, media_type=XLSX, filename=found.file, headers={"Cache-Control": "no-store"})

    return doors
