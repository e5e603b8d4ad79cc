"""A machine whose power may go at any write: SQLite runs on a file system of ours that knows what was synced.

`Disk` is a VFS for apsw: every write is remembered until its file is synced. `image` writes the disk as it would be
found after a power cut now: what was synced, and of the rest each write wholly, in part (whole sectors) or not at all.
`connect` gives SQLAlchemy such a database in place of the standard library's driver, so that the app's own store, its
pragmas and its transactions are what is drilled.

`Files` does the same for the files of photos: contents count from their fsync, names from the fsync of their folder.

Not simulated: a disk that lies about having synced, sectors that rot, and the order in which a file system writes its
own journal.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

SECTOR_BYTES = 512
NAME = "slg-power"


class Disk(apsw.VFS):
    """on_write is called before each write, sync or truncation: the moments at which the power may go."""

    def __init__(self, on_write: Callable[[], None]) -> None:
        super().__init__(NAME, "")
        self.on_write = on_write
        self.durable: dict[str, bytearray] = {}
        self.pending: dict[str, list[tuple[int, bytes | None]]] = {}  # (offset, bytes), or (new size, None)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)

    def xDelete(self, name: str, sync_folder: bool) -> None:
        self.on_write()
        super().xDelete(name, sync_folder)
        self.durable.pop(name, None)
        self.pending.pop(name, None)

    def know(self, path: str) -> None:
        """A file counts as synced as it lies there when it is first opened."""
        if path not in self.durable and Path(path).exists():
            self.durable[path] = bytearray(Path(path).read_bytes())

    def image(self, folder: Path, dice: random.Random) -> None:
        for path in self.durable.keys() | self.pending.keys():
            content = bytearray(self.durable.get(path, b""))
            for offset, data in self.pending.get(path, ()):
                _maybe(content, offset, data, dice)
            (folder / Path(path).name).write_bytes(content)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._path = os.path.abspath(name.filename() if isinstance(name, apsw.URIFilename) else name) if name else ""
        if self._path:
            disk.know(self._path)
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._path:
            self._disk.on_write()
            self._disk.pending.setdefault(self._path, []).append((offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        if self._path:
            self._disk.on_write()
            self._disk.pending.setdefault(self._path, []).append((size, None))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        if self._path:
            self._disk.on_write()
            content = self._disk.durable.setdefault(self._path, bytearray())
            for offset, data in self._disk.pending.pop(self._path, ()):
                _put(content, offset, data)


def _put(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _maybe(content: bytearray, offset: int, data: bytes | None, dice: random.Random) -> None:
    throw = dice.random()
    if throw < 0.4:
        return
    if data is None or throw < 0.8:
        _put(content, offset, data)
        return
    for start in range(0, len(data), SECTOR_BYTES):
        if dice.random() < 0.5:
            _put(content, offset + start, data[start : start + SECTOR_BYTES])


# -- a driver for SQLAlchemy -------------------------------------------------------------------------------------------

paramstyle, sqlite_version = "qmark", apsw.sqlite_lib_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split("."))
threadsafety, apilevel, Binary = 1, "2.0", bytes


class Error(Exception):
    """What SQLite refused. sqlite_errorname as the standard library names it."""


DatabaseError = InterfaceError = OperationalError = IntegrityError = ProgrammingError = DataError = InternalError = (
    NotSupportedError
) = Warning = Error


def connect(path: str, **_given: Any) -> Connection:
    return Connection(path)


class Connection:
    """One connection to a file on the Disk. Exclusive: a wal-index in shared memory needs no disk."""

    isolation_level: str | None = None

    def __init__(self, path: str) -> None:
        self._inner = apsw.Connection(path, vfs=NAME)
        self._inner.execute("PRAGMA locking_mode=EXCLUSIVE")

    def cursor(self) -> Cursor:
        return Cursor(self._inner)

    def execute(self, statement: str, given: Sequence[Any] = ()) -> Cursor:
        return self.cursor().execute(statement, given)

    def create_function(self, name: str, count: int, function: Callable[..., Any], **_more: Any) -> None:
        self._inner.create_scalar_function(name, function, count)

    def commit(self) -> None:
        if self._inner.in_transaction:
            self._inner.execute("COMMIT")

    def rollback(self) -> None:
        if self._inner.in_transaction:
            self._inner.execute("ROLLBACK")

    def close(self) -> None:
        self._inner.close()


class Cursor:
    arraysize = 1

    def __init__(self, inner: apsw.Connection) -> None:
        self._inner, self._rows = inner, iter(())
        self.description: Any = None
        self.rowcount, self.lastrowid = -1, None

    def execute(self, statement: str, given: Sequence[Any] = ()) -> Cursor:
        cursor, described = self._inner.cursor(), []
        # Asked before the first step: of a statement that found no row nothing can be asked afterwards.
        cursor.exec_trace = lambda c, *_: described.append(c.get_description()) or True
        try:
            before = self._inner.total_changes()
            self._rows = iter(cursor.execute(statement, given or None).fetchall())
        except apsw.Error as error:
            raise Error(str(error)) from error
        self.description = tuple((d[0], *[None] * 6) for d in described[0]) or None
        self.rowcount = -1 if self.description else self._inner.total_changes() - before
        self.lastrowid = self._inner.last_insert_rowid()
        return self

    def executemany(self, statement: str, many: Iterable[Sequence[Any]]) -> Cursor:
        for given in many:
            self.execute(statement, given)
        return self

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [row for row, _ in zip(self._rows, range(size or self.arraysize), strict=False)]

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Any:
        return self._rows

    def close(self) -> None:
        self._rows = iter(())


# -- the files of photos -----------------------------------------------------------------------------------------------


class Files:
    """Watches fsync, rename and unlink below a folder; knows what of it a power cut would leave."""

    def __init__(self, root: Path, monkeypatch: Any, on_write: Callable[[], None]) -> None:
        self._root, self._on_write = root, on_write
        self._contents: dict[int, bytes] = {}  # inode to what its last fsync made safe
        self._names: dict[Path, dict[str, int]] = {}  # folder to the names that its last fsync made safe
        self._was: dict[Path, Path] = {}  # a new name that is not safe yet, to the name before it
        for folder in [root, *(p for p in root.rglob("*") if p.is_dir())]:
            self._know(folder, with_contents=True)
        fsync, replace = os.fsync, os.replace

        def synced(handle: int) -> None:
            path = Path(os.readlink(f"/proc/self/fd/{handle}"))
            self._before(path)
            fsync(handle)
            if path.is_dir():
                self._know(path)
            else:
                self._contents[os.fstat(handle).st_ino] = path.read_bytes() if path.exists() else b""

        def replaced(source: Any, target: Any) -> None:
            self._before(Path(target))
            replace(source, target)
            self._was[Path(target)] = Path(source)
            self._before(Path(target))

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "replace", replaced)

    def image(self, folder: Path, dice: random.Random) -> None:
        for path in sorted(p for p in self._root.rglob("*") if p.is_file()):
            is_named = path.name in self._names.get(path.parent, {}) and self._is_reached(path.parent)
            content = self._contents.get(path.stat().st_ino)
            if not is_named and dice.random() < 0.5:
                # A file has its old name or its new one: renaming is one step, whenever it gets to the disk.
                was = self._was.get(path)
                if was is None or content is None:
                    continue
                path = was
            if content is None:
                whole = path.read_bytes()
                content = whole[: dice.randrange(len(whole) + 1)]
            self._write(folder, path, content)

    def _is_reached(self, folder: Path) -> bool:
        """True when the way to a folder is safe too."""
        while folder != self._root:
            if folder.name not in self._names.get(folder.parent, {}):
                return False
            folder = folder.parent
        return True

    def _write(self, folder: Path, path: Path, content: bytes) -> None:
        target = folder / path.relative_to(self._root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def _know(self, folder: Path, *, with_contents: bool = False) -> None:
        found = {entry.name: entry.stat().st_ino for entry in folder.iterdir()}
        self._names[folder] = found
        for new, old in self._was.items():  # the old name went in the same step as the new one came
            if old.parent == folder and new.exists():
                self._names.setdefault(new.parent, {})[new.name] = new.stat().st_ino
        if with_contents:
            self._contents |= {e.stat().st_ino: e.read_bytes() for e in folder.iterdir() if e.is_file()}

    def _before(self, path: Path) -> None:
        if path.is_relative_to(self._root):
            self._on_write()
