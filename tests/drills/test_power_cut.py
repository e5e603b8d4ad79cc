"""The power goes in the middle of a write: whatever was acknowledged is there afterwards, and the database is whole.

The app's own store and services run on the disk of power.py. At chosen writes the disk is copied as a power cut would
leave it, beside what had been acknowledged by then; each copy is opened with the ordinary SQLite and looked through.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import StaticPool

from domain.capture import Part
from domain.policy.permissions import load_builtin
from domain.records import Photo
from services.history import HistoryService
from services.queue import Queue
from storage import engine as engines
from storage.photos import PhotoStore
from storage.store import Store
from storage.tables import photos, records
from tests.drills.figures import is_long, tell
from tests.web.small_city import HERE, build_city, capture_at, middle
from wiring import Settings, build, now

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
power = pytest.importorskip("tests.drills.power", reason="apsw is not installed")
CUTS = 200 if is_long() else 20
WRITES_BETWEEN = (3, 150)
OFFICE = ZoneInfo("Asia/Shanghai")
ordinary_engine = engines.open_engine


@dataclass
class Cut:
    """One power cut: where its disk lies, and what had been acknowledged."""

    folder: Path
    acknowledged: dict[str, str]
    originals: set[tuple[str, str]]
    begun: dict[tuple[str, str], bytes]  # what a phone was told is here for good of an original that comes in parts


class Drill:
    """Captures come in one after the other; at some writes the disk is copied."""

    def __init__(self, folder: Path, monkeypatch, *, synchronous: str, cuts: int, seed: int) -> None:
        self.dice, self.cuts, self._wanted, self._images = random.Random(seed), [], cuts, folder / "images"
        self._left, self._is_looking = self.dice.randint(*WRITES_BETWEEN), False
        self.acknowledged: dict[str, str] = {}
        self.originals: set[tuple[str, str]] = set()
        self.begun: dict[tuple[str, str], bytes] = {}
        home = folder / "city"
        home.mkdir()
        city = build_city(home)
        self.reporter = replace(city.reporters[HERE], session_id=None)
        self.arrived = set(city.records.values())
        city.services.close()
        with sqlite3.connect(home / "slg.db") as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            plain.execute("PRAGMA journal_mode=DELETE")
        self.disk = power.Disk(self.maybe_cut)
        self.files = power.Files(home / "photos", monkeypatch, self.maybe_cut)
        monkeypatch.setattr(engines, "open_engine", lambda url: on_disk(home / "slg.db", synchronous))
        monkeypatch.setattr("storage.store.open_engine", engines.open_engine)
        monkeypatch.setattr("wiring.migrate", lambda engine: None)
        self.services = build(Settings(database_url=f"sqlite:///{home}/slg.db", photo_store=home / "photos",
                                       secret_key="k" * 40, sample_city=False))  # fmt: skip

    def maybe_cut(self) -> None:
        self._left -= 1
        if self._left > 0 or self._is_looking or len(self.cuts) >= self._wanted or not self.acknowledged:
            return
        self._is_looking, self._left = True, self.dice.randint(*WRITES_BETWEEN)
        folder = self._images / str(len(self.cuts))
        (folder / "photos" / "originals").mkdir(parents=True)
        self.disk.image(folder, self.dice)
        self.files.image(folder / "photos", self.dice)
        self.cuts.append(Cut(folder, dict(self.acknowledged), set(self.originals), dict(self.begun)))
        self._is_looking = False

    def run(self) -> None:
        while len(self.cuts) < self._wanted:
            self.one_capture()
        self.services.close()

    def one_capture(self) -> None:
        services, actor = self.services, self.reporter
        capture, files = capture_at(services, middle(HERE), now() - timedelta(minutes=1))
        record, _ = services.intake.receive(capture, actor)
        self.acknowledged[record.id] = record.number
        for sha256, data in files.items():
            if self.dice.random() < 0.5:
                arrival = services.evidence.begin(record.id, sha256, actor)
                services.evidence.take(arrival, data)
                services.evidence.keep(arrival, actor)
            else:
                self._in_parts(record.id, sha256, data)
            self.originals.add((record.id, sha256))

    def _in_parts(self, record_id: str, sha256: str, data: bytes) -> None:
        evidence, offset, step = self.services.evidence, 0, max(len(data) // 3, 1)
        while True:
            last = min(offset + step, len(data)) - 1
            arrival = evidence.begin(record_id, sha256, self.reporter, Part(offset, last, len(data)))
            evidence.take(arrival, data[offset : last + 1])
            came = evidence.keep_part(arrival, self.reporter)
            if isinstance(came, Photo):
                self.begun.pop((record_id, sha256), None)
                return
            offset = came
            self.begun[record_id, sha256] = data[:offset]


def on_disk(path: Path, synchronous: str) -> sa.Engine:
    """The store's engine with its own listeners, over power.py instead of the standard library's driver."""
    made = sa.create_engine(f"sqlite:///{path}", module=power, poolclass=StaticPool)
    event.listen(made, "connect", engines._sqlite_pragmas)
    if synchronous != "FULL":
        event.listen(made, "connect", lambda c, _: c.execute(f"PRAGMA synchronous={synchronous}"))
    event.listen(made, "begin", engines._sqlite_begin)
    return made


def losses(cut: Cut) -> list[str]:
    """What a power cut took of what had been acknowledged, or broke."""
    with sqlite3.connect(cut.folder / "slg.db") as plain:
        try:
            if (said := plain.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                return [f"integrity_check: {said}"]
        except sqlite3.DatabaseError as error:
            return [f"unreadable: {error}"]
    plain.close()
    store = Store(ordinary_engine(f"sqlite:///{cut.folder}/slg.db"))
    try:
        with store.look() as work:
            there = dict(work.connection.execute(sa.select(records.c.id, records.c.number)).all())
            kept = {(r.record_id, r.sha256) for r in work.connection.execute(
                sa.select(photos.c.record_id, photos.c.sha256).where(photos.c.state == "kept"))}  # fmt: skip
        lost = [f"record {number}" for record_id, number in cut.acknowledged.items() if there.get(record_id) != number]
        lost += [f"original {sha256[:8]}" for _, sha256 in cut.originals - kept]
        for (record_id, sha256), begun in cut.begun.items():
            places = (cut.folder / "photos" / "arriving" / f"{record_id}.{sha256}.part",
                      cut.folder / "photos" / "originals" / sha256[:2] / sha256)  # fmt: skip
            if not any(place.exists() and place.read_bytes().startswith(begun) for place in places):
                lost.append(f"part {sha256[:8]}, {len(begun)} bytes")
        history = HistoryService(
            store, PhotoStore(cut.folder / "photos"), load_builtin(), now, OFFICE, Queue(store, now)
        )
        verified = history.verify()
        return lost + [f"{f.code} {f.subject}" for f in verified.findings]
    finally:
        store.close()


def test_no_cut_takes_what_was_acknowledged(tmp_path, monkeypatch):
    drill = Drill(tmp_path, monkeypatch, synchronous="FULL", cuts=CUTS, seed=20261124)
    drill.run()
    taken = {cut.folder.name: found for cut in drill.cuts if (found := losses(cut))}
    assert taken == {}
    assert len(drill.cuts) == CUTS
    tell("power cut (bytes that were not synced are dropped)",
         f"{CUTS} cuts under {len(drill.acknowledged)} captures with {len(drill.originals)} originals, whole and in parts",
         "0 acknowledged lost, integrity_check ok, history clean, every kept original with its hash")  # fmt: skip


def test_the_drill_sees_a_part_that_was_not_synced(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.photos.Growing.finish", lambda self: None)
    drill = Drill(tmp_path, monkeypatch, synchronous="FULL", cuts=12, seed=8)
    drill.run()
    assert any("part " in line or "original" in line for cut in drill.cuts for line in losses(cut))


def test_the_drill_sees_a_loss_where_there_is_one(tmp_path, monkeypatch):
    """With synchronous=OFF acknowledged commits are lost: if this finds none, the drill above proves nothing."""
    drill = Drill(tmp_path, monkeypatch, synchronous="OFF", cuts=12, seed=7)
    drill.run()
    assert any(losses(cut) for cut in drill.cuts)


def test_the_drill_sees_an_original_that_was_not_synced(tmp_path, monkeypatch):
    """The same for the files: without fsync an acknowledged original is short or gone."""
    drill = Drill(tmp_path, monkeypatch, synchronous="FULL", cuts=12, seed=7)
    monkeypatch.setattr("storage.photos.sync_folder", lambda folder: None)
    monkeypatch.setattr("storage.photos.Arriving.finish", lambda self: self._file.flush())
    drill.run()
    assert any("original" in line for cut in drill.cuts for line in losses(cut))
