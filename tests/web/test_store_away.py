"""The database goes away while people look: one plain sentence on the screen, a problem for programs, then all is well."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from domain.errors import Busy
from tests.web.small_city import City

PERSON = {"accept": "text/html", "accept-language": "zh-CN"}


@pytest.fixture
def away(city: City, monkeypatch):
    """The store answers as it does when its server is restarting."""

    @contextmanager
    def gone():
        raise Busy("store_away")
        yield

    def leave() -> None:
        monkeypatch.setattr(city.services.store, "look", gone)
        monkeypatch.setattr(city.services.store, "work", gone)

    yield leave
    monkeypatch.undo()


@pytest.mark.parametrize("path", ["/login", "/login?lang=en", "/setup"])
def test_a_person_at_the_door_reads_one_sentence_and_the_page_asks_again(city, away, path):
    client = city.client(None)
    away()
    answer = client.get(path, headers=PERSON, follow_redirects=False)
    assert (answer.status_code, answer.text) == (503, "数据库没有应答，没有丢，稍后再试。")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["refresh"] == answer.headers["retry-after"]
    assert (answer.headers["x-frame-options"], answer.headers["cache-control"]) == ("DENY", "no-store")


def test_a_program_gets_a_problem_it_can_retry(city, away):
    client = city.client(None)
    away()
    answer = client.get("/login", headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_away")
    assert answer.headers["retry-after"]
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json() == {"status": "busy", "code": "store_away", "why": ["store_away"]}


def test_a_person_inside_reads_it_too_and_goes_on_when_the_store_is_back(city, away, monkeypatch):
    client = city.client(city.people["supervisor", "city"])
    path = "/api/v1/records"
    assert client.get(path).status_code == 200
    away()
    assert (client.get("/records", headers=PERSON).status_code, client.get(path).json()["code"]) == (503, "store_away")
    monkeypatch.undo()
    assert client.get(path).status_code == 200
