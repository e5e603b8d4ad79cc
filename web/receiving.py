"""Files that people bring to a page: the body is the file itself, streamed in pieces to whoever keeps it.

Streamlit's own uploader is closed by the gate; a route that takes a file calls `received` with its service's verbs and
stands in the gate's STREAMED. The button for it is ui/upload.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from domain.errors import Invalid
from web.api.uploads import pieces

SILENCE_S = 60.0
A = TypeVar("A")
T = TypeVar("T")


async def received(
    request: Request, begin: Callable[[], A], take: Callable[[A, bytes], None], keep: Callable[[A], T],
    abandon: Callable[[A], None],
) -> T:  # fmt: skip
    """What `keep` gives for the whole body. begin, take, keep, abandon run in threads; nothing half-arrived stays behind.

    Raises what they raise, and Invalid("upload_broken_off") when the body ended early.
    """
    announced, came = request.headers.get("content-length"), 0
    arriving = await run_in_threadpool(begin)
    try:
        async for piece in pieces(request, SILENCE_S):
            came += len(piece)
            await run_in_threadpool(take, arriving, piece)
        if announced is not None and str(came) != announced:
            raise Invalid("upload_broken_off", field="file")
        return await run_in_threadpool(keep, arriving)
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(abandon, arriving)
        if isinstance(error, ClientDisconnect):
            raise Invalid("upload_broken_off", field="file") from error
        raise
