"""Who is asking, for a program that must know: the offline app binds its records to this person; phones and their tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from domain.accounts import DEVICE, NAME_AT_MOST
from services import Services
from web.gate import actor_of


class DeviceIn(BaseModel):
    name: str = Field(max_length=NAME_AT_MOST)


def router(services: Services) -> APIRouter:
    doors = APIRouter()

    @doors.get("/me")
    def me(request: Request) -> dict[str, Any]:
        found = services.account.me(actor_of(request))
        who = found.person
        held = [{"role": a.role, "scope_kind": a.scope_kind, "scope_id": a.scope_id} for a in who.assignments]
        return {
            "person_id": who.id, "name": who.name, "username": who.username, "lang": found.lang, "assignments": held,
            "allowed": list(found.allowed), "server_time": found.at.isoformat(), "timezone": str(services.timezone),
            "is_sample": services.is_sample_city(), "track_days": services.tracks.keep_days,
        }  # fmt: skip

    @doors.post("/devices", status_code=201)
    def add_device(body: DeviceIn, request: Request) -> dict[str, Any]:
        device = request.headers.get("user-agent", "")
        actor = actor_of(request)
        made, secret = services.tokens.make_device(actor, name=body.name, device=device)
        return {
            "id": made.id, "token": secret, "person_id": actor.person_id, "expires_at": made.expires_at.isoformat(),
        }  # fmt: skip

    @doors.delete("/devices/{device_id}", status_code=204, response_class=Response)
    def end_device(device_id: str, request: Request) -> None:
        services.tokens.revoke(actor_of(request), device_id, kind=DEVICE)

    return doors
