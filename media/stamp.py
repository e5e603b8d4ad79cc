"""The stamp on a view, like a watermark camera's: when, where, who, which record. The original is never touched."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

_PLATE = (8, 14, 18)
_PLATE_OPACITY = 0.74
_WHITE, _SOFT, _BAR = (255, 255, 255), (208, 218, 223), (134, 197, 232)
_MIN_UNIT, _MIN_WIDTH_PX = 0.42, 420
_PLATE_SHARE = 0.48  # of the picture's height; a taller plate stands below the picture instead of hiding it


@dataclass(frozen=True)
class Stamp:
    """All text worded already, in the viewer-independent language of the record. Empty rows are left out."""

    time: str
    offset: str = ""
    place: str = ""
    position: str = ""
    person: str = ""
    record_number: str = ""
    shot: str = ""
    sample_mark: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_dict(cls, given: dict[str, Any]) -> Stamp:
        """Unknown keys are left out, so an older worker reads a newer request."""
        return cls(**{f.name: str(given.get(f.name) or "") for f in fields(cls)})


@dataclass(frozen=True)
class _Row:
    text: str
    size_px: int
    fill: tuple[int, int, int]
    most_lines: int = 1
    trailing: str = ""
    is_chip: bool = False


def stamped(picture: Image.Image, stamp: Stamp, font_path: Path) -> Image.Image:
    """A stamped copy of an upright RGB picture; a small or flat picture gets a band below for the plate."""
    unit = max(_MIN_UNIT, min(picture.size) / 1200)
    plate = _plate(stamp, font_path, unit, room_px=max(picture.width, _MIN_WIDTH_PX) - round(2 * 40 * unit))
    margin = round(40 * unit)
    fits = plate.height + 2 * margin <= picture.height * _PLATE_SHARE and picture.width >= _MIN_WIDTH_PX
    if fits:
        out = picture.copy()
        _lay(out, plate, (margin, out.height - margin - plate.height))
        frame = out.size
    else:
        gap = round(16 * unit)
        out = Image.new("RGB", (max(picture.width, _MIN_WIDTH_PX), picture.height + plate.height + 2 * gap), _PLATE)
        out.paste(picture, ((out.width - picture.width) // 2, 0))
        out.paste(plate.convert("RGB"), (gap, picture.height + gap))
        frame = (out.width, picture.height)
    _ticks(out, frame, unit)
    if stamp.sample_mark:
        _sample_mark(out, stamp.sample_mark, font_path, unit)
    return out


def _plate(stamp: Stamp, font_path: Path, unit: float, room_px: int) -> Image.Image:
    """The plate as RGBA, as wide as its longest row, at most `room_px`."""
    pad, bar = round(22 * unit), max(3, round(7 * unit))
    lines = _lines(_rows(stamp, unit), font_path, room_px - 2 * pad - bar)
    width = 2 * pad + bar + max((_row_width(row, font_path) for row in lines), default=0)
    heights = [round(row.size_px * (1.75 if row.is_chip else 1.42)) for row in lines]
    plate = Image.new("RGBA", (width, 2 * pad + sum(heights)), (*_PLATE, round(255 * _PLATE_OPACITY)))
    draw = ImageDraw.Draw(plate)
    draw.rectangle((0, 0, bar - 1, plate.height), fill=(*_BAR, 255))
    top = pad
    for row, height in zip(lines, heights, strict=True):
        _draw_row(draw, row, font_path, (bar + pad, top))
        top += height
    return plate


def _rows(stamp: Stamp, unit: float) -> list[_Row]:
    big, plain, small = (max(least, round(size * unit)) for least, size in ((19, 46), (14, 32), (13, 27)))
    rows = [
        _Row(stamp.shot, small, _WHITE, trailing=stamp.record_number, is_chip=True)
        if stamp.shot
        else _Row(stamp.record_number, small, _SOFT),
        _Row(stamp.time, big, _WHITE, trailing=stamp.offset),
        _Row(stamp.place, plain, _WHITE, most_lines=2),
        _Row(stamp.position, small, _SOFT),
        _Row(stamp.person, small, _SOFT),
    ]
    return [_clean(row) for row in rows if row.text.strip()]


def _clean(row: _Row) -> _Row:
    return _Row(_one_line(row.text), row.size_px, row.fill, row.most_lines, _one_line(row.trailing), row.is_chip)


def _one_line(text: str) -> str:
    """Without control, joining and unpaired marks, which fonts cannot draw; runs of blanks become one."""
    kept = "".join(" " if mark.isspace() else mark for mark in text[:400])
    kept = "".join(mark for mark in kept if not unicodedata.category(mark).startswith("C"))
    return " ".join(kept.split())


def _lines(rows: list[_Row], font_path: Path, room_px: int) -> list[_Row]:
    """Each row cut to the room: wrapped to its most lines, then shortened with an ellipsis."""
    out = []
    for row in rows:
        font = _font(font_path, row.size_px)
        room = room_px - (row.size_px if row.is_chip else 0)
        if row.most_lines > 1:
            out += [_Row(text, row.size_px, row.fill) for text in _wrap(row.text, font, room, row.most_lines)]
        elif row.trailing and _row_width(row, font_path) <= room_px:
            out.append(row)
        else:
            out.append(_Row(_cut(row.text, font, room), row.size_px, row.fill, is_chip=row.is_chip))
            if row.trailing:
                size = _small(row.size_px)
                out.append(_Row(_cut(row.trailing, _font(font_path, size), room_px), size, _SOFT))
    return out


def _wrap(text: str, font: ImageFont.FreeTypeFont, room_px: int, most_lines: int) -> list[str]:
    """Break at a middle dot when one is near the edge, else at a blank, else anywhere: Chinese has no blanks."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most_lines - 1:
        fits = _how_many_fit(rest, font, room_px)
        if fits >= len(rest):
            break
        dot, blank = rest.rfind("·", 0, fits), rest.rfind(" ", 0, fits + 1)
        at = next((spot + 1 for spot in (dot, blank) if spot > fits * 0.55), fits)
        lines.append(rest[:at].strip(" ·") or rest[:at])
        rest = rest[at:].strip()
    return [*lines, _cut(rest, font, room_px)] if rest else lines


def _cut(text: str, font: ImageFont.FreeTypeFont, room_px: int) -> str:
    fits = _how_many_fit(text, font, room_px)
    if fits >= len(text):
        return text
    return text[: max(1, _how_many_fit(text, font, room_px - font.getlength("…")))].rstrip() + "…"


def _how_many_fit(text: str, font: ImageFont.FreeTypeFont, room_px: float) -> int:
    """At least one, so that wrapping always moves on."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= room_px else (low, middle - 1)
    return low


def _small(size_px: int) -> int:
    return max(13, round(size_px * 0.62))


def _trailing_size(row: _Row) -> int:
    return row.size_px if row.is_chip else _small(row.size_px)


def _row_width(row: _Row, font_path: Path) -> int:
    width = _font(font_path, row.size_px).getlength(row.text) + (row.size_px if row.is_chip else 0)
    if row.trailing:
        width += row.size_px * 0.5 + _font(font_path, _trailing_size(row)).getlength(row.trailing)
    return round(width) + 1


def _draw_row(draw: ImageDraw.ImageDraw, row: _Row, font_path: Path, corner: tuple[int, int]) -> None:
    font = _font(font_path, row.size_px)
    left, top = corner
    middle = top + round(row.size_px * (0.78 if row.is_chip else 0.68))
    inset = row.size_px // 2 if row.is_chip else 0
    width = font.getlength(row.text)
    if row.is_chip:
        half = round(row.size_px * 0.74)
        box = (left, middle - half, left + width + 2 * inset, middle + half)
        draw.rounded_rectangle(box, radius=round(row.size_px * 0.3), fill=(255, 255, 255, 255))
    colour = _PLATE if row.is_chip else row.fill
    draw.text((left + inset, middle), row.text, font=font, fill=(*colour, 255), anchor="lm")
    if row.trailing:
        small = _font(font_path, _trailing_size(row))
        ahead = left + width + 2 * inset + row.size_px * 0.5
        draw.text((ahead, middle), row.trailing, font=small, fill=(*_SOFT, 255), anchor="lm")


def _lay(out: Image.Image, plate: Image.Image, corner: tuple[int, int]) -> None:
    """Lay the plate with rounded corners; the mask is drawn twice as large, so the corners are smooth."""
    radius = max(4, plate.height // 20)
    mask = Image.new("L", (plate.width * 2, plate.height * 2))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), radius=radius * 2, fill=255)
    ground = out.crop((*corner, corner[0] + plate.width, corner[1] + plate.height)).convert("RGBA")
    ground.alpha_composite(plate)
    out.paste(ground.convert("RGB"), corner, mask.reduce(2))


def _ticks(out: Image.Image, frame: tuple[int, int], unit: float) -> None:
    """Four corner ticks, the mark of this app; dark beside white, so they show on any picture."""
    draw = ImageDraw.Draw(out)
    inset, arm, thick = (round(size * unit) for size in (18, 40, 5))
    thick = max(2, thick)
    if min(frame) < 2 * (inset + arm) + 4:
        return
    for shift, colour in ((max(1, thick // 2), _PLATE), (0, _WHITE)):
        for x, to_right in ((inset, True), (frame[0] - 1 - inset, False)):
            for y, to_bottom in ((inset, True), (frame[1] - 1 - inset, False)):
                ends_x = sorted((x, x + (arm if to_right else -arm)))
                ends_y = sorted((y, y + (arm if to_bottom else -arm)))
                inner_x = sorted((x, x + (thick if to_right else -thick)))
                inner_y = sorted((y, y + (thick if to_bottom else -thick)))
                for box in (
                    (ends_x[0], inner_y[0], ends_x[1], inner_y[1]),
                    (inner_x[0], ends_y[0], inner_x[1], ends_y[1]),
                ):
                    draw.rectangle(tuple(edge + shift for edge in box), fill=colour)


def _sample_mark(out: Image.Image, text: str, font_path: Path, unit: float) -> None:
    size = max(13, round(30 * unit))
    font = _font(font_path, size)
    inset, pad = round(52 * unit), size // 2
    label = _cut(_one_line(text), font, max(size, out.width - 2 * (inset + pad)))
    width, height = round(font.getlength(label)) + 2 * pad, round(size * 1.7)
    mark = Image.new("RGBA", (width, height), (*_PLATE, round(255 * _PLATE_OPACITY)))
    draw = ImageDraw.Draw(mark)
    _dashes(draw, (3, 3, width - 4, height - 4), max(1, round(2 * unit)), max(3, round(8 * unit)))
    draw.text((pad, round(size * 0.83)), label, font=font, fill=(*_WHITE, 255), anchor="lm")
    _lay(out, mark, (max(0, out.width - width - inset), min(inset, max(0, out.height - height))))


def _dashes(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], thick: int, dash: int) -> None:
    """A dashed frame: the app's sign for sample data."""
    left, top, right, bottom = box
    for x in range(left, right, dash * 2):
        for y in (top, bottom - thick + 1):
            draw.rectangle((x, y, min(x + dash, right), y + thick - 1), fill=(*_WHITE, 255))
    for y in range(top, bottom, dash * 2):
        for x in (left, right - thick + 1):
            draw.rectangle((x, y, x + thick - 1, min(y + dash, bottom)), fill=(*_WHITE, 255))


@lru_cache(maxsize=64)
def _font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)
