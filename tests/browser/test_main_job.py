"""The main job, seen: from the photo on a phone to the right street's officer, and to nobody else."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest

from demo.pictures import picture

pytestmark = pytest.mark.browser
SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def spot(server) -> tuple[float, float, str, str]:
    """(lon, lat, zone name, zone id) inside one estate of 剡湖街道 that no other zone overlaps."""
    from services.places import find_place
    from storage.store import Store

    store = Store.open(f"sqlite:///{server.folder}/slg.db")
    with store.look() as work:
        street = next(s for s in work.areas.in_force("street") if s.code == "330683001")
        for zone in work.areas.in_force("zone", street_id=street.area_id):
            point = zone.geometry.representative_point()
            place = find_place(work, point.x, point.y)
            if place.state == "settled" and zone.mode == "professional":
                return point.x, point.y, zone.name, zone.area_id
    raise AssertionError("the sample city has no such estate")


@pytest.fixture(scope="module")
def photos(tmp_path_factory, spot):
    """Panorama, close-up and plate as 12-megapixel JPEGs with EXIF, made here."""
    folder = tmp_path_factory.mktemp("photos")
    taken = datetime.now(UTC).astimezone(SHANGHAI)
    made = {}
    for i, shot in enumerate(("panorama", "closeup", "plate")):
        path = folder / f"{shot}.jpg"
        path.write_bytes(picture("zombie_vehicle", shot, 7 + i, (4000, 3000), taken_at=taken, position=spot[:2]))
        made[shot] = path
    return made


def test_inspector_reports_a_zombie_vehicle_and_only_the_right_street_sees_it(server, people, spot, photos):
    lon, lat, zone_name, _ = spot
    phone = people("inspector1", phone=True, at=(lon, lat))
    phone.goto("/record")
    phone.get_by_test_id("tile-zombie_vehicle").click()
    phone.get_by_test_id("start-shots").click()
    for shot, path in photos.items():
        phone.get_by_test_id(f"shot-input-{shot}").set_input_files(str(path))
        phone.get_by_test_id(f"thumb-{shot}").wait_for()
    phone.get_by_test_id("to-place").click()
    phone.get_by_text(zone_name).first.wait_for()
    phone.get_by_test_id("plate-input").fill("浙D12345")
    phone.get_by_test_id("submit").click()
    phone.get_by_test_id("record-number").wait_for()
    number = phone.get_by_test_id("record-number").inner_text()
    assert re.fullmatch(r"R-\d{8}-\d{5}", number)
    phone.get_by_text("3 / 3").first.wait_for()

    officer = people("officer1")
    record = officer.request.get(f"/api/v1/records/{number}").json()
    assert record["zone"]["name"] == zone_name
    assert record["photos_kept"] == record["photos_expected"] == 3
    officer.goto("/records")
    officer.get_by_text(number).first.wait_for()
    on_map = officer.request.get("/api/v1/records.geojson").json()
    assert record["id"] in {feature["id"] for feature in on_map["features"]}
    view = f"/api/v1/photos/{record['photos'][0]['id']}/view"
    officer.goto(f"/one_record?id={number}")
    officer.wait_for_function(
        """async (view) => { const a = await fetch(view); const b = await createImageBitmap(await a.blob());
           return Math.max(b.width, b.height) === 1600; }""", arg=view, polling=500)  # fmt: skip

    other = people("officer2")
    assert other.request.get(f"/api/v1/records/{number}").status == 404
    assert other.request.get(view).status == 404
    other.goto(f"/one_record?id={number}")
    other.get_by_text("没有找到").wait_for()
    assert number not in [r["number"] for r in other.request.get("/api/v1/records").json()["items"]]

    clean = server.manage("verify")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    changed = _change_one_byte(server.folder, record["photos"][0]["sha256"])
    found = server.manage("verify")
    assert found.returncode == 1
    assert "original_changed" in found.stdout
    changed()
    assert server.manage("verify").returncode == 0


def _change_one_byte(folder, sha256: str):
    path = folder / "photos" / "originals" / sha256[:2] / sha256
    before = path.read_bytes()
    path.write_bytes(before[:5000] + bytes([before[5000] ^ 1]) + before[5001:])
    return lambda: path.write_bytes(before)


def test_a_removed_history_row_is_found(server):
    """On the database itself, behind the app's back, and put back afterwards."""
    connection = sqlite3.connect(server.folder / "slg.db")
    row = connection.execute("select * from history where action='photo.kept' limit 1").fetchone()
    connection.execute("delete from history where serial=?", (row[0],))
    connection.commit()
    found = server.manage("verify")
    connection.execute(f"insert into history values ({','.join('?' * len(row))})", row)
    connection.commit()
    connection.close()
    assert found.returncode == 1
    assert server.manage("verify").returncode == 0
