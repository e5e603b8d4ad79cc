"""One family of refusals. Each has a stable code and facts; i18n words it, web/problems.py picks the status."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The office says no. `code` is for ever; `facts` fill the sentence in i18n under [refused]."""

    code = "refused"
    status = 422

    def __init__(self, code: str | None = None, *, field: str | None = None, **facts: Any) -> None:
        self.code = code or type(self).code
        self.field = field
        self.facts = facts
        super().__init__(f"{self.code} {facts}" if facts else self.code)


class NotSignedIn(Refused):
    """Nobody is asking, or the login has ended."""

    code, status = "not_signed_in", 401


class NotAllowed(Refused):
    """The role may not do this anywhere."""

    code, status = "not_allowed", 403


class NotFound(Refused):
    """It does not exist, or it is not in the asker's scope: the answer is the same."""

    code, status = "not_found", 404


class Conflict(Refused):
    """The same id with other content, or somebody was faster."""

    code, status = "conflict", 409


class Held(Refused):
    """Another request is sending the same photo just now; `offset` is how far it got."""

    code, status = "upload_held", 423


class TooLarge(Refused):
    code, status = "too_large", 413


class TooMany(Refused):
    """Too many tries; `retry_after_s` says when to come back."""

    code, status = "too_many", 429


class Invalid(Refused):
    """A field is missing or wrong; `field` names it."""

    code, status = "invalid", 422


class Busy(Refused):
    """The store or the disk cannot take it now; nothing is lost, try again."""

    code, status = "busy", 503


class Broken(Refused):
    """A mistake of ours; the details are in the server's log alone."""

    code, status = "broken", 500
