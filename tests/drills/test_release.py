"""The archive installs and runs where there is no network: in a network namespace with nothing but loopback."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
IN_THE_DARK = """
set -eu
ip link set lo up 2>/dev/null || true
"$1/install.sh" "$2"
cd "$2/current"
SLG_PORT=8599 .venv/bin/python manage.py run > "$2/run.log" 2>&1 &
app=$!
for i in $(seq 600); do
  if .venv/bin/python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8599/login', timeout=2)" 2>/dev/null; then break; fi
  kill -0 $app || { cat "$2/run.log"; exit 1; }
done
.venv/bin/python - <<'PY'
import urllib.request as u
ready = u.urlopen("http://127.0.0.1:8599/readyz").read().decode()
assert '"bundles":"ok"' in ready.replace(" ", ""), ready
page = u.urlopen("http://127.0.0.1:8599/login").read().decode()
assert "inspector1" in page, page
print("answered without a network")
PY
kill -INT $app
wait $app || true
.venv/bin/python manage.py verify
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    made = subprocess.run([sys.executable, "deploy/release.py", str(folder)], cwd=HOME, capture_output=True, text=True)
    if "No matching distribution" in made.stderr or "Connection" in made.stderr:
        pytest.skip("the wheels cannot be fetched here")
    assert made.returncode == 0, made.stderr
    archive = next(folder.glob("*.tar.gz"))
    assert subprocess.run(["sha256sum", "-c", f"{archive.name}.sha256"], cwd=folder).returncode == 0
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
    return next(p for p in folder.iterdir() if p.is_dir())


def dark() -> list[str]:
    """A command prefix without any network; skips aloud where namespaces are not allowed."""
    for prefix in (["unshare", "--net"], ["unshare", "--user", "--map-root-user", "--net"]):
        if shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0:
            return prefix
    pytest.skip("no network namespace allowed here")


def newer(unpacked: Path) -> None:
    """The same release under a later number, with its checksums."""
    old = hashlib.sha256((unpacked / "VERSION").read_bytes()).hexdigest()
    (unpacked / "VERSION").write_text("0.1.1-test\n")
    new = hashlib.sha256((unpacked / "VERSION").read_bytes()).hexdigest()
    sums = unpacked / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(f"{old}  ./VERSION", f"{new}  ./VERSION"))


def test_it_installs_and_runs_without_a_network_and_notices_a_changed_file(unpacked, tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SLG_", "PIP_"))}
    environment["PIP_NO_COMPILE"] = "1"  # compiled when imported: of a hundred wheels the app needs half
    done = subprocess.run([*dark(), "bash", "-c", IN_THE_DARK, "-", str(unpacked), str(tmp_path / "city")],
                          env=environment, capture_output=True, text=True, timeout=600)  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "answered without a network" in done.stdout
    assert done.stdout.rstrip().endswith("clean")
    again = subprocess.run([str(unpacked / "install.sh"), str(tmp_path / "city")], capture_output=True, text=True)
    assert again.returncode == 1
    newer(unpacked)
    target = tmp_path / "city"
    up = subprocess.run(
        [*dark(), str(unpacked / "install.sh"), str(target)], env=environment, capture_output=True, text=True
    )
    assert up.returncode == 0, up.stdout + up.stderr
    assert (target / "current").resolve().name == "0.1.1-test"
    backup = Path((target / "previous-backup").read_text().strip())
    assert (backup / "manifest.json").is_file()
    assert (target / "current" / "var" / "slg.db").is_file()
    back = subprocess.run([str(unpacked / "install.sh"), "--back", str(target)], capture_output=True, text=True)
    assert back.returncode == 0, back.stderr
    assert (target / "current").resolve().name == "0.1.0"
    assert str(backup) in back.stdout
    with (unpacked / "app.py").open("a") as file:
        file.write("# changed on the way\n")
    changed = subprocess.run([str(unpacked / "install.sh"), str(tmp_path / "other")], capture_output=True, text=True)
    assert changed.returncode != 0
    assert not (tmp_path / "other" / "current").exists()
