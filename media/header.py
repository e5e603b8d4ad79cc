"""The first look at a file: is it a photo we take, and how large does it claim to be? No pixel is decoded here."""

from __future__ import annotations

import re
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from domain.errors import Refused

PIXEL_CAP = 50_000_000
# Pillow's WebP reader holds the canvas four times over (15 bytes a pixel, measured): 20 megapixels stay under 400 MB.
WEBP_PIXEL_CAP = 20_000_000
DECODED_FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}

_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEAD_BYTES = 64 * 1024
_ISPE = re.compile(rb"ispe\x00\x00\x00\x00(.{8})", re.DOTALL)

# warnings.catch_warnings swaps a process-wide list; two request threads must not interleave inside it.
_warnings_lock = threading.Lock()


class BadPhoto(Refused):
    """The file cannot serve as a photo. Codes: not_a_photo, too_many_pixels, photo_broken, photo_too_heavy."""

    code, status = "not_a_photo", 422


@dataclass(frozen=True)
class Header:
    """What the file's own first bytes say. The name and the declared type are only hearsay: `media_type` wins.

    width, height: stored pixels before orientation; None for a HEIF file that does not say.
    """

    format: str
    media_type: str
    width: int | None
    height: int | None
    declared_media_type: str | None = None

    @property
    def is_heif(self) -> bool:
        return self.format == "HEIF"

    @property
    def differs_from_declared(self) -> bool:
        return self.declared_media_type not in (None, self.media_type)


def check_header(path: Path, declared: str | None = None) -> Header:
    """Read the header of the file at `path`. `declared`: the media type the sender claimed, if any.

    Raises BadPhoto("not_a_photo") for anything but JPEG, PNG, WebP and HEIC/HEIF,
    BadPhoto("too_many_pixels") when the header claims more than 50 megapixels (WebP: 20).
    """
    with plain_refusal("not_a_photo"):
        with Path(path).open("rb") as file:
            head = file.read(_HEAD_BYTES)
        found = _heif_size(head) if _is_heif(head) else None
        if found is not None:
            width, height = found
            kind = "HEIF"
        else:
            # Before Pillow: its WebP reader reserves the whole canvas while opening.
            cap_pixels("WEBP", *(_webp_canvas(head) or (0, 0)))
            with open_known(path) as image:
                width, height = image.size
                kind = "JPEG" if image.format == "MPO" else str(image.format)
        cap_pixels(kind, width or 0, height or 0)
        return Header(kind, MEDIA_TYPES[kind], width, height, declared)


@contextmanager
def open_known(path: Path, formats: tuple[str, ...] = DECODED_FORMATS) -> Iterator[Image.Image]:
    """Open lazily, only as one of `formats`; Pillow's warning about decompression bombs counts as an error."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        image = Image.open(path, formats=formats)
    with image:
        yield image


@contextmanager
def plain_refusal(code: str) -> Iterator[None]:
    """The one boundary to the decoders: whatever a broken file makes them raise becomes one plain code.

    A damaged file leaks IndexError, SyntaxError, struct.error, zlib.error and more, so nothing narrower would hold.
    """
    try:
        yield
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPhoto("too_many_pixels") from error
    except MemoryError as error:
        raise BadPhoto("photo_too_heavy") from error
    except Exception as error:
        raise BadPhoto(code) from error


def cap_pixels(kind: str, width: int, height: int) -> None:
    """Raises BadPhoto("too_many_pixels") above 50 megapixels, for WebP above 20."""
    cap = WEBP_PIXEL_CAP if kind == "WEBP" else PIXEL_CAP
    if width * height > cap:
        raise BadPhoto("too_many_pixels", width=width, height=height, cap=cap)


def _is_heif(head: bytes) -> bool:
    """ISO base media `ftyp` box whose major or compatible brands name HEIF and not AVIF (ISO/IEC 23008-12)."""
    if head[4:8] != b"ftyp":
        return False
    size = min(struct.unpack(">I", head[:4])[0], 512)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))}
    return bool(brands & _HEIF_BRANDS) and not brands & _AVIF_BRANDS


def _heif_size(head: bytes) -> tuple[int | None, int | None]:
    """The largest `ispe` property of the meta box: of a tiled picture that is the whole, not a tile."""
    sizes = [struct.unpack(">II", match.group(1)) for match in _ISPE.finditer(head)]
    return max(sizes, key=lambda size: size[0] * size[1]) if sizes else (None, None)


def _webp_canvas(head: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP out of its first chunk (VP8X, VP8L or VP8), or None when it is something else."""
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP" or len(head) < 30:
        return None
    chunk = head[12:16]
    if chunk == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
