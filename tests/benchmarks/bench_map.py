"""Counts the map page's geometry in bytes on the wire, first and second visit. Run: python tests/benchmarks/bench_map.py

Asked as the browser asks: brotli accepted, then If-None-Match. The peer is the same bytes without compression. The
whole page's geometry is what the map fetches when it opens: streets, grids, zones, and the records' points; roads and
buildings come by the box that is looked at, so the densest box of the city stands for them.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
import brotli
from city import Answer, Client, city, log_in
from figures import figure, load, say

MOST_KB = 400
ON_OPENING = ("streets", "grids", "zones", "records")
BY_BOX = ("buildings", "roads")
BOX_DEG = 0.02
UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


def main() -> None:
    say(load())
    with city() as server:
        client = Client(server, log_in(server, "supervisor1"))
        paths = {name: f"/api/v1/{name}.geojson" for name in ON_OPENING}
        box = densest_box(client)
        paths |= {name: f"/api/v1/{name}.geojson?bbox={box}" for name in BY_BOX}
        wire, plain = {}, {}
        for name, path in paths.items():
            wire[name], plain[name] = visit_twice(client, name, path)
        whole = fetch(client, "/api/v1/roads.geojson")
        say(f"  beside it: every road of the city at once, {len(whole.body) / 1000:.0f} KB on the wire")
    total = sum(wire.values()) / 1000
    figure(
        "map page: geometry compressed", total, unit="KB", at_most=MOST_KB, peer="the same bytes uncompressed",
        note=f"{total / (sum(plain.values()) / 1000):.2f} of the peer; "
        + ", ".join(f"{name} {size / 1000:.0f}" for name, size in wire.items()),
    )  # fmt: skip
    figure(
        "map page: second visit", 0, unit="KB", at_most=0, peer="", note=f"{len(paths)} of {len(paths)} answers are 304"
    )


def visit_twice(client: Client, name: str, path: str) -> tuple[int, int]:
    """Bytes on the wire and uncompressed. The second visit must be a 304 without a body, or the run fails."""
    first = fetch(client, path)
    body = UNPACK[first.headers.get("Content-Encoding")](first.body)
    bare = client.ask("GET", path, headers={"Accept-Encoding": "identity"})
    assert bare.body == body, f"{name}: compressed and plain differ"
    found = json.loads(body)["features"]
    assert found, f"{name}: nothing on the map"
    again = client.ask("GET", path, headers={"Accept-Encoding": "br, gzip", "If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b""), f"{name}: second visit {again.status}, {len(again.body)} bytes"
    say(f"  {name}: {len(found)} features, {len(body) / 1000:.0f} KB, {len(first.body) / 1000:.1f} KB on the wire")
    return len(first.body), len(body)


def fetch(client: Client, path: str) -> Answer:
    answer = client.ask("GET", path, headers={"Accept-Encoding": "br, gzip"})
    assert answer.status == 200, f"{path}: {answer.status}"
    return answer


def densest_box(client: Client) -> str:
    """The box of 0.02 degrees round the zone that has the most zones near it."""
    zones = json.loads(client.ask("GET", "/api/v1/zones.geojson").body)["features"]
    corners = [first_corner(zone["geometry"]["coordinates"]) for zone in zones]

    def neighbours(here: tuple[float, float]) -> int:
        return sum(abs(lon - here[0]) < BOX_DEG / 2 and abs(lat - here[1]) < BOX_DEG / 2 for lon, lat in corners)

    lon, lat = max(corners, key=neighbours)
    reach = BOX_DEG / 2
    return f"{lon - reach:.5f},{lat - reach:.5f},{lon + reach:.5f},{lat + reach:.5f}"


def first_corner(coordinates: list) -> tuple[float, float]:
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0]
    return coordinates[0], coordinates[1]


if __name__ == "__main__":
    main()
