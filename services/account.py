"""What a person does to their own account, and an administrator to another's logins."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.accounts import LoginSession
from domain.errors import Invalid, NotAllowed, NotFound
from domain.policy.permissions import Permissions
from domain.records import Actor, Person
from services.guard import Sessions
from services.passwords import Passwords, check_new
from services.people import TRIES_PER_ACCOUNT_AND_ADDRESS, TRY_WINDOW, wait_until
from storage.store import Store

ON_THE_PAGE = "account"  # where a try at the old password comes from: a login that stands, whatever its address


@dataclass(frozen=True)
class Me:
    """allowed: what this login or token may do somewhere; "record.read:own" reaches one's own records alone."""

    person: Person
    lang: str
    allowed: tuple[str, ...]
    at: datetime


class AccountService:
    def __init__(
        self, store: Store, permissions: Permissions, sessions: Sessions, passwords: Passwords,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    def me(self, actor: Actor) -> Me:
        """Who is asking, and what they may do: for a login and for a token."""
        self._permissions.require(actor, "app.use")
        with self._store.look() as work:
            person = work.people.get(actor.person_id)
        if person is None:
            raise NotFound()
        return Me(person, actor.lang, tuple(self._permissions.held(actor)), self._clock())

    def change_password(self, actor: Actor, old: str, new: str, again: str) -> None:
        """One's own password; every other login ends. Raises Invalid naming the field, TooMany."""
        self._in_person(actor)
        check_new(new, again)
        now, account = self._clock(), hashlib.sha256(actor.person_id.encode()).hexdigest()
        with self._store.work() as work:
            person = work.people.get(actor.person_id)
            found = work.people.by_login(person.username) if person else None
            if found is None:
                raise NotFound()
            oldest = work.people.nth_failed_try(
                TRIES_PER_ACCOUNT_AND_ADDRESS, since=now - TRY_WINDOW, account=account, address=ON_THE_PAGE
            )
            if oldest is not None:
                raise wait_until(oldest + TRY_WINDOW, now)
            # Counted before the password is looked at, as at the door.
            counted = work.people.count_try(account=account, address=ON_THE_PAGE, at=now)
        stored = found[1]
        if not self._passwords.fits(stored, old):
            raise Invalid("old_password_wrong", field="old")
        hashed = self._passwords.hash(new)
        with self._store.work() as work:
            current = work.people.by_login(found[0].username)
            if current is None or current[1] != stored:
                raise Invalid("old_password_wrong", field="old")
            work.people.try_succeeded(counted)
            work.people.set_password(actor.person_id, hashed)
            work.people.revoke_all(actor.person_id, at=now, but=actor.session_id)
            work.accounts.end_links(actor.person_id)
            work.history.write("person", actor.person_id, "person.password_set", {"by": "self"},
                               actor_id=actor.person_id, at=now)  # fmt: skip
        self._sessions.forget()

    def sessions(self, actor: Actor) -> Sequence[LoginSession]:
        """One's own logins that still stand, newest first."""
        self._in_person(actor)
        return self._of(actor.person_id)

    def sessions_of(self, actor: Actor, person_id: str) -> Sequence[LoginSession]:
        """Another person's."""
        self._in_person(actor, "people.manage")
        return self._of(person_id)

    def end_session(self, actor: Actor, session: str) -> None:
        """End one of one's own logins at once. Raises NotFound."""
        self._in_person(actor)
        self._end(actor, actor.person_id, session)

    def end_session_of(self, actor: Actor, person_id: str, session: str) -> None:
        """End another person's login at once. Raises NotFound."""
        self._in_person(actor, "people.manage")
        self._end(actor, person_id, session)

    def _in_person(self, actor: Actor, action: str = "app.use") -> None:
        """Passwords and logins are no business of a token. Raises NotAllowed."""
        self._permissions.require(actor, action)
        if actor.token_id is not None:
            raise NotAllowed("not_by_token")

    def _of(self, person_id: str) -> Sequence[LoginSession]:
        with self._store.look() as work:
            return work.accounts.sessions_of(person_id, at=self._clock())

    def _end(self, actor: Actor, person_id: str, session: str) -> None:
        now = self._clock()
        with self._store.work() as work:
            if session not in {s.id for s in work.accounts.sessions_of(person_id, at=now)}:
                raise NotFound()
            work.people.revoke_session(session, at=now)
            work.history.write("person", person_id, "person.login_ended", {}, actor_id=actor.person_id, at=now)
        self._sessions.forget()
