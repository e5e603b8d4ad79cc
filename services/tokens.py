"""Tokens: how machines, and phones whose login is over, say who they are. Shown once, stored hashed, never more than
their owner."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from domain.accounts import (
    DAYS_AT_MOST,
    DEVICE,
    DEVICE_ACTIONS,
    DEVICE_LIFE,
    NAME_AT_MOST,
    PERSONAL,
    PREFIXES,
    SECRET,
    AccessToken,
)
from domain.errors import Busy, Invalid, NotAllowed, NotFound
from domain.policy.permissions import NEVER_BY_TOKEN, OWN, Permissions
from domain.records import Actor
from services.guard import Sessions, actor_with
from services.people import TRIES_PER_ADDRESS, TRY_WINDOW, network, wait_until
from storage.store import Store, Work

USE_NOTED_EVERY = timedelta(minutes=1)
TOKENS_KEPT = timedelta(days=30)  # after their end, for whoever asks what they were
PERSONAL_AT_MOST, DEVICES_AT_MOST = 20, 10


class Tokens:
    def __init__(
        self, store: Store, permissions: Permissions, sessions: Sessions, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._permissions = permissions
        self._sessions = sessions
        self._clock = clock

    def actor(self, secret: str, *, address: str) -> Actor:
        """Who asks with this token. Raises NotSignedIn, TooMany when an address tries too many that nobody made.

        A good token works from an address that others try from: it is too long to be guessed, so the count only keeps
        a guesser from filling the table.
        """
        now, hashed = self._clock(), _digest(secret)
        with self._store.look() as work:
            token = work.accounts.token_by_hash(hashed) if SECRET.fullmatch(secret) else None
            owner = work.people.get(token.person_id) if token else None
        if token is None:
            self._count_try(f"token@{network(address)}", now)
        found = actor_with(token, owner, now)
        if token and (token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY):
            self._note_use(token, now)
        return found

    def offered(self, actor: Actor) -> list[str]:
        """The actions that a token of this person may carry: what they hold, without what only a person may do."""
        self._in_person(actor)
        return [code for code in self._permissions.held(actor) if code not in NEVER_BY_TOKEN]

    def make(
        self, actor: Actor, *, name: str, actions: Sequence[str], days: int, device: str
    ) -> tuple[AccessToken, str]:
        """A token for a machine, and its secret, shown once. Raises Invalid naming the field, NotAllowed."""
        offered = self.offered(actor)
        if not actions or not set(actions) <= set(offered):
            raise Invalid("token_actions", field="actions")
        if not 1 <= days <= DAYS_AT_MOST:
            raise Invalid("token_days", field="days", at_most=DAYS_AT_MOST)
        # Every token may ask who it is; whoever reports hears what became of it.
        held = {*actions, "app.use", *(["record.read" + OWN] if "record.report" in actions else [])}
        with self._store.work() as work:
            now = self._clock()
            if len(_live(work, actor.person_id, PERSONAL, now)) >= PERSONAL_AT_MOST:
                raise Invalid("tokens_many", at_most=PERSONAL_AT_MOST)
            return self._add(work, actor, PERSONAL, name, held, now, now + timedelta(days=days), device)

    def make_device(self, actor: Actor, *, name: str, device: str) -> tuple[AccessToken, str]:
        """The token of one's own phone, which goes on when the login is over. Raises Invalid, NotAllowed.

        Whoever has too many loses the one that was not used for longest.
        """
        self._in_person(actor, "record.report")
        with self._store.work() as work:
            now = self._clock()
            mine = sorted(_live(work, actor.person_id, DEVICE, now), key=lambda t: t.last_used_at or t.created_at)
            for old in mine[: max(0, len(mine) - DEVICES_AT_MOST + 1)]:
                self._write_end(work, old, actor, now)
            made = self._add(work, actor, DEVICE, name, set(DEVICE_ACTIONS), now, now + DEVICE_LIFE, device)
        self._sessions.forget()
        return made

    def list(self, actor: Actor) -> Sequence[AccessToken]:
        """One's own tokens and devices that still open something."""
        self._in_person(actor)
        return self._of(actor.person_id)

    def list_of(self, actor: Actor, person_id: str) -> Sequence[AccessToken]:
        """Another person's."""
        self._in_person(actor, "people.manage")
        return self._of(person_id)

    def revoke(self, actor: Actor, token_id: str, *, kind: str | None = None) -> None:
        """End a token of one's own at once. A token gives up itself and no other. Raises NotFound, NotAllowed."""
        self._permissions.require(actor, "app.use")
        if actor.token_id != token_id:
            self._in_person(actor)
        self._end(actor, token_id, lambda token: token.person_id == actor.person_id and kind in (None, token.kind))

    def revoke_of(self, actor: Actor, token_id: str) -> None:
        """End another person's token at once. Raises NotFound, NotAllowed."""
        self._in_person(actor, "people.manage")
        self._end(actor, token_id, lambda token: True)

    def _of(self, person_id: str) -> Sequence[AccessToken]:
        with self._store.look() as work:
            return work.accounts.tokens_of(person_id, at=self._clock())

    def _end(self, actor: Actor, token_id: str, is_meant: Callable[[AccessToken], bool]) -> None:
        with self._store.work() as work:
            token = work.accounts.token(token_id)
            if token is None or token.revoked_at is not None or not is_meant(token):
                raise NotFound()
            self._write_end(work, token, actor, self._clock())
        self._sessions.forget()

    def _in_person(self, actor: Actor, action: str = "app.use") -> None:
        """What only somebody logged in does: a token makes no other. Raises NotAllowed."""
        self._permissions.require(actor, action)
        if actor.token_id is not None:
            raise NotAllowed("not_by_token")

    def _add(
        self, work: Work, actor: Actor, kind: str, name: str, actions: set[str], now: datetime, expires_at: datetime,
        device: str,
    ) -> tuple[AccessToken, str]:  # fmt: skip
        name = " ".join(name.split())
        if not 1 <= len(name) <= NAME_AT_MOST or not name.isprintable():
            raise Invalid("token_name", field="name", at_most=NAME_AT_MOST)
        secret = PREFIXES[kind] + secrets.token_urlsafe(32)
        token = AccessToken(str(uuid.uuid4()), actor.person_id, kind, name, tuple(sorted(actions)), now, expires_at,
                            device=device[:200])  # fmt: skip
        work.accounts.forget_tokens(before=now - TOKENS_KEPT)
        work.accounts.add_token(token, hash=_digest(secret))
        told = {"token": token.id, "kind": kind, "name": name, "actions": [*token.actions],
                "expires_at": expires_at.isoformat()}  # fmt: skip
        work.history.write("person", actor.person_id, "person.token_made", told, actor_id=actor.person_id, at=now)
        return token, secret

    def _write_end(self, work: Work, token: AccessToken, actor: Actor, now: datetime) -> None:
        work.accounts.revoke_token(token.id, at=now)
        told = {"token": token.id, "kind": token.kind, "name": token.name}
        work.history.write("person", token.person_id, "person.token_revoked", told, actor_id=actor.person_id, at=now)

    def _note_use(self, token: AccessToken, now: datetime) -> None:
        expires_at = now + DEVICE_LIFE if token.kind == DEVICE else token.expires_at
        with suppress(Busy):  # a request that only reads must not fail because somebody else writes
            with self._store.work() as work:
                work.accounts.token_used(token.id, at=now, unless_since=now - USE_NOTED_EVERY, expires_at=expires_at)

    def _count_try(self, address: str, now: datetime) -> None:
        with self._store.work() as work:
            oldest = work.people.nth_failed_try(TRIES_PER_ADDRESS, since=now - TRY_WINDOW, address=address)
            if oldest is None:
                work.people.count_try(account="token", address=address, at=now)
                work.people.forget_tries(before=now - timedelta(days=1))
        if oldest is not None:
            raise wait_until(oldest + TRY_WINDOW, now)


def _live(work: Work, person_id: str, kind: str, now: datetime) -> list[AccessToken]:
    return [token for token in work.accounts.tokens_of(person_id, at=now) if token.kind == kind]


def _digest(secret: str) -> str:
    """A token is random and long: one plain hash of it is as good as a slow one."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
