"""Runs every drill in its long form and writes what they found into docs/operations.md. Run: make drills

Only a drill that passed tells its figures; when one fails, nothing is written. --short takes the short form; a word
(`run.py power`) picks drills, and the lines of the others stay as they are.
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
# They have a long form too, and no line in the table.
LARGE = ("../services/test_zone_batch.py", "../services/test_proposals.py")


HEAD = ["| drill | how much | what came out | run |", "|---|---|---|---|"]


def main() -> int:
    is_short, wanted = "--short" in sys.argv[1:], [word for word in sys.argv[1:] if not word.startswith("-")]
    drills = [name for name in (*DRILLS, *LARGE) if not wanted or any(word in name for word in wanted)]
    sys.path.insert(0, str(HERE.parents[1]))
    from tests.drills.figures import FILE

    with tempfile.TemporaryDirectory(prefix="slg-drills-") as folder:
        found = Path(folder) / "figures"
        environment = {**os.environ, FILE: str(found), **({} if is_short else {"SLG_LONG": "1"})}
        command = [sys.executable, "-m", "pytest", "-q", *(str(HERE / name) for name in drills)]
        code = subprocess.run(command, cwd=HERE.parents[1], env=environment, check=False).returncode
        if code:
            print("a drill failed: nothing was written")
            return code
        rows = [json.loads(line) for line in found.read_text("utf-8").splitlines()]
    write(rows, f"{date.today()}, {'short' if is_short else 'long'} form, {os.cpu_count()} cores")
    return 0


def write(rows: list[dict[str, str]], run: str) -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in table.strip().splitlines()[len(HEAD) :]}
    lines |= {row["drill"]: f"| {row['drill']} | {row['size']} | {row['found']} | {run} |" for row in rows}
    PAGE.write_text(before + BEGIN + "\n" + "\n".join([*HEAD, *lines.values()]) + "\n" + END + after, "utf-8")
    print("\n".join([*HEAD, *lines.values()]))


if __name__ == "__main__":
    sys.exit(main())
