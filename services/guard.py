"""Permission asked by a live login or token only: a button in a page that stayed open after a logout is refused like a request.

Streamlit runs a button's callback before the script, so before the shell has looked at the session again. Every
service asks for permission first; asking here makes that question look at the session too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from domain.accounts import AccessToken
from domain.errors import NotSignedIn
from domain.policy.permissions import Action, Permissions, Reach, Scoped
from domain.policy.reading import Term
from domain.records import Actor, Person
from storage.store import Store

# Another process may have ended the session; this one forgets at once (Sessions.forget).
BELIEVED_FOR = timedelta(seconds=1)
KNOWN_AT_MOST = 5000


class Sessions:
    """Looks sessions and tokens up, and believes a good answer for a second so that one click is one query."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[str, tuple[datetime, Actor]] = {}
        self._lock = threading.Lock()

    def actor(self, session: str | None) -> Actor:
        """The person of a live session, read from the store. Raises NotSignedIn."""
        if not session:
            raise NotSignedIn()
        now = self._clock()
        with self._store.look() as work:
            person = work.people.session_person(session, at=now)
        if person is None:
            self.forget()
            raise NotSignedIn()
        return self._know(session, now, actor_of(person, session))

    def token_actor(self, token_id: str) -> Actor:
        """The owner of a live token, with what it may do. Raises NotSignedIn saying why it opens nothing."""
        now = self._clock()
        with self._store.look() as work:
            token = work.accounts.token(token_id)
            owner = work.people.get(token.person_id) if token else None
        return self._know(token_id, now, actor_with(token, owner, now))

    def still(self, actor: Actor) -> Actor:
        """The actor as they are now: their roles may have changed. Raises NotSignedIn when login or token has ended.

        An actor with neither was made on this server (a job, a command), not by a door.
        """
        key = actor.session_id or actor.token_id
        if key is None:
            return actor
        with self._lock:
            found = self._known.get(key)
        if found and timedelta(0) <= self._clock() - found[0] <= BELIEVED_FOR:
            return found[1]
        return self.actor(actor.session_id) if actor.session_id else self.token_actor(key)

    def _know(self, key: str, now: datetime, actor: Actor) -> Actor:
        with self._lock:
            if len(self._known) >= KNOWN_AT_MOST:
                self._known.clear()
            self._known[key] = (now, actor)
        return actor

    def forget(self) -> None:
        """Call after any session or token was ended or any role changed."""
        with self._lock:
            self._known.clear()


class LivePermissions(Permissions):
    """The table of permissions in force now; `require` also asks whether the login still stands."""

    still: Callable[[Actor], Actor]
    _rules: Callable[[], Permissions]

    def __init__(self, rules: Callable[[], Permissions], still: Callable[[Actor], Actor]) -> None:
        object.__setattr__(self, "_rules", rules)
        object.__setattr__(self, "still", still)

    @property
    def edition(self) -> str:
        return self._rules().edition

    @property
    def actions(self) -> Mapping[str, Action]:
        return self._rules().actions

    @property
    def roles(self) -> Mapping[str, Mapping[str, str]]:
        return self._rules().roles

    @property
    def terms(self) -> Mapping[str, Term]:
        return self._rules().terms

    def require(self, actor: Actor, action: str, subject: Scoped | None = None) -> None:
        """Raises NotSignedIn, NotAllowed, NotFound."""
        super().require(self.still(actor), action, subject)

    def reach(self, actor: Actor, action: str) -> Reach:
        """Raises NotSignedIn."""
        return super().reach(self.still(actor), action)


def actor_with(token: AccessToken | None, owner: Person | None, now: datetime) -> Actor:
    """Who asks by a token. Raises NotSignedIn with the reason why it opens nothing: only its holder hears it."""
    if token is None or owner is None:
        raise NotSignedIn("token_unknown")
    if token.revoked_at is not None or owner.disabled_at is not None:
        raise NotSignedIn("token_revoked")
    if token.expires_at <= now:
        raise NotSignedIn("token_expired")
    held = frozenset(token.actions)
    return Actor(owner.id, owner.name, owner.assignments, owner.lang, None, token.id, held)


def actor_of(person: Person, session: str) -> Actor:
    return Actor(person.id, person.name, person.assignments, person.lang, session)
