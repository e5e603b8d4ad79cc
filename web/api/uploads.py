"""Originals come in here by their hash: whole, or in parts that go on where the last one broke off.

The rules of tus 1.0 under the names of HTTP: Content-Range says where a part lies, Upload-Offset how much is here for
good, Upload-Length how much there will be.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from domain.capture import Part
from domain.errors import Invalid
from domain.records import Actor, Photo
from services import Services
from services.evidence import Arrival
from web.gate import actor_of

PIECE_BYTES = 1024 * 1024  # a phone's largest part: one trip to a thread
SILENCE_S = 10.0  # after that the part counts as broken off: its sender may long be back on another connection
RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})", re.ASCII)
Sha256 = Annotated[str, Path(pattern=r"^[0-9a-fA-F]{64}$")]


def router(services: Services) -> APIRouter:
    doors = APIRouter()
    evidence = services.evidence
    where = "/captures/{capture_id}/photos/{sha256}"

    @doors.head(where, response_class=Response)
    def how_far(capture_id: uuid.UUID, sha256: Sha256, request: Request) -> Response:
        photo, offset = evidence.arrived(str(capture_id), sha256, actor_of(request))
        return Response(headers=_progress(photo, offset))

    @doors.put(where, status_code=201, response_model=None, responses={204: {"description": "more is to come"}})
    async def send(capture_id: uuid.UUID, sha256: Sha256, request: Request) -> Response:
        actor, part = actor_of(request), _part(request)
        arrival = await run_in_threadpool(evidence.begin, str(capture_id), sha256, actor, part)
        if isinstance(arrival, Photo):
            return await run_in_threadpool(_kept, services, arrival, actor, 200)
        try:
            async for piece in pieces(request, SILENCE_S if part else None):
                await run_in_threadpool(evidence.take, arrival, piece)
            return await run_in_threadpool(_finish, services, arrival, part, actor)
        except BaseException as error:
            # Also when the client goes away in the middle, or the server is told to stop.
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(evidence.abandon, arrival)
            if isinstance(error, ClientDisconnect):
                return Response(status_code=400)  # nobody is there to read it
            raise

    return doors


def _finish(services: Services, arrival: Arrival, part: Part | None, actor: Actor) -> Response:
    if part is None:
        return _kept(services, services.evidence.keep(arrival, actor), actor, 201)
    came = services.evidence.keep_part(arrival, actor)
    if isinstance(came, Photo):
        return _kept(services, came, actor, 201)
    return Response(status_code=204, headers=_progress(arrival.photo, came))


def _kept(services: Services, photo: Photo, actor: Actor, status: int) -> JSONResponse:
    record = services.records.get(photo.record_id, actor)
    body = {
        "sha256": photo.sha256,
        "state": photo.state,
        "kept": record.photos_kept,
        "expected": record.photos_expected,
    }
    return JSONResponse(body, status, headers=_progress(photo, photo.size))


def _progress(photo: Photo, offset: int) -> dict[str, str]:
    """Upload-Complete stands only beside an original that is kept: then, and only then, a phone may forget its own."""
    told = {"Upload-Offset": str(offset), "Upload-Length": str(photo.size), "Cache-Control": "no-store"}
    return {**told, "Upload-Complete": "?1"} if photo.state == "kept" else told


def _part(request: Request) -> Part | None:
    """The part that this request brings; None when it brings the whole. Raises Invalid."""
    told = request.headers.get("content-range")
    if told is None:
        return None
    wrong = Invalid("content_range_wrong", field="Content-Range")
    found = RANGE.fullmatch(told.strip())
    if found is None:
        raise wrong
    first, last, size = (int(figure) for figure in found.groups())
    length = request.headers.get("content-length")
    if first > last or (length is not None and length != str(last - first + 1)):
        raise wrong
    return Part(first, last, size)


async def pieces(request: Request, silence_s: float | None) -> AsyncIterator[bytes]:
    """The body in pieces of about a megabyte: the trip to a thread costs more than writing one chunk.

    What has come before the connection broke is given out too. silence_s: how long nothing may come.
    """
    stream: Any = request.stream()
    while True:
        piece, ended = await _piece(stream, silence_s)
        if piece:
            yield piece
        if isinstance(ended, ClientDisconnect):
            raise ended
        if ended:
            return


async def _piece(stream: Any, silence_s: float | None) -> tuple[bytes, ClientDisconnect | bool]:
    """What comes until it is a piece, and how the body ended: True, or the break; False while there is more.

    One scope for many chunks: a deadline of its own for each costs more than the chunk. It moves once a second.
    """
    held, size, last = [], 0, time.monotonic()
    with anyio.move_on_after(silence_s) as waiting:
        try:
            while size < PIECE_BYTES:
                chunk = await anext(stream)
                held.append(chunk)
                size += len(chunk)
                if silence_s is not None and time.monotonic() - last > min(1.0, silence_s / 4):
                    last = time.monotonic()
                    waiting.deadline = anyio.current_time() + silence_s
        except StopAsyncIteration:
            return b"".join(held), True
        except ClientDisconnect as error:
            return b"".join(held), error
    return b"".join(held), waiting.cancelled_caught
