"""Views: upright, sRGB, small enough, without metadata."""

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.pictures import picture
from media.facts import BadPhoto
from media.views import make_views

Difference = Callable[[Image.Image, Image.Image], float]


def _open(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=["JPEG"])


def segments(data: bytes) -> set[int]:
    """The marker codes before the first scan: APP0 is E0, EXIF and XMP E1, ICC E2, a comment FE."""
    at, found = 2, set()
    while data[at] == 0xFF and data[at + 1] != 0xDA:
        found.add(data[at + 1])
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return found


def test_twelve_megapixels_become_1600_and_320(twelve_megapixels: Path) -> None:
    assert twelve_megapixels.stat().st_size > 1_500_000
    views = make_views(twelve_megapixels, None, None)
    assert _open(views.view_jpeg).size == (1600, 1200) == views.view_size
    assert _open(views.thumb_jpeg).size == (320, 240) == views.thumb_size


def test_small_pictures_are_never_enlarged(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    Image.new("RGB", (200, 50), "green").save(path)
    views = make_views(path, None, None)
    assert views.view_size == views.thumb_size == (200, 50)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2), (9000, 40)])
def test_odd_shapes_are_kept(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "odd.png"
    Image.new("RGB", size, "teal").save(path)
    views = make_views(path, None, None)
    assert max(views.view_size) == min(1600, max(size))
    assert min(views.thumb_size) >= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(tmp_path: Path, orientation: int, mean_difference: Difference) -> None:
    upright, turned = tmp_path / "1.jpg", tmp_path / "n.jpg"
    upright.write_bytes(picture("corridor_ebike", "panorama", 5, (800, 600)))
    turned.write_bytes(picture("corridor_ebike", "panorama", 5, (800, 600), orientation=orientation))
    with Image.open(turned) as stored:
        assert stored.size == ((600, 800) if orientation > 4 else (800, 600))
    want, got = (_open(make_views(path, None, None).thumb_jpeg) for path in (upright, turned))
    assert got.size == want.size
    assert mean_difference(got, want) < 1.0
    assert mean_difference(got.transpose(Image.Transpose.FLIP_LEFT_RIGHT), want) > 8.0


def test_real_orientation_examples_all_show_the_same(photo_folder: Path, mean_difference: Difference) -> None:
    folder = photo_folder / "orientation_recurser"
    want = _open(make_views(folder / "Landscape_1.jpg", None, None).thumb_jpeg)
    for orientation in range(9):
        got = _open(make_views(folder / f"Landscape_{orientation}.jpg", None, None).thumb_jpeg)
        assert got.size == want.size == (320, 213)
        assert mean_difference(got, want) < 3.0, orientation  # each carries its own figure in the middle


def test_large_png_and_jpeg_of_one_scene_agree(tmp_path: Path, mean_difference: Difference) -> None:
    jpeg, png = tmp_path / "a.jpg", tmp_path / "a.png"
    jpeg.write_bytes(picture("bin_overflow", "panorama", 2, (2800, 2100), quality=95))
    with Image.open(jpeg) as image:
        image.save(png, compress_level=1)
    one, other = (_open(make_views(path, None, None).view_jpeg) for path in (jpeg, png))
    assert one.size == other.size == (1600, 1200)
    assert mean_difference(one, other) < 1.0


def _middle(path: Path) -> tuple[int, ...]:
    view = _open(make_views(path, None, None).view_jpeg)
    assert view.mode == "RGB"
    return view.getpixel((view.width // 2, view.height // 2))


def _near(got: tuple[int, ...], want: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 4 for a, b in zip(got, want, strict=True))


@pytest.mark.parametrize("size", [(64, 48), (3400, 2400)], ids=["small", "in-bands"])
def test_every_pixel_kind_becomes_rgb(tmp_path: Path, size: tuple[int, int]) -> None:
    def save(name: str, image: Image.Image, **more: object) -> Path:
        path = tmp_path / name
        image.save(path, **more)
        return path

    half_clear = Image.new("RGBA", size, (255, 0, 0, 128))
    palette = Image.new("P", size, 1)
    palette.putpalette([0, 0, 0, 10, 200, 30])
    sixteen = Image.fromarray(np.full((size[1], size[0]), 0x8040, np.uint16))
    assert _near(_middle(save("alpha.png", half_clear, compress_level=1)), (255, 127, 127))
    assert _near(_middle(save("alpha.webp", half_clear, lossless=True, method=0)), (255, 127, 127))
    assert _near(_middle(save("clear.png", palette, transparency=1)), (255, 255, 255))
    assert _near(_middle(save("palette.png", palette)), (10, 200, 30))
    assert _near(_middle(save("sixteen.png", sixteen, compress_level=1)), (128, 128, 128))
    assert _near(_middle(save("grey.jpg", Image.new("L", size, 77))), (77, 77, 77))
    assert _near(_middle(save("la.png", Image.new("LA", size, (0, 0)))), (255, 255, 255))
    assert _near(_middle(save("bits.png", Image.new("1", size, 1))), (255, 255, 255))
    assert _near(_middle(save("print.jpg", Image.new("CMYK", size, (0, 255, 255, 0)))), (255, 0, 0))


def _profile_with_red_and_green_swapped() -> bytes:
    """A small ICC v2 matrix profile whose first channel is sRGB's green and whose second is its red."""

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in (x, y, z)))

    red, green, blue = (0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"swap\0" + bytes(78 + 1)
    text += bytes(-len(text) % 4)
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none", b"wtpt": xyz(0.9642, 1.0, 0.8249)}
    tags |= {b"rXYZ": xyz(*green), b"gXYZ": xyz(*red), b"bXYZ": xyz(*blue)}
    tags |= {b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s12s4s", at + len(body), b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp"
    )
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def test_colour_profile_is_turned_into_srgb(tmp_path: Path) -> None:
    path = tmp_path / "swapped.png"
    Image.new("RGB", (80, 60), (255, 0, 0)).save(path, icc_profile=_profile_with_red_and_green_swapped())
    red, green, blue = _middle(path)
    assert green > 240
    assert red < 15
    assert blue < 15


def test_broken_colour_profile_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "junk.png"
    Image.new("RGB", (80, 60), (200, 10, 10)).save(path, icc_profile=b"junk" * 50)
    assert _near(_middle(path), (200, 10, 10))


def test_views_carry_no_metadata(tmp_path: Path, drawn: Path) -> None:
    path = tmp_path / "telling.jpg"
    with Image.open(drawn) as image:
        exif = image.getexif()
        image.save(
            path, exif=exif, comment=b"secret comment", xmp=b"<x:xmpmeta>secret</x:xmpmeta>", icc_profile=b"secret"
        )
    views = make_views(path, None, None)
    for data in (views.view_jpeg, views.thumb_jpeg):
        assert segments(data) <= {0xE0, 0xDB, 0xC0, 0xC4}
        assert b"secret" not in data
        assert b"Exif" not in data
        with _open(data) as image:
            assert not image.getexif()


@pytest.mark.parametrize(
    "tail",
    [b"PK\x03\x04" + b"inside.txt" * 20 + b"PK\x05\x06" + bytes(18), b"<html><script>alert(1)</script></html>"],
    ids=["zip", "html"],
)
def test_polyglots_come_out_clean(tmp_path: Path, drawn: Path, tail: bytes) -> None:
    behind, within = tmp_path / "behind.jpg", tmp_path / "within.jpg"
    whole = drawn.read_bytes()
    behind.write_bytes(whole + tail)
    within.write_bytes(whole[:2] + b"\xff\xfe" + struct.pack(">H", len(tail) + 2) + tail + whole[2:])
    for path in (behind, within):
        views = make_views(path, None, None)
        for data in (views.view_jpeg, views.thumb_jpeg):
            assert tail[:12] not in data
            assert data.endswith(b"\xff\xd9")


def test_cut_photo_is_refused_as_broken(tmp_path: Path, drawn: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(drawn.read_bytes()[: drawn.stat().st_size // 2])
    with pytest.raises(BadPhoto) as refused:
        make_views(path, None, None)
    assert refused.value.code == "photo_broken"


def test_first_frame_of_a_moving_webp_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("blue", "red")]
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    assert _near(_middle(path), (0, 0, 255))
