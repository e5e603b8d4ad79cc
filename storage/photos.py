"""The bytes of photos: originals named by SHA-256 and never rewritten, views beside them, unfinished files apart.

Order of an acknowledgement: temp file, fsync, rename, fsync of the folder; only then may a row say "kept".
A file that comes in one go has a name of its own; one that comes in parts is named by record and hash, so that the
next request finds it, in another process and after a restart too.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK_BYTES = 1024 * 1024


class Occupied(Exception):
    """Another request is writing this file."""


@dataclass(frozen=True)
class Unfinished:
    """A file in the folder of what is still coming in. record_id, sha256: of one that comes in parts."""

    path: Path
    record_id: str | None = None
    sha256: str | None = None


class PhotoStore:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._originals = root / "originals"
        self._views = root / "views"
        self._arriving = root / "arriving"
        self._settled: set[Path] = set()
        for folder in (self._originals, self._views):
            folder.mkdir(parents=True, exist_ok=True)
        self._arriving.mkdir(mode=0o700, exist_ok=True)
        sync_folder(root)

    def arriving(self) -> Arriving:
        """A file that comes in one go."""
        return Arriving(self._arriving / f"{uuid.uuid4().hex}.part")

    def growing(self, record_id: str, sha256: str) -> Growing:
        """A file that comes in parts, locked for the caller. Raises Occupied."""
        return Growing(self._part(record_id, sha256))

    def arrived_bytes(self, record_id: str, sha256: str) -> int:
        """How much of a file that comes in parts is on the disk for good; 0 when nothing is."""
        try:
            handle = os.open(self._part(record_id, sha256), os.O_RDONLY)
        except FileNotFoundError:
            return 0
        try:
            os.fsync(handle)  # whoever wrote last may have been killed before it could
            return os.fstat(handle).st_size
        finally:
            os.close(handle)

    def drop_parts(self, record_id: str, sha256: str) -> None:
        """The original came another way: its parts are needed no more. Left to the janitor while somebody writes."""
        if self._part(record_id, sha256).exists():
            try:
                self.growing(record_id, sha256).drop()
            except Occupied:
                return

    def keep(self, arriving: Arriving | Growing, sha256: str) -> Path:
        """Move a complete, hashed file to its name for good. Safe when the same original is there already."""
        target = self.original(sha256)
        if target.parent not in self._settled:  # its name is safe before anything is called by it, once for good
            target.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(target.parent.parent)
            self._settled.add(target.parent)
        arriving.finish()
        os.replace(arriving.path, target)
        sync_folder(target.parent)
        arriving.close()
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

    def unfinished(self) -> list[Unfinished]:
        return [_unfinished(path) for path in sorted(self._arriving.glob("*.part"))]

    def _part(self, record_id: str, sha256: str) -> Path:
        return self._arriving / f"{record_id}.{sha256}.part"


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

    def close(self) -> None:
        self._file.close()

    def drop(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    leave = drop  # what came in one go and broke off is sent again


class Growing:
    """Takes chunks at the end of a file that outlives the request. Used from one thread at a time.

    The lock lies on the file itself: two requests never mix, in one process or in two, and it ends with its holder.
    What `size` says is on the disk once `finish` came back.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _locked(path)
        self.size = os.fstat(self._file).st_size
        self._is_new = self.size == 0
        self._is_open = True

    def write(self, chunk: bytes) -> None:
        left = memoryview(chunk)
        while left:  # a nearly full disk takes a part of it before it refuses
            written = os.pwrite(self._file, left, self.size)
            self.size += written
            left = left[written:]

    @property
    def sha256(self) -> str:
        """Read from the disk: the beginning may have been written days ago."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def flush(self) -> None:
        """Nothing is held back."""

    def finish(self) -> None:
        os.fsync(self._file)
        if self._is_new:
            sync_folder(self.path.parent)
            self._is_new = False

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._file)

    def drop(self) -> None:
        """The name goes before the lock, so that nobody takes up a file that is no longer there."""
        if self._is_open:
            self.path.unlink(missing_ok=True)
            self.close()

    def leave(self) -> None:
        """Keep what has come for the next request."""
        if not self._is_open:
            return
        if self.size == 0:
            self.drop()
            return
        try:
            self.finish()
        finally:
            self.close()


def _locked(path: Path) -> int:
    """The open file behind a path, ours alone. Raises Occupied."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == path.stat().st_ino:
                return handle
        except BlockingIOError:
            os.close(handle)
            raise Occupied from None
        except FileNotFoundError:
            pass  # it went between opening and asking: open the name again
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # it was kept or dropped between opening and locking: the name means another file now


def _unfinished(path: Path) -> Unfinished:
    record_id, _, sha256 = path.stem.partition(".")
    return Unfinished(path, record_id, sha256) if sha256 else Unfinished(path)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
