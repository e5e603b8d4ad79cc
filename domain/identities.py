"""Who says who somebody is, beside our own passwords: the identity provider of a city, and a person as it knows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Provider:
    """claim: the claim that names an account. name: what people call this provider; it stands on the button."""

    issuer: str
    client_id: str
    client_secret: str = ""
    name: str = ""
    claim: str = "preferred_username"


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the issuer: the subject never changes, the name may. None: the claim was not given."""

    subject: str
    name: str | None
