"""Phones that never give up: they send a capture and its originals until each is acknowledged, whatever breaks.

Half of the originals go in parts, half in one go; now and then a phone sends again what was acknowledged long ago.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from services import Services
from storage.tables import photos, records
from tests.web.small_city import City, jpeg
from web.gate import COOKIE, Cookies

PAUSE_S = 0.1
GIVE_UP_S = 3600.0


@dataclass
class Sent:
    """What the server has acknowledged. numbers: record id to number; originals: (record id, hash)."""

    numbers: dict[str, str] = field(default_factory=dict)
    originals: set[tuple[str, str]] = field(default_factory=set)
    tries: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Phone:
    """One person's phone on one connection; used from one thread."""

    def __init__(self, url: Callable[[], str], cookie: str, sent: Sent, seed: int) -> None:
        self._url, self._cookie, self._sent = url, cookie, sent
        self._dice = random.Random(seed)
        self._connection: http.client.HTTPConnection | None = None

    def capture(self, body: dict[str, Any], files: dict[str, bytes], part_bytes: int) -> None:
        number = self.receipt(body)
        with self._sent.lock:
            self._sent.numbers[body["id"]] = number
        for sha256, data in files.items():
            if self._dice.random() < 0.5:
                self.whole(body["id"], sha256, data)
            else:
                self.parts(body["id"], sha256, data, part_bytes)
            with self._sent.lock:
                self._sent.originals.add((body["id"], sha256))
        if self._dice.random() < 0.1:
            assert self.receipt(body) == number, "another number for the same capture"

    def receipt(self, body: dict[str, Any]) -> str:
        answer = self.until({200, 201}, "POST", "/api/v1/captures", json.dumps(body).encode(),
                            {"Content-Type": "application/json"})  # fmt: skip
        return json.loads(answer[2])["number"]

    def whole(self, record_id: str, sha256: str, data: bytes) -> None:
        self.until(
            {200, 201}, "PUT", f"/api/v1/captures/{record_id}/photos/{sha256}", data, {"Content-Type": "image/jpeg"}
        )

    def parts(self, record_id: str, sha256: str, data: bytes, part_bytes: int) -> None:
        where, offset = f"/api/v1/captures/{record_id}/photos/{sha256}", None
        until = time.monotonic() + GIVE_UP_S
        while time.monotonic() < until:
            if offset is None:
                _, headers, _ = self.until({200}, "HEAD", where)
                if headers.get("Upload-Complete") == "?1":
                    return
                offset = int(headers["Upload-Offset"])
            if offset == len(data):  # all of it has come, and somebody is just looking at it
                offset = None
                self.pause()
                continue
            part = data[offset : offset + part_bytes]
            told = {"Content-Range": f"bytes {offset}-{offset + len(part) - 1}/{len(data)}"}
            answer = self.ask("PUT", where, part, told)
            if answer is None or answer[0] in (409, 423, 503):
                offset = None
                self.pause()
            elif answer[0] == 204:
                offset = int(answer[1]["Upload-Offset"])
            elif answer[0] in (200, 201):
                return
            elif answer[0] == 422 and json.loads(answer[2])["code"] == "photo_hash_differs":
                offset = None
            else:
                raise AssertionError(f"{answer[0]} for a part: {answer[2][:300]!r}")
        raise AssertionError("no end of parts")

    def until(self, good: set[int], method: str, path: str, body: bytes | None = None,
              headers: dict[str, str] | None = None) -> tuple[int, Any, bytes]:  # fmt: skip
        """Ask until the answer is good; "later" and silence are no answers, anything else is a mistake."""
        end = time.monotonic() + GIVE_UP_S
        while time.monotonic() < end:
            answer = self.ask(method, path, body, headers)
            if answer is not None and answer[0] in good:
                return answer
            # 422 and 413 for a body that was cut on its way: the server counted what came.
            if answer is not None and answer[0] not in (400, 409, 413, 422, 423, 429, 500, 503):
                raise AssertionError(f"{method} {path}: {answer[0]} {answer[2][:300]!r}")
            self.pause()
        raise AssertionError(f"{method} {path} was never answered")

    def ask(self, method: str, path: str, body: bytes | None = None,
            headers: dict[str, str] | None = None) -> tuple[int, Any, bytes] | None:  # fmt: skip
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(urlsplit(self._url()).netloc, timeout=30)
            self._connection.request(method, path, body, {"Cookie": self._cookie, **(headers or {})})
            answer = self._connection.getresponse()
            found = answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException, ValueError):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            found = None
        with self._sent.lock:
            self._sent.tries[found[0] if found else "silence"] += 1
        return found

    def pause(self) -> None:
        time.sleep(PAUSE_S * self._dice.uniform(0.2, 1.0))


def cookie_of(city: City, role: str = "inspector") -> str:
    return f"{COOKIE}={Cookies(city.services.secret_key).seal(city.people[role, 'street'])}"


def capture_body(city: City, seed: int, size_bytes: int = 0) -> tuple[dict[str, Any], dict[str, bytes]]:
    """One capture of the kind with the fewest required shots; every photo is one of its own."""
    kinds = city.services.policy.now().issues.types
    issue = min((k for k in kinds if not k.needs_plate and k.required_shots), key=lambda k: len(k.required_shots))
    now, files, told = datetime.now(UTC).isoformat(), {}, []
    for i, shot in enumerate(issue.required_shots):
        data = jpeg((seed % 256, seed // 256 % 256, i * 30)) + random.Random(seed * 10 + i).randbytes(
            max(size_bytes, 16)
        )
        sha256 = hashlib.sha256(data).hexdigest()
        files[sha256] = data
        told.append({"sha256": sha256, "size": len(data), "media_type": "image/jpeg", "shot": shot, "source": "camera"})
    body = {
        "schema": 1, "id": str(uuid.uuid4()), "kind": "report", "issue_type": issue.code, "captured_at": now,
        "position": {"lon": 120.81, "lat": 29.59, "accuracy_m": 8}, "catalogue_edition": "builtin-2026-11", "photos": told,
    }  # fmt: skip
    return body, files


def send_all(
    city: City, url: Callable[[], str], captures: Sequence[tuple[dict[str, Any], dict[str, bytes]]], *, phones: int,
    part_bytes: int,
) -> Sent:  # fmt: skip
    """All captures by that many phones at once; ends when everything is acknowledged."""
    sent, left, lock = Sent(), iter(enumerate(captures)), threading.Lock()

    def one_phone(number: int) -> None:
        phone = Phone(url, cookie_of(city), sent, number)
        while True:
            with lock:
                mine = next(left, None)
            if mine is None:
                return
            phone.capture(*mine[1], part_bytes)

    with ThreadPoolExecutor(phones) as pool:
        for done in [pool.submit(one_phone, n) for n in range(phones)]:
            done.result()
    return sent


def check_nothing_lost(
    services: Services, captures: Sequence[tuple[dict[str, Any], dict[str, bytes]]], sent: Sent
) -> str:
    """Everything sent is there once, under the number that was told, with every byte; gives the figures."""
    ids = {body["id"] for body, _ in captures}
    wanted = {(body["id"], sha256) for body, files in captures for sha256 in files}
    assert set(sent.numbers) == ids
    assert sent.originals == wanted
    with services.store.look() as work:
        kept = dict(work.connection.execute(sa.select(records.c.id, records.c.number).where(records.c.id.in_(ids))).all()
                    if len(ids) <= 900 else work.connection.execute(sa.select(records.c.id, records.c.number)).all())  # fmt: skip
        rows = work.connection.execute(sa.select(photos.c.record_id, photos.c.sha256, photos.c.state)).all()
    kept = {record_id: number for record_id, number in kept.items() if record_id in ids}
    assert kept == sent.numbers, "lost, or under another number"
    assert len(set(kept.values())) == len(ids), "doubled"
    mine = [(r.record_id, r.sha256) for r in rows if r.record_id in ids]
    assert sorted(mine) == sorted(wanted), "photo rows lost or doubled"
    assert all(r.state == "kept" for r in rows if r.record_id in ids), "an acknowledged original is not kept"
    store = services.evidence._photos
    orphans = set(store.originals()) - {r.sha256 for r in rows if r.state == "kept"}
    assert not orphans, f"{len(orphans)} originals of no record"
    before = len(store.unfinished())
    import time_machine

    from wiring import now

    with time_machine.travel(now().timestamp() + 8 * 86400, tick=True):
        services.evidence.sweep()
    assert store.unfinished() == []
    found = services.history.verify()  # reads every original again and walks every chain
    assert found.is_clean, found.findings[:5]
    return (
        f"0 lost, 0 doubled, 0 orphans, 0 partial files after the janitor ({before} before), {len(wanted)} hashes right, "
        f"{found.links} links of the history clean"
    )
