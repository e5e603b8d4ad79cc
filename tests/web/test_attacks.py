"""What somebody hostile tries at the gate and the routes. At the login: test_login_attacks.py; on Streamlit itself: test_live_attacks.py."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from itsdangerous import Signer

from domain.records import Assignment
from services.people import session_id
from tests.web.small_city import HERE, KEY, PASSWORD, City, add_person, enter, settings
from web.gate import BODY_CAP_BYTES, COOKIE, Cookies
from web.plain import FORM_CAP_BYTES
from wiring import build

PAGE = {"accept": "text/html"}
EVIL = "https://evil.example"


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
