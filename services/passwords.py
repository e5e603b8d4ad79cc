"""Passwords: hashed with Argon2id, a few at a time, and compared in the same time for a name that nobody has."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from domain.errors import Invalid

HASHES_AT_ONCE = 2  # each takes 64 MiB
PASSWORD_AT_LEAST = 10
NO_PASSWORD = "-"  # noqa: S105 - no hash reads like this: an account without a password yet opens with none


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._dummy = self.hash(secrets.token_hex(8))

    def hash(self, password: str) -> str:
        with self._hashing:
            return self._hasher.hash(password)

    def fits(self, stored: str, password: str) -> bool:
        """True when the password is the stored one. Where none is stored it takes as long: the time must not tell."""
        with self._hashing:
            try:
                has_one = stored != NO_PASSWORD
                return self._hasher.verify(stored if has_one else self._dummy, password) and has_one
            except (VerifyMismatchError, InvalidHashError):
                return False


def check_new(password: str, again: str | None = None) -> None:
    """Raises Invalid when the password is too short, or was typed another way the second time."""
    if len(password) < PASSWORD_AT_LEAST:
        raise Invalid("password_short", field="password", at_least=PASSWORD_AT_LEAST)
    if again is not None and again != password:
        raise Invalid("passwords_differ", field="again")
