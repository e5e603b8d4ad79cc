"""Finds the real layers that some geometry tests measure on; without them those tests skip and say so."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no_clock", deadline=None)  # a busy machine is no reason to fail
settings.load_profile("no_clock")

DEFAULT = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """real("datum/x.json") is that file's path, or the test is skipped."""
    root = Path(os.environ.get("SLG_TEST_DATA") or DEFAULT)

    def find(name: str) -> Path:
        path = root / name
        if not path.exists():
            pytest.skip(f"no real data at {path}: set SLG_TEST_DATA")
        return path

    return find
