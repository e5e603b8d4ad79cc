"""Connections that end in the middle of an original: it goes on where it was, and its hash is right in the end."""

from __future__ import annotations

import random
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.drills.bad_network import bad_network
from tests.drills.figures import is_long, tell
from tests.drills.phones import Phone, Sent, capture_body, check_nothing_lost, cookie_of, send_all
from tests.drills.test_killed_server import DOORS, Killed
from tests.web.small_city import City, build_city

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
FILES, CUTS = (50, 20) if is_long() else (10, 5)
PHOTO_BYTES = 300_000
READ_WITHIN_S = 0.1
NETWORK_CAPTURES, NETWORK_PHONES = (400, 8) if is_long() else (30, 6)
ODDS = {"refuse": 0.06, "cut": 0.12, "drop": 0.1, "delay": 0.06, "duplicate": 0.08, "reorder": 0.06}


@pytest.fixture
def city(tmp_path: Path):
    built = build_city(tmp_path)
    yield built
    built.services.close()


@pytest.fixture
def server(city: City, tmp_path: Path):
    started = Killed(tmp_path, DOORS)
    yield started
    started.stop()


def broken_off(server: Killed, cookie: str, where: str, data: bytes, first: int, cut: int) -> None:
    """All the rest is announced, and the connection ends after the bytes up to `cut`."""
    address = urlsplit(server.url)
    head = (
        f"PUT {where} HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\nContent-Length: {len(data) - first}\r\n"
        f"Content-Range: bytes {first}-{len(data) - 1}/{len(data)}\r\n\r\n"
    ).encode()
    with socket.create_connection((address.hostname, address.port), timeout=30) as line:
        line.sendall(head + data[first:cut])
        time.sleep(READ_WITHIN_S)


def test_an_original_cut_again_and_again_comes_whole(city: City, server: Killed):
    dice, cookie = random.Random(20261124), cookie_of(city)
    captures, sent, went_on = [], Sent(), 0
    phone = Phone(lambda: server.url, cookie, sent, 1)
    for number in range(FILES):
        body, files = capture_body(city, number, PHOTO_BYTES)
        captures.append((body, files))
        sent.numbers[body["id"]] = phone.receipt(body)
        (sha256, data), *others = files.items()
        where, first = f"/api/v1/captures/{body['id']}/photos/{sha256}", 0
        for cut in sorted(dice.sample(range(1, len(data)), CUTS)):
            broken_off(server, cookie, where, data, first, cut)
            before, first = first, settled(phone, where, len(data))
            assert before <= first <= cut
            went_on += first > before
        phone.parts(body["id"], sha256, data, 64_000)
        for other, whole in others:
            phone.whole(body["id"], other, whole)
        sent.originals |= {(body["id"], one) for one in files}
    assert went_on
    found = check_nothing_lost(city.services, captures, sent)
    tell("originals cut in the middle", f"{FILES} files of 0.3 MB, each cut at {CUTS} random offsets",
         f"after {went_on} of {FILES * CUTS} cuts bytes of the part that broke off were kept; {found}")  # fmt: skip


def settled(phone: Phone, where: str, size: int) -> int:
    """How far it is, once the request that broke off has let go.

    Bytes that lay in the server's buffer when the line closed are gone (at most 64 KB): the web server drops them.
    """
    before = -1
    while True:
        offset = int(phone.until({200}, "HEAD", where)[1]["Upload-Offset"])
        if offset == before and is_free(phone, where, size):
            return offset
        before = offset
        phone.pause()


def is_free(phone: Phone, where: str, size: int) -> bool:
    """True once the request that broke off has let go: a part that does not fit on is refused for that, not as held."""
    answer = phone.ask("PUT", where, b"x", {"Content-Range": f"bytes 0-0/{size}"})
    return answer is None or answer[0] != 423


def test_a_network_that_misbehaves_loses_and_doubles_nothing(city: City, server: Killed):
    captures = [capture_body(city, 5000 + seed, 20_000) for seed in range(NETWORK_CAPTURES)]
    with bad_network(server.url, seed=20261124, odds=ODDS) as network:
        sent = send_all(city, lambda: network.url, captures, phones=NETWORK_PHONES, part_bytes=6_000)
        fates = network.fates
    found = check_nothing_lost(city.services, captures, sent)
    assert all(fates[fate] for fate in ODDS), fates
    told = ", ".join(f"{fates[fate]} {fate}" for fate in ODDS)
    tell("network that misbehaves", f"{NETWORK_CAPTURES} captures, {NETWORK_PHONES} phones, {sum(fates.values())} requests: {told}",
         found)  # fmt: skip
