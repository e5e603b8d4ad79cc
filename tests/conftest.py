"""Shared parts of the tests: where real data lies, a fresh store, the sample city loaded once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real test data; the test skips aloud without it."""
    folder = Path(os.environ.get("SLG_TEST_DATA") or HOME.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data: SLG_TEST_DATA names {folder}, which is not there")
    return folder


@pytest.fixture(scope="session")
def sample_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample city loaded once; copy it, never write into it."""
    from wiring import Settings, build

    folder = tmp_path_factory.mktemp("sample-city")
    settings = settings_in(folder)
    from demo import load
    from wiring import now

    services = build(Settings(**settings))
    load.load(services, settings["photo_store"], now(), is_wide=False)
    services.close()
    return folder


@pytest.fixture
def sample_folder(sample_template: Path, tmp_path: Path) -> Path:
    """One's own copy of the sample city."""
    target = tmp_path / "city"
    shutil.copytree(sample_template, target)
    return target


def settings_in(folder: Path) -> dict:
    return {
        "database_url": f"sqlite:///{folder}/slg.db", "photo_store": folder / "photos", "secret_key": "k" * 40,
        "sample_city": False,
    }  # fmt: skip
