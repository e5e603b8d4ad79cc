"""Runs the shell examples of docs/api.md, as they stand there, against the real app."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from demo.pictures import picture
from tests.browser.running import running_server

pytestmark = pytest.mark.slow
HOME = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "curl", "sha256sum", "python3")


def examples() -> str:
    page = (HOME / "docs" / "api.md").read_text("utf-8")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))


def test_every_example_of_the_api_page_does_what_the_page_says(sample_folder, tmp_path):
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"the examples need {', '.join(missing)}")
    (tmp_path / "photo.jpg").write_bytes(picture("zombie_vehicle", "panorama", 3, (1600, 1200)))
    with running_server(sample_folder, SLG_SAMPLE_CITY="false") as server:
        script = examples().replace("http://127.0.0.1:8501", server.url)
        assert server.url in script
        ran = subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("303\n")
    assert not re.search(r'"status": (4|5)\d\d', ran.stdout), ran.stdout
    assert re.search(r'"number":"R-\d{8}-\d{5}"', ran.stdout)
    assert '"state":"kept","kept":1,"expected":1' in ran.stdout
    assert re.search(r"upload-offset: [1-9]", ran.stdout)
    assert '"points":1' in ran.stdout
    assert '"crosses_grids":true' in ran.stdout
    assert (tmp_path / "original.jpg").read_bytes() == (tmp_path / "photo.jpg").read_bytes()
    assert json.loads((tmp_path / "zones.geojson").read_text("utf-8"))["type"] == "FeatureCollection"
