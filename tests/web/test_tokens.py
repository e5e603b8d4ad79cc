"""Tokens at the gate and in the services: what opens, what never does, and how fast a revoked one is out."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from starlette.websockets import WebSocketDisconnect

from domain.accounts import DEVICE, DEVICE_ACTIONS, DEVICE_LIFE, PERSONAL
from domain.errors import Busy, Invalid, NotAllowed, NotFound, NotSignedIn, TooMany
from domain.filters import RecordFilter
from domain.policy.permissions import Scoped
from domain.records import Actor, Assignment
from services.people import TRIES_PER_ADDRESS, TRY_WINDOW, session_id
from services.tokens import DEVICES_AT_MOST, PERSONAL_AT_MOST, USE_NOTED_EVERY
from storage.tables import access_tokens, login_attempts
from tests.web.small_city import HERE, THERE, City, add_person, add_token, capture_at, middle
from web.gate import COOKIE, Cookies
from wiring import now

PAGE = {"accept": "text/html"}
ME = "/api/v1/me"


@pytest.fixture
def who(city: City) -> Actor:
    """A fresh inspector of the street here."""
    held = Assignment("inspector", "street", "street-here")
    return city.services.people.actor(session_id(add_person(city.services, f"t-{uuid.uuid4().hex[:10]}", held)))


@pytest.fixture
def address() -> str:
    return "127." + ".".join(str(b) for b in uuid.uuid4().bytes[:3])


def make(city: City, who: Actor, *actions: str, days: int = 30):
    return city.services.tokens.make(who, name="报表", actions=actions or ["record.report"], days=days, device="test")


def history(city: City, who: Actor) -> list:
    with city.services.store.look() as work:
        return [(e.action, e.payload) for e in work.history.of("person", who.person_id)]


# -- making one ----------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_stored_hashed_and_written_down(city: City, who: Actor):
    made, secret = make(city, who, "record.report", "layers.read", days=7)
    assert re.fullmatch(r"slgp_[A-Za-z0-9_-]{43}", secret)
    assert made.actions == ("app.use", "layers.read", "record.read:own", "record.report")
    assert timedelta(days=6, hours=23) < made.expires_at - now() <= timedelta(days=7)
    with city.services.store.look() as work:
        row = work.connection.execute(sa.select(access_tokens).where(access_tokens.c.id == made.id)).first()
    assert secret not in str(row)
    assert city.services.tokens.list(who) == [made]
    city.services.tokens.revoke(who, made.id)
    assert city.services.tokens.list(who) == []
    told = history(city, who)
    assert [action for action, _ in told] == ["person.token_made", "person.token_revoked"]
    assert {payload["token"] for _, payload in told} == {made.id}
    assert secret not in str(told)
    assert secret[5:] not in str(told)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"actions": []}, "token_actions"), ({"actions": ["people.manage"]}, "token_actions"),
        ({"actions": ["asset.write"]}, "token_actions"), ({"actions": ["record.read:own"]}, "token_actions"),
        ({"actions": ["nonsense"]}, "token_actions"), ({"days": 0}, "token_days"), ({"days": 367}, "token_days"),
        ({"days": -1}, "token_days"), ({"name": "  "}, "token_name"), ({"name": "x" * 81}, "token_name"),
        ({"name": "a\u202eb"}, "token_name"), ({"name": "a\x00b"}, "token_name"),
    ],
)  # fmt: skip
def test_what_does_not_fit_makes_no_token(city: City, who: Actor, more: dict, code: str):
    with pytest.raises(Invalid) as refused:
        city.services.tokens.make(
            who, **{"name": "报表 🙂", "actions": ["record.report"], "days": 30, "device": "", **more}
        )
    assert refused.value.code == code
    assert city.services.tokens.list(who) == []


def test_there_is_an_end_to_tokens_and_an_old_phone_makes_room(city: City, who: Actor):
    for _ in range(PERSONAL_AT_MOST):
        make(city, who)
    with pytest.raises(Invalid) as refused:
        make(city, who)
    assert refused.value.code == "tokens_many"
    tokens = city.services.tokens
    phones = [tokens.make_device(who, name=f"phone {i}", device="") for i in range(DEVICES_AT_MOST)]
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        assert tokens.actor(phones[0][1], address="127.0.0.1")  # used, so the second is the oldest
        tokens.make_device(who, name="one more", device="")
        assert tokens.actor(phones[0][1], address="127.0.0.1")
        with pytest.raises(NotSignedIn):
            tokens.actor(phones[1][1], address="127.0.0.1")


def test_an_administrator_offers_no_managing_of_people_to_a_token(city: City):
    offered = city.services.tokens.offered(city.actor("admin", "city"))
    assert "calendar.edit" in offered
    assert not [action for action in offered if action.startswith("people.")]


# -- at the gate ---------------------------------------------------------------------------------------------------


def test_a_token_opens_the_api_alone(city: City, who: Actor):
    client = city.by_token(make(city, who, "layers.read")[1])
    assert client.get("/api/v1/zones.geojson").status_code == 200
    assert client.get("/records", headers=PAGE).headers["location"] == "/login?next=/records"
    for path in ("/", "/today", "/account", "/media/x.png", "/_stcore/health", "/basemap/3/1/1"):
        assert client.get(path).status_code == 401, path
    assert client.get("/login", headers=PAGE).status_code == 200, "a token is no login"
    for path in ("/_stcore/stream", "/api/v1/me"):
        with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect(path):
            pass
        assert closed.value.code == 1008
    for path in ("//api/v1/me", "/API/v1/me", "/api/../records"):
        assert client.get(path).status_code in (401, 404), path


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_written_as_the_caller_likes(city: City, who: Actor, scheme: str):
    secret = make(city, who)[1]
    assert city.client(None).get(ME, headers={"authorization": f"{scheme} {secret}"}).status_code == 200
    for other in (f"Basic {secret}", secret, f"Token {secret}"):
        assert city.client(None).get(ME, headers={"authorization": other}).status_code == 401


def test_unknown_over_and_revoked_each_say_so_and_401(city: City, who: Actor, address: str):
    tokens = city.services.tokens
    gone, over = make(city, who), add_token(city.services, who, PERSONAL, life=timedelta(0))
    tokens.revoke(who, gone[0].id)
    real = make(city, who)[1]
    for secret, code in (
        (gone[1], "token_revoked"), (over[1], "token_expired"), (real[:-1], "token_unknown"), ("", "token_unknown"),
        (real.swapcase(), "token_unknown"), ("slgp_" + "a" * 43, "token_unknown"), ("é" * 50, "token_unknown"),
    ):  # fmt: skip
        answer = city.client(None, address=address).get(ME, headers={"authorization": f"Bearer {secret}".encode()})
        assert (answer.status_code, answer.json()["code"]) == (401, code), secret
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert not secret or secret not in answer.text


def test_a_bad_token_is_not_helped_by_a_cookie(city: City, who: Actor, address: str):
    """Whoever sends a token asks as that token: a program that has lost its own does not go on as somebody else."""
    client = city.client(city.people["admin", "city"], address=address)
    assert client.get(ME).status_code == 200
    assert client.get(ME, headers={"authorization": "Bearer slgp_wrong"}).status_code == 401
    good = make(city, who)[1]
    assert client.get(ME, headers={"authorization": f"Bearer {good}"}).json()["person_id"] == who.person_id


def test_a_token_is_never_taken_from_another_sites_page(city: City, who: Actor):
    secret = make(city, who)[1]
    cookie = f"{COOKIE}={Cookies(city.services.secret_key).seal(city.people['admin', 'city'])}"
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"},
                    {"sec-fetch-site": "same-site"}):  # fmt: skip
        for more in ({}, {"cookie": cookie}):
            for method, path in (("GET", ME), ("POST", "/api/v1/captures"), ("GET", "/api/v1/records")):
                answer = city.by_token(secret).request(method, path, headers={**headers, **more})
                assert answer.status_code == 403, (headers, method)
    assert city.by_token(secret).get(ME, headers={"origin": "http://localhost"}).status_code == 200


def test_tokens_that_nobody_made_are_counted_by_address(city: City, who: Actor, address: str):
    client = city.client(None, address=address)
    wrong = {"authorization": "Bearer slgp_" + "x" * 43}
    with city.services.store.work() as work:
        for _ in range(TRIES_PER_ADDRESS - 1):
            work.people.count_try(account="token", address=f"token@{address}", at=now())
    assert [client.get(ME, headers=wrong).status_code for _ in range(3)] == [401, 429, 429]
    answer = client.get(ME, headers=wrong)
    assert 0 < int(answer.headers["retry-after"]) <= TRY_WINDOW.total_seconds()
    with city.services.store.look() as work:
        n = work.connection.scalar(
            sa.select(sa.func.count()).where(login_attempts.c.address == f"token@{address}").select_from(login_attempts)
        )
    assert n == TRIES_PER_ADDRESS, "a guesser does not fill the table"
    assert city.by_token(make(city, who)[1], address=address).get(ME).status_code == 200, "the office works on"
    assert client.post("/login", data={"username": "nobody", "password": "x"}).status_code == 401, "and logs in"
    with time_machine.travel(now() + TRY_WINDOW + timedelta(seconds=1), tick=False):
        assert client.get(ME, headers=wrong).status_code == 401


def test_a_token_that_was_once_good_is_no_guess(city: City, who: Actor, address: str):
    gone, secret = make(city, who)
    city.services.tokens.revoke(who, gone.id)
    for _ in range(3):
        city.by_token(secret, address=address).get(ME)
    with city.services.store.look() as work:
        assert work.people.nth_failed_try(1, since=now() - TRY_WINDOW, address=f"token@{address}") is None


# -- what it may do ------------------------------------------------------------------------------------------------


def test_a_token_reaches_no_further_than_its_owner(city: City, who: Actor):
    """Also one whose owner lost the post afterwards."""
    officer = city.actor("street_officer", "street")
    by = city.by_token(make(city, officer, "record.read")[1])
    assert by.get(f"/api/v1/records/{city.records[HERE]}").status_code == 200
    assert by.get(f"/api/v1/records/{city.records[THERE]}").status_code == 404
    secret = make(city, who, "record.read", "record.report")[1]
    assert city.by_token(secret).get("/api/v1/records").status_code == 200
    with city.services.store.work() as work:
        work.people.end_assignments(who.person_id, at=now())
        work.people.assign(who.person_id, Assignment("leader", "city"), since=now())
    city.services.people._sessions.forget()
    assert city.by_token(secret).get("/api/v1/records").status_code == 403
    assert (
        city.by_token(secret).post("/api/v1/captures", json=capture_at(city.services, middle(HERE))[0].body).status_code
        == 403
    )


def test_a_token_with_fewer_actions_does_fewer_things(city: City):
    officer = city.actor("street_officer", "street")
    by = city.by_token(make(city, officer, "layers.read")[1])
    assert by.get("/api/v1/zones.geojson").status_code == 200
    for path in ("/api/v1/records", "/api/v1/records.geojson", f"/api/v1/records/{city.records[HERE]}",
                 f"/api/v1/photos/{city.photos[HERE]}/original?reason=复查车牌", "/api/v1/catalogue"):  # fmt: skip
        assert by.get(path).status_code == 403, path


def test_nobody_writes_a_token_wider_than_the_code_allows(city: City):
    """A row changed in the database opens people to no machine."""
    admin = city.actor("admin", "city")
    _, secret = add_token(city.services, admin, PERSONAL, ["app.use", "people.manage", "people.read", "*"])
    by = city.services.tokens.actor(secret, address="127.0.0.1")
    people, account, tokens = city.services.people, city.services.account, city.services.tokens
    for call in (
        lambda: people.list(by), lambda: people.reset_password(by, city.spare), lambda: people.disable(by, city.spare, disabled=True),
        lambda: account.change_password(by, "a", "b" * 10, "b" * 10), lambda: account.sessions(by),
        lambda: tokens.make(by, name="n", actions=["app.use"], days=1, device=""), lambda: tokens.list(by),
        lambda: tokens.make_device(by, name="n", device=""), lambda: tokens.revoke_of(by, "x"), lambda: tokens.offered(by),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            call()


def test_a_token_of_somebody_else_cannot_be_ended_or_even_seen(city: City, who: Actor):
    made, _ = make(city, who)
    other = city.actor("street_officer", "street")
    for token_id in (made.id, str(uuid.uuid4()), "", "x" * 200):
        with pytest.raises(NotFound):
            city.services.tokens.revoke(other, token_id)
    assert made not in city.services.tokens.list(other)
    admin = city.actor("admin", "city")
    assert city.services.tokens.list_of(admin, who.person_id) == [made]
    city.services.tokens.revoke_of(admin, made.id)
    with pytest.raises(NotFound):
        city.services.tokens.revoke_of(admin, made.id)
    assert history(city, who)[-1][0] == "person.token_revoked"


# -- out at once ---------------------------------------------------------------------------------------------------


def test_a_revoked_token_is_out_at_its_next_request(city: City, who: Actor):
    made, secret = make(city, who)
    by = city.by_token(secret)
    assert by.get(ME).status_code == 200
    city.services.tokens.revoke(who, made.id)
    assert by.get(ME).status_code == 401


def test_a_token_revoked_elsewhere_is_out_within_a_second(city: City, who: Actor):
    """Another process revoked it; a request that is under way asks again."""
    made, secret = make(city, who)
    actor = city.services.tokens.actor(secret, address="127.0.0.1")
    city.services.intake.catalogue(actor)
    with city.services.store.work() as work:
        work.accounts.revoke_token(made.id, at=now())
    with time_machine.travel(now() + timedelta(seconds=1.5), tick=False), pytest.raises(NotSignedIn):
        city.services.intake.catalogue(actor)


def test_closing_the_account_and_a_link_end_every_token(city: City, who: Actor):
    office, admin = city.services.people, city.actor("admin", "city")
    secrets = [make(city, who)[1], city.services.tokens.make_device(who, name="phone", device="")[1]]
    office.disable(admin, who.person_id, disabled=True)
    office.disable(admin, who.person_id, disabled=False)
    assert [city.by_token(secret).get(ME).status_code for secret in secrets] == [401, 401]
    again = add_token(city.services, who, PERSONAL)[1]
    office.use_link(office.reset_password(admin, who.person_id), "four words in a row", "four words in a row")
    assert city.by_token(again).get(ME).json()["code"] == "token_revoked"


def test_the_end_of_its_time_ends_it(city: City, who: Actor):
    secret = make(city, who, days=1)[1]
    with time_machine.travel(now() + timedelta(days=1, seconds=1), tick=False):
        answer = city.by_token(secret).get(ME)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


# -- last use ------------------------------------------------------------------------------------------------------


def stored(city: City, token_id: str):
    with city.services.store.look() as work:
        return work.accounts.token(token_id)


def test_the_last_use_is_written_at_most_once_a_minute(city: City, who: Actor, monkeypatch):
    made, secret = make(city, who)
    start, writes = now(), []
    really = type(city.services.tokens)._note_use
    monkeypatch.setattr(type(city.services.tokens), "_note_use", lambda *a: (writes.append(a), really(*a)))
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(5):
            assert city.by_token(secret).get(ME).status_code == 200
        assert (len(writes), stored(city, made.id).last_used_at) == (1, start)
        clock.shift(USE_NOTED_EVERY)
        city.by_token(secret).get(ME)
        assert (len(writes), stored(city, made.id).last_used_at) == (2, start + USE_NOTED_EVERY)
        clock.shift(-timedelta(days=1))  # a clock set back writes nothing and shuts nobody out
        assert city.by_token(secret).get(ME).status_code == 200
        assert len(writes) == 2
    assert stored(city, made.id).expires_at == made.expires_at, "a personal token ends on its day"


def test_a_store_that_is_being_written_to_does_not_refuse_a_reader(city: City, who: Actor, monkeypatch):
    _, secret = make(city, who)

    def busy() -> None:
        raise Busy("store_busy")

    monkeypatch.setattr(type(city.services.store), "work", lambda self: busy())
    assert city.services.tokens.actor(secret, address="127.0.0.1").person_id == who.person_id


# -- devices -------------------------------------------------------------------------------------------------------


def test_a_phone_gets_its_token_by_a_login_and_goes_on_after_it(city: City):
    token = city.people["inspector", "street"]
    mine = city.client(token)
    answer = mine.post("/api/v1/devices", json={"name": "示例手机 🙂"}, headers={"user-agent": "Phone/1"})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "token", "person_id", "expires_at"}
    assert made["token"].startswith("slgd_")
    kept = stored(city, made["id"])
    assert (kept.kind, kept.actions, kept.device, kept.name) == (DEVICE, DEVICE_ACTIONS, "Phone/1", "示例手机 🙂")
    me = city.actor("inspector", "street")
    with time_machine.travel(now() + timedelta(hours=13), tick=False):
        assert mine.get(ME).status_code == 401, "the login is over"
        by = city.by_token(made["token"])
        body = capture_at(city.services, middle(HERE))[0].body
        sent = by.post("/api/v1/captures", json=body)
        assert sent.status_code == 201
    with city.services.store.look() as work:
        assert work.records.get(sent.json()["id"]).reporter_id == me.person_id


def test_a_phone_sends_its_photos_and_reads_its_own_records_and_no_others(city: City):
    """Whatever its person may: an officer's lost phone shows nothing of the street."""
    officer = city.actor("street_officer", "city")
    secret = city.services.tokens.make_device(officer, name="phone", device="")[1]
    by = city.by_token(secret)
    capture, files = capture_at(city.services, middle(HERE))
    mine = by.post("/api/v1/captures", json=capture.body).json()["id"]
    for sha256, data in files.items():
        answer = by.put(
            f"/api/v1/captures/{mine}/photos/{sha256}", content=data, headers={"content-type": "image/jpeg"}
        )
        assert (answer.status_code, answer.json()["state"]) == (201, "kept")
    assert by.get(f"/api/v1/records/{mine}").json()["id"] == mine
    for side in (HERE, THERE):
        assert by.get(f"/api/v1/records/{city.records[side]}").status_code == 404
        assert by.get(f"/api/v1/photos/{city.photos[side]}/thumb").status_code == 404
        assert by.get(f"/api/v1/photos/{city.photos[side]}/original?reason=复查车牌").status_code == 403
    items = by.get("/api/v1/records?limit=500").json()["items"]
    assert mine in {r["id"] for r in items}
    assert {r["reporter"] for r in items} == {officer.name}
    points = by.get("/api/v1/records.geojson").json()["features"]
    assert mine in {f["id"] for f in points}
    assert not {f["id"] for f in points} & set(city.records.values())
    for method, path in (("POST", "/api/v1/zones/measure"), ("POST", "/api/v1/devices")):
        assert by.request(method, path, json={"name": "x", "geometry": {}}).status_code == 403
    assert by.get("/api/v1/zones.geojson").status_code == 200
    story = city.services.records.search(RecordFilter(), city.services.tokens.actor(secret, address=""))
    assert {r.reporter_id for r in story[0]} == {officer.person_id}


def test_another_phone_cannot_send_into_this_ones_record(city: City, who: Actor):
    mine = city.services.tokens.make_device(who, name="a", device="")[1]
    other = city.services.tokens.make_device(city.actor("inspector", "street"), name="b", device="")[1]
    capture, files = capture_at(city.services, middle(HERE))
    record = city.by_token(mine).post("/api/v1/captures", json=capture.body).json()["id"]
    sha256, data = next(iter(files.items()))
    put = {"content": data, "headers": {"content-type": "image/jpeg"}}
    assert city.by_token(other).put(f"/api/v1/captures/{record}/photos/{sha256}", **put).status_code == 404
    assert city.by_token(mine).put(f"/api/v1/captures/{record}/photos/{sha256}", **put).status_code == 201


def test_use_keeps_a_phone_going_and_rest_ends_it(city: City, who: Actor):
    made, secret = city.services.tokens.make_device(who, name="phone", device="")
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(3):
            clock.shift(DEVICE_LIFE - timedelta(days=1))
            assert city.by_token(secret).get(ME).status_code == 200
        clock.shift(DEVICE_LIFE + timedelta(seconds=1))
        assert city.by_token(secret).get(ME).json()["code"] == "token_expired"
    assert made.expires_at < stored(city, made.id).expires_at


def test_a_phone_is_given_up_by_its_person_or_by_itself_and_by_nobody_else(city: City, who: Actor):
    tokens = city.services.tokens
    mine, other = tokens.make_device(who, name="a", device=""), tokens.make_device(who, name="b", device="")
    personal = make(city, who)
    by = city.by_token(mine[1])
    assert by.delete(f"/api/v1/devices/{other[0].id}").status_code == 403
    assert city.client(city.people["inspector", "street"]).delete(f"/api/v1/devices/{mine[0].id}").status_code == 404
    assert city.by_token(personal[1]).delete(f"/api/v1/devices/{personal[0].id}").status_code == 404
    assert by.delete(f"/api/v1/devices/{mine[0].id}").status_code == 204
    assert by.get(ME).status_code == 401
    assert [t.id for t in tokens.list(who)] == [personal[0].id, other[0].id]


def test_me_says_who_asks_and_what_they_may(city: City, who: Actor):
    told = city.by_token(city.services.tokens.make_device(who, name="phone", device="")[1]).get(ME).json()
    assert told["person_id"] == who.person_id
    assert told["username"] == told["name"] == who.name
    assert told["assignments"] == [{"role": "inspector", "scope_kind": "street", "scope_id": "street-here"}]
    assert sorted(told["allowed"]) == sorted(DEVICE_ACTIONS)
    assert (told["timezone"], told["is_sample"], told["lang"]) == ("Asia/Shanghai", False, "zh")
    assert set(told) == {
        "person_id",
        "name",
        "username",
        "lang",
        "assignments",
        "allowed",
        "server_time",
        "timezone",
        "is_sample",
        "track_days",
    }
    logged_in = city.client(city.people["inspector", "street"]).get(ME).json()
    assert "record.read" in logged_in["allowed"]
    assert "record.read:own" not in logged_in["allowed"]


def test_own_reach_is_not_somebody_elses(city: City, who: Actor):
    rules = city.services.permissions
    by = city.services.tokens.actor(city.services.tokens.make_device(who, name="p", device="")[1], address="")
    assert rules.allows(by, "record.read", Scoped(street_id="street-here", owner_id=who.person_id))
    assert rules.allows(who, "record.read", Scoped(street_id="street-here", owner_id="another"))
    assert not rules.allows(by, "record.read", Scoped(street_id="street-here", owner_id="another"))
    assert not rules.allows(by, "record.read", Scoped(street_id="street-here"))
    reach = rules.reach(by, "record.read")
    assert (reach.owner_id, reach.everything, reach.street_ids) == (who.person_id, False, ())
    assert rules.reach(by, "asset.read").is_empty


def test_two_windows_of_tries(city: City, address: str):
    """The service says TooMany to a program that asks it without the gate, too."""
    with city.services.store.work() as work:
        for _ in range(TRIES_PER_ADDRESS):
            work.people.count_try(account="token", address=f"token@{address}", at=now())
    with pytest.raises(TooMany):
        city.services.tokens.actor("slgp_" + "a" * 43, address=address)
