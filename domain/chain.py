"""The rules of the history chain: what is hashed, in which order. Pure; storage keeps the rows, services walk them.

Each subject (one record, one zone, one person ...) has its own chain. A link holds a salted digest of its payload,
never the payload itself, so personal data beside the chain can be erased and the chain still checks.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Any

GENESIS = "0" * 64


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no spaces, UTF-8 kept; datetimes as UTC ISO 8601."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no canonical form")


def payload_digest(salt: str, payload: dict[str, Any]) -> str:
    return hashlib.sha256((salt + canonical_json(payload)).encode()).hexdigest()


def link_hash(
    *, prev_hash: str, subject_kind: str, subject_id: str, seq: int, at: datetime, actor_id: str | None,
    action: str, digest: str,
) -> str:  # fmt: skip
    """SHA-256 over the link's fields joined by line feeds; `at` to the microsecond in UTC."""
    fields = (prev_hash, subject_kind, subject_id, str(seq), at.astimezone(UTC).isoformat(timespec="microseconds"),
              actor_id or "", action, digest)  # fmt: skip
    return hashlib.sha256("\n".join(fields).encode()).hexdigest()


def merkle_root(leaves: list[str]) -> str:
    """Root over hex leaves, pairwise from the left; an odd last one moves up unchanged. Empty: GENESIS.

    Leaves and nodes are hashed with different prefixes (as in RFC 6962) so that one never passes for the other.
    """
    level = [hashlib.sha256(b"\x00" + leaf.encode()).hexdigest() for leaf in leaves]
    if not level:
        return GENESIS
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [
            hashlib.sha256(b"\x01" + p[0].encode() + p[1].encode()).hexdigest() if len(p) == 2 else p[0] for p in pairs
        ]
    return level[0]
