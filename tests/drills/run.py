"""Runs every drill in its long form and writes what they found into docs/operations.md. Run: make drills

Only a drill that passed tells its figures; when one fails, nothing is written. --short runs and writes the short form.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "operations.md"
BEGIN, END = "<!-- drills: made by `make drills` -->", "<!-- drills: end -->"
DRILLS = ("test_killed_server.py", "test_cut_uploads.py", "test_power_cut.py", "test_bad_luck.py")


def main() -> int:
    is_short = "--short" in sys.argv[1:]
    sys.path.insert(0, str(HERE.parents[1]))
    from tests.drills.figures import FILE

    with tempfile.TemporaryDirectory(prefix="slg-drills-") as folder:
        found = Path(folder) / "figures"
        environment = {**os.environ, FILE: str(found), **({} if is_short else {"SLG_LONG": "1"})}
        command = [sys.executable, "-m", "pytest", "-q", *(str(HERE / name) for name in DRILLS)]
        code = subprocess.run(command, cwd=HERE.parents[1], env=environment, check=False).returncode
        if code:
            print("a drill failed: nothing was written")
            return code
        rows = [json.loads(line) for line in found.read_text("utf-8").splitlines()]
    write(rows, f"{date.today()}, {os.cpu_count()} cores, {'short' if is_short else 'long'} form")
    return 0


def write(rows: list[dict[str, str]], when: str) -> None:
    lines = [f"{when}:", "", "| drill | how much | what came out |", "|---|---|---|"]
    lines += [f"| {row['drill']} | {row['size']} | {row['found']} |" for row in rows]
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
