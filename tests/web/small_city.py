"""A city of two streets with one grid, zone, record and asset each: small enough to open every door in seconds."""

from __future__ import annotations

import hashlib
import io
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import shapely
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from domain.accounts import DEVICE_ACTIONS, PREFIXES, AccessToken
from domain.capture import Capture, CapturePhoto
from domain.policy.assets import load_assets
from domain.records import ROLES, Actor, Area, Asset, Assignment, Building, Person, Position, Record
from services import Services
from services.people import SESSION_LIFE, session_id
from web.gate import COOKIE, Cookies, Gate
from web.routes import routes
from wiring import Settings, build, now

KEY = "k" * 40
PASSWORD = "four words in a row"
HERE, THERE = "here", "there"  # one's own street and another
WEST = {HERE: 120.80, THERE: 120.84}
SOUTH, SIDE = 29.58, 0.02


@dataclass
class City:
    """The small city with its people: one per role over the street `here`, one per role over the whole city."""

    services: Services
    people: dict[tuple[str, str], str] = field(default_factory=dict)  # (role, "street" or "city") to the cookie's token
    records: dict[str, str] = field(default_factory=dict)
    photos: dict[str, str] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    reporters: dict[str, Actor] = field(default_factory=dict)
    spare: str = ""  # an account that may be closed
    spare_import: str = ""  # a layer file that was read and waits

    @cached_property
    def app(self) -> Starlette:
        return app_of(self.services)

    def actor(self, role: str, reach: str) -> Actor:
        return self.services.people.actor(session_id(self.people[role, reach]))

    def client(self, token: str | None, *, address: str = "127.0.0.1", secure: bool = False) -> TestClient:
        """A browser on this machine with that session's cookie, or with none."""
        base = "https://localhost" if secure else "http://localhost"
        client = TestClient(self.app, base_url=base, client=(address, 50000), follow_redirects=False,
                            raise_server_exceptions=False)  # fmt: skip
        if token:
            client.headers["cookie"] = f"{COOKIE}={Cookies(KEY).seal(token)}"
        return client

    def by_token(self, secret: str, *, address: str = "127.0.0.1") -> TestClient:
        """A program that has nothing but a token."""
        client = self.client(None, address=address)
        client.headers["authorization"] = f"Bearer {secret}"
        return client

    def capture(self, side: str, reporter: Actor) -> tuple[Record, dict[str, bytes]]:
        """A fresh record with photos announced, none of them kept yet; sha256 to bytes."""
        capture, files = capture_at(self.services, middle(side))
        return self.services.intake.receive(capture, reporter)[0], files


def app_of(services: Services) -> Starlette:
    """Gate and routes as in app.py; where Streamlit would answer, one line that says who came through."""

    def behind(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"behind the gate: {request.headers.get('x-slg-session', 'nobody')}")

    cookies = Cookies(services.secret_key)
    return Starlette(
        routes=[*routes(services, cookies), Route("/{path:path}", behind, methods=["GET", "POST", "PUT", "DELETE"])],
        middleware=[Middleware(Gate, services=services, cookies=cookies)],
    )


def middle(side: str) -> tuple[float, float]:
    return WEST[side] + SIDE / 2, SOUTH + SIDE / 2


def square(side: str, inset: float = 0.0) -> shapely.Polygon:
    return shapely.box(WEST[side] + inset, SOUTH + inset, WEST[side] + SIDE - inset, SOUTH + SIDE - inset)


def settings(folder: Path, **more: Any) -> Settings:
    plain = {"database_url": f"sqlite:///{folder}/slg.db", "photo_store": folder / "photos", "secret_key": KEY,
             "sample_city": False}  # fmt: skip
    return Settings(**{**plain, **more})


def build_city(folder: Path, **more: Any) -> City:
    built = City(build(settings(folder, **more)))
    _places(built.services)
    _people(built)
    for side in (HERE, THERE):
        _things(built, side)
    return built


def _places(services: Services) -> None:
    at = now()
    with services.store.work() as work:
        for side in (HERE, THERE):
            for layer, inset in (("street", 0.0), ("community", 0.0), ("grid", 0.0), ("zone", 0.004)):
                line = square(side, inset)
                area = Area(
                    id=f"{layer}-{side}-1", area_id=f"{layer}-{side}", layer=layer, version=1, status="in_force",
                    code=f"{layer[0].upper()}-{side}", name=f"{layer} {side}", geometry=line, area_m2=4e6,
                    kind="estate" if layer == "zone" else None, mode="professional" if layer == "zone" else None,
                    street_id=None if layer == "street" else f"street-{side}",
                    community_id=f"community-{side}" if layer in ("grid", "zone") else None, valid_from=at,
                )  # fmt: skip
                work.areas.add([area], at=at)
            lon, lat = middle(side)
            roof = shapely.Point(lon, lat).buffer(0.0002)
            work.buildings.add([Building(f"building-{side}", "1", "1", roof, lon, lat, 40, True, f"street-{side}",
                                         f"grid-{side}", f"zone-{side}")])  # fmt: skip
            lon, lat = WEST[side] + 0.002, SOUTH + 0.002  # in no zone: something for the topology report
            roof = shapely.Point(lon, lat).buffer(0.0001)
            work.buildings.add([Building(f"loose-{side}", "2", "2", roof, lon, lat, 6, True, f"street-{side}",
                                         f"grid-{side}")])  # fmt: skip


def _people(city: City) -> None:
    for role in ROLES:
        for reach, held in (("street", Assignment(role, "street", "street-here")), ("city", Assignment(role, "city"))):
            city.people[role, reach] = add_person(city.services, f"{role}-{reach}", held)
    for side in (HERE, THERE):
        token = add_person(city.services, f"reporter-{side}", Assignment("inspector", "street", f"street-{side}"))
        city.reporters[side] = city.services.people.actor(session_id(token))
    city.spare = city.services.people.actor(
        session_id(add_person(city.services, "spare", Assignment("leader", "city")))
    ).person_id


def add_person(services: Services, username: str, *held: Assignment, password_hash: str = "-") -> str:
    """An account with an open session; gives the session's token."""
    at, token = now(), uuid.uuid4().hex
    person = Person(str(uuid.uuid4()), username, username, None, "zh", None, at, held)
    with services.store.work() as work:
        work.people.add(person, password_hash=password_hash)
        work.people.open_session(id=session_id(token), person_id=person.id, created_at=at, expires_at=at + SESSION_LIFE,
                                 address="127.0.0.1", device="test")  # fmt: skip
    return token


def open_session(services: Services, person_id: str) -> str:
    """One more login of somebody; gives the session's id."""
    at, session = now(), session_id(uuid.uuid4().hex)
    with services.store.work() as work:
        work.people.open_session(id=session, person_id=person_id, created_at=at, expires_at=at + SESSION_LIFE,
                                 address="127.0.0.1", device="test")  # fmt: skip
    return session


def add_token(
    services: Services, who: Actor, kind: str, actions: Sequence[str] = DEVICE_ACTIONS, life: timedelta = timedelta(days=1),
) -> tuple[AccessToken, str]:  # fmt: skip
    """A token put straight into the store, also with actions that nobody could choose."""
    secret = PREFIXES[kind] + secrets.token_urlsafe(32)
    token = AccessToken(str(uuid.uuid4()), who.person_id, kind, "test", tuple(actions), now(), now() + life)
    with services.store.work() as work:
        work.accounts.add_token(token, hash=hashlib.sha256(secret.encode()).hexdigest())
    return token, secret


def _things(city: City, side: str) -> None:
    reporter = city.reporters[side]
    record, files = city.capture(side, reporter)
    for sha256, data in files.items():
        arrival = city.services.evidence.begin(record.id, sha256, reporter)
        city.services.evidence.take(arrival, data)
        city.services.evidence.keep(arrival, reporter)
    city.records[side], city.photos[side] = record.id, record.photos[0].id
    asset = asset_at(side)
    with city.services.store.work() as work:
        work.assets.add([asset])
    city.assets[side] = asset.id


def asset_at(side: str) -> Asset:
    (lon, lat), words = middle(side), load_assets()
    return Asset(
        id=str(uuid.uuid4()), asset_no=f"X-{uuid.uuid4().hex[:8]}", zone_id=f"zone-{side}", grid_id=f"grid-{side}",
        street_id=f"street-{side}", category="parking_bay", subcategory="ground_bay", name="bay", location_text="gate",
        lon=lon, lat=lat, quantity=1, unit="个", ownership=next(iter(words.ownership)), status=next(iter(words.status)),
    )  # fmt: skip


def capture_at(
    services: Services, point: tuple[float, float], captured_at: datetime | None = None
) -> tuple[Capture, dict]:
    """A well-formed capture of the simplest kind, and its photos' bytes by hash."""
    when = captured_at or now() - timedelta(minutes=1)
    issue = next(t for t in services.catalogue.types if not t.needs_plate)
    files, photos = {}, []
    for i, shot in enumerate(s for s in issue.shots if s.required):
        data = jpeg((i * 40 % 255, uuid.uuid4().int % 255, uuid.uuid4().int % 255))
        sha256 = hashlib.sha256(data).hexdigest()
        files[sha256] = data
        photos.append(CapturePhoto(sha256, len(data), "image/jpeg", shot.code, "camera", when, None, None, data))
    capture_id = str(uuid.uuid4())
    body = {
        "schema": 1, "id": capture_id, "kind": "report", "issue_type": issue.code, "captured_at": when.isoformat(),
        "position": {"lon": point[0], "lat": point[1], "accuracy_m": 8},
        "catalogue_edition": services.catalogue.edition,
        "photos": [{"sha256": p.sha256, "size": p.size, "media_type": p.media_type, "shot": p.shot, "source": p.source}
                   for p in photos],
    }  # fmt: skip
    capture = Capture(
        id=capture_id, kind="report", issue_type=issue.code, subject_id=None, captured_at=when, sent_at=None,
        position=Position(*point, 8.0, when), position_reason=None, pin=None, building=None, unit=None, floor=None,
        note=None, plate=None, catalogue_edition=services.catalogue.edition, photos=tuple(photos), body=body,
    )  # fmt: skip
    return capture, files


def jpeg(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def enter(client, username: str, password: str = PASSWORD, **more):
    return client.post("/login", data={"username": username, "password": password, **more.pop("form", {})}, **more)
