"""Every door x every role x own and other street, from domain/policy/doors.toml and permissions.toml.

The expectation is computed here from the two tables alone, by other code than the app's. A route, page or service
method that stands in no table fails; so does a table row without its door.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import tempfile
import tomllib
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
from argon2 import PasswordHasher
from starlette.routing import Mount

from domain.accounts import DEVICE, PERSONAL
from domain.errors import NotAllowed, NotFound, NotSignedIn
from domain.filters import AssetFilter, RecordFilter
from domain.policy.changes import Change
from domain.policy.permissions import NEVER_BY_TOKEN
from domain.policy.zones import load_zones
from domain.records import ROLES, Actor, Area, Assignment, Building, DivisionRow, Road
from domain.tracks import TrackPart, TrackPoint
from domain.zones import Decision, Succession
from jobs.runner import Runner
from services.exchange import OPERATOR, Choices
from services.people import session_id
from services.people_sheets import Stored as Handed
from services.reminders import Moment, contracts_end
from storage.editions import Edition
from storage.reports import Report
from storage.tables import assets, jobs
from tests.web.small_city import (
    HERE,
    THERE,
    City,
    add_person,
    add_token,
    asset_at,
    capture_at,
    middle,
    open_session,
    square,
)
from ui.shell import PAGES
from web.gate import Cookies
from web.routes import routes
from wiring import now

POLICY = Path(__file__).resolve().parents[2] / "domain" / "policy"
DOORS = tomllib.loads((POLICY / "doors.toml").read_text("utf-8"))
ACTIONS = tomllib.loads((POLICY / "permissions.toml").read_text("utf-8"))["actions"]
REACHES = ("street", "city")
SIDES = (HERE, THERE)
LOOSE = {side: f"no_zone:loose-{side}" for side in SIDES}  # a finding of the topology report on each side


def expected(door: dict[str, str], role: str, reach: str, side: str) -> str:
    """ "ok", "never" (403) or "elsewhere" (404), read off the tables."""
    rule = ACTIONS[door["permission"]]
    if role not in rule["roles"] or (rule["scope"] == "city" and reach != "city"):
        return "never"
    if door["rows"] == "own":
        return "ok" if side == HERE else "elsewhere"
    if door["rows"] == "one" and rule["scope"] == "scoped" and reach != "city" and side != HERE:
        return "elsewhere"
    return "ok"


def seen_sides(door: dict[str, str], reach: str) -> set[str]:
    """What a list may hold."""
    scoped = door.get("reach", ACTIONS[door["permission"]]["scope"]) == "scoped" and reach != "city"
    return {HERE} if scoped else {HERE, THERE}


# -- the tables hold every door ------------------------------------------------------------------------------------


def all_routes(found: Any, prefix: str = "") -> Iterator[str]:
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from all_routes(inner.routes, prefix)
        elif isinstance(route, Mount):
            yield from all_routes(route.routes, prefix + route.path)
        else:
            yield from (
                f"{method} {prefix}{route.path}" for method in sorted(route.methods - {"HEAD"} or route.methods)
            )


def listed_routes() -> set[str]:
    """Photos in their three sizes are one route with three permissions."""
    sizes = ("thumb", "view", "original")
    return {
        next((name.removesuffix(size) + "{size}" for size in sizes if name.endswith("{photo_id}/" + size)), name)
        for name in DOORS["routes"]
    }


def test_every_route_is_listed(city: City):
    found, listed = set(all_routes(routes(city.services, Cookies("k")))), listed_routes()
    assert found == listed, f"not in doors.toml: {sorted(found - listed)}; gone: {sorted(listed - found)}"


def test_every_page_is_listed_with_its_permission():
    assert {name: permission for name, permission, *_ in PAGES} == DOORS["pages"]
    files = {path.stem for path in (POLICY.parents[1] / "pages").glob("*.py")}
    assert files == set(DOORS["pages"]), "a page file without a row, or a row without its file"


def public_methods(city: City) -> dict[str, inspect.Signature]:
    found = {}
    for part in dataclasses.fields(city.services):
        service = getattr(city.services, part.name)
        if type(service).__module__.startswith("services.") and part.name != "permissions":
            for name, method in inspect.getmembers(type(service), inspect.isfunction):
                if not name.startswith("_"):
                    found[f"{part.name}.{name}"] = inspect.signature(method)
    return found


def test_every_service_action_is_listed(city: City):
    methods = {name for name in public_methods(city) if not name.startswith("bundles.")}
    listed = set(DOORS["actions"])
    assert methods == listed, f"not in doors.toml: {sorted(methods - listed)}; gone: {sorted(listed - methods)}"


def test_an_action_takes_an_actor_unless_it_is_a_front_door_or_the_server_itself(city: City):
    for name, signature in public_methods(city).items():
        if name in DOORS["actions"]:
            is_open = DOORS["actions"][name]["permission"] in ("anyone", "server")
            assert ("actor" not in signature.parameters) == is_open, name


def test_no_page_and_no_route_calls_what_only_the_server_does():
    """`put`, `handle` and `close` are too common a word to look for; the others name one thing."""
    own = {name.partition(".")[2] for name, door in DOORS["actions"].items() if door["permission"] == "server"}
    home = POLICY.parents[1]
    for file in [*(home / "pages").glob("*.py"), *(home / "web").rglob("*.py")]:
        text = file.read_text("utf-8")
        for name in own - {"put", "handle", "close"}:
            assert f".{name}(" not in text, f"{file.name} calls {name}"


def test_every_permission_that_a_door_names_exists():
    named = {door["permission"] for table in ("routes", "actions") for door in DOORS[table].values()}
    assert named | set(DOORS["pages"].values()) <= {*ACTIONS, "anyone", "server"}
    for door in [*DOORS["routes"].values(), *DOORS["actions"].values()]:
        assert door["rows"] in ("none", "list", "mine", "one", "own")


# -- every route x every role x both sides -------------------------------------------------------------------------

Ask = tuple[str, str, dict[str, Any]]


def reporter_for(city: City, who: Actor, side: str) -> Actor:
    """Whose record it is: one's own at home when one may report at all, else somebody else's."""
    return who if side == HERE and who.has_role(*ACTIONS["record.report"]["roles"]) else city.reporters[side]


def put_photo(city: City, who: Actor, side: str) -> Ask:
    record, files = city.capture(side, reporter_for(city, who, side))
    sha256, data = next(iter(files.items()))
    return "PUT", f"/api/v1/captures/{record.id}/photos/{sha256}", {
        "content": data, "headers": {"content-type": "image/jpeg"},
    }  # fmt: skip


def ask_how_far(city: City, who: Actor, side: str) -> Ask:
    record, files = city.capture(side, reporter_for(city, who, side))
    return "HEAD", f"/api/v1/captures/{record.id}/photos/{next(iter(files))}", {}


def change(city: City, who: Actor, side: str) -> Ask:
    record, _ = city.capture(side, reporter_for(city, who, side))
    return "PATCH", f"/api/v1/records/{record.id}", {"json": {"reason": "写错了", "note": "改过"}}


def take_back(city: City, who: Actor, side: str) -> Ask:
    record, _ = city.capture(side, reporter_for(city, who, side))
    return "POST", f"/api/v1/records/{record.id}/withdraw", {"json": {"reason": "拍错了"}}


def look_nearby(city: City, who: Actor, side: str) -> Ask:
    lon, lat = middle(side)
    return "GET", "/api/v1/nearby", {"params": {"lon": lon, "lat": lat, "issue_type": plain_kind(city)}}


def plain_kind(city: City) -> str:
    """The kind that capture_at reports."""
    return capture_at(city.services, middle(HERE))[0].issue_type


SHEET = "姓名,账号,岗位,范围\n示例员,{0},领导,全市\n示例员,,没有,没有\n".encode()


def sheet(city: City, who: Actor, side: str) -> str:
    """A sheet that somebody brought: oneself at home when one may at all, else another administrator."""
    may = side == HERE and who.has_role("admin") and any(a.scope_kind == "city" for a in who.assignments)
    owner = who if may else city.actor("admin", "city")
    if not may and owner.person_id == who.person_id:
        owner = dataclasses.replace(owner, person_id="somebody-else", session_id=None)
    arriving = city.services.people_sheets.begin(owner)
    city.services.people_sheets.take(arriving, SHEET.replace(b"{0}", uuid.uuid4().hex[:12].encode()))
    return city.services.people_sheets.keep(arriving, "a.csv", owner)


def arriving_sheet(city: City) -> Any:
    arriving = city.services.people_sheets.begin(city.actor("admin", "city"))
    city.services.people_sheets.take(arriving, SHEET)
    return arriving


def sheet_file(city: City) -> Path:
    path = city.services.people_sheets._uploads.root.parent / "a.csv"
    path.write_bytes(SHEET.replace(b"{0}", uuid.uuid4().hex[:12].encode()))
    return path


def previewed(city: City) -> Any:
    return city.services.people_sheets.preview_file(sheet_file(city), city.actor("admin", "city"))


def post_capture(city: City, who: Actor, side: str) -> Ask:
    return "POST", "/api/v1/captures", {"json": capture_at(city.services, middle(side))[0].body}


def track_json(side: str) -> dict[str, Any]:
    lon, lat = middle(side)
    point = {"at": now().isoformat(), "lon": lon, "lat": lat, "accuracy_m": 8}
    return {"schema": 1, "id": str(uuid.uuid4()), "patrol_id": str(uuid.uuid4()), "sent_at": now().isoformat(),
            "points": [point]}  # fmt: skip


def track_part(side: str) -> TrackPart:
    return TrackPart(str(uuid.uuid4()), str(uuid.uuid4()), (TrackPoint(now(), *middle(side), 8.0),), now())


def walked(city: City, side: str) -> dict[str, Any]:
    """Somebody of that side who walked today."""
    walker = city.reporters[side]
    city.services.tracks.receive(track_part(side), walker)
    return {"person_id": walker.person_id}


def today(city: City) -> date:
    return now().astimezone(city.services.timezone).date()


def post_draft(city: City, who: Actor, side: str) -> Ask:
    line = square(side, 0.006).__geo_interface__
    body = {"id": str(uuid.uuid4()), "name": "draft", "kind": next(iter(kinds())), "mode": "professional",
            "geometry": json.loads(json.dumps(line))}  # fmt: skip
    return "POST", "/api/v1/zones/drafts", {"json": body}


def kinds() -> Any:
    return load_zones().kinds


def get(path: str) -> Callable[[City, Actor, str], Ask]:
    def ask(city: City, who: Actor, side: str) -> Ask:
        lon, lat = middle(side)
        box = f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}"
        return "GET", path.format(record=city.records[side], photo=city.photos[side], lon=lon, lat=lat, box=box), {}

    return ask


def delete_device(city: City, who: Actor, side: str) -> Ask:
    return "DELETE", f"/api/v1/devices/{device_of(city, who, side)}", {}


def device_of(city: City, who: Actor, side: str) -> str:
    """One's own phone at home, somebody else's elsewhere."""
    return add_token(city.services, who if side == HERE else city.reporters[THERE], DEVICE)[0].id


def brought(city: City) -> str:
    """The id of a layer file that was brought and read."""
    who = city.actor("admin", "city")
    imports = city.services.layer_imports
    arrival = imports.begin("grid", "wg.geojson", who)
    imports.take(arrival, layer_bytes())
    found = imports.keep(arrival, who)
    imports.choose(found.id, Choices(datum="wgs84"), who)
    Runner(city.services).run_until_empty()
    return found.id


def put_layer(city: City, who: Actor, side: str) -> Ask:
    return "POST", "/api/v1/layers/grids/imports?name=wg.geojson", {"content": b"{}"}


def of_import(ending: str) -> Callable[[City, Actor, str], Ask]:
    return lambda city, who, side: ("GET", f"/api/v1/layers/imports/{read_once(city)}{ending}", {})


def read_once(city: City) -> str:
    """One that waits for a person, whoever asks."""
    if not city.spare_import:
        city.spare_import = brought(city)
    return city.spare_import


def in_force_now(city: City, side: str) -> Area:
    with city.services.store.look() as work:
        found = work.areas.current(f"zone-{side}")
    assert found is not None
    return found


def another_version(city: City, side: str, status: str = "draft") -> str:
    """One more version of a side's zone, put straight into the store; gives its id."""
    current, made = in_force_now(city, side), str(uuid.uuid4())
    with city.services.store.work() as work:
        last = max(v.version for v in work.areas.versions(current.area_id))
        version = dataclasses.replace(current, id=made, version=last + 1, status=status, created_at=now())
        work.areas.add([version], at=now())
        work.areas.set_division(made, [DivisionRow(None, None, "", "", 1.0, 1.0, 0, 0, False, version.geometry)])
    return made


def another_versions(city: City) -> list[tuple[str, str]]:
    """A draft of either side's zone, each with the version in force that it would replace."""
    return [(another_version(city, side), in_force_now(city, side).id) for side in SIDES]


def proposal(city: City, side: str) -> str:
    """A home in a corner where no zone is, and a lane round it; the key of its proposal."""
    office, made = city.services, uuid.uuid4().hex
    _, _, east, north = square(side, 0.0015).bounds
    roof = shapely.Point(east, north).buffer(0.0001)
    with office.store.work() as work:
        work.buildings.add([Building(made, "3", "3", roof, east, north, 5, True, f"street-{side}", f"grid-{side}")])
        work.buildings.add_roads([Road(made, "", shapely.Point(east, north).buffer(0.001).exterior, "lane")])
    found = office.proposals.propose(f"street-{side}", city.actor("housing_bureau", "city"), target=100).found
    return found[0].key


def none_aside(city: City) -> None:
    """Every finding is in the open list."""
    with city.services.store.work() as work:
        for one in work.set_asides.standing():
            work.set_asides.end(one.id, by=None, at=now())


def set_aside(city: City, side: str) -> str:
    """A finding of a side that was set aside; gives its key."""
    none_aside(city)
    city.services.set_asides.put(LOOSE[side], "施工围挡，暂不划", city.actor("housing_bureau", "city"))
    return LOOSE[side]


def plan_of(city: City, side: str) -> str:
    """A decision about a side's zone that waits for its day."""
    current, draft, day = in_force_now(city, side), another_version(city, side), now() + timedelta(days=9)
    with city.services.store.work() as work:
        work.zones.add_decision(Decision(plan := str(uuid.uuid4()), "version", "planned", f"street-{side}", (draft,),
                                         (current.id,), day, "示意", None, None, now()))  # fmt: skip
    return plan


def left_open(city: City, side: str) -> str:
    """Something of a side's zone that waits for whoever decides there."""
    zone, made = f"zone-{side}", str(uuid.uuid4())
    one = Succession(
        made, "decision", "record", city.records[side], "R", zone, (zone,), None, "no_place", "open", now()
    )
    with city.services.store.work() as work:
        work.zones.add_successions([one])
    return made


def left_open_everywhere(city: City) -> dict[str, Any]:
    for side in SIDES:
        left_open(city, side)
    return {}


def with_pieces(city: City) -> None:
    """The zone in force has its division, as every zone of a real city has."""
    current = in_force_now(city, HERE)
    with city.services.store.work() as work:
        if not work.areas.division(current.id):
            row = DivisionRow("grid-here", "grid-here-1", "G", "G", 1.0, 1.0, 0, 0, False, current.geometry)
            work.areas.set_division(current.id, [row])


def export_division(city: City, who: Actor, side: str) -> Ask:
    with_pieces(city)
    return "GET", "/api/v1/zones/division.csv", {}


ASKS: dict[str, Callable[[City, Actor, str], Ask]] = {
    "GET /basemap/{z:int}/{x:int}/{y:int}": get("/basemap/3/1/1"),
    "GET /today": get("/today"),
    "GET /metrics": get("/metrics"),
    "GET /api/v1/openapi.json": get("/api/v1/openapi.json"),
    "GET /api/v1/me": get("/api/v1/me"),
    "POST /api/v1/devices": lambda city, who, side: ("POST", "/api/v1/devices", {"json": {"name": "phone"}}),
    "DELETE /api/v1/devices/{device_id}": delete_device,
    "GET /api/v1/catalogue": get("/api/v1/catalogue"),
    "POST /api/v1/captures": post_capture,
    "HEAD /api/v1/captures/{capture_id}/photos/{sha256}": ask_how_far,
    "PUT /api/v1/captures/{capture_id}/photos/{sha256}": put_photo,
    "POST /api/v1/tracks": lambda city, who, side: ("POST", "/api/v1/tracks", {"json": track_json(side)}),
    "GET /api/v1/people/template": get("/api/v1/people/template"),
    "POST /api/v1/people/sheets": lambda city, who, side: ("POST", "/api/v1/people/sheets?name=a.csv", {"content": SHEET}),
    "GET /api/v1/people/sheets/{sheet_id}/problems": lambda city, who, side: (
        "GET", f"/api/v1/people/sheets/{sheet(city, who, side)}/problems", {}
    ),
    "GET /api/v1/streets.geojson": get("/api/v1/streets.geojson"),
    "GET /api/v1/grids.geojson": get("/api/v1/grids.geojson"),
    "GET /api/v1/zones.geojson": get("/api/v1/zones.geojson"),
    "GET /api/v1/buildings.geojson": get("/api/v1/buildings.geojson?bbox={box}"),
    "GET /api/v1/roads.geojson": get("/api/v1/roads.geojson"),
    "GET /api/v1/communities.geojson": get("/api/v1/communities.geojson"),
    "POST /api/v1/layers/{layer}/imports": put_layer,
    "GET /api/v1/layers/imports/{import_id}": of_import(""),
    "GET /api/v1/layers/imports/{import_id}/rows.geojson": of_import("/rows.geojson"),
    "GET /api/v1/layers/imports/{import_id}/problems.xlsx": of_import("/problems.xlsx"),
    "GET /api/v1/layers/{layer}/export": get("/api/v1/layers/grids/export?format=geojson"),
    "GET /api/v1/locate": get("/api/v1/locate?lon={lon}&lat={lat}"),
    "GET /api/v1/search": get("/api/v1/search?q=zone"),
    "GET /api/v1/my/records": get("/api/v1/my/records?limit=200"),
    "GET /api/v1/nearby": look_nearby,
    "PATCH /api/v1/records/{record_id}": change,
    "POST /api/v1/records/{record_id}/withdraw": take_back,
    "GET /api/v1/records": get("/api/v1/records?limit=500"),
    "GET /api/v1/records.geojson": get("/api/v1/records.geojson"),
    "GET /api/v1/records/{record_id}": get("/api/v1/records/{record}"),
    "GET /api/v1/photos/{photo_id}/thumb": get("/api/v1/photos/{photo}/thumb"),
    "GET /api/v1/photos/{photo_id}/view": get("/api/v1/photos/{photo}/view"),
    "GET /api/v1/photos/{photo_id}/original": get("/api/v1/photos/{photo}/original?reason=复查车牌"),
    "POST /api/v1/zones/measure": lambda city, who, side: (
        "POST", "/api/v1/zones/measure", {"json": {"geometry": json.loads(json.dumps(square(side, 0.006).__geo_interface__))}}
    ),
    "POST /api/v1/zones/edit": lambda city, who, side: (
        "POST", "/api/v1/zones/edit", {"json": {"edit": "clip", "geometry": polygon(side), "zone_id": f"zone-{side}"}}
    ),
    "GET /api/v1/zones/proposals.geojson": lambda city, who, side: (
        "GET", f"/api/v1/zones/proposals.geojson?street=street-{side}&target=100", {}
    ),
    "POST /api/v1/zones/drafts": post_draft,
    "GET /api/v1/zones/division.{kind}": export_division,
    "GET /api/v1/zones/{zone_id}/division": lambda city, who, side: ("GET", f"/api/v1/zones/zone-{side}/division", {}),
    "GET /api/v1/zones/versions/{version_id}/map.geojson": lambda city, who, side: (
        "GET", f"/api/v1/zones/versions/{in_force_now(city, side).id}/map.geojson", {}
    ),
    "GET /api/v1/topology.geojson": get("/api/v1/topology.geojson"),
    "GET /api/v1/reports": get("/api/v1/reports"),
    "GET /api/v1/reports/{report_id}/file": lambda city, who, side: ("GET", f"/api/v1/reports/{report(city)}/file", {}),
}  # fmt: skip
# Good answers beside 200 and 201: without the setting there is no base map; the first page has no name of its own.
GOOD = {"GET /basemap/{z:int}/{x:int}/{y:int}": (404,), "GET /today": (303,)}
STATUS = {"ok": (200, 201, 204), "never": (403,), "elsewhere": (404,)}
GUARDED = [name for name, door in DOORS["routes"].items() if door["permission"] != "anyone"]


@pytest.mark.parametrize("name", GUARDED)
def test_route(city: City, name: str):
    door, wrong = DOORS["routes"][name], []
    for role in ROLES:
        for reach in REACHES:
            who, client = city.actor(role, reach), city.client(city.people[role, reach])
            for side in SIDES:
                want = expected(door, role, reach, side)
                method, path, more = ASKS[name](city, who, side)
                answer = client.request(method, path, **more)
                good = GOOD.get(name, STATUS[want]) if want == "ok" else STATUS[want]
                if answer.status_code not in good:
                    wrong.append(f"{role} over {reach}, {side}: {answer.status_code}, not {want}: {answer.text[:90]}")
                elif answer.status_code == 200 and door["rows"] == "list":
                    one_each = LOOSE if "topology" in name else city.records
                    wrong += listed_wrongly(one_each, answer.json(), seen_sides(door, reach), f"{role}-{reach}")
                elif answer.status_code == 200 and door["rows"] == "mine":
                    wrong += not_theirs(city, who, {row["id"] for row in answer.json()["items"]})
    assert not wrong, f"{name}\n" + "\n".join(wrong)


def not_theirs(city: City, who: Actor, ids: set[str]) -> list[str]:
    with city.services.store.look() as work:
        return [f"{who.name} is shown {one}" for one in ids if work.records.reporter_id(one) != who.person_id]


def listed_wrongly(one_each: dict[str, str], body: dict[str, Any], may: set[str], own: str) -> list[str]:
    """one_each: the id of one row of each side."""
    rows = [r for r in body.get("items") or body["features"] if r.get("reporter") != own]  # one's own, anywhere
    ids = {row["id"] for row in rows}
    wrong = [f"{own} sees {side}" for side in {HERE, THERE} - may if one_each[side] in ids]
    wrong += [f"{own} misses {side}" for side in may if one_each[side] not in ids]
    streets = {row["street"]["id"].removeprefix("street-") for row in rows if row.get("street")}
    return wrong + [f"{own} sees rows of {side}" for side in streets - may]


@pytest.mark.parametrize("name", GUARDED)
def test_route_without_a_login_is_401(city: City, name: str):
    method, path, more = ASKS[name](city, city.reporters[HERE], HERE)
    answer = city.client(None).request(method, path, **more)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert method == "HEAD" or answer.json()["code"] == "not_signed_in"


@pytest.mark.parametrize("name", sorted(set(DOORS["routes"]) - set(GUARDED)))
def test_open_route_needs_no_login(city: City, name: str):
    method, path = name.split(" ")
    answer = city.client(None).request(method, path.replace("{name:path}", "nothing.js").replace("{lang}", "zh"))
    assert answer.status_code in {"POST /login": (401,), "POST /setup": (422, 404), "POST /reset": (404,)}.get(
        name, (200, 303, 404)
    )


# -- every service action x every role x both sides ----------------------------------------------------------------


def kept(city: City, who: Actor, side: str) -> Any:
    """An original that has arrived whole and waits to be kept."""
    reporter = reporter_for(city, who, side)
    record, files = city.capture(side, reporter)
    sha256, data = next(iter(files.items()))
    arrival = city.services.evidence.begin(record.id, sha256, reporter)
    city.services.evidence.take(arrival, data)
    return arrival


def announced(city: City, who: Actor, side: str) -> tuple[str, str]:
    record, files = city.capture(side, reporter_for(city, who, side))
    return record.id, next(iter(files))


def across(side: str) -> list[tuple[float, float]]:
    """A line from west to east right through the street."""
    west, south, east, north = square(side).bounds
    return [(west, (south + north) / 2), (east, (south + north) / 2)]


def polygon(side: str) -> dict[str, Any]:
    return json.loads(json.dumps(square(side, 0.006).__geo_interface__))


def bound(city: City) -> str:
    """Somebody whom an identity of another provider opens."""
    with city.services.store.work() as work:
        work.accounts.end_identities(city.spare)
        work.accounts.bind_identity(
            issuer="https://id.example", subject="s", person_id=city.spare, bound_at=datetime.now(UTC)
        )
    return city.spare


def known_password(city: City, who: Actor) -> str:
    """Give somebody a password, hashed in a moment: here it does not matter how well."""
    passwords = city.services.people._passwords
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with city.services.store.work() as work:
        work.people.set_password(who.person_id, passwords.hash("the old one"))
    return "the old one"


def box(side: str) -> tuple[float, float, float, float]:
    return square(side).bounds


def given_up(city: City) -> int:
    """A job that was tried as often as it may be."""
    key = f"sweep@{uuid.uuid4().hex}"
    with city.services.store.work() as work:
        work.jobs.queue("sweep", key, {}, at=now() + timedelta(days=400))
        of = (
            sa.update(jobs).where(jobs.c.key == key).values(state="failed", error="store_busy").returning(jobs.c.serial)
        )
        return int(work.connection.scalar(of) or 0)


def report(city: City) -> str:
    """The id of the one weekly report; its file lies where it should."""
    with city.services.store.look() as work:
        found = work.reports.of("report.weekly", "2026-11-16")
    if found is None:
        files = city.services.reports._files
        sha256 = files.write("weekly-2026-11-16.xlsx", b"PK")
        found = Report(str(uuid.uuid4()), "report.weekly", "2026-11-16", "2026-11-22", "weekly-2026-11-16.xlsx", 2,
                       sha256, now())  # fmt: skip
        with city.services.store.work() as work:
            work.reports.replace(found)
    return found.id


def remind(city: City) -> None:
    """Somebody is reminded of a contract in each street."""
    day = now().date().isoformat()
    with city.services.store.work() as work:
        for side in SIDES:
            work.connection.execute(sa.update(assets).where(assets.c.id == city.assets[side]).values(contract_end=day))
        at = Moment(now(), city.services.timezone)
        work.reminders.settle(("contract_ends",), contracts_end(work, at), at=at.now)


def tile_draft(city: City) -> str:
    """A draft that changes one tile to something new; gives its token."""
    services, tile = city.services, uuid.uuid4().hex[:5]
    before = services.catalogue.get("zombie_vehicle").tile_zh
    change = Change("issues", "types", "zombie_vehicle", "tile_zh", before, tile).as_json()
    with services.store.work() as work:
        for planned in work.editions.in_state("planned"):
            work.editions.set(planned.edition, state="withdrawn")
        work.editions.clear_draft()
        work.set_meta("policy_draft_base", "")
        work.editions.put_draft("issues", "types", "zombie_vehicle", [change], version=1, author_id="-", at=now())
    return services.catalogues.overview(city.actor("admin", "city")).token


def entry_token(city: City) -> str:
    return city.services.catalogues.entry("issues", "types", "zombie_vehicle", city.actor("admin", "city")).token


def planned_edition(city: City) -> str:
    day = city.services.policy.today() + timedelta(days=30)
    return city.services.catalogues.adopt(
        "plan", seen=tile_draft(city), from_day=day, actor=city.actor("admin", "city")
    ).edition


def with_upgrade(city: City) -> dict[str, Any]:
    """A newer edition that came with the app and waits."""
    services, name, at = city.services, f"builtin-{uuid.uuid4().hex[:8]}", now()
    services.catalogues.discard(seen=tile_draft(city), actor=city.actor("admin", "city"))
    with services.store.work() as work:
        bodies = work.editions.bodies(work.editions.in_force())
        work.editions.add(Edition(name, name, True, "offered", "", None, None, at, None, None, []), bodies)
    services.policy.builtin = name
    steps = services.catalogues.upgrade(city.actor("admin", "city"))
    return {"chosen": {step.key: "office" for step in steps}}


def arrived(city: City) -> Any:
    """A layer file that has come whole and waits to be kept."""
    imports = city.services.layer_imports
    arrival = imports.begin("grid", "wg.geojson", city.actor("admin", "city"))
    imports.take(arrival, b"{}")
    return arrival


def layer_bytes() -> bytes:
    """One new grid in the middle of one's own street."""
    line = json.dumps(square(HERE, 0.006).__geo_interface__)
    feature = f'{{"type":"Feature","properties":{{"code":"{uuid.uuid4().hex}","name":"n"}},"geometry":{line}}}'
    return f'{{"type":"FeatureCollection","features":[{feature}]}}'.encode()


def layer_file() -> Path:
    path = Path(tempfile.mkdtemp(prefix="slg-matrix-")) / "wg.geojson"
    path.write_bytes(layer_bytes())
    return path


def layer_previewed(city: City) -> Any:
    return city.services.exchange.preview(layer_file(), "grid", OPERATOR, Choices(datum="wgs84"))


def may_import(who: Actor) -> bool:
    return any(a.role in ACTIONS["layer.import"]["roles"] and a.scope_kind == "city" for a in who.assignments)


# action: what it is called with, beside the actor.
CALLS: dict[str, Callable[[City, Actor, str], dict[str, Any]]] = {
    "people.list": lambda c, who, side: {},
    "people.add": lambda c, who, side: {
        "username": uuid.uuid4().hex[:12], "name": "n", "phone": None, "assignments": [Assignment("leader", "city")],
    },
    "people.disable": lambda c, who, side: {"person_id": c.spare, "disabled": True},
    "people.reset_password": lambda c, who, side: {"person_id": c.reporters[THERE].person_id},
    "people.set_language": lambda c, who, side: {"lang": "zh"},
    "account.me": lambda c, who, side: {},
    "account.change_password": lambda c, who, side: {"old": known_password(c, who), "new": "n" * 10, "again": "n" * 10},
    "account.sessions": lambda c, who, side: {},
    "account.sessions_of": lambda c, who, side: {"person_id": c.spare},
    "account.end_session": lambda c, who, side: {
        "session": open_session(c.services, who.person_id if side == HERE else c.spare)
    },
    "account.end_session_of": lambda c, who, side: {
        "person_id": c.spare, "session": open_session(c.services, c.spare)
    },
    "tokens.offered": lambda c, who, side: {},
    "tokens.make": lambda c, who, side: {"name": "t", "actions": ["app.use"], "days": 1, "device": ""},
    "tokens.make_device": lambda c, who, side: {"name": "phone", "device": ""},
    "tokens.list": lambda c, who, side: {},
    "tokens.list_of": lambda c, who, side: {"person_id": c.spare},
    "tokens.revoke": lambda c, who, side: {"token_id": device_of(c, who, side)},
    "tokens.revoke_of": lambda c, who, side: {"token_id": device_of(c, who, side)},
    "people_sheets.begin": lambda c, who, side: {},
    "people_sheets.keep": lambda c, who, side: {"arriving": arriving_sheet(c), "name": "a.csv"},
    "people_sheets.preview": lambda c, who, side: {"upload_id": sheet(c, who, side)},
    "people_sheets.problems": lambda c, who, side: {"upload_id": sheet(c, who, side)},
    "people_sheets.close": lambda c, who, side: {"upload_id": sheet(c, who, side)},
    "people_sheets.preview_file": lambda c, who, side: {"path": sheet_file(c)},
    "people_sheets.store": lambda c, who, side: {"preview": previewed(c), "leave_out": True},
    "people_sheets.problems_of": lambda c, who, side: {"preview": previewed(c)},
    "people_sheets.template": lambda c, who, side: {},
    "people_sheets.links": lambda c, who, side: {"stored": Handed((), 0, 0, now()), "address": "https://x.test"},
    "people_sheets.export": lambda c, who, side: {"ending": ".csv"},
    "identities.of": lambda c, who, side: {"person_id": c.spare},
    "identities.unbind": lambda c, who, side: {"person_id": bound(c)},
    "places.locate": lambda c, who, side: {"lon": middle(side)[0], "lat": middle(side)[1]},
    "places.layer": lambda c, who, side: {"layer": "zone"},
    "places.buildings": lambda c, who, side: {"box": box(side)},
    "places.roads": lambda c, who, side: {"box": box(side)},
    "places.search": lambda c, who, side: {"text": "zone"},
    "places.choices": lambda c, who, side: {"layer": "grid"},
    "places.bounds": lambda c, who, side: {},
    "intake.catalogue": lambda c, who, side: {},
    "intake.receive": lambda c, who, side: {"capture": capture_at(c.services, middle(side))[0]},
    "evidence.begin": lambda c, who, side: dict(zip(("record_id", "sha256"), announced(c, who, side), strict=True)),
    "evidence.arrived": lambda c, who, side: dict(zip(("record_id", "sha256"), announced(c, who, side), strict=True)),
    "evidence.keep_part": lambda c, who, side: {"arrival": kept(c, who, side)},
    "evidence.keep": lambda c, who, side: {"arrival": kept(c, who, side)},
    "evidence.picture": lambda c, who, side: {"photo_id": c.photos[side], "size": "thumb"},
    "evidence.original": lambda c, who, side: {"photo_id": c.photos[side], "reason": "复查车牌"},
    "evidence.unchanged": lambda c, who, side: {"record": c.services.records.get(c.records[side], c.reporters[side])},
    "records.get": lambda c, who, side: {"record_id": c.records[side]},
    "records.history": lambda c, who, side: {"record_id": c.records[side]},
    "records.sightings": lambda c, who, side: {"record_id": c.records[side]},
    "own.latest": lambda c, who, side: {"limit": 200},
    "own.may_change": lambda c, who, side: {"record": c.services.records.get(c.records[side], c.reporters[side])},
    "own.correct": lambda c, who, side: {
        "record_id": announced(c, who, side)[0], "changes": {"note": "改过"}, "reason": "写错了",
    },
    "own.withdraw": lambda c, who, side: {"record_id": announced(c, who, side)[0], "reason": "拍错了"},
    "tracks.receive": lambda c, who, side: {"part": track_part(side)},
    "tracks.mine": lambda c, who, side: {},
    "tracks.own": lambda c, who, side: {"day": today(c)},
    "tracks.people": lambda c, who, side: walked(c, HERE) and walked(c, THERE) and {},
    "tracks.days": lambda c, who, side: walked(c, side),
    "tracks.see": lambda c, who, side: {**walked(c, side), "day": today(c), "reason": "核对投诉"},
    "nearby.find": lambda c, who, side: {"lon": middle(side)[0], "lat": middle(side)[1], "issue_type": plain_kind(c)},
    "records.story": lambda c, who, side: {"record_id": c.records[side]},
    "records.search": lambda c, who, side: {"view": RecordFilter()},
    "records.on_map": lambda c, who, side: {"view": RecordFilter()},
    "records.day": lambda c, who, side: {},
    "zones.measure": lambda c, who, side: {"polygon": polygon(side), "zone_id": None},
    "zones.save_draft": lambda c, who, side: {
        "version_id": str(uuid.uuid4()), "polygon": polygon(side), "zone_id": None, "name": "d",
        "kind": next(iter(kinds())), "mode": "professional",
    },
    "zones.drafts": lambda c, who, side: {},
    "drawing.open": lambda c, who, side: {"zone_id": f"zone-{side}"},
    "drawing.split": lambda c, who, side: {"polygon": polygon(side), "line": across(side), "zone_id": None},
    "drawing.merge": lambda c, who, side: {"polygon": polygon(side), "with_zone": f"zone-{side}"},
    "drawing.clip": lambda c, who, side: {"polygon": polygon(side), "zone_id": f"zone-{side}"},
    "proposals.streets": lambda c, who, side: {},
    "proposals.propose": lambda c, who, side: {"street_id": f"street-{side}", "target": 100},
    "proposals.on_map": lambda c, who, side: {"street_id": f"street-{side}", "target": 100},
    "proposals.opened": lambda c, who, side: {
        "street_id": f"street-{side}", "key": proposal(c, side), "reasons": ["road_network"], "target": 100,
    },
    "zone_borders.sew": lambda c, who, side: {"polygon": polygon(side), "zone_id": None, "moved": ()},
    "zone_borders.measure": lambda c, who, side: {"polygon": polygon(side), "zone_id": None, "moved": ()},
    "zone_borders.save": lambda c, who, side: {
        "version_id": str(uuid.uuid4()), "polygon": polygon(side), "moved": (), "zone_id": None, "name": "d",
        "kind": next(iter(kinds())), "mode": "professional",
    },
    "topology.streets": lambda c, who, side: {},
    "topology.box": lambda c, who, side: {"street_id": f"street-{side}"},
    "topology.report": lambda c, who, side: {"street_id": None},
    "topology.on_map": lambda c, who, side: {"street_id": None},
    "topology.finding": lambda c, who, side: {"key": LOOSE[side]},
    "set_asides.may": lambda c, who, side: {"key": LOOSE[side]},
    "set_asides.put": lambda c, who, side: {"key": none_aside(c) or LOOSE[side], "reason": "施工围挡，暂不划"},
    "set_asides.take_back": lambda c, who, side: {"key": set_aside(c, side)},
    "topology.choices": lambda c, who, side: {"key": LOOSE[side]},
    "topology.preview": lambda c, who, side: {"key": LOOSE[side], "choice": f"adopt:zone-{side}"},
    "topology.repair": lambda c, who, side: {
        "key": LOOSE[side], "choice": f"adopt:zone-{side}", "version_id": str(uuid.uuid4()),
    },
    "zones.versions": lambda c, who, side: {"zone_id": f"zone-{side}"},
    "zone_versions.view": lambda c, who, side: {"zone_id": f"zone-{side}"},
    "zone_versions.judge": lambda c, who, side: {"version_id": another_version(c, side)},
    "zone_versions.decide": lambda c, who, side: {
        "version_id": another_version(c, side), "reason": "已征询居委会", "seen": in_force_now(c, side).id,
        "consent": "街道同意", "from_day": None,
    },
    "zone_versions.withdraw": lambda c, who, side: {"decision_id": plan_of(c, side), "reason": "重新征询"},
    "zone_versions.restore": lambda c, who, side: {
        "version_id": another_version(c, side, "superseded"), "reason": "恢复旧界",
    },
    "zone_batch.candidates": lambda c, who, side: another_versions(c) and {"street_id": None},
    "zone_batch.decide": lambda c, who, side: {
        "picks": another_versions(c), "reason": "已征询居委会", "consent": "街道同意", "from_day": None,
    },
    "zone_compare.two": lambda c, who, side: {
        "before_id": another_version(c, side), "after_id": another_version(c, side),
    },
    "zone_compare.on_map": lambda c, who, side: {"version_id": another_version(c, side), "with_id": None},
    "zone_successions.waiting": lambda c, who, side: left_open_everywhere(c),
    "zone_successions.settle": lambda c, who, side: {
        "succession_ids": [left_open(c, side)], "to_zone": None, "reason": "到现场看过",
    },
    "zone_modes.record": lambda c, who, side: {
        "zone_id": f"zone-{side}", "mode": "professional", "manager": "示例", "since": c.services.policy.today(),
        "contract_start": None, "contract_end": None, "source": "示意",
    },
    "zone_division.lines": lambda c, who, side: {"street_id": None},
    "zone_division.of": lambda c, who, side: {"zone_id": f"zone-{side}", "version_id": None},
    "zone_division.export_file": lambda c, who, side: with_pieces(c) or {"kind": "csv", "street_id": None},
    "assets.search": lambda c, who, side: {"view": AssetFilter()},
    "assets.counts": lambda c, who, side: {"view": AssetFilter()},
    "assets.get": lambda c, who, side: {"asset_id": c.assets[side]},
    "assets.register": lambda c, who, side: {"asset": asset_at(side)},
    "coverage.per": lambda c, who, side: {"unit": "street"},
    "calendar.year": lambda c, who, side: {"year": 2026},
    "calendar.set_day": lambda c, who, side: {"day": date(2027, 1, 1), "is_working": False, "name": "元旦"},
    "calendar.clear_day": lambda c, who, side: {"day": date(2027, 1, 1)},
    "calendar.confirm_year": lambda c, who, side: {"year": 2027},
    "calendar.set_hours": lambda c, who, side: {"text": "08:30-12:00"},
    "exchange.preview": lambda c, who, side: {"path": layer_file(), "layer": "grid"},
    "exchange.store": lambda c, who, side: {"preview": layer_previewed(c) if may_import(who) else None},
    "exchange.export": lambda c, who, side: {"layer": "grid", "kind": "kml", "path": layer_file().with_name("out.kml")},
    "exchange.export_file": lambda c, who, side: {"layer": "grid", "kind": "kml"},
    "layer_imports.begin": lambda c, who, side: {"layer": "grid", "file_name": "wg.geojson"},
    "layer_imports.keep": lambda c, who, side: {"arrival": arrived(c)},
    "layer_imports.get": lambda c, who, side: {"import_id": read_once(c)},
    "layer_imports.recent": lambda c, who, side: {},
    "layer_imports.overview": lambda c, who, side: {},
    "layer_imports.map_rows": lambda c, who, side: {"import_id": read_once(c), "datum": None},
    "layer_imports.problem_sheet": lambda c, who, side: {"import_id": read_once(c)},
    "layer_imports.choose": lambda c, who, side: {
        "import_id": brought(c) if may_import(who) else read_once(c), "choices": Choices(datum="gcj02"),
    },
    "layer_imports.change": lambda c, who, side: {
        "import_id": (found := brought(c) if may_import(who) else read_once(c)), "values": {"datum": "gcj02"},
        "revision": c.services.layer_imports.get(found, c.actor("admin", "city")).revision,
    },
    "layer_imports.confirm": lambda c, who, side: {
        "import_id": (found := brought(c) if may_import(who) else read_once(c)),
        "revision": c.services.layer_imports.get(found, c.actor("admin", "city")).revision,
    },
    "layer_imports.close": lambda c, who, side: {"import_id": brought(c) if may_import(who) else read_once(c)},
    "history.verify_as": lambda c, who, side: {},
    "timetable.entries": lambda c, who, side: {},
    "timetable.change": lambda c, who, side: {"kind": "verify", "is_on": True, "at": "03:30", "weekday": 6},
    "timetable.start": lambda c, who, side: {"kind": "sweep"},
    "first_steps.open": lambda c, who, side: {},
    "operations.status": lambda c, who, side: {},
    "operations.gauges": lambda c, who, side: {},
    "operations.again": lambda c, who, side: {"serial": given_up(c)},
    "operations.drop": lambda c, who, side: {"serial": given_up(c)},
    "reminders.open": lambda c, who, side: {},
    "reports.all": lambda c, who, side: {},
    "reports.file": lambda c, who, side: {"report_id": report(c)},
    "catalogues.overview": lambda c, who, side: {},
    "catalogues.rows": lambda c, who, side: {"family": "issues", "section": "types"},
    "catalogues.entry": lambda c, who, side: {"family": "issues", "section": "types", "code": "zombie_vehicle"},
    "catalogues.upgrade": lambda c, who, side: {},
    "catalogues.save": lambda c, who, side: {
        "family": "zones", "section": "kinds", "code": f"k{uuid.uuid4().hex}", "seen": None,
        "fields": {"zh": "类型", "en": "Kind", "quote": "示意"},
    },
    "catalogues.undo": lambda c, who, side: {
        "family": "issues", "section": "types", "code": "zombie_vehicle", "seen": entry_token(c),
    },
    "catalogues.discard": lambda c, who, side: {"seen": tile_draft(c)},
    "catalogues.take_upgrade": lambda c, who, side: with_upgrade(c),
    "catalogues.adopt": lambda c, who, side: {"note": "n", "seen": tile_draft(c), "from_day": None},
    "catalogues.withdraw": lambda c, who, side: {"edition": planned_edition(c)},
    "catalogues.export": lambda c, who, side: {},
    "catalogues.import_text": lambda c, who, side: {
        "text": c.services.catalogues.export(c.actor("admin", "city")), "file": "a.toml", "confirm": False,
    },
}  # fmt: skip


def in_reach(city: City, who: Actor, number: int) -> set[str]:
    """A figure tells no street: it must be the length of the list that is checked beside it."""
    assert number == len(city.services.assets.search(AssetFilter(), who))
    return {"street-here"}


# list action: the streets of what came back.
STREETS: dict[str, Callable[[City, Actor, Any], set[str]]] = {
    "records.search": lambda c, who, found: {r.street_id for r in found[0] if r.reporter_id != who.person_id},
    "records.on_map": lambda c, who, found: {
        f"street-{side}" for side in SIDES if c.records[side] in {f["id"] for f in json.loads(found)["features"]}
    },
    "reminders.open": lambda c, who, found: {r.street_id for r in found if r.street_id} or {"street-here"},
    "records.day": lambda c, who, found: (
        {r.street_id for r in found.latest if r.reporter_id != who.person_id} or {"street-here"}
    ),
    "zones.drafts": lambda c, who, found: {z.street_id for z in found},
    "zone_batch.candidates": lambda c, who, found: {one.judged.versions[0].street_id for one in found},
    "zone_batch.decide": lambda c, who, found: {decision.street_id for decision in found.decisions},
    "zone_successions.waiting": lambda c, who, found: {w.one.from_zone.replace("zone", "street") for w in found},
    "proposals.streets": lambda c, who, found: {street.area_id for street in found},
    "topology.streets": lambda c, who, found: {street.area_id for street in found},
    "topology.report": lambda c, who, found: {s for g in found.groups for f in g.findings for s in f.street_ids},
    "topology.on_map": lambda c, who, found: {
        s for f in json.loads(found)["features"] for s in f["properties"]["street_ids"]
    },
    "tracks.people": lambda c, who, found: {
        a.scope_id for person in found for a in person.assignments if a.scope_kind == "street"
    },
    "assets.counts": lambda c, who, found: in_reach(c, who, sum(found.values())),
    "assets.search": lambda c, who, found: {a.street_id for a in found},
}
# What takes long to prepare and is the same for everybody: prepared anew once somebody used it up.
SHARED = {"catalogues.withdraw", "catalogues.take_upgrade", "catalogues.discard", "catalogues.adopt", "catalogues.import_text",
          "people_sheets.store", "people_sheets.problems_of"}  # fmt: skip
IN_PERSON = [name for name, door in DOORS["actions"].items() if door.get("in_person")]
CALLED = [name for name, door in DOORS["actions"].items() if door["permission"] not in ("anyone", "server")]


@pytest.mark.parametrize("name", CALLED)
def test_service_action(city: City, name: str):
    door, wrong = DOORS["actions"][name], []
    family, _, verb = name.partition(".")
    method = getattr(getattr(city.services, family), verb)
    if name == "zones.drafts":  # something to list on both sides, whatever ran before
        for side in SIDES:
            officer = dataclasses.replace(city.actor("housing_bureau", "city"))
            city.services.zones.save_draft(**CALLS["zones.save_draft"](city, officer, side), actor=officer)
    if name == "reminders.open":
        remind(city)
    given = None
    for role in ROLES:
        for reach in REACHES:
            who = city.actor(role, reach)
            for side in SIDES:
                want = expected(door, role, reach, side)
                if given is None or name not in SHARED:
                    given = CALLS[name](city, who, side)
                came, found = outcome(lambda given=given, who=who: method(**given, actor=who))
                if came != want:
                    wrong.append(f"{role} over {reach}, {side}: {came}, not {want}")
                elif came == "ok" and door["rows"] == "list":
                    may = {f"street-{s}" for s in seen_sides(door, reach)}
                    if not (got := STREETS[name](city, who, found)) or not got <= may:
                        wrong.append(f"{role} over {reach}: sees {sorted(got)}")
                elif came == "ok" and door["rows"] == "mine":
                    wrong += not_theirs(city, who, {record.id for record in found[0]})
                if came == "ok":
                    given = None
    assert not wrong, f"{name}\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", CALLED)
def test_service_action_after_logout_is_refused(city: City, name: str):
    """Whoever kept an actor from before the logout (a button in an open page) gets nothing done."""
    family, _, verb = name.partition(".")
    method = getattr(getattr(city.services, family), verb)
    everything = [Assignment(role, "city") for role in ROLES]
    token = add_person(city.services, f"gone-{uuid.uuid4().hex[:8]}", *everything)
    who = city.services.people.actor(session_id(token))
    given = CALLS[name](city, city.reporters[HERE], HERE)
    city.services.people.log_out(who.session_id)
    with pytest.raises(NotSignedIn):
        method(**given, actor=who)


# -- every door x a token ------------------------------------------------------------------------------------------

# The figures for a watcher are the one door beside the API that a token opens.
ON_THE_API = [name for name in GUARDED if " /api/v1/" in name or name == "GET /metrics"]


@pytest.mark.parametrize("name", ON_THE_API)
def test_route_by_a_token(city: City, name: str):
    """A token opens what it carries and its owner may, and nothing that asks for a person; the same rows as a login."""
    door, wrong = DOORS["routes"][name], []
    for role, reach in (("street_officer", "street"), ("supervisor", "city"), ("asset_clerk", "street")):
        who = city.actor(role, reach)
        others = sorted(set(ACTIONS) - {door["permission"]})
        for side in SIDES:
            want = "never" if door.get("in_person") else expected(door, role, reach, side)
            for actions, should in ((sorted(ACTIONS), want), (others, "never")):
                if actions == others and door["permission"] == "app.use":
                    continue  # every token carries that
                method, path, more = ASKS[name](city, who, side)
                by = city.by_token(add_token(city.services, who, PERSONAL, actions)[1])
                answer = by.request(method, path, **more)
                if answer.status_code not in STATUS[should]:
                    wrong.append(
                        f"{role} over {reach}, {side}, {len(actions)} actions: {answer.status_code}, not {should}"
                    )
    assert not wrong, f"{name}\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", [name for name in GUARDED if name not in ON_THE_API])
def test_a_token_opens_no_page(city: City, name: str):
    who = city.actor("street_officer", "street")
    method, path, more = ASKS[name](city, who, HERE)
    by = city.by_token(add_token(city.services, who, PERSONAL, sorted(ACTIONS))[1])
    assert by.request(method, path, **more).status_code == 401


@pytest.mark.parametrize("name", IN_PERSON)
def test_an_action_for_people_is_refused_to_a_token(city: City, name: str):
    family, _, verb = name.partition(".")
    everybody = add_person(city.services, f"all-{uuid.uuid4().hex[:8]}", *[Assignment(role, "city") for role in ROLES])
    who = city.services.people.actor(session_id(everybody))
    _, secret = add_token(city.services, who, PERSONAL, sorted(ACTIONS))
    given = CALLS[name](city, who, HERE)
    with pytest.raises(NotAllowed):
        getattr(getattr(city.services, family), verb)(**given, actor=city.services.tokens.actor(secret, address=""))


@pytest.mark.parametrize("name", [n for n in CALLED if DOORS["actions"][n]["permission"] in NEVER_BY_TOKEN])
def test_no_token_reads_or_manages_people_or_decides_what_they_may(city: City, name: str):
    family, _, verb = name.partition(".")
    who = city.actor("admin", "city")
    by = city.services.tokens.actor(add_token(city.services, who, PERSONAL, sorted(ACTIONS))[1], address="")
    with pytest.raises(NotAllowed):
        getattr(getattr(city.services, family), verb)(**CALLS[name](city, who, HERE), actor=by)


def outcome(call: Callable[[], Any]) -> tuple[str, Any]:
    try:
        return "ok", call()
    except NotAllowed:
        return "never", None
    except NotFound:
        return "elsewhere", None
