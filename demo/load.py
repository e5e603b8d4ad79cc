"""Puts the sample city into an empty store: one transaction, a progress line, accounts printed once."""

from __future__ import annotations

import hashlib
import io
import secrets
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from demo.city import SampleCity, build_city
from demo.names import sample_id
from demo.pictures import picture
from domain.chain import canonical_json
from domain.records import AUTO, Person
from services import Services
from services.views import MAKE_VIEWS
from services.zones import division_rows
from storage.photos import PhotoStore
from storage.records import position_json
from storage.store import Work

KNOWN_PASSWORD = "shili-2026"  # noqa: S105 - printed in the README; works from this machine only
PICTURE_SIZE = (1280, 960)
PREVIEW_PX = 240


def prepare(services: Services, photo_store: Path, now: datetime, *, is_wide: bool) -> None:
    """Load the sample city into an empty database, or mind its passwords when it is already there."""
    with services.store.look() as work:
        is_loaded, is_empty = work.meta("sample_city") is not None, work.people.count() == 0
    if is_loaded:
        if is_wide and services.has_known_passwords():
            _set_passwords(services, now)
        return
    if is_empty and not _has_places(services):
        load(services, photo_store, now, is_wide=is_wide)


def load(services: Services, photo_store: Path, now: datetime, *, is_wide: bool) -> None:
    """Build and store everything; views of the photos are queued and made after the start."""
    bar = _Bar(6)
    bar.step("示意城市 sample city: streets, grids, estates")
    city = build_city(today=now.astimezone(services.timezone).date())
    bar.step("photos")
    photos = _pictures(city, PhotoStore(photo_store), services.bundles.font)
    passwords = _passwords(city, is_wide)
    hashes = {word: services.people.hash_password(word) for word in set(passwords.values())}
    with services.store.work() as work:
        bar.step("boundaries and buildings")
        rows, crosses = division_rows(
            [z.geometry for z in city.zones], city.grids, city.buildings, grids_are_a_coverage=True
        )
        zones = [replace(z, crosses_grids=c) for z, c in zip(city.zones, crosses, strict=True)]
        work.areas.add([*city.streets, *city.communities, *city.grids, *city.unit_cells, *zones], at=now)
        work.areas.set_divisions([(z.id, row) for z, pieces in zip(zones, rows, strict=True) for row in pieces], at=now)
        work.buildings.add(city.buildings)
        work.buildings.add_roads(city.roads + city.rivers)
        bar.step("people")
        for p in city.people:
            person = Person(p.id, p.username, p.name, p.phone, AUTO, None, now, p.assignments)
            work.people.add(person, password_hash=hashes[passwords[p.username]], is_sample=True)
        bar.step("records")
        _records(work, city, photos, services, now)
        bar.step("assets")
        work.assets.add(city.assets)
        _first_links(work, city, now)
        work.set_meta("sample_city", now.isoformat())
        work.set_meta("sample_passwords", "random" if is_wide else "known")
    services.history.close_days()
    bar.end()
    _print_accounts(city, passwords, is_wide)


def _has_places(services: Services) -> bool:
    with services.store.look() as work:
        return work.areas.count("street") > 0


def _pictures(city: SampleCity, store: PhotoStore, font: Path | None) -> dict[Any, tuple[str, int, bytes]]:
    """Every distinct picture once: spec key to (sha256, size, preview JPEG)."""
    keys = sorted({(p.kind, p.shot, p.seed) for r in city.records for p in r.photos})

    def make(key: tuple[str, str, int]) -> tuple[str, int, bytes]:
        kind, shot, seed = key
        data = picture(kind, shot, seed, PICTURE_SIZE, font_path=font)
        sha256 = hashlib.sha256(data).hexdigest()
        arriving = store.arriving()
        arriving.write(data)
        store.keep(arriving, sha256)
        with Image.open(io.BytesIO(data)) as image:
            image.draft("RGB", (PREVIEW_PX, PREVIEW_PX))
            image.thumbnail((PREVIEW_PX, PREVIEW_PX))
            out = io.BytesIO()
            image.convert("RGB").save(out, "JPEG", quality=60)
        return sha256, len(data), out.getvalue()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(keys, pool.map(make, keys), strict=True))


def _records(
    work: Work, city: SampleCity, pictures: dict[Any, tuple[str, int, bytes]], services: Services, now: datetime
) -> None:
    versions = {a.area_id: a.id for a in city.areas}
    rows, photo_rows, links = [], [], []
    for r in sorted(city.records, key=lambda found: found.captured_at):
        received = r.captured_at + timedelta(seconds=40)
        day = received.astimezone(services.timezone).strftime("%Y%m%d")
        number = f"R-{day}-{work.next_number(f'record-{day}'):05d}"
        body = {"schema": 1, "id": r.id, "kind": "report", "issue_type": r.issue_type, "sample": True}
        rows.append({
            "id": r.id, "number": number, "kind": "report", "issue_type": r.issue_type, "subject_id": None,
            "state": "reported", "captured_at": r.captured_at, "sent_at": received, "received_at": received,
            "clock_off_s": None, "reporter_id": r.reporter_id, "position": position_json(r.position),
            "position_reason": r.position_reason, "pin": {"lon": r.lon, "lat": r.lat}, "lon": r.lon, "lat": r.lat,
            "place_state": "settled" if r.zone_id else "no_zone", "street_id": r.street_id,
            "street_version_id": versions[r.street_id], "community_id": r.community_id, "grid_id": r.grid_id,
            "grid_version_id": versions[r.grid_id], "zone_id": r.zone_id,
            "zone_version_id": versions[r.zone_id] if r.zone_id else None, "building": r.building, "unit": r.unit,
            "floor": r.floor, "note": r.note, "plate": r.plate, "catalogue_edition": services.catalogue.edition,
            "content_hash": hashlib.sha256(canonical_json(body).encode()).hexdigest(), "body": body, "is_sample": True,
        })  # fmt: skip
        photos = _photo_rows(r, received, pictures)
        photo_rows += photos
        links.append((r, number, received, photos))
    work.records.add_many(rows, photo_rows)
    work.history.start_many(
        "record",
        [
            (r.id, "record.received", {"number": number, "issue_type": r.issue_type, "sample": True}, r.reporter_id, at)
            for r, number, at, _ in links
        ],
    )
    for r, _, at, photos in links:
        for photo in photos:
            work.history.write("record", r.id, "photo.kept",
                               {"photo_id": photo["id"], "sha256": photo["sha256"], "shot": photo["shot"]},
                               actor_id=r.reporter_id, at=at + timedelta(seconds=1 + photo["ordinal"]))  # fmt: skip
    # Newest first, and spread out, so that a photo taken meanwhile does not wait behind the sample's.
    for i, photo in enumerate(p for *_, photos in reversed(links) for p in photos):
        key, due = f"{MAKE_VIEWS}:{photo['id']}", now + timedelta(milliseconds=100 * i)
        services.queue.put(work, MAKE_VIEWS, key, {"photo_id": photo["id"]}, not_before=due)


def _photo_rows(r: Any, received: datetime, pictures: dict[Any, tuple[str, int, bytes]]) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for i, spec in enumerate(r.photos):
        sha256, size, preview = pictures[(spec.kind, spec.shot, spec.seed)]
        rows.setdefault(sha256, {
            "id": sample_id("photo", f"{r.id}-{spec.shot}-{i}"), "record_id": r.id, "ordinal": i, "sha256": sha256,
            "size": size, "media_type": "image/jpeg", "shot": spec.shot, "source": "camera",
            "taken_at": r.captured_at, "position": position_json(r.position), "derived_from": None,
            "preview": preview, "state": "kept", "kept_at": received, "views": "none", "facts": {},
        })  # fmt: skip
    return list(rows.values())


def _first_links(work: Work, city: SampleCity, now: datetime) -> None:
    def first(kind: str, ids: Iterable[str], action: str) -> None:
        work.history.start_many(kind, [(i, action, {"sample": True}, None, now) for i in ids])

    first("zone", (z.area_id for z in city.zones), "zone.loaded")
    first("asset", (a.id for a in city.assets), "asset.loaded")
    first("person", (p.id for p in city.people), "person.loaded")


def _passwords(city: SampleCity, is_wide: bool) -> dict[str, str]:
    return {p.username: secrets.token_urlsafe(9) if is_wide else KNOWN_PASSWORD for p in city.people}


def _set_passwords(services: Services, now: datetime) -> None:
    """The sample was loaded for this machine alone and is now to be seen from others: new passwords, shown once,
    and every login made with the public ones ends."""
    city = build_city()
    passwords = _passwords(city, is_wide=True)
    hashes = {name: services.people.hash_password(word) for name, word in passwords.items()}
    with services.store.work() as work:
        for person_id, username in work.people.sample_ids():
            work.people.set_password(person_id, hashes[username])
            work.people.revoke_all(person_id, at=now)
        work.set_meta("sample_passwords", "random")
    _print_accounts(city, passwords, is_wide=True)


def _print_accounts(city: SampleCity, passwords: dict[str, str], is_wide: bool) -> None:
    print("\n示意城市的账号 / accounts of the sample city", flush=True)
    for p in city.people:
        if is_wide or p.username.endswith("1") or p.username == "officer2":  # officer2: the street that sees nothing
            print(f"  {p.username:<14} {passwords[p.username]:<14} {p.title_zh} · {p.place_zh}")
    if is_wide:
        print("这些密码只显示这一次。 / These passwords are shown this once.")
    print(flush=True)


class _Bar:
    """One line on a terminal, one line a step elsewhere."""

    def __init__(self, steps: int) -> None:
        self._steps, self._at, self._started = steps, 0, time.monotonic()

    def step(self, name: str) -> None:
        done = "█" * (self._at * 4) + "░" * ((self._steps - self._at) * 4)
        print(f"\r{done} {name:<48}" if sys.stdout.isatty() else f"  {name}", end="" if sys.stdout.isatty() else "\n",
              flush=True)  # fmt: skip
        self._at += 1

    def end(self) -> None:
        print(f"\r{'█' * (self._steps * 4)} {time.monotonic() - self._started:.1f} s{' ' * 40}", flush=True)
