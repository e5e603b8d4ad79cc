"""Drawn photos for the sample city and the tests: seeded, with EXIF, and marked 示意 in the picture itself."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from demo import things
from demo.scenes import SCENES, Scene
from demo.sheet import Camera, Sheet

KINDS = tuple(SCENES)
_GRAIN_TILE_PX = 512
_FINE_LONG_SIDE_PX = 2000  # smaller pictures are drawn twice as large and halved, so that edges are smooth
# How a stored picture must be turned so that its EXIF orientation turns it upright again.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def picture(
    kind: str,
    shot: str,
    seed: int,
    size: tuple[int, int] = (4000, 3000),
    *,
    taken_at: datetime | None = None,
    position: tuple[float, float] | None = None,
    bearing: float | None = None,
    orientation: int = 1,
    device: tuple[str, str] = ("示意", "示意相机"),
    font_path: Path | None = None,
    quality: int = 88,
) -> bytes:
    """One JPEG of an issue type's scene.

    kind: an issue type's id (KINDS); shot: panorama, closeup, detail, plate, ref, scale, path, people, notice, after.
    size: width and height in pixels as a viewer sees it upright. taken_at: local time, its offset is written when
    aware. position: lon, lat in degrees (WGS 84). Same arguments, same bytes. Raises KeyError for an unknown kind.
    """
    image = _scene(kind, shot, seed, size, font_path)
    image = _grain(image, seed)
    _mark(image, font_path)
    if orientation in _STORED:
        image = image.transpose(_STORED[orientation])
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, exif=_exif(taken_at, position, bearing, orientation, device))
    return out.getvalue()


def _scene(kind: str, shot: str, seed: int, size: tuple[int, int], font_path: Path | None) -> Image.Image:
    scene = SCENES[kind]
    fine = 2 if max(size) <= _FINE_LONG_SIDE_PX else 1
    # Place and thing are the same in every shot of one seed; only the camera moves.
    sheet = Sheet((size[0] * fine, size[1] * fine), _camera(scene, shot, seed, size), font_path)
    rnd = Random(f"{kind} {seed}")
    scene.ground(sheet, rnd)
    if shot != "after":
        scene.thing(sheet, rnd)
    if shot == "scale":
        _tape(sheet, scene.focus)
    if shot == "notice":
        things.leaflet(sheet, scene.focus[0] - 14, scene.focus[1] - 20, 28, "#fbf7e6", "#b02a20")
    return sheet.image if fine == 1 else sheet.image.reduce(fine)


def _camera(scene: Scene, shot: str, seed: int, size: tuple[int, int]) -> Camera:
    focus, detail = scene.focus, scene.detail
    frames: dict[str, tuple[float, float, float]] = {
        "closeup": (*focus, 215),
        "scale": (*focus, 190),
        "notice": (*focus, 150),
        "detail": (*detail, 110),
        "path": ((focus[0] + detail[0]) / 2, focus[1] - 14, 260),
        "plate": (*scene.plate, 84),
        "ref": (*scene.landmark, 200),
        "people": (90, 150, 240),
    }
    x, y, width = frames.get(shot, (200, 172, 400))
    step = Random(f"camera {shot} {seed}")
    # A portrait picture sees a narrower piece, so that things stay large; a wide one sees more.
    width *= min(1.6, max(0.62, size[0] / size[1] / (4 / 3))) * step.uniform(0.96, 1.04)
    return Camera(x + step.uniform(-0.02, 0.02) * width, y + step.uniform(-0.02, 0.02) * width, width)


def _tape(sheet: Sheet, focus: tuple[float, float]) -> None:
    left, y = focus[0] - 70, focus[1] + 34
    sheet.rect(left, y, 140, 7, "#e8c531")
    for mark in range(29):
        sheet.rect(left + mark * 5, y, 0.8, 5 if mark % 5 == 0 else 3, "#25282b")
    sheet.rect(left - 14, y - 7, 18, 18, "#2c3a42", radius=3)


def _grain(image: Image.Image, seed: int) -> Image.Image:
    """A sensor's noise: without it a drawing compresses to nothing and tests nothing."""
    strength = 6.0 if image.width * image.height > 4_000_000 else 2.5
    noise = np.random.default_rng(seed).normal(128, strength, (_GRAIN_TILE_PX, _GRAIN_TILE_PX)).clip(0, 255)
    tile = Image.fromarray(noise.astype(np.uint8))
    layer = Image.new("L", image.size)
    for left in range(0, image.width, _GRAIN_TILE_PX):
        for top in range(0, image.height, _GRAIN_TILE_PX):
            layer.paste(tile, (left, top))
    return ImageChops.add(image, Image.merge("RGB", (layer, layer, layer)), 1, -128)


def _mark(image: Image.Image, font_path: Path | None) -> None:
    """示意 in the lower right corner; the stamp of a view stands lower left and upper right."""
    size = max(10, round(min(image.size) * 0.045))
    words = "示意" if font_path else "SAMPLE"
    font = ImageFont.truetype(str(font_path), size) if font_path else ImageFont.load_default(size)
    width = round(font.getlength(words))
    box = (
        image.width - width - size * 2,
        image.height - round(size * 2.1),
        image.width - size,
        image.height - size // 2,
    )
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, fill="#f4f2ea", outline="#3d4c55", width=max(1, size // 14))
    draw.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), words, font=font, fill="#14212a", anchor="mm")


def _exif(
    taken_at: datetime | None,
    position: tuple[float, float] | None,
    bearing: float | None,
    orientation: int,
    device: tuple[str, str],
) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = device[0], device[1], orientation
    if taken_at is not None:
        text = taken_at.strftime("%Y:%m:%d %H:%M:%S")
        exif[0x0132] = text
        shot = exif.get_ifd(0x8769)
        shot[0x9003] = shot[0x9004] = text
        if taken_at.utcoffset() is not None:
            offset = taken_at.strftime("%z")
            shot[0x9010] = shot[0x9011] = f"{offset[:3]}:{offset[3:]}"
    if position is not None:
        gps = exif.get_ifd(0x8825)
        for tag, value, letters in ((1, position[1], "NS"), (3, position[0], "EW")):
            gps[tag] = letters[value < 0]
            gps[tag + 1] = _sexagesimal(abs(value))
        gps[18] = "WGS-84"
        if bearing is not None:
            gps[16], gps[17] = "T", bearing
    return exif


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole, rest = divmod(degrees * 3600, 3600)
    minutes, seconds = divmod(rest, 60)
    return whole, minutes, round(seconds, 4)
