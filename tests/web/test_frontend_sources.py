"""The digest that tells a built bundle from its changed sources."""

import importlib.util
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def digest():
    spec = importlib.util.spec_from_file_location("frontend_sources", HOME / "frontend" / "sources.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sources_digest


@pytest.fixture
def tree(tmp_path):
    source = tmp_path / "frontend" / "src" / "map"
    source.mkdir(parents=True)
    (source / "index.js").write_text("export default 1;\n", "utf-8")
    (tmp_path / "frontend" / "build.mjs").write_text("// build\n", "utf-8")
    return tmp_path


def test_the_same_sources_give_the_same_digest(digest, tree):
    assert digest(tree) == digest(tree)
    assert len(digest(tree)) == 64


@pytest.mark.parametrize("changed", ["frontend/src/map/index.js", "frontend/build.mjs", "domain/policy/issues.toml"])
def test_a_changed_or_new_source_makes_the_bundle_old(digest, tree, changed):
    before = digest(tree)
    path = tree / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("another\n", "utf-8")
    assert digest(tree) != before


def test_a_renamed_source_makes_the_bundle_old(digest, tree):
    before = digest(tree)
    (tree / "frontend/src/map/index.js").rename(tree / "frontend/src/map/other.js")
    assert digest(tree) != before


def test_a_test_beside_its_source_does_not(digest, tree):
    before = digest(tree)
    (tree / "frontend/src/map/index.test.js").write_text("// test\n", "utf-8")
    assert digest(tree) == before
