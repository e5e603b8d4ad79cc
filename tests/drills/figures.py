"""What a drill found, for the table of docs/operations.md. `make drills` names the file that they are collected in."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = "SLG_DRILL_FIGURES"


def is_long() -> bool:
    """The long form: minutes to half an hour, as `make drills` asks for it."""
    return bool(os.environ.get("SLG_LONG"))


def tell(drill: str, size: str, found: str) -> None:
    """One line of the table. It is only told by a drill that has passed."""
    row = {"drill": drill, "size": size, "found": found}
    print(json.dumps(row, ensure_ascii=False))
    if name := os.environ.get(FILE):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
