"""Runs every benchmark as a process of its own and prints one table of ratios. Run: make bench, or this file --short.

A figure is a ratio to the bare operation in the same run, or bytes; the peer stands beside it. A missed target is
printed and does not fail the run, because seconds belong to the machine; a wrong answer does.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date
from os import cpu_count, environ
from pathlib import Path
from tempfile import TemporaryDirectory

from city import TEMPLATE, make_city
from figures import MARK, is_short, load

HERE = Path(__file__).parent
SCRIPTS = (
    "bench_map.py", "bench_page.py", "bench_capture.py", "bench_intake.py", "bench_views.py", "bench_locate.py",
    "bench_division.py", "bench_province.py", "bench_topology.py", "bench_import.py", "bench_databases.py", "bench_drawing.py",
)  # fmt: skip
NEED_A_CITY = (*SCRIPTS[:4], "bench_databases.py", "bench_drawing.py")


def main() -> int:
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    scripts = [name for name in SCRIPTS if not wanted or any(word in name for word in wanted)]
    print(f"{date.today()}, {cpu_count()} cores, {load()}{', short form' if is_short() else ''}")
    rows, failed = [], []
    with TemporaryDirectory(prefix="slg-bench-city-") as template:
        if any(name in NEED_A_CITY for name in scripts):
            make_city(Path(template) / "city")
            environ[TEMPLATE] = f"{template}/city"
        for name in scripts:
            start = time.monotonic()
            found, is_right = run(name)
            rows += found
            if not is_right:
                failed.append(name)
            print(f"  {name}: {time.monotonic() - start:.0f} s, {load()}\n", flush=True)
    print(table(rows))
    missed = sum(row["met"] is False for row in rows)
    print(f"\n{len(rows)} figures, {missed} missed; {load()}")
    for name in failed:
        print(f"{name} FAILED: an answer differs or it could not run")
    return 1 if failed else 0


def run(name: str) -> tuple[list[dict], bool]:
    """The figures a script printed, and whether its answers were right. What else it says is passed on."""
    command = [sys.executable, str(HERE / name), *(["--short"] if is_short() else [])]
    rows = []
    environment = {**environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=HERE.parents[1], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(MARK):
                rows.append(json.loads(line.removeprefix(MARK)))
            else:
                print(f"  {line}", end="", flush=True)
    return rows, process.returncode == 0


def table(rows: list[dict]) -> str:
    """Markdown, so that docs/benchmarks.md can hold it as it is."""
    lines = ["| what | figure | target | peer | beside it |", "|---|---|---|---|---|"]
    for row in rows:
        verdict = {True: " met", False: " **missed**", None: ""}[row["met"]]
        cells = (row["what"], number(row), row["target"] + verdict, row["peer"], row["note"])
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def number(row: dict) -> str:
    value = f"{row['value']:.2f}" if row["unit"] == "x" else f"{row['value']:,.0f} {row['unit']}"
    return value + (" times" if row["unit"] == "x" else "")


if __name__ == "__main__":
    sys.exit(main())
