"""Files that people bring in and somebody still has to look at: kept privately for an hour, never served to others.

Each lies beside a small note: whose it is, what for, and what it was called. A name is only shown, never used as a path.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from storage.photos import Arriving

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """A file that arrived whole. purpose: what it was brought for, such as "people" or "layer"."""

    id: str
    path: Path
    name: str
    owner_id: str
    purpose: str


class UploadStore:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):
            root.chmod(0o700)

    def arriving(self) -> Arriving:
        """A file that is still coming in."""
        return Arriving(self.root / f"{uuid.uuid4().hex}.part")

    def keep(self, arriving: Arriving, *, owner_id: str, purpose: str, name: str) -> Upload:
        """A file that came in whole gets its note and its place."""
        arriving.finish()
        made = Upload(arriving.path.stem, self.root / f"{arriving.path.stem}.file", name, owner_id, purpose)
        note = {"name": name, "owner_id": owner_id, "purpose": purpose}
        (self.root / f"{made.id}.json").write_text(json.dumps(note, ensure_ascii=False), "utf-8")
        os.replace(arriving.path, made.path)
        return made

    def get(self, upload_id: str, *, owner_id: str, purpose: str) -> Upload | None:
        """None also when it belongs to somebody else, or was brought for something else."""
        if not _ID.fullmatch(upload_id):
            return None
        try:
            note = json.loads((self.root / f"{upload_id}.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        found = Upload(upload_id, self.root / f"{upload_id}.file", **note)
        is_theirs = found.owner_id == owner_id and found.purpose == purpose
        return found if is_theirs and found.path.is_file() else None

    def drop(self, upload_id: str) -> None:
        if _ID.fullmatch(upload_id):
            for path in self.root.glob(f"{upload_id}.*"):
                path.unlink(missing_ok=True)

    def sweep(self, before: float) -> int:
        """Remove what was last written before that time (seconds since 1970); returns how many files."""
        gone = 0
        for path in self.root.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone
