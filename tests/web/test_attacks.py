"""What somebody hostile tries at the gate, the login and the routes. Attacks on Streamlit itself: test_live_attacks.py."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from itsdangerous import Signer

from domain.errors import NotSignedIn, TooMany
from domain.records import Assignment
from services.passwords import Passwords
from services.people import TRY_WINDOW, session_id
from tests.web.small_city import HERE, KEY, City, add_person, app_of, settings
from web.gate import BODY_CAP_BYTES, COOKIE, Cookies
from web.plain import FORM_CAP_BYTES
from wiring import build, now

PASSWORD = "four words in a row"
PAGE = {"accept": "text/html"}
EVIL = "https://evil.example"


@pytest.fixture(scope="module")
def hashed(city: City) -> str:
    return city.services.people.hash_password(PASSWORD)


@pytest.fixture
def name(city: City, hashed: str) -> str:
    """A fresh account with PASSWORD, so that counted tries of one test do not reach another."""
    username = f"p-{uuid.uuid4().hex[:10]}"
    add_person(city.services, username, Assignment("street_officer", "street", "street-here"), password_hash=hashed)
    return username


@pytest.fixture
def address() -> str:
    """An address of its own for the same reason."""
    return "127." + ".".join(str(b) for b in uuid.uuid4().bytes[:3])


def enter(client, username: str, password: str = PASSWORD, **more):
    return client.post("/login", data={"username": username, "password": password, **more.pop("form", {})}, **more)


# -- cookies -------------------------------------------------------------------------------------------------------


def tampered(sealed: str, token: str) -> Iterator[str]:
    """Cookies that are nearly right."""
    yield sealed[:-1] + ("A" if sealed[-1] != "A" else "B")
    yield ("A" if sealed[0] != "A" else "B") + sealed[1:]
    yield token
    yield token + "."
    yield session_id(token)
    yield Signer("another key that is long enough!", salt="slg-session").sign(token).decode()
    yield Signer(KEY, salt="another-salt").sign(token).decode()
    yield Signer(KEY, salt="slg-session").sign("not-a-session").decode()
    yield ""
    yield sealed + "\u00e9"


def test_a_tampered_cookie_is_nobody(city: City):
    token = city.people["admin", "city"]
    sealed = Cookies(KEY).seal(token)
    client = city.client(None)
    assert client.get("/api/v1/catalogue", headers={"cookie": f"{COOKIE}={sealed}"}).status_code == 403  # signed in
    for bad in tampered(sealed, token):
        answer = client.get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={bad}".encode()})
        assert answer.status_code == 401, bad


def test_a_forged_header_says_nothing(city: City):
    admin = session_id(city.people["admin", "city"])
    forged = {"x-slg-session": admin, "X-SLG-Session": admin, "x-slg-actor": "admin", "x-forwarded-user": "admin"}
    assert city.client(None).get("/api/v1/openapi.json", headers=forged).status_code == 401
    mine = city.people["inspector", "street"]
    answer = city.client(mine).get("/somewhere", headers=forged)
    assert answer.text == f"behind the gate: {session_id(mine)}"


def test_a_login_never_takes_the_session_that_was_offered(city: City, name: str, address: str):
    """Fixation: a cookie planted before the login is worth nothing after it."""
    planted = Cookies(KEY).seal("planted-by-somebody-else")
    client = city.client(None, address=address)
    answer = enter(client, name, headers={"cookie": f"{COOKIE}={planted}"})
    fresh = answer.cookies[COOKIE]
    assert fresh != planted
    assert client.get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={planted}"}).status_code == 401
    assert client.get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={fresh}"}).status_code == 200


def test_a_second_login_ends_the_first_session_of_this_browser(city: City, name: str, address: str):
    client = city.client(None, address=address)
    first = enter(client, name).cookies[COOKIE]
    client.cookies.clear()
    second = enter(client, name, headers={"cookie": f"{COOKIE}={first}"}).cookies[COOKIE]
    client.cookies.clear()
    for cookie, status in ((first, 401), (second, 200)):
        assert client.get("/api/v1/openapi.json", headers={"cookie": f"{COOKIE}={cookie}"}).status_code == status


def test_the_cookie_is_for_this_server_alone(city: City, name: str, address: str, tmp_path: Path):
    set_cookie = enter(city.client(None, address=address), name).headers["set-cookie"].lower()
    assert {"httponly", "path=/", "samesite=lax"} <= {part.strip() for part in set_cookie.split(";")}
    assert "secure" not in set_cookie  # plain http on this machine
    assert "domain" not in set_cookie
    for tls in ({"tls_cert": tmp_path / "cert.pem"}, {"public_url": "https://patrol.example"}):
        services = build(settings(tmp_path, **tls))
        add_person(services, name, Assignment("leader", "city"), password_hash=services.people.hash_password(PASSWORD))
        over_tls = City(services)
        answer = enter(over_tls.client(None, address=address, secure=True), name)
        assert "secure" in {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
        assert answer.headers["strict-transport-security"]
        services.close()
        (tmp_path / "slg.db").unlink()


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


# -- other sites ---------------------------------------------------------------------------------------------------

NASTY = ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil.example",
         "/\r\nSet-Cookie: a=b", "javascript:alert(1)", "///evil.example", "%2f%2fevil.example", "/\\/evil.example",
         " //evil.example", "", "login")  # fmt: skip


@pytest.mark.parametrize("wanted", NASTY)
def test_next_never_leads_to_another_site(city: City, name: str, address: str, wanted: str):
    client = city.client(None, address=address)
    where = enter(client, name, form={"next": wanted}).headers["location"]
    assert re.fullmatch(r"/(?![/\\])[^\t\r\n\\]*", where), where
    signed_in = city.client(city.people["leader", "city"])
    assert re.fullmatch(r"/(?![/\\])[^\t\r\n\\]*", signed_in.get("/login", params={"next": wanted}).headers["location"])


def test_the_way_back_after_a_login_keeps_page_and_query(city: City, name: str, address: str):
    client = city.client(None, address=address)
    away = client.get("/records?q=%E6%B5%99D&zone=a%26b", headers=PAGE)
    assert away.status_code == 303
    wanted = re.search(r'name="next" value="([^"]*)"', client.get(away.headers["location"]).text).group(1)
    back = enter(client, name, form={"next": wanted.replace("&amp;", "&")}).headers["location"]
    assert back == "/records?q=%E6%B5%99D&zone=a%26b"


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "http://localhost.evil.example", "http://localhost:1", "http://[", "//"]
)
def test_a_post_from_another_site_is_refused(city: City, name: str, address: str, origin: str):
    token = add_person(city.services, f"o-{uuid.uuid4().hex[:8]}", Assignment("leader", "city"))
    client = city.client(token, address=address)
    headers = {"origin": origin}
    assert client.post("/logout", headers=headers).status_code == 403
    assert enter(client, name, headers=headers).status_code == 403
    assert client.post("/api/v1/zones/measure", json={}, headers=headers).status_code == 403
    assert client.get("/api/v1/openapi.json").status_code == 200, "still signed in"
    assert client.post("/logout", headers={"origin": "http://localhost"}).status_code == 303


def test_a_browser_that_says_cross_site_is_believed(city: City):
    client = city.client(city.people["supervisor", "city"])
    original = f"/api/v1/photos/{city.photos[HERE]}/original?reason=somebody+elses+link"
    for site in ("cross-site", "same-site"):
        assert client.get(original, headers={"sec-fetch-site": site}).status_code == 403
        assert client.post("/logout", headers={"sec-fetch-site": site}).status_code == 403
    assert client.get(original, headers={"sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize(
    "host", [EVIL, "evil.example", "evil.example:80@localhost", "", "localhost\\.evil.example", "[::"]
)
def test_junk_in_the_host_header_goes_nowhere(city: City, host: str):
    client = city.client(None)
    for path in ("/records", "/login", "/logout"):
        answer = client.request("POST" if path == "/logout" else "GET", path, headers={**PAGE, "host": host})
        assert answer.status_code in (200, 303, 400)
        assert "evil" not in answer.text + answer.headers.get("location", "") + answer.headers.get("set-cookie", "")


# -- headers -------------------------------------------------------------------------------------------------------


def csp() -> str:
    """Written out again on purpose: a looser policy has to be written twice."""
    index = Path(importlib.util.find_spec("streamlit").origin).parent / "static" / "index.html"
    inline = re.findall(r"<script>(.*?)</script>", index.read_text("utf-8"), re.S)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline)
    return (
        f"default-src 'self'; script-src 'self' blob: 'wasm-unsafe-eval' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/login", 200), ("GET", "/records", 303), ("GET", "/api/v1/records", 401), ("GET", "/assets/x.js", 404),
        ("POST", "/_stcore/upload_file", 403), ("GET", "/static/nothing.js", 404), ("POST", "/login", 401),
        ("GET", "/healthz", 200), ("GET", "/api/v1/nothing", 401),
    ],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(city: City, method: str, path: str, status: int, address: str):
    answer = city.client(None, address=address).request(method, path, headers=PAGE)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == csp()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "geolocation=(self)" in answer.headers["permissions-policy"]
    if not path.startswith(("/static", "/assets")):
        assert answer.headers["cache-control"] == "no-store"


def test_a_crash_tells_nothing_and_keeps_the_headers(city: City, monkeypatch):
    def crash(self, actor) -> None:
        raise RuntimeError("the inside of the house")

    monkeypatch.setattr(type(city.services.intake), "catalogue", crash)
    answer = city.client(city.people["inspector", "street"]).get("/api/v1/catalogue")
    assert answer.status_code == 500
    assert answer.json()["code"] == "broken"
    assert "inside" not in answer.text
    assert answer.headers["content-security-policy"] == csp()
    assert answer.headers["cache-control"] == "no-store"


def test_a_picture_is_asked_for_again_each_time(city: City):
    """Kept by the browser, but shown only after this server said yes: a logout or a lost role counts at once."""
    evidence = city.services.evidence
    path = evidence._photos.view(city.photos[HERE], "view")
    path.write_bytes(b"\xff\xd8\xff view")
    with city.services.store.work() as work:
        work.records.update_photo(city.photos[HERE], views="made")
    address = f"/api/v1/photos/{city.photos[HERE]}/view"
    client = city.client(city.people["street_officer", "street"])
    first = client.get(address)
    assert first.headers["cache-control"] == "private, no-cache"
    again = {"if-none-match": first.headers["etag"]}
    assert client.get(address, headers=again).status_code == 304
    assert city.client(city.people["leader", "city"]).get(address, headers=again).status_code == 403
    assert city.client(None).get(address, headers=again).status_code == 401
    path.write_bytes(b"\xff\xd8\xff another view")
    assert client.get(address, headers={"if-none-match": '"else"'}).status_code == 200


def test_a_proxy_is_named_or_not_trusted(tmp_path: Path):
    with pytest.raises(ValueError, match="proxy"):
        settings(tmp_path, trusted_proxies="*")
    assert settings(tmp_path, trusted_proxies="10.0.0.1, 10.0.0.2").trusted_proxies


def test_an_original_is_never_shown_in_the_browser(city: City):
    client = city.client(city.people["auditor", "city"])
    answer = client.get(f"/api/v1/photos/{city.photos[HERE]}/original", params={"reason": "复查车牌"})
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"


# -- paths and bodies ----------------------------------------------------------------------------------------------

UP = ("/static/../../config.py", "/static/%2e%2e/%2e%2e/config.py", "/static/..%2f..%2fconfig.py",
      "/static//etc/passwd", "/static/%2fetc/passwd", "/static/..\\..\\config.py", "/static/%00", "/static/",
      "/assets/../routes.py", "/assets/%2e%2e/routes.py", "/assets/..%2froutes.py", "/assets/manifest.json",
      "/assets/%00", "/assets/a/b", "/assets/%2fetc%2fpasswd", "/assets/")  # fmt: skip


@pytest.mark.parametrize("path", UP)
def test_no_path_leads_out_of_the_open_folders(city: City, path: str):
    answer = city.client(None).get(path)
    assert answer.status_code in (303, 401, 404), path
    assert "import" not in answer.text


CLOSED = ("/_stcore/upload_file/a/b", "/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/agent/mcp",
          "/_stcore/agent/openapi.json")  # fmt: skip


@pytest.mark.parametrize("path", CLOSED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_streamlits_other_doors_are_closed_to_everybody(city: City, path: str, method: str):
    for token in (None, city.people["admin", "city"]):
        assert city.client(token).request(method, path).status_code == 403


@pytest.mark.parametrize(
    "path", ["/media/0123abcd.png", "/_stcore/health", "/_stcore/host-config", "/component/x/y.js"]
)
def test_streamlits_files_need_a_login(city: City, path: str):
    assert city.client(None).get(path).status_code == 401
    assert city.client(city.people["leader", "city"]).get(path).text.startswith("behind the gate")


def chunks(size: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(size // 1000):
        yield b"a" * 1000


def test_a_huge_form_is_refused(city: City, address: str):
    client = city.client(None, address=address)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/login", "/setup", "/reset"):
        assert client.post(path, content=b"a" * (FORM_CAP_BYTES + 1), headers=form).status_code == 413
        assert client.post(path, content=chunks(FORM_CAP_BYTES + 2000), headers=form).status_code == 413
        assert client.post(path, content=b"a" * (BODY_CAP_BYTES + 1), headers=form).status_code == 413


def test_a_huge_body_is_refused_however_it_comes(city: City):
    client = city.client(city.people["inspector", "city"])
    big = b'{"a": "' + b"a" * BODY_CAP_BYTES + b'"}'
    as_json = {"content-type": "application/json"}
    for answer in (
        client.post("/api/v1/captures", content=big, headers=as_json),
        client.post("/api/v1/captures", content=chunks(BODY_CAP_BYTES + 2000), headers=as_json),
        client.post("/api/v1/captures", content=b"{}", headers={**as_json, "content-length": "1e9"}),
        client.post("/api/v1/captures", content=b"{}", headers={**as_json, "content-length": "-1"}),
    ):
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"


def test_a_form_of_junk_is_only_a_wrong_login(city: City, address: str):
    client = city.client(None, address=address)
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"\x00\xff\xfe", b"username=%00%ff&password=%ed%a0%80", b"&&&===", b"username=a&username=b"):
        assert client.post("/login", content=body, headers=form).status_code == 401


def test_what_was_typed_comes_back_as_text(city: City, address: str):
    markup = '"><script>alert(1)</script>'
    answer = enter(city.client(None, address=address), markup, "x", form={"next": f"/{markup}"})
    assert "<script>" not in answer.text


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
    assert client.post("/setup", data={**SETUP, "token": token}).headers["location"] == "/login"
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
