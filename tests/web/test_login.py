"""The login page: its fields, both languages, what it keeps after a refusal, and that it needs no script."""

from __future__ import annotations

import uuid
from html.parser import HTMLParser

import pytest

from domain.records import Assignment
from i18n import words
from tests.web.small_city import City, add_person
from web.gate import COOKIE

PASSWORD = "four words in a row"
EN = {"accept-language": "en-GB,en;q=0.9"}
ZH = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"}


class Page(HTMLParser):
    """What of a page matters here: inputs by name, the form, alerts, links, scripts, visible words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.forms: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.lang = ""
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "html":
            self.lang = given["lang"] or ""
        if tag == "input":
            self.inputs[given["name"] or ""] = given
        if tag == "form":
            self.forms.append(given)
        if tag == "a":
            self.links.append(given["href"] or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def login(city: City) -> tuple[str, str]:
    """User name and phone of one account with PASSWORD."""
    username, phone = "web-login", "10000009999"
    add_person(city.services, username, Assignment("leader", "city"),
               password_hash=city.services.people.hash_password(PASSWORD))  # fmt: skip
    with city.services.store.work() as work:
        from storage.tables import people

        work.connection.execute(people.update().where(people.c.username == username).values(phone=phone))
    return username, phone


def fresh(city: City):
    return city.client(None, address="127." + ".".join(str(b) for b in uuid.uuid4().bytes[:3]))


def test_the_form_has_the_two_fields_that_password_managers_know(city: City):
    page = Page(fresh(city).get("/login").text)
    assert page.forms == [{"method": "post", "action": "/login"}]
    assert set(page.inputs) == {"username", "password", "next"}
    assert page.inputs["username"]["autocomplete"] == "username"
    assert page.inputs["username"]["autocapitalize"] == "none"
    assert page.inputs["password"]["type"] == "password"
    assert page.inputs["password"]["autocomplete"] == "current-password"
    assert "autofocus" in page.inputs["username"]


def test_it_works_without_a_script_and_loads_nothing_from_elsewhere(city: City):
    text = fresh(city).get("/login").text
    page = Page(text)
    assert "script" not in page.tags
    assert "onclick" not in text
    assert not [link for link in page.links if not link.startswith("/")]


@pytest.mark.parametrize(("headers", "lang", "tag"), [(ZH, "zh", "zh-CN"), (EN, "en", "en"), ({}, "zh", "zh-CN")])
def test_the_page_speaks_the_browsers_language(city: City, headers: dict, lang: str, tag: str):
    answer = fresh(city).get("/login", headers=headers)
    page, say = Page(answer.text), words(lang)
    assert page.lang == tag
    assert answer.headers["content-language"] == lang
    for key in ("login.username", "login.password", "login.enter", "login.trouble", "app.name"):
        assert say(key) in page.text


def test_a_chosen_language_stays_through_a_wrong_password(city: City):
    client = fresh(city)
    first = Page(client.get("/login?lang=en&next=/map", headers=ZH).text)
    assert first.lang == "en"
    again = client.post(first.forms[0]["action"], headers=ZH, data={"username": "a", "password": "b", "next": "/map"})
    page = Page(again.text)
    assert (page.lang, page.inputs["next"]["value"]) == ("en", "/map")
    assert words("en")("refused.wrong_login") in page.text


@pytest.mark.parametrize("which", [0, 1])
def test_user_name_and_phone_both_open(city: City, login: tuple[str, str], which: int):
    answer = fresh(city).post("/login", data={"username": f" {login[which]} ", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.cookies[COOKIE]


def test_a_refused_login_keeps_the_name_and_says_why_beside_the_fields(city: City):
    client = fresh(city)
    for tries in range(6):
        answer = client.post("/login", data={"username": "某人<b>", "password": "wrong-secret", "next": "/records?q=1"})
        page = Page(answer.text)
        assert answer.status_code == (401 if tries < 5 else 429)
        assert page.inputs["username"]["value"] == "某人<b>"
        assert page.inputs["next"]["value"] == "/records?q=1"
        assert "value" not in page.inputs["password"]
        assert page.inputs["password"]["aria-describedby"] == "said"
        assert 'role="alert"' in answer.text
        assert 'id="said"' in answer.text
        assert "wrong-secret" not in answer.text
    assert words("zh")("refused.too_many_tries", minutes=15) in page.text


def test_signed_in_people_do_not_see_the_login_again(city: City):
    client = city.client(city.people["leader", "city"])
    assert client.get("/login").headers["location"] == "/"
    assert client.get("/login?next=/coverage").headers["location"] == "/coverage"


def test_the_sample_accounts_stand_there_only_with_the_sample(city: City):
    assert "shili-2026" not in fresh(city).get("/login").text
    with city.services.store.work() as work:
        work.set_meta("sample_passwords", "known")
    page = Page(city.client(None).get("/login?lang=en&next=/map").text)
    assert "shili-2026" in page.text
    assert "/login?username=officer1&lang=en&next=/map" in page.links
    chosen = Page(city.client(None).get("/login?username=officer1&next=/map").text)
    assert chosen.inputs["username"]["value"] == "officer1"
    assert "autofocus" in chosen.inputs["password"]
    with city.services.store.work() as work:
        work.set_meta("sample_passwords", "random")


def test_set_up_keeps_what_was_typed_but_no_password(tmp_path):
    from tests.web.small_city import settings
    from wiring import build

    services = build(settings(tmp_path))
    client = City(services).client(None)
    page = Page(client.get("/setup?token=abc&lang=en").text)
    assert page.inputs["token"]["value"] == "abc"
    assert "/setup?lang=zh&token=abc" in page.links
    answer = client.post(
        page.forms[0]["action"], data={"token": "abc", "username": "chief", "name": "C", "password": PASSWORD}
    )
    page = Page(answer.text)
    assert answer.status_code == 404
    assert words("en")("login.setup_wrong_token") in page.text
    assert (page.inputs["username"]["value"], page.inputs["name"]["value"]) == ("chief", "C")
    assert PASSWORD not in answer.text
    services.close()
