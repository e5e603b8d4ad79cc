"""Who is asking: logins, sessions, accounts and their roles."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from domain import people as rules
from domain.errors import Invalid, NotFound, NotSignedIn, TooMany
from domain.policy.permissions import Permissions
from domain.records import AUTO, Actor, Assignment, Person
from services.guard import Sessions, actor_of
from services.passwords import NO_PASSWORD, Passwords, check_new
from storage.store import Store, Work

SESSION_LIFE = timedelta(hours=12)
SESSIONS_KEPT = timedelta(days=30)  # after their end, for whoever asks where a login came from
TRY_WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT_AND_ADDRESS = 5
TRIES_PER_ADDRESS = 60  # an office shares one address; a guesser over many names does not get further than this
LINK_LIFE = timedelta(hours=24)


class People:
    def __init__(
        self, store: Store, permissions: Permissions, sessions: Sessions, passwords: Passwords,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    def log_in(self, login: str, password: str, *, address: str, device: str) -> tuple[str, Actor]:
        """A new session's token and its person; login: user name or phone. Raises TooMany, NotSignedIn("wrong_login")."""
        now, login, address = self._clock(), login.strip(), network(address)
        with self._store.work() as work:
            found = work.people.by_login(login)
            # One person has two names to log in with (user name, phone) but one count of tries.
            account = _digest(found[0].id if found else login.lower())
            self._check_tries(work, account, address, now)
            # Counted before the password is looked at, so that tries at the same moment cannot slip past.
            counted = work.people.count_try(account=account, address=address, at=now)
            work.people.forget_tries(before=now - timedelta(days=1))
            work.people.forget_sessions(before=now - SESSIONS_KEPT)
        person, stored = found if found else (None, NO_PASSWORD)
        fits = self._passwords.fits(stored, password)  # also for an unknown name: the time must not tell
        if person is None or not fits or person.disabled_at is not None:
            raise NotSignedIn("wrong_login")
        with self._store.work() as work:
            # Hashing took a while: the account may have been closed or given another password meanwhile.
            current = work.people.by_login(login)
            if current is None or current[0].disabled_at is not None or current[1] != stored:
                raise NotSignedIn("wrong_login")
            work.people.try_succeeded(counted)
            return self.enter(work, current[0], address=address, device=device, by="password")

    def enter(self, work: Work, person: Person, *, address: str, device: str, by: str) -> tuple[str, Actor]:
        """A new session of somebody who has shown who they are; by: how."""
        token, now = secrets.token_urlsafe(32), self._clock()
        work.people.open_session(id=session_id(token), person_id=person.id, created_at=now, expires_at=now + SESSION_LIFE,
                                 address=network(address), device=device[:200])  # fmt: skip
        told = {"device": device[:200], "by": by}
        work.history.write("person", person.id, "person.logged_in", told, actor_id=person.id, at=now)
        return token, actor_of(person, session_id(token))

    def _check_tries(self, work: Work, account: str, address: str, now: datetime) -> None:
        since = now - TRY_WINDOW
        for at_most, whose in ((TRIES_PER_ACCOUNT_AND_ADDRESS, account), (TRIES_PER_ADDRESS, None)):
            oldest = work.people.nth_failed_try(at_most, since=since, account=whose, address=address)
            if oldest is not None:
                raise wait_until(oldest + TRY_WINDOW, now)

    def actor(self, session: str | None) -> Actor:
        """The person of a live session (its id, not its token). Raises NotSignedIn."""
        return self._sessions.actor(session)

    def log_out(self, session: str) -> None:
        """End one session at once; a page that is still open finds out at its next click."""
        now = self._clock()
        with self._store.work() as work:
            person = work.people.session_person(session, at=now)
            work.people.revoke_session(session, at=now)
            if person is not None:
                work.history.write("person", person.id, "person.logged_out", {}, actor_id=person.id, at=now)
        self._sessions.forget()

    def list(self, actor: Actor) -> Sequence[Person]:
        self._permissions.require(actor, "people.read")
        with self._store.look() as work:
            return work.people.all()

    def add(
        self, actor: Actor, *, username: str, name: str, phone: str | None, assignments: Sequence[Assignment],
    ) -> tuple[Person, str]:  # fmt: skip
        """A new account and the token of its link, shown once: its person alone will know the password.

        Raises Invalid naming the field, NotAllowed.
        """
        self._permissions.require(actor, "people.manage")
        person = self._new(username, name, phone, assignments)
        with self._store.work() as work:
            return person, self.take_in(work, [person], made_by=actor.person_id)[0]

    def take_in(self, work: Work, people: Sequence[Person], *, made_by: str | None, **about: str) -> Sequence[str]:
        """Keep checked new accounts inside one's own unit of work; a link's token for each. Raises Invalid("login_taken").

        made_by: None on the server's console. about: what history says beside each, such as the sheet it came from.
        Whoever calls this has asked for permission.
        """
        now = self._clock()
        _check_free(work, people)
        work.people.add_many(people, password_hash=NO_PASSWORD)
        work.history.start_many(
            "person", [(p.id, "person.added", {**_as_payload(p), **about}, made_by, now) for p in people]
        )
        return self._make_links(work, [person.id for person in people], made_by)

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
                work.accounts.revoke_tokens(person_id, at=now)
                work.accounts.end_links(person_id)
            action = "person.disabled" if disabled else "person.enabled"
            work.history.write("person", person_id, action, {}, actor_id=actor.person_id, at=now)
        self._sessions.forget()

    def reset_password(self, actor: Actor, person_id: str) -> str:
        """The token of a link by which the person sets a new password; the old one works until then.

        Raises NotFound, Invalid("account_closed").
        """
        self._permissions.require(actor, "people.manage")
        with self._store.work() as work:
            return self.make_link(work, _open_account(work.people.get(person_id)).id, made_by=actor.person_id)

    # -- one-time links ----------------------------------------------------------------------------------------

    def make_link(self, work: Work, person_id: str, *, made_by: str | None) -> str:
        """The token of a link that sets the person's password once within a day; an older one stops working.

        made_by: None on the server's console. Whoever calls this has asked for permission; the token is for /reset.
        """
        work.accounts.end_links(person_id)
        return self._make_links(work, [person_id], made_by)[0]

    def _make_links(self, work: Work, person_ids: Sequence[str], made_by: str | None) -> Sequence[str]:
        now = self._clock()
        tokens = {person_id: secrets.token_urlsafe(24) for person_id in person_ids}
        work.accounts.add_links([
            {"id": _digest(token), "person_id": person_id, "made_by": made_by, "made_at": now,
             "expires_at": now + LINK_LIFE}
            for person_id, token in tokens.items()
        ])  # fmt: skip
        work.history.write_many("person", [(person_id, "person.link_made", {}, made_by, now) for person_id in tokens])
        return [tokens[person_id] for person_id in person_ids]

    def make_link_for(self, username: str) -> str:
        """A link for whoever lost the password, made on the server's console.

        Raises Invalid("no_such_account"), Invalid("account_closed").
        """
        with self._store.work() as work:
            found = work.people.by_login(username)
            if found is None:
                raise Invalid("no_such_account", login=username)
            return self.make_link(work, _open_account(found[0]).id, made_by=None)

    def link_owner(self, token: str) -> Person:
        """Whose link it is. Raises NotFound when it was used, is over, or a newer one was made."""
        with self._store.look() as work:
            return self._owner(work, token)

    def use_link(self, token: str, password: str, again: str) -> Person:
        """Set the password; every login of the person ends. Raises NotFound, Invalid naming the field."""
        self.link_owner(token)  # before anything costly, and again in the transaction that writes: it works once
        check_new(password, again)
        hashed = self._passwords.hash(password)
        now = self._clock()
        with self._store.work() as work:
            person = self._owner(work, token)
            work.accounts.use_link(_digest(token), at=now)
            work.accounts.end_links(person.id)
            work.people.set_password(person.id, hashed)
            work.people.revoke_all(person.id, at=now)
            work.accounts.revoke_tokens(person.id, at=now)
            work.history.write("person", person.id, "person.password_set", {"by": "link"}, actor_id=person.id, at=now)
        self._sessions.forget()
        return person

    def _owner(self, work: Work, token: str) -> Person:
        found = work.accounts.link_owner(_digest(token), at=self._clock())
        person = work.people.get(found) if found else None
        if person is None:
            raise NotFound()
        return person

    def set_language(self, actor: Actor, lang: str) -> None:
        """One's own language, for every later login."""
        self._permissions.require(actor, "app.use")
        with self._store.work() as work:
            work.people.set_lang(actor.person_id, "en" if lang == "en" else "zh")
        self._sessions.forget()

    # -- first start -------------------------------------------------------------------------------------------

    def needs_setup(self) -> bool:
        with self._store.look() as work:
            return work.people.count() == 0

    def make_setup_token(self) -> str:
        """A one-time token for the console; only its hash is stored, an older one stops working."""
        token = secrets.token_urlsafe(24)
        with self._store.work() as work:
            work.set_meta("setup_token", _digest(token))
        return token

    def set_up(self, token: str, *, username: str, name: str, password: str) -> Person:
        """The first administrator. Raises NotFound when set-up is over or the token is wrong, Invalid."""
        # Before anything costly, and again in the transaction that writes: the token works once.
        with self._store.look() as work:
            _check_setup(work, token)
        check_new(password)
        person = self._new(username, name, None, [Assignment("admin", "city")])
        hashed = self._passwords.hash(password)
        with self._store.work() as work:
            _check_setup(work, token)
            work.people.add(person, password_hash=hashed)
            work.set_meta("setup_token", "")
            work.history.write("person", person.id, "person.set_up", _as_payload(person), actor_id=person.id,
                               at=self._clock())  # fmt: skip
        return person

    def hash_password(self, password: str) -> str:
        return self._passwords.hash(password)

    def _new(self, username: str, name: str, phone: str | None, assignments: Sequence[Assignment]) -> Person:
        username, name, phone = rules.username_of(username), rules.name_of(name), rules.phone_of(phone)
        rules.check_assignments(assignments, self._permissions.offered_roles(self._clock().date()))
        return Person(str(uuid.uuid4()), username, name, phone, AUTO, None, self._clock(), tuple(assignments))


def session_id(token: str) -> str:
    """Sessions are stored by hash: a leaked table logs nobody in."""
    return _digest(token)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _open_account(person: Person | None) -> Person:
    if person is None:
        raise NotFound()
    if person.disabled_at is not None:
        raise Invalid("account_closed", name=person.name)
    return person


def _check_free(work: Work, people: Sequence[Person]) -> None:
    """User name and phone both log in: neither may be anybody's yet."""
    taken = work.people.logins_taken([login for p in people for login in (p.username, p.phone) if login])
    for person in people:
        for field, login in (("username", person.username), ("phone", person.phone)):
            if login in taken:
                raise Invalid("login_taken", field=field, login=login)


def _check_setup(work: Work, token: str) -> None:
    if work.people.count() or not secrets.compare_digest(work.meta("setup_token") or "", _digest(token)):
        raise NotFound()


def wait_until(free: datetime, now: datetime) -> TooMany:
    wait_s = max(1, math.ceil((free - now).total_seconds()))
    return TooMany("too_many_tries", minutes=math.ceil(wait_s / 60), retry_after_s=wait_s)


def network(address: str) -> str:
    """The address that tries are counted by: an IPv6 customer owns a whole /64, so that counts as one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _as_payload(person: Person) -> dict[str, object]:
    held = [{"role": a.role, "scope_kind": a.scope_kind, "scope_id": a.scope_id} for a in person.assignments]
    return {"username": person.username, "name": person.name, "assignments": held}
