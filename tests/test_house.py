"""The floors of the house hold: imports go down only. Mirrors the table in docs/map.md; prints the arrow that points up."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent
STANDARD = frozenset(sys.stdlib_module_names)

# room: what it may import. A name lets in itself and everything below it; the standard library is free unless FORBIDDEN.
MAY = {
    "app.py": {"streamlit", "starlette", "ui.shell", "web.gate", "web.metrics", "web.routes", "web.watch", "jobs.runner", "wiring"},
    "pages": {"streamlit", "pydeck", "altair", "pandas", "numpy", "wiring.services", "wiring.now", "ui", "domain", "i18n"},
    "web": {"starlette", "fastapi", "pydantic", "anyio", "jinja2", "itsdangerous", "brotli", "services", "domain",
            "i18n", "web", "structlog", "prometheus_client"},
    "jobs": {"structlog", "services", "domain", "jobs"},
    "wiring.py": {"pydantic", "pydantic_settings", "services", "storage", "domain.policy", "demo"},
    "manage.py": {"typer", "uvicorn", "services.exchange", "services.people_sheets",
                  "wiring", "jobs", "demo", "storage", "domain", "i18n"},
    "deploy": set(),
    "demo": {"numpy", "shapely", "PIL", "pyproj", "services", "storage", "domain", "geo", "media", "i18n", "demo"},
    "services": {"argon2", "authlib", "joserfc", "requests", "structlog", "chinese_calendar", "numpy", "shapely", "storage", "media", "documents", "domain",
                 "geo", "i18n", "services"},
    "storage": {"sqlalchemy", "alembic", "shapely", "numpy", "pyogrio", "defusedxml", "xlsxwriter", "python_calamine", "domain",
                "storage"},
    "media": {"PIL", "pillow_heif", "imagehash", "numpy", "defusedxml", "domain", "i18n", "media"},
    "documents": {"PIL", "docxtpl", "docx", "xlsxwriter", "domain", "i18n", "documents"},
    "ui": {"streamlit", "pydeck", "altair", "pandas", "numpy", "domain", "i18n", "ui"},
    "domain": {"shapely", "tomli_w", "domain"},
    "geo": {"numpy", "shapely", "geopandas", "pandas", "pyproj", "geo"},
    "i18n": {"i18n"},
}  # fmt: skip

# Parts of the standard library that a floor must do without.
FORBIDDEN = {
    "services": {"os.environ"},
    "geo": {"os", "io", "pathlib", "tempfile", "time", "random", "the clock"},
    "domain": {"os", "random", "time", "the clock"},
}

CLOCKS = ("datetime.now", "datetime.utcnow", "date.today", "datetime.today", "datetime.datetime.now")

FLOOR = {
    "app.py": 5, "pages": 5, "web": 4, "jobs": 4, "wiring.py": 4, "manage.py": 5, "deploy": 5, "demo": 3, "services": 3,
    "storage": 2, "media": 2, "documents": 2, "ui": 2, "domain": 1, "geo": 1, "i18n": 1,
}  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(HOME).parts[0]


def files() -> list[Path]:
    found = [
        p for room in MAY for p in ([HOME / room] if room.endswith(".py") else sorted((HOME / room).rglob("*.py")))
    ]
    return [p for p in found if p.exists()]


def imports(source: str, file: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import at any depth, relative ones made absolute; os.environ and the clock by their use."""
    package = file.relative_to(HOME).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = (
                ".".join((*package[: len(package) - node.level + 1], node.module or "")) if node.level else node.module
            )
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv"):
            yield node.lineno, "os.environ"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS:
            yield node.lineno, "the clock"


def is_below(name: str, allowed: set[str]) -> bool:
    return any(name == a or name.startswith(a + ".") for a in allowed)


def arrows(file: Path, source: str | None = None) -> list[str]:
    """Every import of the file that its room may not make, as a readable arrow."""
    room = room_of(file)
    wrong = []
    for line, name in imports(file.read_text("utf-8") if source is None else source, file):
        top = name.partition(".")[0]
        is_free = top in STANDARD or name == "the clock" or is_below(name, MAY[room])
        if is_below(name, FORBIDDEN.get(room, set())) or not is_free:
            other = top if top in FLOOR else f"{top}.py" if f"{top}.py" in FLOOR else None
            floors = f"floor {FLOOR[room]} -> {FLOOR[other]}" if other else "from outside"
            wrong.append(f"{file.relative_to(HOME)}:{line}  {room} -> {name}  ({floors})")
    return wrong


def test_imports_go_down_only():
    wrong = [arrow for file in files() for arrow in arrows(file)]
    assert not wrong, "arrows that point where they may not:\n" + "\n".join(wrong)


def test_no_page_imports_another():
    names = {p.stem for p in (HOME / "pages").glob("*.py")}
    for page in (HOME / "pages").glob("*.py"):
        taken = {name.partition(".")[0] for _, name in imports(page.read_text("utf-8"), page)}
        assert not taken & {"pages", *names}, f"{page.name} imports another page"


def test_every_room_of_the_tree_has_its_floor():
    """A new folder of code needs a place in the house before it can be built."""
    homeless = {
        p.relative_to(HOME).parts[0]
        for p in HOME.glob("*/**/*.py")
        if p.relative_to(HOME).parts[0] not in {*MAY, "tests", "frontend", "var", ".venv", ".git"}
    }
    assert not homeless, f"rooms without a floor: {sorted(homeless)}"
    assert {p.name for p in HOME.glob("*.py")} <= set(MAY)


def test_no_room_is_called_by_no_name():
    for path in files():
        assert not {"utils", "helpers", "common", "core", "misc"} & {*path.relative_to(HOME).with_suffix("").parts}


def test_services_import_each_other_without_a_circle():
    below = {}
    for file in (HOME / "services").glob("*.py"):
        if file.stem != "__init__":
            taken = [n.split(".")[1] for _, n in imports(file.read_text("utf-8"), file) if n.startswith("services.")]
            below[file.stem] = set(taken)
    left = dict(below)
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        assert free, f"services in a circle: {sorted(left)}"
        for name in free:
            del left[name]


def test_map_names_every_room_and_no_other():
    """docs/map.md is our own true copy: its table of rooms is this one."""
    table = (HOME / "docs" / "map.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([a-z0-9.]+?)/?` \|", table, re.M))
    assert named == set(MAY)


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("web/x.py", "from geo import measure"),
        ("pages/x.py", "from storage.store import Store"),
        ("pages/x.py", "from wiring import build"),
        ("services/x.py", "import streamlit as st"),
        ("services/x.py", "import os\nos.environ['A']"),
        ("domain/x.py", "from geo import datum"),
        ("geo/x.py", "from datetime import datetime\ndatetime.now()"),
        ("ui/x.py", "def f():\n    from services.people import People"),
        ("storage/x.py", "from services import people"),
    ],
)
def test_the_walk_sees_an_arrow_that_points_up(room, line):
    assert arrows(HOME / room, line)


# What Streamlit would serve to anybody who is logged in, or run as markup: photos and files go through our own routes.
NOT_IN_STREAMLIT = ("image", "download_button", "file_uploader", "camera_input", "audio_input", "audio", "video", "pdf")


def calls(file: Path) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))


def drawing_files() -> list[Path]:
    return [*(HOME / "pages").glob("*.py"), *(HOME / "ui").glob("*.py")]


def test_no_page_hands_a_file_to_streamlit():
    for file in drawing_files():
        for call in calls(file):
            name = ast.unparse(call.func)
            assert name not in {f"st.{widget}" for widget in NOT_IN_STREAMLIT}, f"{file.name}:{call.lineno} {name}"
            loose = {keyword.arg for keyword in call.keywords} & {
                "unsafe_allow_html",
                "unsafe_allow_javascript",
                "persist",
            }
            assert not loose, f"{file.name}:{call.lineno} {sorted(loose)}"


def test_nobody_unpickles():
    for file in files():
        taken = {name.partition(".")[0] for _, name in imports(file.read_text("utf-8"), file)}
        assert not taken & {"pickle", "shelve", "dill", "joblib", "marshal"}, file


def test_a_pages_callback_can_be_refused():
    """It runs before the shell has looked at the login: through shell.attempt, or it tells a refusal itself."""
    for page in (HOME / "pages").glob("*.py"):
        tree = ast.parse(page.read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        telling = {"shell.attempt", *(f.name for f in functions if tells_a_refusal(f))}
        telling |= {f.name for f in functions if telling & called_in(f)}
        for call in calls(page):
            for keyword in call.keywords:
                if keyword.arg in ("on_click", "on_change", "on_submit"):
                    name = ast.unparse(keyword.value)
                    is_safe = name in telling or bool(telling & called_in(keyword.value))
                    assert is_safe, f"{page.name}:{call.lineno} {name}"


def tells_a_refusal(function: ast.FunctionDef) -> bool:
    handlers = [node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.type is not None]
    return any("Refused" in ast.unparse(handler.type) for handler in handlers)


def called_in(node: ast.AST) -> set[str]:
    return {ast.unparse(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
