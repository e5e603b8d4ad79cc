"""A drawing sheet in design units (400 x 300 for a whole scene), seen through a camera of any size and crop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]


@dataclass(frozen=True)
class Camera:
    """What the lens sees: centre and width in design units."""

    x: float
    y: float
    width: float


class Sheet:
    """Flat shapes in design units. Colours are hex text; nothing outside the camera costs much."""

    def __init__(self, size: tuple[int, int], camera: Camera, font_path: Path | None) -> None:
        self.image = Image.new("RGB", size, "#8a8b88")
        self._draw = ImageDraw.Draw(self.image)
        self._scale = size[0] / camera.width
        self._left = camera.x - camera.width / 2
        self._top = camera.y - size[1] / self._scale / 2
        self._font_path = font_path

    def at(self, point: Point) -> Point:
        return (point[0] - self._left) * self._scale, (point[1] - self._top) * self._scale

    def shade(self, top: float, bottom: float, light: str, dark: str) -> None:
        """A band over the full width, from one colour to the other."""
        y0, y1 = (round(self.at((0, y))[1]) for y in (top, bottom))
        first, last = max(0, y0), min(self.image.height, y1)
        if last <= first:
            return
        part = ((np.arange(first, last) - y0) / (y1 - y0))[:, None]
        column = np.array(rgb(light)) * (1 - part) + np.array(rgb(dark)) * part
        strip = Image.fromarray(column.round().astype(np.uint8)[:, None, :])
        self.image.paste(strip.resize((self.image.width, last - first)), (0, first))

    def rect(self, x: float, y: float, width: float, height: float, fill: str, *, radius: float = 0) -> None:
        (x0, y0), (x1, y1) = self.at((x, y)), self.at((x + width, y + height))
        if x1 < 0 or y1 < 0 or x0 > self.image.width or y0 > self.image.height or x1 <= x0 or y1 <= y0:
            return
        self._draw.rounded_rectangle((x0, y0, x1, y1), radius=min(radius * self._scale, (x1 - x0) / 2), fill=fill)

    def shape(self, points: list[Point], fill: str) -> None:
        self._draw.polygon([self.at(point) for point in points], fill=fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: str, *, turn: float = 0) -> None:
        """Centre, half axes, turned by `turn` degrees."""
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
        ring = [(rx * math.cos(t), ry * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 60, endpoint=False)]
        self.shape([(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in ring], fill)

    def line(self, points: list[Point], fill: str, width: float = 1) -> None:
        thick = max(1, round(width * self._scale))
        self._draw.line([self.at(point) for point in points], fill=fill, width=thick, joint="curve")

    def text(self, x: float, y: float, words: str, size: float, fill: str) -> None:
        """Centred words. Without a font that has Chinese, Pillow's own one draws what it can."""
        pixels = max(6, round(size * self._scale))
        if self._font_path is not None:
            font: ImageFont.FreeTypeFont | ImageFont.ImageFont = ImageFont.truetype(str(self._font_path), pixels)
        else:
            font = ImageFont.load_default(pixels)
            words = words.encode("ascii", "ignore").decode()
        self._draw.text(self.at((x, y)), words, font=font, fill=fill, anchor="mm")


def curve(a: Point, b: Point, c: Point, d: Point, steps: int = 16) -> list[Point]:
    """Points of a cubic Bezier from a to d."""
    out = []
    for step in range(steps + 1):
        t = step / steps
        s = 1 - t
        weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
        out.append(tuple(sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1)))
    return out  # type: ignore[return-value]


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def tint(colour: str, share: float) -> str:
    """Lighter (share > 0, towards white) or darker (share < 0, towards black)."""
    ground = 255 if share > 0 else 0
    return "#" + "".join(f"{round(part + (ground - part) * abs(share)):02x}" for part in rgb(colour))
