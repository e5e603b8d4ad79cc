"""The real gate and routes over one's own copy of the sample city, without Streamlit behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from demo.pictures import picture
from services import Services
from services.places import find_place
from web.gate import Cookies, Gate
from web.routes import routes
from wiring import Settings, build

PASSWORD = "shili-2026"


@pytest.fixture
def services(sample_settings: dict) -> Iterator[Services]:
    built = build(Settings(**sample_settings))
    yield built
    built.close()


@pytest.fixture
def enter(services: Services):
    """enter("inspector1"): a client with that person's session."""
    cookies = Cookies(services.secret_key)
    app = Starlette(routes=routes(services, cookies), middleware=[Middleware(Gate, services=services, cookies=cookies)])

    def log_in(username: str) -> TestClient:
        client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5000), raise_server_exceptions=False)
        answer = client.post("/login", data={"username": username, "password": PASSWORD}, follow_redirects=False)
        assert answer.status_code == 303
        return client

    return log_in


@pytest.fixture
def spot(services: Services) -> tuple[float, float]:
    """A point in exactly one zone of 剡湖街道."""
    with services.store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        for zone in work.areas.in_force("zone", street_id=street.area_id):
            point = zone.geometry.representative_point()
            if find_place(work, point.x, point.y).state == "settled":
                return point.x, point.y
    raise AssertionError("no settled place")


@pytest.fixture(scope="session")
def jpegs() -> dict[str, bytes]:
    return {shot: picture("zombie_vehicle", shot, 3 + i, (1280, 960)) for i, shot in
            enumerate(("panorama", "closeup", "plate"))}  # fmt: skip
