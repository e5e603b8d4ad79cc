"""The restore drill: back up while captures come in, restore into an empty place, find everything as it was."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime

import pytest

from domain.errors import Conflict, Invalid
from storage.backup import check_backup, make_backup, restore_backup
from storage.photos import PhotoStore
from tests.intake.bodies import capture_json, photo_json
from tests.intake.conftest import enter, jpegs, services, spot  # noqa: F401 - fixtures
from wiring import Settings, build

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def backed_up(services, sample_folder, tmp_path):  # noqa: F811
    return make_backup(services.store, PhotoStore(sample_folder / "photos"), tmp_path / "backups", at=AT)


def place(tmp_path) -> dict:
    folder = tmp_path / "elsewhere"
    return {"url": f"sqlite:///{folder}/slg.db", "photo_root": folder / "photos"}


def test_a_restored_city_verifies_and_holds_what_was_backed_up(backed_up, tmp_path):
    manifest = restore_backup(backed_up.folder, **place(tmp_path))
    there = build(Settings(database_url=place(tmp_path)["url"], photo_store=place(tmp_path)["photo_root"],
                           secret_key="k" * 40, sample_city=False))  # fmt: skip
    found = there.history.verify()
    assert found.is_clean
    assert there.queue.waiting() == {"queued": manifest["counts"]["photos"]}, "views are made again from the originals"
    there.close()
    assert found.photos == manifest["counts"]["photos"] > 500
    assert found.links == manifest["counts"]["history"]


def test_a_backup_taken_while_captures_arrive_is_of_one_moment(enter, spot, jpegs, services, sample_folder, tmp_path):  # noqa: F811
    inspector, stop, sent = enter("inspector1"), threading.Event(), []

    def keep_sending():
        while not stop.is_set():
            body = capture_json(spot, [photo_json(data, shot) for shot, data in jpegs.items()])
            inspector.post("/api/v1/captures", json=body)
            for data in jpegs.values():
                inspector.put(f"/api/v1/captures/{body['id']}/photos/{hashlib.sha256(data).hexdigest()}", content=data)
            sent.append(body["id"])

    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        while not sent:
            pass
        made = make_backup(services.store, PhotoStore(sample_folder / "photos"), tmp_path / "backups", at=AT)
    finally:
        stop.set()
        sender.join()
    restore_backup(made.folder, **place(tmp_path))
    there = build(Settings(database_url=place(tmp_path)["url"], photo_store=place(tmp_path)["photo_root"],
                           secret_key="k" * 40, sample_city=False))  # fmt: skip
    assert there.history.verify().is_clean
    there.close()


def test_a_second_backup_copies_only_new_originals(backed_up, services, sample_folder, tmp_path):  # noqa: F811
    later = AT.replace(hour=4)
    again = make_backup(services.store, PhotoStore(sample_folder / "photos"), tmp_path / "backups", at=later)
    assert (again.originals, again.copied) == (backed_up.originals, 0)
    assert check_backup(again.folder)["made_at"] == later.isoformat()


@pytest.mark.parametrize(
    "what", ["database cut short", "one byte of an original", "an original gone", "manifest edited"]
)
def test_damage_is_found_before_anything_is_restored(what, backed_up, tmp_path):
    pool = backed_up.folder.parent / "originals"
    original = next(pool.glob("??/*"))
    if what == "database cut short":
        database = backed_up.folder / "database.sqlite"
        database.write_bytes(database.read_bytes()[:-4096])
    elif what == "one byte of an original":
        data = bytearray(original.read_bytes())
        data[100] ^= 1
        original.write_bytes(data)
    elif what == "an original gone":
        original.unlink()
    else:
        manifest = backed_up.folder / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"photos": ', '"photos": 1'))
    with pytest.raises(Invalid) as refused:
        restore_backup(backed_up.folder, **place(tmp_path))
    assert refused.value.code == "backup_damaged"
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_restored_over_something(backed_up, services, sample_folder, tmp_path):  # noqa: F811
    with pytest.raises(Conflict):
        restore_backup(backed_up.folder, f"sqlite:///{sample_folder}/slg.db", tmp_path / "new-photos")
    with pytest.raises(Conflict):
        restore_backup(backed_up.folder, place(tmp_path)["url"], sample_folder / "photos")


def test_an_original_that_is_gone_stops_the_backup_and_leaves_no_finished_folder(services, sample_folder, tmp_path):  # noqa: F811
    next((sample_folder / "photos" / "originals").glob("??/*")).unlink()
    with pytest.raises(Invalid) as refused:
        make_backup(services.store, PhotoStore(sample_folder / "photos"), tmp_path / "backups", at=AT)
    assert refused.value.code == "backup_original_missing"
    assert not [f for f in (tmp_path / "backups").iterdir() if f.name.startswith("slg-") and "unfinished" not in f.name]
