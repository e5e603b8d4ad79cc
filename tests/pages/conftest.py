"""The app's own services over a copy of the sample city, logins in it, and pages drawn by Streamlit's test runner."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import wiring
from services import Services
from services.people import session_id
from tests.conftest import settings_in

HOME = Path(__file__).resolve().parents[2]
PASSWORD = "shili-2026"


@pytest.fixture(scope="module")
def services(sample_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """app.py finds the same ones; a module writes into its own copy."""
    folder = tmp_path_factory.mktemp("pages") / "city"
    shutil.copytree(sample_template, folder)
    settings = settings_in(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLG_DATABASE_URL", settings["database_url"])
        patch.setenv("SLG_PHOTO_STORE", str(settings["photo_store"]))
        patch.setenv("SLG_SECRET_KEY", settings["secret_key"])
        patch.setenv("SLG_SAMPLE_CITY", "false")
        wiring.services.cache_clear()
        yield wiring.services()
        wiring.services().close()
        wiring.services.cache_clear()


@pytest.fixture(scope="module")
def session_of(services: Services) -> Callable[..., str]:
    """session_of("officer1", "en"): the id of one login of that person, reading in that language."""
    known: dict[str, str] = {}

    def enter(username: str, lang: str = "zh") -> str:
        if username not in known:
            token, _ = services.people.log_in(username, PASSWORD, address="127.0.0.1", device="test")
            known[username] = session_id(token)
        services.people.set_language(services.people.actor(known[username]), lang)
        return known[username]

    return enter


@pytest.fixture
def visit(session_of: Callable[..., str]) -> Callable[..., AppTest]:
    """visit("officer1", "records", "en", kind="zombie_vehicle"): the page, drawn once."""

    def open_page(username: str, page: str, lang: str = "zh", /, **asked: str | list[str]) -> AppTest:
        at = AppTest.from_file(str(HOME / "app.py"), default_timeout=30)
        at.user = {"slg_session": session_of(username, lang)}
        if page != "today":
            at.run()
            at.switch_page(f"pages/{page}.py")
        for name, value in asked.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception, f"{page} for {username}: {at.exception}"
        return at

    return open_page
