"""Photos, a font and a worker for the tests of media/."""

from __future__ import annotations

import csv
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PIL import Image

from demo.pictures import picture
from media.client import MediaWorker

ROOT = Path(__file__).resolve().parents[2]
SHANGHAI = timezone(timedelta(hours=8))


@pytest.fixture(scope="session")
def photo_folder() -> Path:
    """The real photos; they are never part of the project, so their absence skips aloud."""
    folder = Path(os.environ.get("SLG_TEST_DATA", ROOT.parent / "shared" / "data")) / "photos"
    if not (folder / "CATALOG.csv").is_file():
        pytest.skip(f"real photos not found: set SLG_TEST_DATA (looked in {folder})")
    return folder


@pytest.fixture(scope="session")
def catalogue(photo_folder: Path) -> list[tuple[Path, dict[str, str]]]:
    """(file, its row of CATALOG.csv) for each of the 73 photos."""
    with (photo_folder / "CATALOG.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [(photo_folder / row["group"] / row["path"].replace("/", "__").replace(" ", "_"), row) for row in rows]


@pytest.fixture(scope="session")
def font_path() -> Path:
    """A Chinese TTF: SLG_FONT, the built bundle, or an npm copy."""
    named = os.environ.get("SLG_FONT")
    places = [Path(named)] if named else []
    places += sorted((ROOT / "web" / "dist").rglob("*.ttf"))
    places += sorted((ROOT / "frontend" / "node_modules").glob("@expo-google-fonts/noto-sans-sc/400Regular/*.ttf"))
    for place in places:
        if place.is_file():
            return place
    pytest.skip("no Chinese font: set SLG_FONT or run the set-up that fills web/dist")


@pytest.fixture(scope="session")
def noon() -> datetime:
    return datetime(2026, 11, 9, 15, 20, 33, tzinfo=SHANGHAI)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, noon: datetime) -> Path:
    """A drawn 1200 x 900 photo with time, offset, position."""
    path = tmp_path_factory.mktemp("drawn") / "car.jpg"
    path.write_bytes(picture("zombie_vehicle", "panorama", 7, (1200, 900), taken_at=noon, position=(120.8212, 29.5903)))
    return path


@pytest.fixture(scope="session")
def twelve_megapixels(tmp_path_factory: pytest.TempPathFactory, noon: datetime) -> Path:
    path = tmp_path_factory.mktemp("drawn12") / "large.jpg"
    path.write_bytes(picture("fire_lane_blocked", "panorama", 3, (4000, 3000), taken_at=noon, position=(120.8, 29.6)))
    return path


@pytest.fixture(scope="session")
def worker() -> Iterator[MediaWorker]:
    client = MediaWorker()
    yield client
    client.close()


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[..., dict[str, object]]:
    """Builds a worker's request that writes into tmp_path."""

    def build(path: Path, **more: object) -> dict[str, object]:
        outs = {"out_view": str(tmp_path / "view.jpg"), "out_thumb": str(tmp_path / "thumb.jpg")}
        return {"path": str(path), **outs, "stamp": None, "font": None, **more}

    return build


@pytest.fixture(scope="session")
def write_png() -> Callable[..., Path]:
    """A PNG of any size made row by row, so a bomb costs no memory here. channels: 1 grey, 3 RGB, 4 RGBA."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    def write(path: Path, width: int, height: int, channels: int = 1) -> Path:
        colour = {1: 0, 3: 2, 4: 6}[channels]
        packer = zlib.compressobj(1)
        row = bytes(1 + width * channels)
        pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
        head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
        body = chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
        return path

    return write


@pytest.fixture(scope="session")
def mean_difference() -> Callable[[Image.Image, Image.Image], float]:
    """Mean difference of two pictures in grey levels, 0 to 255, at 64 x 64."""

    def measure(one: Image.Image, other: Image.Image) -> float:
        first, second = (picture.convert("L").resize((64, 64)).tobytes() for picture in (one, other))
        return sum(abs(a - b) for a, b in zip(first, second, strict=True)) / len(first)

    return measure
