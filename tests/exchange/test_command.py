"""manage.py import and export, as the operator types them, from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exchange.conftest import cell, wavy
from tests.exchange.files import geojson

HOME = Path(__file__).resolve().parents[2]


@pytest.fixture
def typed(tmp_path):
    """Runs manage.py in a folder of its own with a database of its own: (exit code, what it said, what it complained)."""
    settings = {"SLG_DATABASE_URL": f"sqlite:///{tmp_path}/own.db", "SLG_PHOTO_STORE": str(tmp_path / "photos"),
                "SLG_SECRET_KEY": "k" * 40}  # fmt: skip

    def run(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, str(HOME / "manage.py"), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, **settings}
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.slow
def test_the_operator_brings_a_layer_in_and_takes_it_out_again(typed, tmp_path):
    geojson(tmp_path / "s.geojson", [({"编码": "1", "名称": "剡湖街道"}, cell(0, 0, 2, 3))])
    geojson(tmp_path / "g.geojson", [({"no": f"W{j}", "名称": f"第{j}网格"}, wavy(0, j)) for j in range(2)])

    code, said, _ = typed("import", "streets", "s.geojson")
    assert code == 0
    assert "什么都没存" in said
    assert "没有可比的边界" in said
    assert "还不能存：看不出坐标有没有偏移，加 --datum" in said
    assert "--confirm" not in said

    code, said, _ = typed("import", "streets", "s.geojson", "--datum", "wgs84", "--map", "name=")
    assert (code, "--map 字段=列名" in said) == (0, True)

    code, _, complained = typed("import", "streets", "s.geojson", "--confirm")
    assert code == 1
    assert "wgs84、gcj02 或 bd09" in complained

    code, said, _ = typed("import", "streets", "s.geojson", "--datum", "wgs84", "--confirm")
    assert (code, "存好了：新的 1" in said) == (0, True)
    code, said, _ = typed("import", "streets", "s.geojson", "--datum", "wgs84")
    assert (code, said.splitlines()[-1]) == (0, "和库里的一样，没有要存的。")

    code, said, _ = typed("import", "grids", "g.geojson", "--map", "code=no", "--datum", "wgs84", "--confirm")
    assert (code, "新的 2" in said) == (0, True)

    code, said, _ = typed("export", "grids", "out.geojson")
    assert (code, "2 行" in said) == (0, True)
    features = json.loads((tmp_path / "out.geojson").read_text("utf-8"))["features"]
    assert [f["properties"]["code"] for f in features] == ["W0", "W1"]

    code, _, complained = typed("import", "grids", "https://127.0.0.1/g.geojson")
    assert (code, "不收网址" in complained) == (1, True)

    code, _, complained = typed("import", "trees", "g.geojson")
    assert (code, "trees" in complained) == (1, True)


@pytest.mark.slow
def test_a_shell_without_the_apps_settings_makes_no_empty_database_by_looking(typed, tmp_path):
    for command in (("verify",), ("backup", "b")):
        code, said, complained = typed(*command)
        assert (code, said) == (1, "")
        assert f"这里还没有数据库：sqlite:///{tmp_path}/own.db" in complained
    assert not (tmp_path / "own.db").exists()
