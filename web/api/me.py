"""Who is asking, for a program that must know: the offline app binds its records to this person."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request

from services import Services
from web.gate import actor_of


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.get("/me")
    def me(request: Request) -> dict[str, Any]:
        actor = actor_of(request)
        services.permissions.require(actor, "app.use")
        return {
            "person_id": actor.person_id, "name": actor.name, "lang": actor.lang,
            "assignments": [
                {"role": a.role, "scope_kind": a.scope_kind, "scope_id": a.scope_id} for a in actor.assignments
            ],
            "allowed": [name for name in services.permissions.actions if services.permissions.allows(actor, name)],
            "server_time": datetime.now(UTC).isoformat(), "timezone": str(services.timezone),
            "is_sample": services.is_sample_city(),
        }  # fmt: skip

    return doors
