"""Bodies and pictures for the intake tests."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from datetime import UTC, datetime

from PIL import Image


def preview_of(data: bytes) -> str:
    out = io.BytesIO()
    image = Image.open(io.BytesIO(data))
    image.thumbnail((160, 160))
    image.save(out, "JPEG", quality=50)
    return base64.b64encode(out.getvalue()).decode()


def photo_json(data: bytes, shot: str, **changed) -> dict:
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "media_type": "image/jpeg", "shot": shot,
            "source": "camera", "taken_at": now(), "position": None, "derived_from": None, "preview": None,
            **changed}  # fmt: skip


def capture_json(spot: tuple[float, float], photos: list[dict], **changed) -> dict:
    return {
        "schema": 1, "id": str(uuid.uuid4()), "kind": "report", "issue_type": "zombie_vehicle", "subject_id": None,
        "captured_at": now(), "sent_at": now(),
        "position": {"lon": spot[0], "lat": spot[1], "accuracy_m": 6.0, "fixed_at": now()}, "position_reason": None,
        "pin": None, "location_text": {"building": "3幢", "unit": "2", "floor": None}, "note": "落满灰",
        "plate": "浙D12345", "catalogue_edition": "builtin-2026-11", "photos": photos, **changed,
    }  # fmt: skip


def now() -> str:
    return datetime.now(UTC).isoformat()
