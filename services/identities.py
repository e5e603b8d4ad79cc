"""Logins through another identity provider: an identity opens the account that it was bound to, and makes none."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from domain.errors import NotFound, NotSignedIn
from domain.identities import Identity, Provider
from domain.policy.permissions import Permissions
from domain.records import Actor, Person
from services.people import People
from storage.store import Store, Work

if TYPE_CHECKING:
    from services.issuer import Issuer

BEGUN_LIFE = timedelta(minutes=10)
REMEMBERED_AT_MOST = 5000


@dataclass(frozen=True)
class Begun:
    """One login under way; the browser that began it keeps this, sealed, and comes back with it."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str


class Identities:
    def __init__(
        self, store: Store, permissions: Permissions, people: People, provider: Provider | None,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.provider = provider
        self._issuer = _issuer(provider) if provider else None
        self._store = store
        self._permissions = permissions
        self._people = people
        self._clock = clock
        self._used: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def begin(self, redirect_uri: str) -> tuple[str, Begun]:
        """(where the browser goes, what it keeps). Raises NotFound without a provider, Busy("oidc_away")."""
        issuer, _ = self._asked()
        begun = Begun(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), redirect_uri)
        return issuer.address(
            redirect_uri=redirect_uri, state=begun.state, nonce=begun.nonce, verifier=begun.verifier
        ), begun

    def finish(self, begun: Begun | None, answer: Mapping[str, str], *, address: str, device: str) -> tuple[str, Actor]:
        """A new session of whoever came back. Raises NotFound, NotSignedIn with the reason, Busy("oidc_away")."""
        issuer, provider = self._asked()
        if begun is None or not secrets.compare_digest(begun.state.encode(), answer.get("state", "").encode()):
            raise NotSignedIn("oidc_over")
        self._use_up(begun.state)
        if answer.get("iss", provider.issuer) != provider.issuer:
            raise NotSignedIn("oidc_wrong")
        if answer.get("error") or not answer.get("code"):
            raise NotSignedIn("oidc_refused")
        found = issuer.identify(
            answer["code"], redirect_uri=begun.redirect_uri, nonce=begun.nonce, verifier=begun.verifier
        )
        with self._store.work() as work:
            person = self._owner(work, provider, found)
            return self._people.enter(work, person, address=address, device=device, by="oidc")

    def of(self, actor: Actor, person_id: str) -> bool:
        """True when an identity of the provider opens this person's account."""
        self._permissions.require(actor, "people.manage")
        with self._store.look() as work:
            return work.accounts.has_identity(person_id)

    def unbind(self, actor: Actor, person_id: str) -> None:
        """No identity opens this account any more, until the next that names it. Raises NotFound."""
        self._permissions.require(actor, "people.manage")
        with self._store.work() as work:
            if not work.accounts.has_identity(person_id):
                raise NotFound()
            now = self._clock()
            work.accounts.end_identities(person_id)
            work.history.write("person", person_id, "person.identity_unbound", {}, actor_id=actor.person_id, at=now)

    def _owner(self, work: Work, provider: Provider, found: Identity) -> Person:
        """The person whom this identity opens; the first time it is found by its name, and bound."""
        bound = work.accounts.identity_owner(provider.issuer, found.subject)
        if bound is not None:
            return _open(work.people.get(bound), found.name or "")
        if found.name is None:
            raise NotSignedIn("oidc_no_claim", claim=provider.claim)
        known = work.people.by_login(found.name)
        person = known[0] if known else None
        # A name that somebody chose at the issuer must not open the account with that phone number, and no other way.
        is_meant = person and found.name == (person.phone if provider.claim.startswith("phone") else person.username)
        person = _open(person if is_meant else None, found.name)
        if work.accounts.has_identity(person.id):
            raise NotSignedIn("oidc_taken", name=found.name[:64])
        now = self._clock()
        work.accounts.bind_identity(issuer=provider.issuer, subject=found.subject, person_id=person.id, bound_at=now)
        work.history.write("person", person.id, "person.identity_bound", {"issuer": provider.issuer, "name": found.name},
                           actor_id=person.id, at=now)  # fmt: skip
        return person

    def _asked(self) -> tuple[Issuer, Provider]:
        if self._issuer is None or self.provider is None:
            raise NotFound()
        return self._issuer, self.provider

    def _use_up(self, state: str) -> None:
        """A way back works once, also for whoever kept a copy of the cookie. Raises NotSignedIn("oidc_over")."""
        now, key = self._clock(), hashlib.sha256(state.encode()).hexdigest()
        with self._lock:
            if key in self._used:
                raise NotSignedIn("oidc_over")
            if len(self._used) >= REMEMBERED_AT_MOST:
                self._used = {k: at for k, at in self._used.items() if now - at < BEGUN_LIFE}
            self._used[key] = now


def _open(person: Person | None, name: str) -> Person:
    """An account that is there and not closed: which of the two it was is nobody's business."""
    if person is None or person.disabled_at is not None:
        raise NotSignedIn("oidc_nobody", name=name[:64])
    return person


def _issuer(provider: Provider) -> Issuer:
    """Loaded where one is named: its libraries took a sixth of the time in which a command starts."""
    from services.issuer import Issuer

    return Issuer(provider)
