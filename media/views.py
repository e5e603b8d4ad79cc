"""The pictures people look at: a 1600 px view with its stamp and a 320 px thumbnail, re-encoded without metadata."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from media.header import plain_refusal
from media.pixels import fitted, upright
from media.stamp import Stamp, stamped

VIEW_LONG_SIDE_PX = 1600
THUMB_LONG_SIDE_PX = 320
QUALITY = 82


@dataclass(frozen=True)
class Views:
    """Two JPEG files in memory. `thumb` carries no stamp: at 320 px nobody could read it."""

    view_jpeg: bytes
    thumb_jpeg: bytes
    view_size: tuple[int, int]
    thumb_size: tuple[int, int]


def make_views(path: Path, stamp: Stamp | None, font_path: Path | None, *, may_decode_heic: bool = False) -> Views:
    """Both views of the photo at `path`; without a stamp no font is needed. Raises BadPhoto as `upright` does."""
    return views_of(upright(path, VIEW_LONG_SIDE_PX, may_decode_heic=may_decode_heic), stamp, font_path)


def views_of(
    picture: Image.Image, stamp: Stamp | None, font_path: Path | None, thumb: Image.Image | None = None
) -> Views:
    """Both views of an upright RGB picture that is in memory already, and of its thumbnail when that is there too."""
    with plain_refusal("photo_broken"):
        thumb = thumb or thumb_of(picture)
        view = picture
        if stamp is not None and font_path is not None:
            view = stamped(picture, stamp, font_path)
        return Views(_jpeg(view), _jpeg(thumb), view.size, thumb.size)


def thumb_of(picture: Image.Image) -> Image.Image:
    """At most 320 px on its long side, never enlarged."""
    size = fitted(picture.size, THUMB_LONG_SIDE_PX)
    return picture.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)


def _jpeg(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.info = {}  # Pillow would carry a JPEG comment over from the original
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
