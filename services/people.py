"""Who is asking: logins, sessions, accounts and their roles."""

from __future__ import annotations

import hashlib
import secrets
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from domain.errors import Invalid, NotFound, NotSignedIn, TooMany
from domain.policy.permissions import Permissions
from domain.records import ROLES, SCOPES, Actor, Assignment, Person
from storage.store import Store

SESSION_LIFE = timedelta(hours=12)
TRY_WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT_AND_ADDRESS = 5
TRIES_PER_ADDRESS = 60  # an office shares one address; a guesser over many names does not get further than this
HASHES_AT_ONCE = 2  # each takes 64 MiB
PASSWORD_AT_LEAST = 10


class People:
    def __init__(self, store: Store, permissions: Permissions, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._permissions = permissions
        self._clock = clock
        self._hasher = PasswordHasher()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._dummy = self._hash(secrets.token_hex(8))

    def log_in(self, login: str, password: str, *, address: str, device: str) -> tuple[str, Actor]:
        """A new session's token and its person. Raises TooMany, NotSignedIn("wrong_login")."""
        now = self._clock()
        account = hashlib.sha256(login.strip().lower().encode()).hexdigest()
        with self._store.work() as work:
            since = now - TRY_WINDOW
            here = work.people.failed_tries(since=since, account=account, address=address)
            from_address = work.people.failed_tries(since=since, address=address)
            if here >= TRIES_PER_ACCOUNT_AND_ADDRESS or from_address >= TRIES_PER_ADDRESS:
                raise TooMany("too_many_tries", minutes=int(TRY_WINDOW.total_seconds() // 60))
            # Counted before the password is looked at, so that tries at the same moment cannot slip past.
            counted = work.people.count_try(account=account, address=address, at=now)
            work.people.forget_tries(before=now - timedelta(days=1))
            found = work.people.by_login(login.strip())
        person, stored = found if found else (None, self._dummy)
        fits = self._verify(stored, password)
        if person is None or not fits or person.disabled_at is not None:
            raise NotSignedIn("wrong_login")
        token = secrets.token_urlsafe(32)
        with self._store.work() as work:
            work.people.try_succeeded(counted)
            work.people.open_session(
                id=session_id(token),
                person_id=person.id,
                created_at=now,
                expires_at=now + SESSION_LIFE,
                address=address[:64],
                device=device[:200],
            )
            work.history.write("person", person.id, "person.logged_in", {"device": device[:200]},
                               actor_id=person.id, at=now)  # fmt: skip
        return token, _actor(person, session_id(token))

    def actor(self, session: str | None) -> Actor:
        """The person of a live session (its id, not its token). Raises NotSignedIn."""
        if not session:
            raise NotSignedIn()
        with self._store.look() as work:
            person = work.people.session_person(session, at=self._clock())
        if person is None:
            raise NotSignedIn()
        return _actor(person, session)

    def log_out(self, session: str) -> None:
        with self._store.work() as work:
            work.people.revoke_session(session, at=self._clock())

    def list(self, actor: Actor) -> Sequence[Person]:
        self._permissions.require(actor, "people.read")
        with self._store.look() as work:
            return work.people.all()

    def add(
        self, actor: Actor, *, username: str, name: str, phone: str | None, assignments: Sequence[Assignment],
    ) -> tuple[Person, str]:  # fmt: skip
        """A new account and its first password, shown once. Raises Invalid naming the field, NotAllowed."""
        self._permissions.require(actor, "people.manage")
        password = secrets.token_urlsafe(9)
        person = self._new(username, name, phone, assignments)
        hashed = self._hash(password)
        with self._store.work() as work:
            self._check_free(work.people, person)
            work.people.add(person, password_hash=hashed)
            work.history.write("person", person.id, "person.added", _as_payload(person), actor_id=actor.person_id,
                               at=self._clock())  # fmt: skip
        return person, password

    def disable(self, actor: Actor, person_id: str, *, disabled: bool) -> None:
        """Close an account (every session ends at once) or open it again. Raises NotFound, Invalid("not_yourself")."""
        self._permissions.require(actor, "people.manage")
        if person_id == actor.person_id:
            raise Invalid("not_yourself")
        now = self._clock()
        with self._store.work() as work:
            if work.people.get(person_id) is None:
                raise NotFound()
            work.people.set_disabled(person_id, now if disabled else None)
            if disabled:
                work.people.revoke_all(person_id, at=now)
            action = "person.disabled" if disabled else "person.enabled"
            work.history.write("person", person_id, action, {}, actor_id=actor.person_id, at=now)

    def reset_password(self, actor: Actor, person_id: str) -> str:
        """A new password, shown once; every session of the person ends. Raises NotFound."""
        self._permissions.require(actor, "people.manage")
        password = secrets.token_urlsafe(9)
        hashed = self._hash(password)
        now = self._clock()
        with self._store.work() as work:
            if work.people.get(person_id) is None:
                raise NotFound()
            work.people.set_password(person_id, hashed)
            work.people.revoke_all(person_id, at=now)
            work.history.write("person", person_id, "person.password_reset", {}, actor_id=actor.person_id, at=now)
        return password

    def set_language(self, actor: Actor, lang: str) -> None:
        with self._store.work() as work:
            work.people.set_lang(actor.person_id, "en" if lang == "en" else "zh")

    # -- first start -------------------------------------------------------------------------------------------

    def needs_setup(self) -> bool:
        with self._store.look() as work:
            return work.people.count() == 0

    def make_setup_token(self) -> str:
        """A one-time token for the console; only its hash is stored, an older one stops working."""
        token = secrets.token_urlsafe(24)
        with self._store.work() as work:
            work.set_meta("setup_token", hashlib.sha256(token.encode()).hexdigest())
        return token

    def set_up(self, token: str, *, username: str, name: str, password: str) -> Person:
        """The first administrator. Raises NotFound when set-up is over or the token is wrong, Invalid."""
        if len(password) < PASSWORD_AT_LEAST:
            raise Invalid("password_short", field="password", at_least=PASSWORD_AT_LEAST)
        person = self._new(username, name, None, [Assignment("admin", "city")])
        hashed = self._hash(password)
        with self._store.work() as work:
            wanted = work.meta("setup_token") or ""
            given = hashlib.sha256(token.encode()).hexdigest()
            if work.people.count() or not secrets.compare_digest(wanted, given):
                raise NotFound()
            work.people.add(person, password_hash=hashed)
            work.set_meta("setup_token", "")
            work.history.write("person", person.id, "person.set_up", _as_payload(person), actor_id=person.id,
                               at=self._clock())  # fmt: skip
        return person

    def hash_password(self, password: str) -> str:
        return self._hash(password)

    def _new(self, username: str, name: str, phone: str | None, assignments: Sequence[Assignment]) -> Person:
        username, name, phone = username.strip(), name.strip(), (phone or "").strip() or None
        if not (2 <= len(username) <= 64) or any(c.isspace() or ord(c) < 32 for c in username):
            raise Invalid("bad_username", field="username")
        if not (1 <= len(name) <= 64):
            raise Invalid("name_missing", field="name")
        if phone is not None and not (phone.lstrip("+").isdigit() and 6 <= len(phone) <= 20):
            raise Invalid("bad_phone", field="phone")
        for held in assignments:
            if (
                held.role not in ROLES
                or held.scope_kind not in SCOPES
                or (held.scope_kind != "city") != bool(held.scope_id)
            ):
                raise Invalid("bad_assignment", field="assignments")
        if {"admin", "auditor"} <= {held.role for held in assignments}:
            raise Invalid("admin_and_auditor", field="assignments")
        return Person(str(uuid.uuid4()), username, name, phone, "zh", None, self._clock(), tuple(assignments))

    def _check_free(self, people: object, person: Person) -> None:
        for field, value in (("username", person.username), ("phone", person.phone)):
            if value and people.by_login(value):  # type: ignore[attr-defined]
                raise Invalid("login_taken", field=field, login=value)

    def _hash(self, password: str) -> str:
        with self._hashing:
            return self._hasher.hash(password)

    def _verify(self, hashed: str, password: str) -> bool:
        with self._hashing:
            try:
                return self._hasher.verify(hashed, password)
            except (VerifyMismatchError, InvalidHashError):
                return False


def session_id(token: str) -> str:
    """Sessions are stored by hash: a leaked table logs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()


def _actor(person: Person, session: str) -> Actor:
    return Actor(person.id, person.name, person.assignments, person.lang, session)


def _as_payload(person: Person) -> dict[str, object]:
    held = [{"role": a.role, "scope_kind": a.scope_kind, "scope_id": a.scope_id} for a in person.assignments]
    return {"username": person.username, "name": person.name, "assignments": held}
