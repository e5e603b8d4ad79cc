"""Layer files that people bring in, kept apart until what they say is stored or they are closed; then they go.

Nothing of a file's own name reaches the disk: the name here is an id of ours and an ending from a short list.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from storage.photos import Arriving, sync_folder

DISK_LEFT_BYTES = 500_000_000


class LayerFiles:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)  # a file of the office: nobody else on this machine reads it

    def has_room(self) -> bool:
        return shutil.disk_usage(self.root).free >= DISK_LEFT_BYTES

    def arriving(self) -> Arriving:
        """A file that is still coming in."""
        return Arriving(self.root / f"{uuid.uuid4().hex}.part")

    def keep(self, arriving: Arriving, upload_id: str, ending: str) -> Path:
        """A file that came whole gets its name; safe on the disk when this returns."""
        target = self.path(upload_id, ending)
        arriving.finish()
        os.replace(arriving.path, target)
        sync_folder(self.root)
        return target

    def path(self, upload_id: str, ending: str) -> Path:
        return self.root / f"{upload_id}{ending}"

    def write(self, upload_id: str, ending: str, data: bytes) -> None:
        """Something made of a file, beside it: it can be made again, so it needs no fsync."""
        draft = self.root / f"{uuid.uuid4().hex}.part"
        draft.write_bytes(data)
        os.replace(draft, self.path(upload_id, ending))

    def drop(self, upload_id: str) -> None:
        """The file, and everything that was made of it."""
        for path in self.root.glob(f"{upload_id}.*"):
            path.unlink(missing_ok=True)

    def old(self, before: float) -> Iterator[str]:
        """Ids of uploads (and halves that stopped arriving) whose newest file is older than a moment (seconds since 1970)."""
        newest: dict[str, float] = {}
        for path in self.root.iterdir():
            with suppress(FileNotFoundError):  # it has just gone by itself
                name = path.name.partition(".")[0]
                newest[name] = max(newest.get(name, 0.0), path.stat().st_mtime)
        yield from (name for name, at in newest.items() if at < before)
