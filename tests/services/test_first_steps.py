"""What a new city still needs is counted from what is there; the list goes with the last step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from domain.accounts import DEVICE
from domain.records import Actor, Assignment
from services import Services
from services.first_steps import LAYERS
from services.people import session_id
from tests.web.small_city import HERE, City, add_person, add_token, build_city, settings
from wiring import build


@pytest.fixture
def empty(own_database: dict, tmp_path) -> Iterator[Services]:
    built = build(settings(tmp_path, **own_database))
    yield built
    built.close()


@pytest.fixture
def full(empty: Services, own_database: dict, tmp_path) -> Iterator[City]:
    """The same place with streets, people and records in it; HTTPS, and a folder for backups."""
    more = {"backup_dir": tmp_path / "backups", "public_url": "https://inspect.test"}
    built = build_city(tmp_path, **more, **own_database)
    yield built
    built.services.close()


def administrator(services: Services) -> Actor:
    return services.people.actor(session_id(add_person(services, "chief", Assignment("admin", "city"))))


def test_an_empty_city_has_every_step_before_it_and_each_is_ticked_when_it_is_there(empty: Services, request):
    found = empty.first_steps.open(administrator(empty))
    assert found is not None
    assert list(found.layers) == list(LAYERS)
    assert set(found.layers.values()) == {0}
    assert found.done == {"layers": False, "people": False, "phones": False, "backup": False}

    city: City = request.getfixturevalue("full")
    first_steps, admin = city.services.first_steps, city.actor("admin", "city")
    found = first_steps.open(admin)
    assert found is not None
    assert found.layers == {"street": 2, "community": 2, "grid": 2, "zone": 2, "building": 4}
    assert found.done == {"layers": True, "people": True, "phones": False, "backup": True}
    assert found.left == 1

    add_token(city.services, city.reporters[HERE], DEVICE)
    assert first_steps.open(admin) is None, "nothing is left to say"
    over_http = empty.first_steps.open(admin)
    assert over_http is not None
    assert not over_http.done["phones"], "a phone without HTTPS gives no position"
    assert not over_http.done["backup"]


def test_the_sample_city_is_nobodys_own(empty: Services):
    admin = empty.people.actor(session_id(add_person(empty, "sampler", Assignment("admin", "city"))))
    assert empty.first_steps.open(admin) is not None
    with empty.store.work() as work:
        work.set_meta("sample_city", "1")
    assert empty.first_steps.open(admin) is None
