"""Something that waits for somebody, and for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reminder:
    """For one person, or for whoever holds `permission` in the street (in any street when street_id is None).

    facts fill the sentence in i18n under [reminder]; due_on: YYYY-MM-DD, None for "now".
    """

    kind: str
    subject_kind: str
    subject_id: str
    street_id: str | None = None
    permission: str | None = None
    person_id: str | None = None
    due_on: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same thing for the same people is the same reminder."""
        return f"{self.kind}:{self.subject_id}:{self.person_id or self.permission}"
