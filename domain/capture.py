"""A capture as the phone sends it: plain values, before any rule has looked at it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.chain import canonical_json
from domain.records import Position

PHOTO_CAP_BYTES = 12_000_000
PREVIEW_CAP_BYTES = 64_000
PHOTOS_AT_MOST = 30
EXTRA_SHOT = "extra"
MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")


@dataclass(frozen=True)
class CapturePhoto:
    sha256: str
    size: int
    media_type: str
    shot: str
    source: str
    taken_at: datetime | None
    position: Position | None
    derived_from: str | None
    preview: bytes | None


@dataclass(frozen=True)
class Part:
    """Bytes first to last (both in it) of a photo of that size, as Content-Range says it."""

    first: int
    last: int
    size: int


@dataclass(frozen=True)
class Capture:
    """body: the JSON as received, previews taken out; unknown optional fields stay in it."""

    id: str
    kind: str
    issue_type: str
    subject_id: str | None
    captured_at: datetime
    sent_at: datetime | None
    position: Position | None
    position_reason: str | None
    pin: tuple[float, float] | None
    building: str | None
    unit: str | None
    floor: str | None
    note: str | None
    plate: str | None
    catalogue_edition: str
    photos: tuple[CapturePhoto, ...]
    body: dict[str, Any]

    @property
    def content_hash(self) -> str:
        """Equal for the same capture sent twice: the time of sending is left out, everything else counts."""
        return hashlib.sha256(
            canonical_json({k: v for k, v in self.body.items() if k != "sent_at"}).encode()
        ).hexdigest()
