"""One-time links for passwords: work once, for a day, the newest alone, and nobody but their person learns the password."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from domain.errors import Invalid, NotAllowed, NotFound, NotSignedIn
from domain.records import Assignment
from i18n import words
from services.people import LINK_LIFE, session_id
from storage.tables import password_links, people
from tests.web.small_city import City, add_person
from tests.web.test_login import EN, Page
from web.gate import COOKIE, Cookies
from wiring import now

PASSWORD = "four words in a row"


@pytest.fixture
def name(city: City) -> str:
    username = f"l-{uuid.uuid4().hex[:10]}"
    city.services.people.add(
        city.actor("admin", "city"), username=username, name="示例人员 🙂", phone=None,
        assignments=[Assignment("leader", "city")],
    )  # fmt: skip
    return username


def link_for(city: City, name: str) -> str:
    return city.services.people.make_link_for(name)


def fill(client, token: str, password: str = PASSWORD, again: str = PASSWORD, **more):
    return client.post("/reset", data={"token": token, "password": password, "again": again}, **more)


def enter(client, name: str, password: str = PASSWORD):
    return client.post("/login", data={"username": name, "password": password})


def test_a_new_person_has_no_password_until_the_link_is_used(city: City):
    admin, username = city.actor("admin", "city"), f"l-{uuid.uuid4().hex[:10]}"
    person, token = city.services.people.add(
        admin, username=username, name="n", phone=None, assignments=[Assignment("leader", "city")]
    )
    client = city.client(None, address="127.3.0.1")
    for guess in ("", "-", token, username):
        assert enter(client, username, guess).status_code == 401
    page = Page(client.get("/reset", params={"token": token}, headers=EN).text)
    assert (page.inputs["token"]["value"], page.inputs["username"]["value"]) == (token, username)
    assert [page.inputs[x]["autocomplete"] for x in ("password", "again")] == ["new-password"] * 2
    assert words("en")("login.reset_for", name="n", username=username) in page.text
    answer = fill(client, token)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?told=password_set&username={username}")
    assert words("zh")("login.password_set") in Page(client.get(answer.headers["location"]).text).text
    assert enter(client, username).status_code == 303
    with city.services.store.look() as work:
        told = [(e.action, e.actor_id, e.payload) for e in work.history.of("person", person.id)]
    assert [(action, who) for action, who, _ in told] == [
        ("person.added", admin.person_id), ("person.link_made", admin.person_id), ("person.password_set", person.id),
        ("person.logged_in", person.id),
    ]  # fmt: skip
    assert not [payload for *_, payload in told if token in str(payload) or PASSWORD in str(payload)]


def test_a_link_works_once_for_a_day_and_an_older_one_not_at_all(city: City, name: str):
    client = city.client(None)
    older, token = link_for(city, name), link_for(city, name)
    assert fill(client, older).status_code == 404
    with time_machine.travel(now() + LINK_LIFE, tick=False):
        assert client.get("/reset", params={"token": token}).status_code == 404
        assert fill(client, token).status_code == 404
    with time_machine.travel(now() + LINK_LIFE - timedelta(seconds=5), tick=False):
        assert client.get("/reset", params={"token": token}).status_code == 200
        assert fill(client, token).status_code == 303
        again = fill(client, token, "another four words", "another four words")
        assert again.status_code == 404
        assert words("zh")("login.reset_over") in again.text
        assert enter(client, name).status_code == 303


def test_two_at_the_same_moment_use_it_once(city: City, name: str):
    token = link_for(city, name)

    def one(i: int) -> int:
        return fill(city.client(None), token, f"four words in a row {i}", f"four words in a row {i}").status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [303, 404, 404, 404]


def test_every_login_of_the_person_ends_when_the_link_is_used_and_nobody_elses(city: City):
    username = f"l-{uuid.uuid4().hex[:10]}"
    mine = [session_id(add_person(city.services, username, Assignment("leader", "city")))]
    other = session_id(city.people["leader", "city"])
    token = link_for(city, username)
    people_ = city.services.people
    assert people_.actor(mine[0])
    fill(city.client(None), token)
    with pytest.raises(NotSignedIn):
        people_.actor(mine[0])
    assert people_.actor(other)


@pytest.mark.parametrize(
    ("password", "again", "code"),
    [("short", "short", "password_short"), (PASSWORD, PASSWORD + " ", "passwords_differ"), (PASSWORD, "", "passwords_differ")],
)  # fmt: skip
def test_a_password_that_does_not_fit_leaves_the_link_as_it_was(city: City, name: str, password, again, code):
    client, token = city.client(None), link_for(city, name)
    answer = fill(client, token, password, again, headers=EN)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words("en")(f"refused.{code}", at_least=10) in page.text
    assert page.inputs["token"]["value"] == token
    assert "value" not in page.inputs["password"]
    assert fill(client, token).status_code == 303


def test_wrong_and_missing_tokens_cost_no_hash_and_tell_nothing(city: City, name: str, monkeypatch):
    token = link_for(city, name)
    monkeypatch.setattr(city.services.people._passwords, "hash", lambda _: pytest.fail("hashed for a guess"))
    client = city.client(None)
    for wrong in ("", token[:-1], token.upper(), session_id(token), "' OR 1=1 --", "\x00", "é" * 400):
        for answer in (client.get("/reset", params={"token": wrong}), fill(client, wrong)):
            assert answer.status_code == 404
            assert name not in answer.text
            assert "<input" not in answer.text


def test_the_stored_row_does_not_open_anything(city: City, name: str):
    link_for(city, name)
    with city.services.store.look() as work:
        rows = work.connection.execute(
            sa.select(password_links.c.id).join(people, people.c.id == password_links.c.person_id)
            .where(people.c.username == name)
        ).scalars().all()  # fmt: skip
    assert len(rows) == 1, "the one that came with the account stopped working"
    assert fill(city.client(None), rows[0]).status_code == 404


def test_a_closed_account_gets_no_link_and_its_old_one_is_gone(city: City, name: str):
    admin, office = city.actor("admin", "city"), city.services.people
    token = link_for(city, name)
    person = office.link_owner(token)
    office.disable(admin, person.id, disabled=True)
    for call in (lambda: office.reset_password(admin, person.id), lambda: office.make_link_for(name)):
        with pytest.raises(Invalid) as refused:
            call()
        assert refused.value.code == "account_closed"
    office.disable(admin, person.id, disabled=False)
    with pytest.raises(Invalid) as refused:
        office.make_link_for("nobody")
    assert refused.value.code == "no_such_account"
    with pytest.raises(NotFound):
        office.link_owner(token)
    assert office.link_owner(office.reset_password(admin, person.id)) == person


def test_only_an_administrator_makes_links(city: City, name: str):
    person = city.services.people.link_owner(link_for(city, name))
    for role in ("auditor", "leader", "supervisor"):
        with pytest.raises(NotAllowed):
            city.services.people.reset_password(city.actor(role, "city"), person.id)


def test_another_site_cannot_fill_the_form(city: City, name: str):
    token = link_for(city, name)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert fill(city.client(None), token, headers=headers).status_code == 403
    assert city.services.people.link_owner(token).username == name


def test_a_chosen_language_stays_and_markup_is_text(city: City, name: str):
    client, token = city.client(None), link_for(city, name)
    page = Page(client.get("/reset", params={"token": token, "lang": "en"}).text)
    assert (page.lang, page.forms[0]["action"]) == ("en", "/reset?lang=en")
    assert f"/reset?lang=zh&token={token}" in page.links
    markup = '"><script>alert(1)</script>'
    assert "<script>" not in client.get("/reset", params={"token": markup}).text
    assert "<script>" not in fill(client, markup).text
    assert client.get("/login", params={"told": "reset_over"}).text.count("reset_over") == 0
    assert words("zh")("login.reset_over") not in client.get("/login", params={"told": "reset_over"}).text


def test_a_link_of_mine_does_not_end_the_login_of_whoever_opens_it(city: City, name: str):
    """Somebody else's browser: the password is set, its own login goes on."""
    token = link_for(city, name)
    client = city.client(city.people["leader", "city"])
    assert fill(client, token).status_code == 303
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert COOKIE in client.headers["cookie"]
    assert Cookies(city.services.secret_key).session(client.headers)
