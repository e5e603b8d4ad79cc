"""What opens an account beside its password: a login in a browser, a token of a machine or of a phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

PERSONAL, DEVICE = "personal", "device"
PREFIXES = {PERSONAL: "slgp_", DEVICE: "slgd_"}  # known to scanners that look for secrets in places where none belong
SECRET = re.compile(r"slg[pd]_[A-Za-z0-9_-]{43}")
DAYS_AT_MOST = 366
NAME_AT_MOST = 80
DEVICE_LIFE = timedelta(days=90)  # from its last use
# A phone sends what its person saw, and reads that again: nothing of others, whatever the person's roles are.
DEVICE_ACTIONS = ("app.use", "layers.read", "record.read:own", "record.report")


@dataclass(frozen=True)
class AccessToken:
    """One token as its owner sees it. The secret was shown once and is not here; device: what asked for it."""

    id: str
    person_id: str
    kind: str
    name: str
    actions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    device: str = ""


@dataclass(frozen=True)
class LoginSession:
    """One login that still stands."""

    id: str
    person_id: str
    created_at: datetime
    expires_at: datetime
    address: str
    device: str
