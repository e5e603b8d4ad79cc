"""Login through a real local issuer: the way there and back, and everything that must not open an account."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine

from domain.errors import NotFound
from domain.identities import Provider
from domain.records import Assignment
from i18n import words
from services.people import session_id
from tests.web.issuer import CLIENT, SECRET, LocalIssuer
from tests.web.small_city import City, add_person, settings
from tests.web.test_login import Page
from web.gate import COOKIE, Cookies
from web.oidc import UNDER_WAY
from wiring import build, now

PAGE = {"accept": "text/html"}
ME = "/api/v1/me"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalIssuer]:
    started = LocalIssuer()
    yield started
    started.end()


@pytest.fixture
def issuer(running: LocalIssuer) -> LocalIssuer:
    running.cheat.clear()
    running.asked.clear()
    return running


@pytest.fixture(scope="module")
def office(running: LocalIssuer, own_database: dict, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build_office(tmp_path_factory.mktemp("oidc"), running, **own_database)
    add_person(built.services, "admin", Assignment("admin", "city"))
    yield built
    built.services.close()


def build_office(folder: Path, issuer: LocalIssuer, **more) -> City:
    oidc = {"oidc_issuer": issuer.url, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_name": "浙里办"}
    return City(build(settings(folder, **{**oidc, **more})))


@pytest.fixture
def zhang(office: City, issuer: LocalIssuer) -> str:
    """A fresh account, and its person at the issuer."""
    username = f"zhang-{uuid.uuid4().hex[:8]}"
    add_person(office.services, username, Assignment("leader", "city"))
    issuer.claims = {"sub": f"s-{username}", "preferred_username": username}
    return username


def person_id(office: City, username: str) -> str:
    with office.services.store.look() as work:
        return work.people.by_login(username)[0].id


def there(client, wanted: str = "/") -> str:
    """Click the button; where the issuer's login page is."""
    answer = client.get("/login/oidc", params={"next": wanted}, headers=PAGE)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def back(client, address: str, headers: dict[str, str] = PAGE):
    """The issuer sends the browser back."""
    came = urlsplit(address)
    return client.get(f"{came.path}?{came.query}", headers=headers)


def walk(office: City, issuer: LocalIssuer, wanted: str = "/"):
    client = office.client(None)
    return client, back(client, issuer.authorize(there(client, wanted)))


def is_in(client) -> bool:
    return client.get(ME).status_code == 200


def refused(answer, code: str, **facts) -> bool:
    """One plain sentence on the login page, no session, and the password form is still there."""
    page = Page(answer.text)
    assert words("zh")(f"refused.{code}", **facts) in page.text, page.text
    assert "password" in page.inputs
    assert "aria-invalid" not in page.inputs["username"], "the fields are not to blame"
    assert COOKIE not in answer.cookies
    assert answer.status_code == (503 if code == "oidc_away" else 401)
    return True


# -- the way there and back ----------------------------------------------------------------------------------------


def test_an_identity_opens_the_account_that_it_names_and_later_the_one_it_was_bound_to(office, issuer, zhang):
    client, answer = walk(office, issuer, "/records?zone_id=a%20b")
    assert (answer.status_code, answer.headers["location"]) == (303, "/records?zone_id=a%20b")
    set_cookie = next(v for k, v in answer.headers.multi_items() if k == "set-cookie" and v.startswith(COOKIE)).lower()
    assert {"httponly", "path=/", "samesite=lax"} <= {part.strip() for part in set_cookie.split(";")}
    assert client.get(ME).json()["username"] == zhang
    issuer.claims["preferred_username"] = "a-new-name"  # renamed there: the binding counts
    client, answer = walk(office, issuer)
    assert client.get(ME).json()["username"] == zhang
    with office.services.store.look() as work:
        told = [(e.action, e.payload) for e in work.history.of("person", person_id(office, zhang))]
    assert [action for action, _ in told] == ["person.identity_bound", "person.logged_in", "person.logged_in"]
    assert [payload["by"] for action, payload in told if action == "person.logged_in"] == ["oidc", "oidc"]


def test_the_button_stands_on_the_login_page_with_the_providers_name(office, issuer):
    page = Page(office.client(None).get("/login?next=/map").text)
    assert words("zh")("login.oidc", name="浙里办") in page.text
    assert "/login/oidc?next=/map" in page.links
    assert issuer.asked == [], "nobody is asked before somebody chooses it"


def test_nothing_of_it_is_there_without_the_setting(tmp_path):
    plain = City(build(settings(tmp_path)))
    add_person(plain.services, "somebody", Assignment("leader", "city"))
    assert "oidc" not in plain.client(None).get("/login").text
    for path in ("/login/oidc", "/login/oidc/callback?code=a&state=b"):
        answer = plain.client(None).get(path, headers=PAGE)
        assert answer.status_code == 404
        assert COOKIE not in answer.cookies
    plain.services.close()


def test_half_a_setting_stops_the_start(tmp_path):
    for half in ({"oidc_issuer": "https://id.example"}, {"oidc_client_id": "x"},
                 {"oidc_issuer": "id.example", "oidc_client_id": "x"}, {"oidc_issuer": "file:///etc", "oidc_client_id": "x"},
                 {"oidc_issuer": "https://id.example/?a=b", "oidc_client_id": "x"}):  # fmt: skip
        with pytest.raises(ValueError, match="SLG_OIDC_ISSUER"):
            settings(tmp_path, **half)
    whole = settings(tmp_path, oidc_issuer="https://id.example/realm", oidc_client_id="x")
    assert whole.provider == Provider("https://id.example/realm", "x")
    assert "whispered" not in repr(settings(tmp_path, oidc_client_secret="whispered"))


def test_every_login_asks_with_its_own_state_nonce_and_challenge(office, issuer):
    asked = [parse_qs(urlsplit(there(office.client(None))).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 32
    assert asked[0]["redirect_uri"] == ["http://localhost/login/oidc/callback"]


def test_a_login_by_oidc_ends_the_session_that_this_browser_had(office, issuer, zhang):
    before = add_person(office.services, f"b-{uuid.uuid4().hex[:8]}", Assignment("leader", "city"))
    sealed = f"{COOKIE}={Cookies(office.services.secret_key).seal(before)}"
    client = office.client(None)
    address = issuer.authorize(there(client))
    back(client, address, headers={**PAGE, "cookie": f"{sealed}; {UNDER_WAY}={client.cookies[UNDER_WAY]}"})
    assert office.client(None).get(ME, headers={"cookie": sealed}).status_code == 401


def test_behind_a_proxy_the_way_back_is_the_public_address(issuer, tmp_path):
    proxied = build_office(tmp_path, issuer, public_url="https://inspect.example/")
    answer = proxied.client(None).get("/login/oidc", headers={**PAGE, "host": "evil.example"})
    assert parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"] == [
        "https://inspect.example/login/oidc/callback"
    ]
    assert "secure" in answer.headers["set-cookie"].lower()
    proxied.services.close()


# -- who it opens --------------------------------------------------------------------------------------------------


def test_an_identity_without_an_account_makes_none(office, issuer):
    issuer.claims = {"sub": "s-nobody", "preferred_username": "nobody-here <b>"}
    client, answer = walk(office, issuer)
    assert refused(answer, "oidc_nobody", name="nobody-here <b>")
    assert "<b>" not in answer.text
    assert not is_in(client)
    with office.services.store.look() as work:
        assert work.people.by_login("nobody-here <b>") is None


def test_a_closed_account_stays_closed_before_and_after_it_was_bound(office, issuer, zhang):
    def close(at) -> None:
        with office.services.store.work() as work:
            work.people.set_disabled(person_id(office, zhang), at)

    close(now())
    assert refused(walk(office, issuer)[1], "oidc_nobody", name=zhang)
    close(None)
    assert is_in(walk(office, issuer)[0])
    close(now())
    assert refused(walk(office, issuer)[1], "oidc_nobody", name=zhang)


def test_a_second_identity_does_not_take_an_account_over(office, issuer, zhang):
    assert is_in(walk(office, issuer)[0])
    issuer.claims = {"sub": "somebody-else", "preferred_username": zhang}
    client, answer = walk(office, issuer)
    assert refused(answer, "oidc_taken", name=zhang)
    assert not is_in(client)
    admin = office.services.people.actor(
        session_id(add_person(office.services, uuid.uuid4().hex, Assignment("admin", "city")))
    )
    person = person_id(office, zhang)
    assert office.services.identities.of(admin, person)
    office.services.identities.unbind(admin, person)
    with pytest.raises(NotFound):
        office.services.identities.unbind(admin, person)
    assert is_in(walk(office, issuer)[0]), "the administrator undid the binding: the next that names it counts"


def test_a_name_chosen_there_does_not_open_the_account_with_that_phone(office, issuer, zhang):
    phone = str(uuid.uuid4().int)[:11]
    with office.services.store.work() as work:
        from storage.tables import people

        work.connection.execute(people.update().where(people.c.username == zhang).values(phone=phone))
    issuer.claims = {"sub": f"p-{phone}", "preferred_username": phone}
    assert refused(walk(office, issuer)[1], "oidc_nobody", name=phone)


def test_the_phone_opens_it_where_the_setting_says_phone(issuer, tmp_path):
    by_phone = build_office(tmp_path, issuer, oidc_claim="phone_number")
    add_person(by_phone.services, "wang", Assignment("leader", "city"))
    with by_phone.services.store.work() as work:
        from storage.tables import people

        work.connection.execute(people.update().values(phone="13800000000"))
    assert "phone" in parse_qs(urlsplit(there(by_phone.client(None))).query)["scope"][0]
    issuer.claims = {"sub": "s-w", "phone_number": "wang"}
    assert refused(walk(by_phone, issuer)[1], "oidc_nobody", name="wang")
    issuer.claims = {"sub": "s-w", "phone_number": "13800000000"}
    assert walk(by_phone, issuer)[0].get(ME).json()["username"] == "wang"
    by_phone.services.close()


def test_a_claim_that_only_userinfo_has_is_taken_from_there_for_the_same_subject_alone(office, issuer, zhang):
    name = issuer.claims.pop("preferred_username")
    issuer.cheat = {"more": {"preferred_username": name}, "userinfo": {"sub": "another"}}
    assert refused(walk(office, issuer)[1], "oidc_no_claim", claim="preferred_username")
    issuer.cheat = {"more": {"preferred_username": name}}
    assert is_in(walk(office, issuer)[0])


@pytest.mark.parametrize("given", [None, "", "  ", 7, ["zhang"], {"a": 1}, True])
def test_a_claim_that_names_nobody_opens_nothing(office, issuer, zhang, given):
    issuer.cheat = {"claims": {"preferred_username": given}, "userinfo": {"preferred_username": None}}
    assert refused(walk(office, issuer)[1], "oidc_no_claim", claim="preferred_username")


# -- what must not open anything -----------------------------------------------------------------------------------

WRONG = {
    "the nonce of another login": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "for another client": {"claims": {"aud": "another"}},
    "for no client": {"claims": {"aud": None}},
    "for others": {"claims": {"aud": ["another", "third"]}},
    "for us and others, by another": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
    "for us and others, by nobody": {"claims": {"aud": [CLIENT, "another"]}},
    "over": {"claims": {"exp": int(time.time()) - 3600}},
    "without an end": {"claims": {"exp": None}},
    "an end in words": {"claims": {"exp": "tomorrow"}},
    "from tomorrow": {"claims": {"iat": int(time.time()) + 86400}},
    "not before tomorrow": {"claims": {"nbf": int(time.time()) + 86400}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "almost the issuer": {"claims": {"iss": "http://127.0.0.1"}},
    "no issuer": {"claims": {"iss": None}},
    "nobody": {"claims": {"sub": None}},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is no text": {"claims": {"sub": {"a": 1}}},
    "a long subject": {"claims": {"sub": "s" * 256}},
    "another access token": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "unsigned": {"sign": "none"},
    "signed with our secret": {"sign": "HS256"},
    "signed by another key": {"sign": "another key"},
    "signed by a curve nobody knows": {"sign": "ES256"},
    "no token": {"body": {"/token": b'{"access_token": "a", "token_type": "Bearer"}'}},
    "a broken token": {"body": {"/token": b'{"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c"}'}},
    "a token that is no text": {"body": {"/token": b'{"access_token": "a", "token_type": "Bearer", "id_token": 7}'}},
    "a list": {"body": {"/token": b"[]"}},
    "a refusal": {"status": {"/token": 400}},
    "a way back from another issuer": {"back": {"iss": "https://evil.example"}},
}


@pytest.mark.parametrize("cheat", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_logs_nobody_in(office: City, issuer: LocalIssuer, zhang: str, cheat: dict):
    assert is_in(walk(office, issuer)[0]), "it would have worked"
    issuer.cheat = cheat
    client, answer = walk(office, issuer)
    assert refused(answer, "oidc_wrong")
    assert not is_in(client)


def test_the_public_key_is_no_secret_to_sign_with(office, issuer, zhang):
    issuer.cheat = {"sign": "HS256", "secret": issuer.key.as_pem(private=False).decode()}
    assert refused(walk(office, issuer)[1], "oidc_wrong")


def test_a_new_key_of_the_issuers_is_fetched_once_it_is_used(office, issuer, zhang):
    assert is_in(walk(office, issuer)[0])
    issuer.new_key()
    assert is_in(walk(office, issuer)[0])


def test_somebody_who_says_no_there_is_told_so(office, issuer):
    issuer.cheat = {"back": {"code": None, "error": "access_denied", "error_description": "<script>"}}
    _, answer = walk(office, issuer)
    assert refused(answer, "oidc_refused")
    assert "<script>" not in answer.text


def test_the_way_back_works_once_in_the_browser_that_began_it(office, issuer, zhang):
    client = office.client(None)
    address = issuer.authorize(there(client))
    kept = client.cookies[UNDER_WAY]
    assert refused(back(office.client(None), address), "oidc_over"), "another browser"
    assert back(client, address).status_code == 303
    client.cookies.clear()
    before = issuer.asked.count("/token")
    assert refused(back(client, address), "oidc_over"), "again"
    client.cookies.set(UNDER_WAY, kept, domain="localhost.local", path="/login/oidc")
    again = office.client(None).get(
        f"{urlsplit(address).path}?{urlsplit(address).query}", headers={**PAGE, "cookie": f"{UNDER_WAY}={kept}"}
    )
    assert refused(again, "oidc_over"), "again with a copy of the cookie"
    assert issuer.asked.count("/token") == before, "the issuer is not even asked"


def test_a_code_of_another_login_does_not_fit(office, issuer, zhang):
    """Somebody plants their own code into a login that another browser began."""
    attacker, victim = office.client(None), office.client(None)
    code = parse_qs(urlsplit(issuer.authorize(there(attacker))).query)["code"][0]
    state = parse_qs(urlsplit(there(victim)).query)["state"][0]
    answer = victim.get(f"/login/oidc/callback?{urlencode({'code': code, 'state': state})}", headers=PAGE)
    assert refused(answer, "oidc_wrong")
    assert not is_in(victim)


@pytest.mark.parametrize("state", ["", "x", "é", None])
def test_a_wrong_state_is_refused_before_anybody_is_asked(office, issuer, zhang, state):
    client = office.client(None)
    issuer.cheat = {"back": {"state": state}}
    address = issuer.authorize(there(client))
    assert refused(back(client, address), "oidc_over")
    assert "/token" not in issuer.asked


def test_a_tampered_or_old_cookie_began_nothing(office, issuer, zhang):
    client = office.client(None)
    address = issuer.authorize(there(client))
    kept = client.cookies[UNDER_WAY]
    path = f"{urlsplit(address).path}?{urlsplit(address).query}"
    # Not the last sign: some of its bits say nothing.
    other = kept[:-5] + ("A" if kept[-5] != "A" else "B") + kept[-4:]
    for wrong in (other, "", "a.b.c", kept.partition(".")[0]):
        assert refused(office.client(None).get(path, headers={**PAGE, "cookie": f"{UNDER_WAY}={wrong}"}), "oidc_over")
    with time_machine.travel(now() + timedelta(minutes=11)):
        assert refused(office.client(None).get(path, headers={**PAGE, "cookie": f"{UNDER_WAY}={kept}"}), "oidc_over")


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "", "/\t/evil.example",
     "/\n/evil.example"],
)  # fmt: skip
def test_no_way_back_leads_to_another_site(office, issuer, zhang, wanted):
    _, answer = walk(office, issuer, wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


# -- when the issuer is away ---------------------------------------------------------------------------------------


@pytest.fixture
def fresh(issuer: LocalIssuer, tmp_path: Path) -> Iterator[City]:
    """An office that has not asked the issuer anything yet."""
    built = build_office(tmp_path, issuer)
    add_person(built.services, "zhang", Assignment("leader", "city"),
               password_hash=built.services.people.hash_password("four words in a row"))  # fmt: skip
    issuer.claims = {"sub": "s-z", "preferred_username": "zhang"}
    yield built
    built.services.close()


AWAY = {
    "an error": {"status": {"/.well-known/openid-configuration": 500}},
    "no JSON": {"body": {"/.well-known/openid-configuration": b"<html>"}},
    "a list": {"body": {"/.well-known/openid-configuration": b"[]"}},
    "another issuer": {"about": {"issuer": "https://evil.example"}},
    "an address that is none": {"about": {"authorization_endpoint": "javascript:alert(1)"}},
    "no address": {"about": {"authorization_endpoint": None}},
}


@pytest.mark.parametrize("cheat", AWAY.values(), ids=AWAY.keys())
def test_an_issuer_that_does_not_answer_well_leaves_the_password(fresh: City, issuer: LocalIssuer, cheat: dict):
    issuer.cheat = cheat
    client = fresh.client(None)
    answer = client.get("/login/oidc?next=/map", headers=PAGE)
    assert refused(answer, "oidc_away")
    assert Page(answer.text).inputs["next"]["value"] == "/map"
    entered = client.post("/login", data={"username": "zhang", "password": "four words in a row", "next": "/map"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/map")
    issuer.cheat = {}
    assert is_in(walk(fresh, issuer)[0]), "and it works again when the issuer does"


@pytest.mark.parametrize("cheat", [{"status": {"/keys": 500}}, {"keys": {"keys": []}}, {"body": {"/keys": b"[]"}}])
def test_keys_that_cannot_be_had_log_nobody_in(fresh: City, issuer: LocalIssuer, cheat: dict):
    issuer.cheat = cheat
    client, answer = walk(fresh, issuer)
    assert answer.status_code in (401, 503)
    assert COOKIE not in answer.cookies
    assert not is_in(client)


def test_an_issuer_that_is_gone_leaves_the_password(tmp_path: Path):
    gone = LocalIssuer()
    office = build_office(tmp_path, gone)
    add_person(office.services, "zhang", Assignment("leader", "city"))
    gone.end()
    assert refused(office.client(None).get("/login/oidc", headers=PAGE), "oidc_away")
    assert office.client(None).get("/login").status_code == 200
    office.services.close()


def test_a_way_back_when_the_issuer_has_gone_meanwhile(fresh: City, issuer: LocalIssuer):
    client = fresh.client(None)
    address = issuer.authorize(there(client))
    issuer.cheat = {"status": {"/token": 503}}
    assert refused(back(client, address), "oidc_away")
