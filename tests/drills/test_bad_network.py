"""The misbehaving network itself, against a small server that remembers what it heard."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.drills.bad_network import FATES, bad_network

PATH = "/api/v1/captures/1/photos/2"


class Heard(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        wanted = int(self.headers["Content-Length"])
        body = self.rfile.read(wanted)
        self.server.heard.append((len(body), wanted))  # type: ignore[attr-defined]
        if len(body) < wanted:
            self.close_connection = True
            return
        self.send_response(201)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"kept")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    built = ThreadingHTTPServer(("127.0.0.1", 0), Heard)
    built.heard = []
    thread = threading.Thread(target=built.serve_forever, daemon=True)
    thread.start()
    yield built
    built.shutdown()
    thread.join(10)
    built.server_close()


def put(url: str, path: str = PATH, body: bytes = b"x" * 50_000) -> int | None:
    """The status, or None when no answer came."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("PUT", path, body)
        answer = connection.getresponse()
        return answer.status if answer.read() == b"kept" else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("fate", "answered", "heard"),
    [("pass", 201, 1), ("refuse", None, 0), ("drop", None, 1), ("delay", 201, 1), ("duplicate", 201, 2),
     ("reorder", 201, 1)],
)  # fmt: skip
def test_each_fate_is_what_its_name_says(server, fate, answered, heard):
    with bad_network(f"http://127.0.0.1:{server.server_port}", odds={}) as network:
        network.then(fate)
        assert put(network.url) == answered
        assert network.log == [(fate, "PUT", PATH)]
    assert server.heard == [(50_000, 50_000)] * heard


def test_a_cut_body_arrives_in_part_and_without_an_answer(server):
    with bad_network(f"http://127.0.0.1:{server.server_port}", odds={}) as network:
        network.then("cut")
        assert put(network.url) is None
        assert put(network.url) == 201
    server.shutdown()  # the handler of the cut one has ended by now or ends here
    came = sorted(server.heard)
    assert came[-1] == (50_000, 50_000)
    assert all(length < 50_000 for length, _ in came[:-1])


def test_others_pass_and_a_seed_repeats_itself(server):
    target = f"http://127.0.0.1:{server.server_port}"
    fates = []
    for _ in range(2):
        with bad_network(target, seed=3, odds=dict.fromkeys(FATES, 0.1)) as network:
            assert put(network.url, "/capture/") == 201
            for _ in range(12):
                put(network.url, body=b"x" * 500)
            network.calm()
            assert put(network.url) == 201
            fates.append([fate for fate, *_ in network.log])
    assert fates[0] == fates[1]
    assert fates[0][0] == "pass"
    assert set(fates[0]) - {"pass"}
