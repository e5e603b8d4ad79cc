"""What an account must be like, typed on a form or read from a sheet: the same rules for both."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.errors import Invalid
from domain.records import SCOPES, Assignment

USERNAME_FROM, TEXT_AT_MOST = 2, 64


def username_of(text: str) -> str:
    """Raises Invalid("bad_username")."""
    text = text.strip()
    if not (USERNAME_FROM <= len(text) <= TEXT_AT_MOST) or any(c.isspace() or ord(c) < 32 for c in text):
        raise Invalid("bad_username", field="username")
    return text


def name_of(text: str) -> str:
    """Raises Invalid("name_missing")."""
    text = text.strip()
    if not (1 <= len(text) <= TEXT_AT_MOST):
        raise Invalid("name_missing", field="name")
    return text


def phone_of(text: str | None) -> str | None:
    """None for an empty one; what starts like a mainland mobile has its 11 digits. Raises Invalid("bad_phone")."""
    text = (text or "").strip()
    is_number = text.lstrip("+").isdigit() and 6 <= len(text) <= 20
    if text and not (is_number and (text[0] != "1" or len(text) == 11)):
        raise Invalid("bad_phone", field="phone")
    return text or None


def check_assignments(held: Sequence[Assignment], offered: Collection[str]) -> None:
    """offered: codes of the roles that may be given now. Raises Invalid("bad_assignment"), Invalid("admin_and_auditor")."""
    for one in held:
        is_whole = one.scope_kind == "city"
        if one.role not in offered or one.scope_kind not in SCOPES or is_whole == bool(one.scope_id):
            raise Invalid("bad_assignment", field="assignments")
    if {"admin", "auditor"} <= {one.role for one in held}:
        raise Invalid("admin_and_auditor", field="assignments")
