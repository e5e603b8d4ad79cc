"""Marked values go through every door; none of them is in the log. And every request has one line, by its route."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import uuid
from collections.abc import Iterator

import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from domain.errors import Invalid
from jobs.runner import Runner
from services import logs
from services.people import session_id
from tests.web.small_city import HERE, KEY, City, build_city, capture_at, middle
from tests.web.test_matrix import ASKS, DOORS
from web.gate import COOKIE, Cookies, Gate
from web.metrics import Metrics
from web.routes import routes
from web.watch import Watch, template_of

MARK = "机密7Q"  # in every text that somebody could type
PLATE, PHONE, FILE = "浙D7Q7Q7", "13977778888", "IMG_7Q7Q7Q.jpg"
LON, LAT = "120.8177123", "29.5877123"


@pytest.fixture
def city(own_database: dict, tmp_path) -> Iterator[City]:
    built = build_city(tmp_path, metrics_token="metrics-token-7Q7Q7Q7Q", **own_database)
    yield built
    built.services.close()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the app writes, as JSON lines; the log of the tests is put back afterwards."""
    root, out = logging.getLogger(), io.StringIO()
    before, level, made = list(root.handlers), root.level, logging.getLoggerClass()
    logs.set_up(as_json=True, to=out)
    yield out
    structlog.reset_defaults()
    logging.setLoggerClass(made)
    root.handlers[:], root.level = before, level


def app_of(city: City) -> Starlette:
    cookies, metrics = Cookies(KEY), Metrics(city.services)

    def broken(request):
        raise ValueError(f"{MARK} {request.url}")

    return Starlette(
        routes=[*routes(city.services, cookies, metrics), Route("/map", broken), Route("/{p:path}", lambda r: PlainTextResponse("page"))],
        middleware=[Middleware(Watch, services=city.services, metrics=metrics),
                    Middleware(Gate, services=city.services, cookies=cookies)],
    )  # fmt: skip


def client_of(app: Starlette, token: str | None, address: str = "127.0.0.1") -> TestClient:
    found = TestClient(app, base_url="http://localhost", client=(address, 50000), follow_redirects=False,
                       raise_server_exceptions=False)  # fmt: skip
    if token:
        found.headers["cookie"] = f"{COOKIE}={Cookies(KEY).seal(token)}"
    return found


def lines_of(log: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_nothing_personal_is_in_the_log_whatever_door_it_came_through(city: City, log: io.StringIO):
    app, secrets = app_of(city), {MARK, PLATE, PHONE, FILE, LON, LAT, "metrics-token-7Q7Q7Q7Q", "setup-token-7Q"}
    query = f"?q={MARK}&lon={LON}&lat={LAT}&plate={PLATE}&phone={PHONE}&file={FILE}&reason={MARK}&token=setup-token-7Q"
    for role, reach in city.people:
        token = city.people[role, reach]
        secrets |= {token, session_id(token), Cookies(KEY).seal(token)}
    for role, reach in (("inspector", "street"), ("street_officer", "street"), ("admin", "city"), ("auditor", "city")):
        who, client = city.actor(role, reach), client_of(app, city.people[role, reach])
        secrets |= {who.person_id, who.name}
        for name, door in DOORS["routes"].items():
            if name in ASKS and door["permission"] != "anyone":
                method, path, more = ASKS[name](city, who, HERE)
                secrets |= {part for part in path.split("?")[0].split("/") if len(part) > 30}
                client.request(method, path + (query if "?" not in path else "&" + query[1:]), **more)
        for path in (
            f"/api/v1/records/{PLATE}",
            f"/{MARK}",
            f"/records/{PHONE}",
            "/map",
            f"/assets/{FILE}",
            f"/media/{FILE}",
        ):
            client.get(
                path + query, headers={"accept": "text/html", "user-agent": MARK.encode(), "x-marked": MARK.encode()}
            )
    capture, files = capture_at(city.services, middle(HERE))
    body = {**capture.body, "note": MARK, "plate": PLATE, "position": {"lon": LON, "lat": LAT}, "file_name": FILE,
            "location_text": {"building": MARK}}  # fmt: skip
    inspector = client_of(app, city.people["inspector", "street"])
    assert inspector.post("/api/v1/captures", json=body).status_code == 201
    for sha256, data in files.items():
        secrets |= {sha256}
        inspector.put(f"/api/v1/captures/{capture.id}/photos/{sha256}", content=data)
        inspector.put(f"/api/v1/captures/{capture.id}/photos/{hashlib.sha256(b'no').hexdigest()}", content=b"no")
    anyone = client_of(app, None)
    anyone.post("/login", data={"username": MARK, "password": PHONE})
    anyone.post("/login" + query, data={"username": "admin-city", "password": PLATE})
    anyone.get("/setup" + query)
    anyone.get("/metrics", headers={"authorization": "Bearer metrics-token-7Q7Q7Q7Q"})
    broken_job(city)
    library_lines()
    said = log.getvalue()
    assert said.count("\n") > 120
    for secret in sorted(secrets):
        assert secret not in said, next(line for line in said.splitlines() if secret in line)
    for line in lines_of(log):
        assert set(line) <= logs.FIELDS
    requests = [line for line in lines_of(log) if line["event"] == "request"]
    assert {"/api/v1/records/{record_id}", "other", "/map", "/api/v1/captures", "/login"} <= {
        r["route"] for r in requests
    }
    assert all(len(r["request"]) == 12 for r in requests)
    assert len({r["who"] for r in requests if "who" in r}) == 4


def broken_job(city: City) -> None:
    def broken(_job) -> None:
        raise ValueError(MARK)

    def refused(_job) -> None:
        raise Invalid("backup_folder_unusable", said=MARK)

    for i, handler in enumerate((broken, refused)):
        city.services.queue.handle("sweep", handler)
        with city.services.store.work() as work:
            work.jobs.queue(
                "sweep", f"{MARK}{i}", {"of": MARK}, at=capture_at(city.services, middle(HERE))[0].captured_at
            )
        Runner(city.services).run_until_empty()
    try:
        with city.services.store.work() as work:
            work.people.assign(MARK, city.actor("admin", "city").assignments[0], since=None)  # type: ignore[arg-type]
    except Exception:  # noqa: BLE001 - whatever the store says, it goes into the log
        structlog.get_logger("runner").exception("runner_stumbled", person=MARK)


def library_lines() -> None:
    """What uvicorn, Streamlit and alembic say, with what they would put into it."""
    for name in (
        "uvicorn.error",
        "streamlit.runtime.scriptrunner.exec_code",
        "alembic.runtime.migration",
        "uvicorn.access",
    ):
        logger = logging.getLogger(name)
        logger.addHandler(logging.StreamHandler())
        logger.warning('%s - "%s %s HTTP/1.1" %d', "203.0.113.7", "GET", f"/map?q={MARK}&plate={PLATE}", 200)
        logger.warning(f"session {'7Q' * 12} of {MARK} at {LON},{LAT} /media/{FILE} {PHONE}")
        try:
            raise RuntimeError(MARK)
        except RuntimeError:
            logger.exception("Uncaught app execution")


def test_library_lines_come_in_the_one_shape_and_no_access_line_at_all(log: io.StringIO):
    library_lines()
    lines = lines_of(log)
    assert {line["logger"] for line in lines} == {
        "uvicorn.error", "streamlit.runtime.scriptrunner.exec_code", "alembic.runtime.migration"}  # fmt: skip
    broken = [line for line in lines if line.get("error")]
    assert all(line["error"] == "RuntimeError" and "test_log.py:" in line["where"] for line in broken)
    assert len(broken) == 3


def test_a_readable_line_is_the_default(city: City):
    root, out = logging.getLogger(), io.StringIO()
    before = list(root.handlers)
    logs.set_up(as_json=False, to=out)
    client_of(app_of(city), None).get("/login")
    structlog.reset_defaults()
    root.handlers[:] = before
    assert "route=/login" in out.getvalue()
    assert not out.getvalue().startswith("{")


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"), ("/map", "/map"), ("/login", "/login"), ("/api/v1/records/R-20261123-00001", "/api/v1/records/{record_id}"),
        ("/api/v1/records", "/api/v1/records"), ("/assets/map.1a2b.js", "/assets/{name:path}"), ("/basemap/3/1/1", "/basemap/{z:int}/{x:int}/{y:int}"),
        ("/_stcore/stream", "/_stcore/…"), ("/media/ab12.jpg", "/media/…"), ("/records/浙D12345", "other"), ("//x", "other"),
        (f"/api/v1/captures/{uuid.UUID(int=1)}/photos/{'a' * 64}", "/api/v1/captures/{capture_id}/photos/{sha256}"),
    ],
)  # fmt: skip
def test_an_address_is_told_by_its_route(path: str, route: str):
    assert template_of(path) == route


# -- /metrics ------------------------------------------------------------------------------------------------------


def test_the_figures_are_for_the_administrator_and_for_the_token_on_this_machine(city: City):
    app, right = app_of(city), {"authorization": "Bearer metrics-token-7Q7Q7Q7Q"}
    assert client_of(app, city.people["admin", "city"]).get("/metrics").status_code == 200
    assert client_of(app, city.people["leader", "city"]).get("/metrics").status_code == 403
    assert client_of(app, None).get("/metrics").status_code == 401
    assert client_of(app, None).get("/metrics", headers=right).status_code == 200
    for wrong in ("Bearer metrics-token-7Q7Q7Q7", "Bearer ", "Basic metrics-token-7Q7Q7Q7Q", "Bearer 机".encode()):
        assert client_of(app, None).get("/metrics", headers={"authorization": wrong}).status_code == 401
    assert client_of(app, None, "203.0.113.7").get("/metrics", headers=right).status_code == 401
    assert client_of(app, None).get("/metrics", headers={**right, "x-forwarded-for": "127.0.0.1"}).status_code == 401
    assert client_of(app, None).get("/api/v1/records", headers=right).status_code == 401, "it opens this door alone"


def test_an_access_token_with_ops_read_opens_the_figures_and_another_does_not(city: City):
    app, admin = app_of(city), city.actor("admin", "city")
    for actions, status in ((["ops.read"], 200), (["layers.read"], 403)):
        _, secret = city.services.tokens.make(admin, name="watch", actions=actions, days=7, device="test")
        watcher = client_of(app, None, "203.0.113.7")
        assert watcher.get("/metrics", headers={"authorization": f"Bearer {secret}"}).status_code == status


def test_without_a_token_in_the_settings_no_token_is_right(own_database: dict, tmp_path):
    city = build_city(tmp_path, **own_database)
    for given in ("Bearer ", "Bearer", "bearer x"):
        assert client_of(app_of(city), None).get("/metrics", headers={"authorization": given}).status_code == 401
    city.services.close()


def test_what_was_counted_is_in_the_figures_and_nobody_is(city: City):
    app = app_of(city)
    inspector = client_of(app, city.people["inspector", "street"])
    inspector.get(f"/api/v1/records/{city.records[HERE]}")
    capture, files = capture_at(city.services, middle(HERE))
    inspector.post("/api/v1/captures", json=capture.body)
    for sha256, data in files.items():
        assert inspector.put(f"/api/v1/captures/{capture.id}/photos/{sha256}", content=data).status_code == 201
    Runner(city.services).run_until_empty()
    text = client_of(app, city.people["admin", "city"]).get("/metrics").text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['slg_requests_total{method="GET",route="/api/v1/records/{record_id}",status="200"}'] == "1.0"
    assert float(figures["slg_upload_bytes_total"]) == sum(map(len, files.values()))
    views = float(figures['slg_job_seconds_count{how="done",kind="photo.views"}'])
    assert views == float(figures['slg_jobs{kind="photo.views",state="done"}']) >= len(files)
    assert float(figures["slg_sessions"]) > 10
    assert float(figures["slg_database_bytes"]) > 100_000
    assert float(figures['slg_disk_free_bytes{of="photos"}']) > 0
    assert figures["slg_database_up"] == "1.0"
    for secret in (city.records[HERE], capture.id, "street-here", *files, city.actor("admin", "city").person_id):
        assert secret not in text
