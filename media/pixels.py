"""From file to upright sRGB pixels, no larger than asked: shrink first, then turn, then colour."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from media.header import DECODED_FORMATS, BadPhoto, cap_pixels, check_header, open_known, plain_refusal

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BAND_PIXELS = 2_000_000
_PROFILE_CAP_BYTES = 4 * 1024 * 1024


def upright(path: Path, long_side: int, *, may_decode_heic: bool = False) -> Image.Image:
    """The picture at `path` as RGB in sRGB, turned as its EXIF says, long side at most `long_side` px, never enlarged.

    Carries no metadata. Raises BadPhoto: the header's codes, photo_broken, photo_too_heavy, heic_not_decoded.
    """
    header = check_header(path)
    if header.is_heif:
        if not (may_decode_heic and _learn_heif()):
            raise BadPhoto("heic_not_decoded")
    with plain_refusal("photo_broken"), open_known(path, ("HEIF",) if header.is_heif else DECODED_FORMATS) as image:
        cap_pixels(header.format, *image.size)  # again: a HEIF header may say nothing
        orientation = image.getexif().get(0x0112, 1) if not header.is_heif else 1
        profile = image.info.get("icc_profile")
        size = fitted(image.size, long_side)
        if header.format == "JPEG":
            image.draft(None, size)
        image.load()
        small = _shrunk(image, size)
        small = _in_srgb(small, profile)
        turn = _TURNS.get(orientation) if isinstance(orientation, int) else None
        small = small.transpose(turn) if turn is not None else small
        small.info = {}
        return small


def fitted(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Width and height with the long side at most `long_side`; neither falls below one pixel."""
    scale = min(1.0, long_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Down to `size`, flattened. Large pictures go band by band, so the decoded picture is never held twice.

    Hamming: as sharp as bicubic when shrinking, at 60 % of its time (24 against 40 ms from 3 to 2 megapixels).
    """
    factor = max(1, min(image.width // (size[0] * 2), image.height // (size[1] * 2)))
    if factor > 1 and image.width * image.height > _BAND_PIXELS:
        image = _reduced_in_bands(image, factor)
    else:
        image = _flat(image)
    return image if image.size == size else image.resize(size, Image.Resampling.HAMMING)


def _reduced_in_bands(image: Image.Image, factor: int) -> Image.Image:
    height = factor * max(1, _BAND_PIXELS // (image.width * factor))
    bands = []
    for top in range(0, image.height, height):
        band = image.crop((0, top, image.width, min(image.height, top + height)))
        bands.append(_flat(band).reduce(factor))
    whole = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    top = 0
    for band in bands:
        whole.paste(band, (0, top))
        top += band.height
    return whole


def _flat(image: Image.Image) -> Image.Image:
    """8-bit L, RGB or CMYK without alpha: transparency lands on white, 16 bit keeps its upper byte."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode == "I":
        return Image.fromarray((np.clip(np.asarray(image), 0, 65535) >> 8).astype(np.uint8))
    has_alpha = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    if has_alpha:
        layered = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(layered, mask=layered.getchannel("A"))
        return ground
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Through the embedded colour profile when there is a sound one; a broken profile is ignored, not refused."""
    if profile and len(profile) <= _PROFILE_CAP_BYTES and b"sRGB" not in profile[:4096]:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            turned = None
        if turned is not None:
            return turned
    return image.convert("RGB")


def _learn_heif() -> bool:
    """Teach Pillow HEIF when the optional decoder is installed; only ever called inside the worker."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener(thumbnails=False)
    return True
