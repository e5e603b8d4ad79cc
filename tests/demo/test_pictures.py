"""Drawn sample photos: every kind, seeded, with the EXIF asked for, heavy enough to stand for a phone's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat

from demo.pictures import KINDS, picture

NOON = datetime(2026, 11, 9, 12, 0, 0, tzinfo=timezone(timedelta(hours=8)))
SMALL = (480, 360)


def _open(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"]).convert("RGB")


def _apart(one: bytes, other: bytes) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(_open(one), _open(other))).mean) / 3


def test_there_is_a_scene_for_each_of_the_26_kinds() -> None:
    assert len(KINDS) == 26
    with pytest.raises(KeyError):
        picture("no_such_kind", "panorama", 1, SMALL)


@pytest.mark.parametrize("kind", KINDS)
def test_each_shot_of_each_kind_shows_something_of_its_own(kind: str) -> None:
    shots = {shot: picture(kind, shot, 4, SMALL) for shot in ("panorama", "closeup", "detail", "after")}
    assert _apart(shots["panorama"], shots["closeup"]) > 4
    assert _apart(shots["closeup"], shots["detail"]) > 4
    assert _apart(shots["panorama"], shots["after"]) > 1  # the same place without the problem


def test_same_arguments_give_the_same_bytes_and_another_seed_another_picture() -> None:
    assert picture("bike_parking", "panorama", 1, SMALL) == picture("bike_parking", "panorama", 1, SMALL)
    assert picture("bike_parking", "panorama", 1, SMALL) != picture("bike_parking", "panorama", 2, SMALL)


@pytest.mark.parametrize("size", [(360, 480), (900, 200), (64, 64), (2400, 1800)])
def test_any_size_is_filled(size: tuple[int, int]) -> None:
    image = _open(picture("illegal_parking", "panorama", 1, size))
    assert image.size == size
    edges = [image.getpixel(spot) for spot in ((2, 2), (size[0] - 3, 2), (2, size[1] - 3))]
    assert all(max(pixel) > 20 for pixel in edges)


def test_a_phone_size_photo_is_heavy_and_carries_what_it_was_told() -> None:
    data = picture(
        "zombie_vehicle", "plate", 7, taken_at=NOON, position=(120.8212, -29.5903), bearing=45.5, orientation=6
    )
    assert len(data) > 1_500_000
    with Image.open(BytesIO(data)) as image:
        assert image.size == (3000, 4000)  # stored lying; orientation 6 turns it upright to 4000 x 3000
        exif = image.getexif()
        shot, gps = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
    assert exif[0x0112] == 6
    assert (shot[0x9003], shot[0x9011]) == ("2026:11:09 12:00:00", "+08:00")
    assert (gps[1], gps[3], float(gps[17])) == ("S", "E", 45.5)
    degrees, minutes, seconds = (float(part) for part in gps[4])
    assert degrees + minutes / 60 + seconds / 3600 == pytest.approx(120.8212, abs=1e-6)


def test_without_time_and_position_nothing_is_invented() -> None:
    with Image.open(BytesIO(picture("small_ads", "closeup", 1, SMALL))) as image:
        exif = image.getexif()
        assert 0x0132 not in exif
        assert not exif.get_ifd(0x8825)
        assert not exif.get_ifd(0x8769)
