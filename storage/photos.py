"""The bytes of photos: originals named by SHA-256 and never rewritten, views beside them, unfinished files apart.

Order of an acknowledgement: temp file, fsync, rename, fsync of the folder; only then may a row say "kept".
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

CHUNK_BYTES = 1024 * 1024


class PhotoStore:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._originals = root / "originals"
        self._views = root / "views"
        self._arriving = root / "arriving"
        self._settled: set[Path] = set()
        for folder in (self._originals, self._views, self._arriving):
            folder.mkdir(parents=True, exist_ok=True)

    def arriving(self) -> Arriving:
        """A file that is still coming in."""
        return Arriving(self._arriving / f"{uuid.uuid4().hex}.part")

    def keep(self, arriving: Arriving, sha256: str) -> Path:
        """Move a complete, hashed file to its name for good. Safe when the same original is there already."""
        target = self.original(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        arriving.finish()
        os.replace(arriving.path, target)
        sync_folder(target.parent)
        if target.parent not in self._settled:  # its own name lies in the folder above: safe once, safe for good
            sync_folder(target.parent.parent)
            self._settled.add(target.parent)
        return target

    def original(self, sha256: str) -> Path:
        return self._originals / sha256[:2] / sha256

    def view(self, photo_id: str, size: str) -> Path:
        """size: view (1600 px) or thumb (320 px)."""
        folder = self._views / photo_id[:2]
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{photo_id}-{size}.jpg"

    def rehash(self, sha256: str) -> str | None:
        """The SHA-256 of the original as it lies on the disk now; None when it is gone."""
        path = self.original(sha256)
        if not path.exists():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def originals(self) -> Iterator[str]:
        for path in sorted(self._originals.glob("??/*")):
            yield path.name

    def unfinished(self) -> list[Path]:
        return sorted(self._arriving.glob("*.part"))


class Arriving:
    """Takes chunks, counts and hashes them. Used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = path.open("xb")

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def flush(self) -> None:
        """Everything written can be read under its path."""
        self._file.flush()

    def finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def drop(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
