"""Facts of photos: header, time, position, device."""

from __future__ import annotations

import json
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image, TiffImagePlugin

from demo.pictures import picture
from media.facts import BadPhoto, check_header, photo_facts


def _jpeg(path: Path, exif: Image.Exif | None = None, size: tuple[int, int] = (64, 48)) -> Path:
    Image.linear_gradient("L").convert("RGB").resize(size).save(
        path, "JPEG", exif=Image.Exif() if exif is None else exif
    )
    return path


def _gps(tags: dict[int, object]) -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(tags)
    return exif


def test_time_with_its_offset_gives_utc_and_position_survives(drawn: Path) -> None:
    facts = photo_facts(drawn)
    assert facts["exif_time"] == {
        "local": "2026-11-09T15:20:33",
        "offset": "+08:00",
        "utc": "2026-11-09T07:20:33Z",
        "which": "original",
    }
    assert facts["position"]["lon"] == pytest.approx(120.8212, abs=1e-6)
    assert facts["position"]["lat"] == pytest.approx(29.5903, abs=1e-6)
    assert facts["position"]["datum"] == "WGS84 as written by the device"
    assert (facts["width"], facts["height"], facts["orientation"]) == (1200, 900, 1)
    assert len(facts["perceptual_hash"]) == 16
    json.dumps(facts, allow_nan=False)


def test_time_without_offset_stays_local(tmp_path: Path) -> None:
    path = tmp_path / "local.jpg"
    path.write_bytes(picture("small_ads", "closeup", 1, (320, 240), taken_at=datetime(2026, 11, 9, 8, 0, 1)))
    assert photo_facts(path)["exif_time"] == {
        "local": "2026-11-09T08:00:01",
        "offset": None,
        "utc": None,
        "which": "original",
    }


@pytest.mark.parametrize(
    ("offset", "utc"),
    [("-05:30", "2026-01-01T02:30:00Z"), ("Z", "2025-12-31T21:00:00Z"), ("+15:00", None), ("    ", None), ("8", None)],
)
def test_offset_is_taken_only_when_it_is_one(tmp_path: Path, offset: str, utc: str | None) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2025:12:31 21:00:00", 0x9011: offset})
    assert photo_facts(_jpeg(tmp_path / "o.jpg", exif))["exif_time"]["utc"] == utc


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "2026:13:01 00:00:00", "yesterday", "", "\x00" * 19])
def test_a_time_that_is_none_reads_as_none(tmp_path: Path, text: str) -> None:
    exif = Image.Exif()
    exif[0x0132] = text
    assert photo_facts(_jpeg(tmp_path / "t.jpg", exif))["exif_time"] is None


def test_sub_seconds_are_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2026:11:09 08:00:01.250", 0x9291: "250"})
    assert photo_facts(_jpeg(tmp_path / "s.jpg", exif))["exif_time"]["local"] == "2026-11-09T08:00:01"


_NAN = TiffImagePlugin.IFDRational(1, 0)


@pytest.mark.parametrize(
    "tags",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (_NAN, 0.0, 0.0), 3: "E", 4: (120.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (120.0, 0.0, 0.0)},
        {1: "N", 2: (29.0, 0.0, 0.0), 3: "E", 4: (181.0, 0.0, 0.0)},
        {2: (29.0, 0.0, 0.0), 4: (120.0, 0.0, 0.0)},
        {1: "N", 2: (29.0, 0.0, 0.0)},
        {1: "X", 2: (29.0, 0.0, 0.0), 3: "E", 4: (120.0, 0.0, 0.0)},
    ],
    ids=["zero-zero", "nan", "lat-91", "lon-181", "no-letters", "half", "wrong-letter"],
)
def test_a_position_that_is_none_reads_as_none(tmp_path: Path, tags: dict[int, object]) -> None:
    assert photo_facts(_jpeg(tmp_path / "g.jpg", _gps(tags)))["position"] is None


def test_south_west_below_sea_with_bearing(tmp_path: Path) -> None:
    tags = {1: "S", 2: (33.0, 30.0, 36.0), 3: "W", 4: (70.0, 40.0, 12.0), 5: b"\x01", 6: 12.5, 16: "T", 17: 271.25}
    position = photo_facts(_jpeg(tmp_path / "sw.jpg", _gps(tags)))["position"]
    assert position["lat"] == pytest.approx(-float(Fraction(3351, 100)), abs=1e-6)
    assert position["lon"] == pytest.approx(-70.67, abs=1e-6)
    assert (position["altitude_m"], position["bearing"]) == (-12.5, 271.2)


def test_device_text_is_trimmed_capped_and_without_control_marks(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "  Ma\x07ker\n ", "m" * 500, "\x00\x01"
    device = photo_facts(_jpeg(tmp_path / "d.jpg", exif))["device"]
    assert device == {"make": "Maker", "model": "m" * 80, "software": None}


def test_damaged_exif_does_not_refuse_a_good_photo(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (40, 30), "red").save(path, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + b"\xee" * 40)
    facts = photo_facts(path)
    assert (facts["exif_time"], facts["position"], facts["orientation"]) == (None, None, None)
    assert facts["perceptual_hash"]


def test_the_found_type_wins_over_the_declared_one(tmp_path: Path) -> None:
    path = tmp_path / "really.jpg"
    Image.new("RGB", (40, 30)).save(path, "PNG")
    header = check_header(path, declared="image/jpeg")
    assert (header.media_type, header.declared_media_type, header.differs_from_declared) == (
        "image/png",
        "image/jpeg",
        True,
    )
    facts = photo_facts(path, declared="image/jpeg")
    assert (facts["media_type"], facts["declared_media_type"]) == ("image/png", "image/jpeg")


@pytest.mark.parametrize("form", ["GIF", "TIFF", "BMP", "ICO", "PPM"])
def test_other_picture_formats_are_not_photos(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (32, 32)).save(path, form)
    with pytest.raises(BadPhoto) as refused:
        check_header(path)
    assert refused.value.code == "not_a_photo"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"PK\x03\x04",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBPVP8X",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00avifmif1",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42",
    ],
)
def test_what_is_no_photo_is_refused_in_one_plain_code(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(BadPhoto) as refused:
        check_header(path)
    assert refused.value.code == "not_a_photo"


def test_heic_is_known_by_its_brand_and_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "phone.jpg"
    ispe = b"\x00\x00\x00\x14ispe\x00\x00\x00\x00" + (4032).to_bytes(4, "big") + (3024).to_bytes(4, "big")
    path.write_bytes(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + ispe)
    header = check_header(path, declared="image/jpeg")
    assert (header.format, header.media_type, header.width, header.height) == ("HEIF", "image/heic", 4032, 3024)
    assert photo_facts(path)["perceptual_hash"] is None


def test_hash_of_near_copies_is_near_and_of_another_scene_is_far(tmp_path: Path, drawn: Path) -> None:
    import imagehash

    other, smaller = tmp_path / "other.jpg", tmp_path / "smaller.jpg"
    other.write_bytes(picture("corridor_ebike", "panorama", 7, (1200, 900)))
    with Image.open(drawn) as image:
        image.resize((600, 450)).save(smaller, "JPEG", quality=60)
    first, near, far = (imagehash.hex_to_hash(photo_facts(p)["perceptual_hash"]) for p in (drawn, smaller, other))
    assert first - near <= 4 < 12 <= first - far


def test_every_real_photo_agrees_with_the_catalogue(catalogue: list[tuple[Path, dict[str, str]]]) -> None:
    assert len(catalogue) == 73
    for path, row in catalogue:
        if row["fmt"] not in ("JPEG", "WEBP", "HEIF"):
            with pytest.raises(BadPhoto) as refused:
                photo_facts(path)
            assert refused.value.code == "not_a_photo", path.name
            continue
        facts = photo_facts(path)
        assert facts["format"] == row["fmt"], path.name
        assert facts["device"]["model"] == (row["model"].strip() or None), path.name
        if row["fmt"] != "HEIF":  # a HEIF header tells the coded size, before its own cropping and turning
            assert (facts["width"], facts["height"]) == (int(row["w"]), int(row["h"])), path.name
            assert facts["orientation"] == (int(row["orient"] or 0) or None), path.name
        taken = row["dto"] or row["dt"]
        local = taken.replace(":", "-", 2).replace(" ", "T") if taken else None
        assert (facts["exif_time"] or {}).get("local") == local, path.name
        assert (facts["exif_time"] or {}).get("offset") == (row["offset"] or None), path.name
        assert (facts["position"] is None) == (not row["lat"]), path.name
        if row["lat"]:
            assert facts["position"]["lat"] == pytest.approx(float(row["lat"]), abs=1e-5)
            assert facts["position"]["lon"] == pytest.approx(float(row["lon"]), abs=1e-5)


def test_facts_never_carry_nan_into_json(tmp_path: Path) -> None:
    tags = {1: "N", 2: (29.0, 30.0, 0.0), 3: "E", 4: (120.0, 0.0, 0.0), 6: _NAN, 17: _NAN, 31: _NAN}
    facts = photo_facts(_jpeg(tmp_path / "n.jpg", _gps(tags)))
    assert facts["position"]["altitude_m"] is None
    assert facts["position"]["bearing"] is None
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
