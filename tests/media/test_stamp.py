"""The stamp: on any picture, with any text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from media.stamp import Stamp, stamped

STAMP = Stamp(
    time="2026-11-09 15:20:33",
    offset="UTC+08:00",
    place="剡湖街道 · 示例第三网格 · 示例小区036",
    position="120.82120, 29.59030 ±5 米",
    person="网格员B",
    record_number="R-330683-20261109-0042",
    shot="近景",
    sample_mark="示意数据",
)
GREY = (120, 124, 120)


def _grey(size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, GREY)


def _changed(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(before, after).getbbox()


@pytest.mark.parametrize("size", [(1600, 1200), (1200, 1600), (1600, 900), (800, 600)])
def test_plate_lies_bottom_left_and_ticks_in_four_corners(size: tuple[int, int], font_path: Path) -> None:
    before = _grey(size)
    after = stamped(before, replace(STAMP, sample_mark=""), font_path)
    assert after.size == size
    assert before.getpixel((0, 0)) == GREY  # the picture given is not drawn upon
    width, height = size
    tick = round(60 * min(size) / 1200)
    for corner in ((0, 0), (width - tick, 0), (0, height - tick), (width - tick, height - tick)):
        box = (*corner, corner[0] + tick, corner[1] + tick)
        assert (255, 255, 255) in {colour for _, colour in after.crop(box).getcolors(tick * tick)}
    middle = (width // 4, height // 5, width * 3 // 4, height // 2)
    assert _changed(before.crop(middle), after.crop(middle)) is None
    low_left = after.crop((round(width * 0.06), height - round(height * 0.12), round(width * 0.14), height - tick))
    assert sum(ImageStat.Stat(low_left).median) < sum(GREY) * 0.4


def test_sample_mark_stands_top_right_only_when_asked(font_path: Path) -> None:
    before = _grey((1600, 1200))
    box = (1250, 55, 1540, 130)
    with_mark, without = (stamped(before, replace(STAMP, sample_mark=mark), font_path) for mark in ("示意数据", ""))
    assert _changed(before.crop(box), without.crop(box)) is None
    assert _changed(before.crop(box), with_mark.crop(box)) is not None


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (40, 30), (128, 128), (300, 200), (1600, 200), (120, 1600)])
def test_small_and_flat_pictures_get_a_readable_plate_below(size: tuple[int, int], font_path: Path) -> None:
    after = stamped(_grey(size), replace(STAMP, sample_mark=""), font_path)
    assert after.width >= max(size[0], 420)
    assert after.height > size[1]
    left = (after.width - size[0]) // 2
    assert after.getpixel((left + size[0] // 2, size[1] // 2)) == GREY  # the picture itself stays visible


@pytest.mark.parametrize(
    "text",
    ["😀🚗 车 👨‍👩‍👧 <b>粗</b>", "很长" * 300, "word " * 120, "\ud800 lone", "\x00\x07 bell\r\nline", "·" * 90, " "],
    ids=["emoji", "long", "words", "surrogate", "control", "dots", "blank"],
)
def test_any_text_can_be_stamped_and_stays_on_the_picture(text: str, font_path: Path) -> None:
    everywhere = Stamp(time=text, offset=text, place=text, position=text, person=text, record_number=text, shot=text)
    before = _grey((1600, 1200))
    after = stamped(before, everywhere, font_path)
    right_edge = (1600 - 17, 100, 1600, 1100)
    assert _changed(before.crop(right_edge), after.crop(right_edge)) is None


def test_long_text_ends_in_an_ellipsis_not_in_the_middle_of_nowhere(font_path: Path) -> None:
    from media.stamp import _cut, _font, _wrap

    font = _font(font_path, 30)
    cut = _cut("嵊州市剡湖街道示例小区三十六幢二单元门口" * 5, font, 400)
    assert cut.endswith("…")
    assert font.getlength(cut) <= 400
    lines = _wrap("剡湖街道 · 示例第三网格 · 示例小区036 · 3 幢 2 单元门前的消防通道内侧", font, 480, 2)
    assert len(lines) == 2
    assert all(font.getlength(line) <= 480 for line in lines)
    assert lines == ["剡湖街道 · 示例第三网格", "示例小区036 · 3 幢 2 单元门前的…"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    width=st.integers(1, 900),
    height=st.integers(1, 900),
    time=st.text(max_size=60),
    place=st.text(max_size=200),
    mark=st.text(max_size=30),
)
def test_no_size_and_no_text_crashes_the_stamp(
    font_path: Path, width: int, height: int, time: str, place: str, mark: str
) -> None:
    out = stamped(_grey((width, height)), replace(STAMP, time=time, place=place, sample_mark=mark), font_path)
    assert out.mode == "RGB"
    assert out.width >= width
    assert out.height >= height


def test_stamp_travels_as_plain_words_and_unknown_ones_are_left_out() -> None:
    assert Stamp.from_dict({**STAMP.as_dict(), "weather": "晴"}) == STAMP
    assert Stamp.from_dict({"time": "9:41", "place": None}) == Stamp(time="9:41")
