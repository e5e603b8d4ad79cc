"""Holds the READMEs and docs to the code: settings, commands, links, licences, and both languages alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.load import KNOWN_PASSWORD
from services import Services
from wiring import Settings, build

HOME = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = sorted(str(path.relative_to(HOME)) for path in (*HOME.glob("*.md"), *HOME.glob("docs/**/*.md")))
PICTURE_CAP_BYTES = 250_000


@pytest.fixture
def services(sample_settings) -> Iterator[Services]:
    built = build(Settings(**sample_settings))
    yield built
    built.close()


def text_of(name: str) -> str:
    return (HOME / name).read_text("utf-8")


def settings_table(name: str) -> dict[str, str]:
    """Setting to its default as the README has it."""
    return dict(re.findall(r"^\| `(SLG_[A-Z_]+)` \| (.+?) \|", text_of(name), re.MULTILINE))


def headings(name: str) -> set[str]:
    """Anchors of a page as a code forge makes them."""
    found = re.findall(r"^#+ (.+)$", text_of(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in found}


@pytest.mark.parametrize("name", READMES)
def test_settings_table_names_exactly_the_settings(name):
    prefix = Settings.model_config["env_prefix"]
    assert list(settings_table(name)) == [f"{prefix}{field}".upper() for field in Settings.model_fields]


@pytest.mark.parametrize("name", READMES)
def test_settings_table_has_the_defaults_of_the_code(name):
    table = settings_table(name)
    for field, about in Settings.model_fields.items():
        shown = table[f"SLG_{field}".upper()]
        default = about.default
        if default in ("", None):
            assert "`" not in shown, field
        elif str(HOME) in str(default):
            assert shown == f"`{str(default).replace(str(HOME), '…')}`", field
        else:
            assert shown == f"`{str(default).lower() if isinstance(default, bool) else default}`", field


@pytest.mark.parametrize("name", PAGES)
def test_settings_named_in_the_docs_exist(name):
    known = {f"SLG_{field}".upper() for field in Settings.model_fields}
    named = {
        setting for setting in re.findall(r"SLG_[A-Z_]*[A-Z]", text_of(name)) if not setting.startswith("SLG_TEST")
    }
    assert named <= known
    if name == "docs/operations.zh-CN.md":
        assert named == known, "whoever runs a city finds every setting there"


def test_both_readmes_show_the_same_commands_pictures_accounts_and_links():
    english, chinese = (text_of(name) for name in READMES)
    for pattern in (r"\]\(([^)#]+)", r'src="([^"]+)"', r"^\| `([a-z]+\d)` ", r"`([a-z]+\d)`", r"^make \w+|^sudo .+$"):
        of_english, of_chinese = (re.findall(pattern, page, re.MULTILINE) for page in (english, chinese))
        other_language = {"README.md", "README.zh-CN.md"}
        assert set(of_english) - other_language == set(of_chinese) - other_language, pattern
    assert all(f"`{KNOWN_PASSWORD}`" in page for page in (english, chinese))
    levels = [[len(marks) for marks in re.findall(r"^(#+) ", page, re.MULTILINE)] for page in (english, chinese)]
    assert levels[0] == levels[1]


@pytest.mark.parametrize("name", READMES)
def test_sample_accounts_exist(name, services: Services):
    named = set(re.findall(r"`([a-z]+\d)`", text_of(name)))
    assert len(named) >= 12
    with services.store.look() as work:
        assert named <= {person.username for person in work.people.all()}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    page = HOME / name
    for in_text, in_tag in re.findall(r"""\]\(([^)\s]+)\)|src="([^"]+)""", page.read_text("utf-8")):
        link = in_text or in_tag
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name}: {link}"
        assert target.is_relative_to(HOME), f"{name}: {link} leads out of the project"
        if anchor and target.suffix == ".md":
            assert anchor in headings(str(target.relative_to(HOME))), f"{name}: {link}"


def test_make_targets_named_in_the_docs_exist():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for name in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z-]+)(?=`| +#|$)", text_of(name), re.MULTILINE):
            assert target in targets, f"{name}: make {target}"


def test_commands_of_manage_named_in_the_docs_exist():
    from typer.main import get_command

    from manage import app

    known = set(get_command(app).commands)
    for name in PAGES:
        for command in re.findall(r"python manage\.py ([a-z-]+)", text_of(name)):
            assert command in known, f"{name}: manage.py {command}"


def test_api_page_names_every_address_and_no_other(services: Services):
    from web.api import api

    page = text_of("docs/api.md")
    described = set(api(services).openapi()["paths"])
    stems = {re.sub(r"/\{[^}]+\}.*", "", path) for path in described}
    named = {f"/{stem}" for stem in re.findall(r"/api/v1/([a-z]+(?:\.geojson)?)", page)} - {"/openapi"}
    assert named <= stems | {path.rsplit("/", 1)[0] for path in described}
    assert [path for path in sorted(stems) if path.removeprefix("/") not in page] == []


def test_changelog_says_what_is_coming_or_has_a_first_release():
    assert re.search(r"^## (Unreleased|0\.1\.0)", text_of("CHANGELOG.md"), re.MULTILINE)


def test_notice_names_every_package():
    notice = set(re.findall(r"^  (\S+)", text_of("NOTICE"), re.MULTILINE))
    wanted = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[\w+\])?==", text_of("requirements.txt"), re.MULTILINE)
    wanted += re.findall(r"^([A-Za-z0-9_.-]+)==", text_of("requirements-build.txt"), re.MULTILINE)
    assert len(wanted) > 50
    assert set(wanted) - notice == set()


def test_notice_names_every_package_that_reaches_a_browser():
    notice = set(re.findall(r"^  (\S+)", text_of("NOTICE"), re.MULTILINE))
    lock = json.loads(text_of("frontend/package-lock.json"))["packages"]
    shipped = {path.rsplit("node_modules/", 1)[1] for path, entry in lock.items() if path and not entry.get("dev")}
    assert len(shipped) > 10
    assert {name for name in shipped if not name.startswith("@types/")} - notice == set()


def test_libraries_page_has_the_pinned_versions():
    page = text_of("docs/decisions/libraries.md")
    direct = text_of("requirements.txt").partition("# What those bring along")[0]
    pins = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[\w+\])?==(\S+)", direct, re.MULTILINE)
    lock = json.loads(text_of("frontend/package-lock.json"))["packages"]
    pins += [(name, lock[f"node_modules/{name}"]["version"]) for name in lock[""]["dependencies"]]
    assert [f"{name} {version}" for name, version in pins if f"| {name} {version} |" not in page] == []


def test_pictures_are_small():
    pictures = {link for name in READMES for link in re.findall(r'<img src="([^"]+)"', text_of(name))}
    assert pictures
    for link in pictures:
        assert (HOME / link).stat().st_size < PICTURE_CAP_BYTES, link
