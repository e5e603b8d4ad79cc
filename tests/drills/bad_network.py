"""A network that misbehaves, between a client and the app on this machine: HTTP/1.1, one fate a request, by a seed.

    with bad_network(server.url, seed=7, odds={"drop": 0.2, "cut": 0.2}) as network:
        client goes to network.url …
        network.calm()          # from here on everything passes
        network.fates           # what befell how many

pass       the request goes through and its answer comes back
refuse     the connection ends before the server hears anything
cut        the server gets the head and a random part of the body, then silence: the connection ends
drop       the server does its work and the answer is lost
delay      the request waits first
duplicate  the server gets the same request twice, at once; the client hears the later answer
reorder    the request waits until another one has overtaken it, or a moment has passed
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

FATES = ("refuse", "cut", "drop", "delay", "duplicate", "reorder")
ODDS = dict.fromkeys(FATES, 0.08)
HEAD_CAP_BYTES = 64 * 1024
DELAY_AT_MOST_S = 1.5
OVERTAKEN_WITHIN_S = 1.0

# (method, path) -> whether this request may be hit; pages and scripts usually may not.
Victims = Callable[[str, str], bool]


class BadNetwork:
    """One listening port. Its own loop in its own thread; switches may be thrown from the test's."""

    def __init__(self, target: str, seed: int, odds: Mapping[str, float], victims: Victims) -> None:
        where = urlsplit(target)
        self._target = (where.hostname or "127.0.0.1", where.port or 80)
        self._dice = random.Random(seed)
        self._odds = dict(odds)
        self._victims = victims
        self._passed = asyncio.Event()
        self._next: list[str] = []
        self._is_gone = False
        self._log: list[tuple[str, str, str]] = []
        self._rewrites: dict[str, tuple[bytes, bytes]] = {}
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def fates(self) -> Counter[str]:
        return Counter(fate for fate, _, _ in self._log)

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """(fate, method, path) in the order of arrival."""
        return list(self._log)

    def calm(self) -> None:
        self._odds = {}

    def storm(self, odds: Mapping[str, float] = ODDS) -> None:
        self._odds = dict(odds)

    def vanish(self) -> None:
        """No network at all: every request of every kind is refused, open connections too, until `come_back`."""
        self._is_gone = True

    def come_back(self) -> None:
        self._is_gone = False

    def rewrite(self, path: str, old: bytes, new: bytes) -> None:
        """From here on the answers to `path` say `new` where the server said `old`: another version of one file."""
        self._rewrites[path] = (old, new)

    def then(self, *fates: str) -> None:
        """The next victims meet exactly these, in this order; after them the odds rule again."""
        self._next.extend(fates)

    # -- one connection ----------------------------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read_message(reader)) is not None:
                method, path = _line(request[0])
                fate = self._fate(method, path)
                self._log.append((fate, method, path))
                if not await self._meet(fate, request, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass  # a side hung up in the middle: that is what this network is for
        finally:
            with suppress(OSError, RuntimeError):
                writer.close()

    def _fate(self, method: str, path: str) -> str:
        if self._is_gone:
            return "refuse"
        if not self._victims(method, path):
            return "pass"
        if self._next:
            return self._next.pop(0)
        throw = self._dice.random()
        for fate, share in self._odds.items():
            throw -= share
            if throw < 0:
                return fate
        return "pass"

    async def _meet(self, fate: str, request: tuple[bytes, bytes], writer: asyncio.StreamWriter) -> bool:
        """True when the connection goes on."""
        head, body = request
        if fate == "refuse":
            return False
        if fate == "cut":
            await self._half(head, body[: self._dice.randrange(len(body))] if body else b"", whole=not body)
            return False
        if fate == "delay":
            await asyncio.sleep(self._dice.uniform(0, DELAY_AT_MOST_S))
        if fate == "reorder":
            self._passed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._passed.wait(), OVERTAKEN_WITHIN_S)
        if fate == "duplicate":
            answers = await asyncio.gather(self._ask(head, body), self._ask(head, body))
            answer = answers[1]
        else:
            answer = await self._ask(head, body)
        if fate != "reorder":
            self._passed.set()
        if fate == "drop" or answer is None:
            return False
        writer.write(answer)
        await writer.drain()
        return True

    async def _ask(self, head: bytes, body: bytes) -> bytes | None:
        """The server's whole answer, read to its end."""
        try:
            reader, writer = await asyncio.open_connection(*self._target)
        except OSError:
            return None
        try:
            change = self._rewrites.get(_line(head)[1])
            with suppress(OSError):  # a server may answer before it has read everything
                writer.write((_uncompressed(_closing(head)) if change else _closing(head)) + body)
                await writer.drain()
            answer = await reader.read(-1)
            if change and answer:
                answer = _changed(answer, *change)
            return _framed(answer, head) if answer else None
        except OSError:
            return None
        finally:
            writer.close()

    async def _half(self, head: bytes, part: bytes, *, whole: bool) -> None:
        if whole:  # nothing to cut but the line itself
            return
        with suppress(OSError):
            _, writer = await asyncio.open_connection(*self._target)
            writer.write(head + part)
            await writer.drain()
            writer.close()


def _line(head: bytes) -> tuple[str, str]:
    method, target, *_ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return method, target.partition("?")[0]


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


async def _read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes] | None:
    """(head with its empty line, body) of the next request; None when the client has gone."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise
        return None
    length = int(_header(head, b"content-length") or 0)
    return head, await reader.readexactly(length) if length else b""


def _closing(head: bytes) -> bytes:
    """Asks the server to end the connection with its answer, so that its end is known."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


def _uncompressed(head: bytes) -> bytes:
    """A request for the plain and whole file, whatever the browser holds of it."""
    left_out = (b"accept-encoding:", b"if-none-match:")
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.lower().startswith(left_out))


def _changed(answer: bytes, old: bytes, new: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-length:", b"etag:"))]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body.replace(old, new)


def _framed(answer: bytes, asked: bytes) -> bytes:
    """The answer for a connection that goes on: closed only by us, its length told."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    told = _header(head + b"\r\n\r\n", b"content-length") is not None or b"chunked" in head.lower()
    has_body = not asked.startswith(b"HEAD ") and b" 204 " not in lines[0] and b" 304 " not in lines[0]
    if not told and has_body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def api_alone(_method: str, path: str) -> bool:
    return path.startswith("/api/v1/captures")


@contextmanager
def bad_network(
    target: str, *, seed: int = 1, odds: Mapping[str, float] = ODDS, victims: Victims = api_alone
) -> Iterator[BadNetwork]:
    """target: "http://127.0.0.1:PORT" of the app. victims: by default only what carries captures."""
    network = BadNetwork(target, seed, odds, victims)
    ready, loop = threading.Event(), asyncio.new_event_loop()

    async def run() -> None:
        server = await asyncio.start_server(network.serve, "127.0.0.1", 0, limit=HEAD_CAP_BYTES)
        network.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await server.serve_forever()

    def live() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    task = loop.create_task(run())
    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield network
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
