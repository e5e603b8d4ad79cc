"""What a photo says about itself: size, time, position, device. Corroboration only; the shutter's own fix counts."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import imagehash
from PIL import Image

from media.header import BadPhoto, Header, check_header, open_known, plain_refusal
from media.pixels import upright

__all__ = ["BadPhoto", "Header", "check_header", "facts_of", "photo_facts"]

TEXT_CAP = 80
DATUM = "WGS84 as written by the device"

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_MAKE, _MODEL, _SOFTWARE, _ORIENTATION = 0x010F, 0x0110, 0x0131, 0x0112
# (time tag, offset tag, which): the shutter first, the last save at the end
_TIMES = ((0x9003, 0x9011, "original"), (0x9004, 0x9012, "digitized"), (0x0132, 0x9010, "modified"))
_TIME = re.compile(r"(\d{4})[:\-/.](\d{1,2})[:\-/.](\d{1,2})[ T](\d{1,2}):(\d{1,2}):(\d{1,2})")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})")
_EXIF_SCAN_BYTES = 12 * 1024 * 1024
_TIFF_AFTER_EXIF = re.compile(rb"Exif\x00\x00(?=II\*\x00|MM\x00\*)")


def photo_facts(path: Path, declared: str | None = None) -> dict[str, Any]:
    """All facts of the photo at `path`, ready for JSON. Decodes once, small, for the perceptual hash.

    Raises BadPhoto as check_header does, and BadPhoto("photo_broken") when the pixels cannot be read.
    A HEIC photo stays undecoded: its perceptual_hash is None. Damaged EXIF gives None, never a refusal.
    """
    header = check_header(path, declared)
    return facts_of(path, header, None if header.is_heif else upright(path, long_side=320))


def facts_of(path: Path, header: Header, pixels: Image.Image | None) -> dict[str, Any]:
    """The facts when header and (upright, small) pixels are at hand already; `pixels` None gives no hash."""
    exif = _exif(path, header)
    main, shot, gps = exif
    return {
        "format": header.format,
        "media_type": header.media_type,
        "declared_media_type": header.declared_media_type,
        "width": header.width,
        "height": header.height,
        "orientation": _orientation(main.get(_ORIENTATION)),
        "exif_time": _time(main, shot),
        "position": _position(gps),
        "device": {"make": _text(main.get(_MAKE)), "model": _text(main.get(_MODEL)), "software": _text(main.get(_SOFTWARE))},
        "perceptual_hash": None if pixels is None else str(imagehash.phash(pixels)),
    }  # fmt: skip


def _exif(path: Path, header: Header) -> tuple[dict[int, Any], dict[int, Any], dict[int, Any]]:
    """(main, shot, gps) tags. Damaged EXIF reads as empty: a good photo is not refused for its labels."""
    try:
        with plain_refusal("photo_broken"):
            exif = _heif_exif(path) if header.is_heif else _plain_exif(path)
            return dict(exif), dict(exif.get_ifd(_EXIF_IFD)), dict(exif.get_ifd(_GPS_IFD))
    except BadPhoto:
        return {}, {}, {}


def _plain_exif(path: Path) -> Image.Exif:
    with open_known(path) as image:
        return image.getexif()


def _heif_exif(path: Path) -> Image.Exif:
    """EXIF out of a HEIC file without any HEIF decoder: its item is a TIFF block after the marker `Exif`."""
    exif = Image.Exif()
    with Path(path).open("rb") as file:
        data = file.read(_EXIF_SCAN_BYTES)
    marker = _TIFF_AFTER_EXIF.search(data)
    if marker:
        exif.load(data[marker.start() : marker.end() + 64 * 1024])
    return exif


def _orientation(value: Any) -> int | None:
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _time(main: dict[int, Any], shot: dict[int, Any]) -> dict[str, Any] | None:
    """{"local", "offset", "utc", "which"}: local time as text; utc only when the file names its offset."""
    for time_tag, offset_tag, which in _TIMES:
        local = _local_time(shot.get(time_tag, main.get(time_tag)))
        if local is None:
            continue
        offset = _offset(shot.get(offset_tag, main.get(offset_tag)))
        utc = None
        if offset is not None and local.year > 1:
            utc = local.replace(tzinfo=timezone(offset)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"local": local.isoformat(), "offset": _offset_text(offset), "utc": utc, "which": which}
    return None


def _local_time(value: Any) -> datetime | None:
    match = _TIME.match(_text(value) or "")
    if not match:
        return None
    try:
        year, month, day, hour, minute, second = (int(part) for part in match.groups())
        return datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None  # 0000:00:00, month 13: a camera whose clock was never set


def _offset(value: Any) -> timedelta | None:
    text = _text(value) or ""
    if text == "Z":
        return timedelta(0)
    match = _OFFSET.fullmatch(text)
    if not match:
        return None
    minutes = int(match[2]) * 60 + int(match[3])
    if minutes > 14 * 60 or int(match[3]) > 59:
        return None
    return timedelta(minutes=-minutes if match[1] == "-" else minutes)


def _offset_text(offset: timedelta | None) -> str | None:
    if offset is None:
        return None
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _position(gps: dict[int, Any]) -> dict[str, Any] | None:
    """lon, lat in degrees; altitude_m above sea level; bearing in degrees of the lens. 0,0 and NaN are no position."""
    lat = _degrees(gps.get(2), gps.get(1), "N", "S", 90.0)
    lon = _degrees(gps.get(4), gps.get(3), "E", "W", 180.0)
    if lat is None or lon is None or (lat == 0.0 and lon == 0.0):
        return None
    altitude = _number(gps.get(6))
    below_sea = gps.get(5) in (1, b"\x01")
    bearing = _number(gps.get(17))
    accuracy = _number(gps.get(31))
    return {
        "lon": lon,
        "lat": lat,
        "altitude_m": None if altitude is None else round(-altitude if below_sea else altitude, 1),
        "accuracy_m": round(accuracy, 1) if accuracy is not None and accuracy > 0 else None,
        "bearing": round(bearing, 1) if bearing is not None and 0 <= bearing <= 360 else None,
        "datum": DATUM,
    }


def _degrees(parts: Any, side: Any, plus: str, minus: str, limit: float) -> float | None:
    """Degrees, minutes, seconds and the letter of the hemisphere; without the letter the sign is a guess: None."""
    letter = (_text(side) or "").upper()[:1]
    if letter not in (plus, minus) or not isinstance(parts, tuple) or not 1 <= len(parts) <= 3:
        return None
    numbers = [_number(part) for part in parts]
    if any(number is None or number < 0 for number in numbers):
        return None
    value = sum(number / 60**place for place, number in enumerate(numbers) if number is not None)
    if value > limit:
        return None
    return round(-value if letter == minus else value, 7)


def _number(value: Any) -> float | None:
    """A finite float out of EXIF's rationals (x/0 reads as NaN), else None."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    """Trimmed, one line, no control characters, at most 80 characters; empty reads as None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    kept = "".join(mark for mark in value if not unicodedata.category(mark).startswith("C"))
    return kept.strip()[:TEXT_CAP].strip() or None
