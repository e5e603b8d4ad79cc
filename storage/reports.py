"""Reports that were made: a row each, and the file beside the photos."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.photos import sync_folder
from storage.tables import reports


@dataclass(frozen=True)
class Report:
    """since, until: its first and last day, YYYY-MM-DD."""

    id: str
    kind: str
    since: str
    until: str
    file: str
    size: int
    sha256: str
    made_at: datetime


class Reports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, report: Report) -> None:
        """One row for each kind and first day. A file that was lost and made again keeps its row's id."""
        row = asdict(report)
        there = self.of(report.kind, report.since)
        if there is None:
            self._connection.execute(sa.insert(reports).values(**row))
        else:
            del row["id"]
            self._connection.execute(sa.update(reports).where(reports.c.id == there.id).values(**row))

    def all(self) -> list[Report]:
        rows = self._connection.execute(sa.select(reports).order_by(reports.c.since.desc(), reports.c.kind))
        return [Report(**row) for row in rows.mappings()]

    def get(self, report_id: str) -> Report | None:
        row = self._connection.execute(sa.select(reports).where(reports.c.id == report_id)).mappings().first()
        return Report(**row) if row else None

    def of(self, kind: str, since: str) -> Report | None:
        where = (reports.c.kind == kind, reports.c.since == since)
        row = self._connection.execute(sa.select(reports).where(*where)).mappings().first()
        return Report(**row) if row else None


class ReportFiles:
    """The folder of finished reports. A file appears whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        return self.root / name

    def write(self, name: str, data: bytes) -> str:
        """The SHA-256 of what now lies there."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self.root, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.path(name))
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        sync_folder(self.root)
        return hashlib.sha256(data).hexdigest()

    def unfinished(self) -> list[Path]:
        return sorted(self.root.glob(".*.part"))
