"""Hostile and broken files: each gets an answer, the worker never falls, memory stays small."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from demo.pictures import picture
from media.client import MediaWorker
from media.facts import BadPhoto, check_header

Request = Callable[..., dict[str, Any]]
PLAIN_CODES = {"not_a_photo", "too_many_pixels", "photo_broken", "photo_too_heavy", "heic_not_decoded"}
IS_LONG = os.environ.get("SLG_LONG") == "1"


def _resident_mb(pid: int) -> float:
    """The child's highest resident memory so far."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("no /proc here")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _judge(answer: dict[str, Any], request: dict[str, Any]) -> None:
    if answer["ok"]:
        for out in ("out_view", "out_thumb"):
            with Image.open(request[out], formats=["JPEG"]) as image:
                image.load()
    else:
        assert answer["error"]["code"] in PLAIN_CODES, answer


def test_every_real_photo_is_viewed_or_refused(
    catalogue: list[tuple[Path, dict[str, str]]], request_for: Request
) -> None:
    client = MediaWorker()
    try:
        pids, codes = set(), {}
        for path, row in catalogue:
            request = request_for(path)
            answer = client.make(request)
            _judge(answer, request)
            pids.add(client.pid)
            codes[path.name] = (row["fmt"], row["load"], answer["ok"] or answer["error"]["code"])
        expected = {"JPEG": True, "WEBP": True, "HEIF": "heic_not_decoded"}
        for name, (form, load, got) in codes.items():
            assert got == (expected.get(form, "not_a_photo") if load == "ok" else "not_a_photo"), name
        assert len(pids) == 1
        assert _resident_mb(pids.pop()) < 400
    finally:
        client.close()


def _mutate(rnd: Random, data: bytes, other: bytes) -> bytes:
    """One of: flipped bits, a cut, a piece of another photo, a piece blanked, a length field made huge."""
    out = bytearray(data)
    # Half of the hits go to the first kilobyte, where headers, EXIF and tables are.
    near = rnd.random() < 0.5
    spot = rnd.randrange(min(1024, len(out)) if near else len(out))
    match rnd.randrange(5):
        case 0:
            for _ in range(rnd.choice((1, 4, 32))):
                at = rnd.randrange(min(1024, len(out)) if near else len(out))
                out[at] ^= 1 << rnd.randrange(8)
        case 1:
            del out[spot:]
        case 2:
            start, length = rnd.randrange(len(other)), rnd.choice((4, 64, 2048))
            out[spot : spot + length] = other[start : start + rnd.choice((4, 64, 2048))]
        case 3:
            length = rnd.choice((2, 16, 512))
            out[spot : spot + length] = rnd.choice((b"\x00", b"\xff")) * length
        case _:
            out[spot : spot + 4] = struct.pack(
                rnd.choice(("<I", ">I")), rnd.choice((0, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000))
            )
    return bytes(out)


def _seeds(tmp_path: Path) -> list[bytes]:
    """Own photos in every format, and the real ones where they are; small ones only, unless the run is long."""
    from io import BytesIO

    made = [picture("zombie_vehicle", "closeup", 1, (240, 180), position=(120.8, 29.6), orientation=6)]
    image = Image.open(BytesIO(made[0]))
    for form, more in (("PNG", {}), ("WEBP", {}), ("WEBP", {"lossless": True}), ("JPEG", {"progressive": True})):
        out = BytesIO()
        image.save(out, form, exif=image.getexif(), **more)
        made.append(out.getvalue())
    out = BytesIO()
    image.quantize(32).save(out, "PNG", transparency=3)
    made.append(out.getvalue())
    folder = Path(os.environ.get("SLG_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "photos"
    most = 2_000_000 if IS_LONG else 40_000
    real = [p.read_bytes() for p in sorted(folder.glob("*/*")) if p.is_file() and p.stat().st_size <= most]
    return made + real


@pytest.mark.timeout(3600 if IS_LONG else 120)
def test_mutated_photos_never_bring_the_worker_down(tmp_path: Path, request_for: Request) -> None:
    rnd = Random(20261109)
    seeds = _seeds(tmp_path)
    client = MediaWorker(recycle_after=100_000)
    path, request = tmp_path / "mutant.jpg", request_for(tmp_path / "mutant.jpg")
    try:
        client.make(request)
        child, viewed, total = client.pid, 0, 5000 if IS_LONG else 500
        for number in range(total):
            mutant = _mutate(rnd, rnd.choice(seeds), rnd.choice(seeds))
            path.write_bytes(mutant)
            answer = client.make(request, timeout_s=5)
            if client.pid != child:
                (tmp_path / "culprit.bin").write_bytes(mutant)
            assert client.pid == child, f"mutation {number}: {answer}, kept in {tmp_path}/culprit.bin"
            _judge(answer, request)
            viewed += answer["ok"]
        assert 0 < viewed < total  # the mutations neither spoil everything nor nothing
        assert child is not None
        assert _resident_mb(child) < 400
    finally:
        client.close()


def _claiming(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame header claims another size."""
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def test_bombs_are_refused_by_their_header(
    tmp_path: Path, drawn: Path, worker: MediaWorker, request_for: Request, write_png: Callable[..., Path]
) -> None:
    png = write_png(tmp_path / "60mp.png", 10_000, 6_000)
    assert png.stat().st_size < 300_000
    jpeg = tmp_path / "claims.jpg"
    jpeg.write_bytes(_claiming(drawn.read_bytes(), 30_000, 30_000))
    over = tmp_path / "claims-a-little.jpg"
    over.write_bytes(_claiming(drawn.read_bytes(), 10_000, 5_001))
    webp = tmp_path / "claims.webp"
    largest = (16_383).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + largest + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    webp.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    heic = tmp_path / "claims.heic"
    heic.write_bytes(b"\0\0\0\x14ftypheic\0\0\0\0heic" + b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 30_000, 30_000))
    for path in (png, jpeg, over, webp, heic):
        with pytest.raises(BadPhoto) as refused:
            check_header(path)
        assert refused.value.code == "too_many_pixels", path.name
        assert worker.make(request_for(path))["error"]["code"] == "too_many_pixels"


def test_fifty_megapixels_that_hold_nothing_stay_under_400_mb(
    tmp_path: Path, request_for: Request, write_png: Callable[..., Path]
) -> None:
    client = MediaWorker()
    try:
        path = write_png(tmp_path / "49mp.png", 7000, 7000, channels=4)
        answer = client.make(request_for(path))
        assert answer["ok"], answer
        assert (answer["view"]["width"], answer["view"]["height"]) == (1600, 1600)
        assert client.pid is not None
        assert _resident_mb(client.pid) < 400
    finally:
        client.close()


def test_largest_webp_that_is_taken_stays_under_400_mb(tmp_path: Path, request_for: Request) -> None:
    path, over = tmp_path / "20mp.webp", tmp_path / "over.webp"
    Image.new("RGB", (5000, 4000), "olive").save(path, quality=10, method=0)
    Image.new("RGB", (5001, 4000), "olive").save(over, quality=10, method=0)
    client = MediaWorker()
    try:
        assert client.make(request_for(path))["ok"]
        assert client.pid is not None
        assert _resident_mb(client.pid) < 400
        assert client.make(request_for(over))["error"]["code"] == "too_many_pixels"
    finally:
        client.close()


def test_header_claiming_more_than_the_file_holds_is_answered(
    tmp_path: Path, drawn: Path, worker: MediaWorker, request_for: Request
) -> None:
    path = tmp_path / "hollow.jpg"
    path.write_bytes(_claiming(drawn.read_bytes(), 7000, 7000))
    request = request_for(path)
    _judge(worker.make(request), request)


def test_checking_a_header_leaves_the_warning_filters_as_they_were(drawn: Path) -> None:
    import warnings

    before = list(warnings.filters)
    check_header(drawn)
    assert list(warnings.filters) == before
