"""What somebody hostile tries at the login: sessions that ended, guessed passwords, the first start, keys and sample passwords."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from domain.errors import NotSignedIn, TooMany
from domain.records import Assignment
from i18n import words
from services.passwords import Passwords
from services.people import TRY_WINDOW, session_id
from tests.web.small_city import KEY, PASSWORD, City, add_person, app_of, enter, settings
from web.gate import COOKIE, Cookies
from wiring import build, now

PAGE = {"accept": "text/html"}
EVIL = "https://evil.example"


# -- logout and closed accounts ------------------------------------------------------------------------------------


def test_logout_ends_the_session_at_once_and_leaves_a_trace(city: City, name: str, address: str):
    client = city.client(None, address=address)
    cookie = enter(client, name).cookies[COOKIE]
    client.headers["cookie"] = f"{COOKIE}={cookie}"
    person = city.services.people.actor(city.client(None) and Cookies(KEY).session(client.headers)).person_id
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert client.get("/api/v1/openapi.json").status_code == 401
    with city.services.store.look() as work:
        assert [e.action for e in work.history.of("person", person)] == ["person.logged_in", "person.logged_out"]


def test_a_closed_account_is_out_at_its_next_request(city: City):
    token = add_person(city.services, f"closed-{uuid.uuid4().hex[:6]}", Assignment("leader", "city"))
    client = city.client(token)
    assert client.get("/api/v1/openapi.json").status_code == 200
    person = city.services.people.actor(session_id(token)).person_id
    city.services.people.disable(city.actor("admin", "city"), person, disabled=True)
    assert client.get("/api/v1/openapi.json").status_code == 401
    city.services.people.disable(city.actor("admin", "city"), person, disabled=False)
    assert client.get("/api/v1/openapi.json").status_code == 401, "an old session does not come back to life"


def test_an_account_closed_by_another_process_is_out_within_five_seconds(city: City):
    """The other process writes to the database behind our back; what we believed of the session lasts a second."""
    token = add_person(city.services, f"closed-{uuid.uuid4().hex[:6]}", Assignment("inspector", "city"))
    who = city.services.people.actor(session_id(token))
    city.services.intake.catalogue(who)
    with city.services.store.work() as work:
        work.people.set_disabled(who.person_id, now())
    with time_machine.travel(now() + timedelta(seconds=2), tick=False), pytest.raises(NotSignedIn):
        city.services.intake.catalogue(who)


def test_a_session_ends_after_half_a_day(city: City):
    token = add_person(city.services, f"old-{uuid.uuid4().hex[:6]}", Assignment("leader", "city"))
    with time_machine.travel(now() + timedelta(hours=12, seconds=1), tick=False):
        assert city.client(token).get("/api/v1/openapi.json").status_code == 401


def test_a_new_password_ends_every_session(city: City, name: str, address: str):
    cookies = [enter(city.client(None, address=address), name).cookies[COOKIE] for _ in range(2)]
    with city.services.store.look() as work:
        person = work.people.by_login(name)[0].id
    link = city.services.people.reset_password(city.actor("admin", "city"), person)
    assert (
        city.client(None).get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={cookies[0]}"}).status_code == 200
    )
    city.services.people.use_link(link, PASSWORD, PASSWORD)
    for cookie in cookies:
        answer = city.client(None).get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == 401


def test_a_password_changed_while_it_was_being_checked_opens_nothing(city: City, name: str, monkeypatch):
    """Hashing takes a tenth of a second; a reset in that moment wins."""
    people = city.services.people
    really_fits = Passwords.fits

    def slow(self, stored: str, password: str) -> bool:
        fits = really_fits(self, stored, password)
        people.use_link(people.make_link_for(name), "another four words", "another four words")
        return fits

    monkeypatch.setattr(Passwords, "fits", slow)
    with pytest.raises(NotSignedIn):
        people.log_in(name, PASSWORD, address="127.9.9.9", device="")


# -- guessing passwords --------------------------------------------------------------------------------------------


class Counting:
    """The real hasher, counting."""

    def __init__(self, hasher) -> None:
        self._hasher, self.checks = hasher, 0

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        self.checks += 1
        return self._hasher.verify(hashed, password)


@pytest.fixture
def counting(city: City, monkeypatch) -> Counting:
    passwords = city.services.people._passwords
    hasher = Counting(passwords._hasher)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    return hasher


def test_five_wrong_tries_and_then_not_even_the_right_password(city: City, name: str, address: str):
    client = city.client(None, address=address)
    assert [enter(client, name, "wrong").status_code for _ in range(5)] == [401] * 5
    answer = enter(client, name)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= TRY_WINDOW.total_seconds()
    assert f'value="{name}"' in answer.text
    assert PASSWORD not in answer.text
    elsewhere = city.client(None, address="127.200.0.1")
    assert enter(elsewhere, name).status_code == 303, "the account itself is not locked: nobody can shut others out"
    with time_machine.travel(now() + TRY_WINDOW + timedelta(seconds=1), tick=False):
        assert enter(client, name).status_code == 303


def test_twenty_tries_at_the_same_moment_are_five(city: City, name: str, address: str, counting: Counting):
    def one(_: int) -> str:
        try:
            city.services.people.log_in(name, "wrong", address=address, device="")
        except (NotSignedIn, TooMany) as refused:
            return refused.code
        return "in"

    with ThreadPoolExecutor(20) as pool:
        came = list(pool.map(one, range(20)))
    assert sorted(came) == ["too_many_tries"] * 15 + ["wrong_login"] * 5
    assert counting.checks == 5


def test_user_name_and_phone_share_one_count(city: City, address: str, hashed: str):
    username, phone = f"two-{uuid.uuid4().hex[:8]}", str(uuid.uuid4().int)[:11]
    add_person(city.services, username, Assignment("leader", "city"), password_hash=hashed)
    with city.services.store.work() as work:
        from storage.tables import people

        work.connection.execute(people.update().where(people.c.username == username).values(phone=phone))
    client = city.client(None, address=address)
    came = [enter(client, who, "wrong").status_code for who in (username, phone, username, phone, username, phone)]
    assert came == [401] * 5 + [429]


def test_one_password_over_many_names_stops_too(city: City, address: str):
    people = city.services.people
    came = []
    with city.services.store.work() as work:
        for i in range(59):
            work.people.count_try(account=hashlib.sha256(f"n{i}".encode()).hexdigest(), address=address, at=now())
    for i in range(2):
        with pytest.raises((NotSignedIn, TooMany)) as refused:
            people.log_in(f"somebody-{i}", "Password1", address=address, device="")
        came.append(refused.value.code)
    assert came == ["wrong_login", "too_many_tries"]


def test_the_addresses_of_one_ipv6_customer_count_as_one(city: City, name: str):
    net = f"2001:db8:{uuid.uuid4().int % 65535:x}:7"
    came = []
    for i in range(6):
        with pytest.raises((NotSignedIn, TooMany)) as refused:
            city.services.people.log_in(name, "wrong", address=f"{net}::{i + 1:x}", device="")
        came.append(refused.value.code)
    assert came == ["wrong_login"] * 5 + ["too_many_tries"]


def test_an_unknown_name_costs_a_hash_too(city: City, name: str, address: str, counting: Counting):
    client = city.client(None, address=address)
    unknown = enter(client, "nobody-of-that-name", "wrong")
    assert counting.checks == 1
    known = enter(client, name, "wrong")
    assert counting.checks == 2
    assert known.text.replace(name, "N") == unknown.text.replace("nobody-of-that-name", "N"), "the page must not tell"


def test_a_closed_account_with_the_right_password_reads_like_a_wrong_one(city: City, name: str, address: str):
    with city.services.store.work() as work:
        work.people.set_disabled(work.people.by_login(name)[0].id, now())
    client = city.client(None, address=address)
    right, wrong = enter(client, name), enter(client, name, "wrong")
    assert (right.status_code, right.text) == (wrong.status_code, wrong.text)
    assert "set-cookie" not in right.headers


# -- first start ---------------------------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[City]:
    services = build(settings(tmp_path))
    yield City(services)
    services.close()


SETUP = {"username": "chief", "name": "Chief", "password": PASSWORD}


def test_an_empty_house_has_no_password_at_all(empty: City):
    client = empty.client(None)
    assert client.get("/login").headers["location"] == "/setup"
    for username, password in (("admin", "admin"), ("admin1", "shili-2026"), ("", ""), ("chief", PASSWORD)):
        assert enter(client, username, password).status_code == 401


def test_set_up_works_once_and_with_the_newest_token_alone(empty: City):
    client, people = empty.client(None), empty.services.people
    assert client.post("/setup", data=SETUP).status_code == 404, "no token was made yet, and an empty one is none"
    older, token = people.make_setup_token(), people.make_setup_token()
    for wrong in ("", older, token[:-1], session_id(token)):
        assert client.post("/setup", data={**SETUP, "token": wrong}).status_code == 404
    assert client.post("/setup", data={**SETUP, "token": token, "password": "short"}).status_code == 422
    made = client.post("/setup", data={**SETUP, "token": token}).headers["location"]
    assert made == f"/login?told=admin_made&username={SETUP['username']}"
    assert words("zh")("login.admin_made") in client.get(made, headers={"accept-language": "zh-CN"}).text
    assert client.get("/setup", params={"token": token}).headers["location"] == "/login"
    assert client.post("/setup", data={**SETUP, "username": "second", "token": token}).status_code == 404
    assert enter(client, "chief").status_code == 303


def test_two_set_ups_at_the_same_moment_make_one_administrator(empty: City):
    token = empty.services.people.make_setup_token()

    def one(i: int) -> int:
        return empty.client(None).post("/setup", data={**SETUP, "username": f"chief{i}", "token": token}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [303, 404, 404, 404]
    with empty.services.store.look() as work:
        assert work.people.count() == 1


def test_a_wrong_set_up_token_costs_no_hash(empty: City, monkeypatch):
    passwords = empty.services.people._passwords
    monkeypatch.setattr(passwords, "hash", lambda password: pytest.fail("hashed before the token was looked at"))
    assert empty.client(None).post("/setup", data={**SETUP, "token": "guess"}).status_code == 404


# -- the signing key and the sample city's passwords ---------------------------------------------------------------


def test_the_key_is_made_once_and_for_us_alone(tmp_path: Path, monkeypatch):
    import wiring

    monkeypatch.setattr(wiring, "HOME", tmp_path)
    plain = wiring.Settings(database_url="sqlite://", sample_city=False)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: wiring._secret_key(plain), range(8)))
    file = tmp_path / "var" / "secret_key"
    assert keys == {file.read_text()}
    assert len(keys.pop()) >= 60
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["secret_key"]


def test_a_short_or_empty_key_is_refused(tmp_path: Path, monkeypatch):
    import wiring

    (tmp_path / "VERSION").write_text("0")
    monkeypatch.setattr(wiring, "HOME", tmp_path)
    with pytest.raises(ValueError, match="SLG_SECRET_KEY"):
        build(settings(tmp_path, secret_key="short"))
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").write_text("")
    with pytest.raises(ValueError, match="secret_key"):
        build(settings(tmp_path, secret_key=None))


@pytest.fixture
def sample(sample_folder: Path) -> Iterator[City]:
    services = build(settings(sample_folder))
    yield City(services)
    services.close()


def test_public_passwords_open_nothing_to_other_machines(sample: City):
    for address, headers in (
        ("10.0.0.5", {}), ("203.0.113.9", {"host": "localhost"}), ("2001:db8::1", {}), ("testclient", {}),
        ("127.0.0.1", {"x-forwarded-for": "10.0.0.5"}), ("127.0.0.1", {"forwarded": "for=10.0.0.5"}),
        ("127.0.0.1", {"x-real-ip": "10.0.0.5"}), ("127.0.0.1", {"host": "evil.example"}),
        ("127.0.0.1", {"host": "localhost.evil.example:8501"}),
    ):  # fmt: skip
        client = sample.client(None, address=address)
        for method, path in (("GET", "/login"), ("POST", "/login"), ("GET", "/healthz"), ("GET", "/static/x.js")):
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 403, (address, headers, path)
        assert "SLG_HOST" in client.get("/login", headers=headers).text
    for host in ("localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost"):
        assert sample.client(None).get("/login", headers={"host": host}).status_code == 200


def test_a_wide_start_makes_random_passwords_and_prints_them_once(sample: City, sample_folder: Path, capsys):
    from demo import load

    services = sample.services
    before, _ = services.people.log_in("officer1", "shili-2026", address="127.0.0.1", device="")
    load.prepare(services, sample_folder / "photos", now(), is_wide=True)
    printed = capsys.readouterr().out
    shown = dict(re.findall(r"^  (\w+) +(\S{12}) +\S", printed, re.M))
    with services.store.look() as work:
        names = {username for _, username in work.people.sample_ids()}
    assert set(shown) == names
    assert len(set(shown.values())) == len(names)
    assert not services.has_known_passwords()
    client = sample.client(None, address="203.0.113.9")
    assert enter(client, "officer1", "shili-2026").status_code == 401
    assert enter(client, "officer1", shown["officer1"]).status_code == 303
    old = client.get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={Cookies(KEY).seal(before)}"})
    assert old.status_code == 401, "sessions made with the public password end"
    load.prepare(services, sample_folder / "photos", now(), is_wide=True)
    assert capsys.readouterr().out == ""


def test_a_locked_store_says_so_and_lets_nobody_in(city: City, monkeypatch):
    from domain.errors import Busy

    def locked(session: str) -> None:
        raise Busy("store_busy")

    app = app_of(city.services)
    monkeypatch.setattr(type(city.services.people), "actor", lambda self, session: locked(session))
    client = city.client(city.people["leader", "city"])
    assert app is not None
    answer = client.get("/records", headers=PAGE)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert client.get("/healthz").status_code == 200
