"""The policy in force, read from the store: every reader asks here, and two processes agree within a second."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from domain.errors import Busy
from domain.policy import editions
from domain.policy.catalogue import Catalogue
from domain.policy.editions import Policy
from domain.policy.reading import BadEntry
from storage.editions import Edition
from storage.store import Store, Work

# Another process may have put another edition in force; this one forgets at once.
BELIEVED_FOR = timedelta(seconds=1)
PARSED_AT_MOST = 24
log = structlog.get_logger("policy")


class LivePolicy:
    """A parsed edition is kept by its name; which one is in force is looked up at most once a second."""

    def __init__(self, store: Store, clock: Callable[[], datetime], timezone: ZoneInfo) -> None:
        self._store = store
        self._clock = clock
        self._timezone = timezone
        self._parsed: dict[str, Policy] = {}
        self._unfit: dict[str, BadEntry] = {}
        self._current: tuple[datetime, Policy] | None = None
        self._lock = threading.Lock()
        self.builtin = ""  # the name of the tree's edition, once it is seeded

    def now(self) -> Policy:
        """The edition in force. When the store cannot be asked just now, the one that was in force last."""
        at, known = self._clock(), self._current
        if known and timedelta(0) <= at - known[0] <= BELIEVED_FOR:
            return known[1]
        try:
            found = self._look()
        except Busy:
            if known is None:
                raise
            return known[1]
        self._current = (at, found)
        return found

    def issues_of(self, edition: str) -> Catalogue:
        """The catalogue that a record names; one that is not here any more is answered by the one in force."""
        return self.of(edition).issues

    def of(self, edition: str) -> Policy:
        current = self.now()
        if edition == current.edition:
            return current
        known = self._parsed.get(edition)
        if known is not None:
            return known
        with self._store.look() as work:
            found = work.editions.get(edition)
            bodies = work.editions.bodies(edition) if found else {}
        if not bodies or found is None or found.state == "planned":
            return current  # what is planned may still change: no record names it
        return self._read(edition, bodies) or current

    def today(self) -> date:
        """The day at the office: entries begin and end with it."""
        return self._clock().astimezone(self._timezone).date()

    def unfit(self) -> BadEntry | None:
        """Why the edition that should be in force cannot be read by this version of the app; None when it can."""
        with self._store.look() as work:
            name = work.editions.in_force()
        return self._unfit.get(name or "")

    def forget(self) -> None:
        """Call after another edition was put in force."""
        self._current = None

    def seed_builtin(self) -> str:
        """Take the tree's edition into the store: in force in an empty one, else offered. Gives its name."""
        bodies = editions.builtin_bodies()
        with self._store.look() as work:
            name, is_new = _builtin_in(work, bodies)
        if is_new:
            with self._store.work() as work:
                name, is_new = _builtin_in(work, bodies)
                if is_new:
                    self._seed(work, name, bodies)
            self.forget()
        self.builtin = name
        return name

    def _seed(self, work: Work, name: str, bodies: dict[str, str]) -> None:
        at, is_first = self._clock(), work.editions.in_force() is None
        state = "in_force" if is_first else "offered"
        work.editions.add(
            Edition(
                name, name, True, state, "", None, None, at, at if is_first else None, at if is_first else None, []
            ),
            bodies,
        )
        payload = {"edition": name, "state": state, "digest": _digest(bodies)}
        work.history.write("catalogue", "office", "catalogue.seeded", payload, actor_id=None, at=at)

    def _look(self) -> Policy:
        with self._store.look() as work:
            name = work.editions.in_force()
            if name in self._parsed:
                return self._parsed[name]
            bodies = work.editions.bodies(name) if name else {}
            earlier = [e.edition for e in work.editions.in_state("superseded")] if name else []
        if name and (found := self._read(name, bodies)):
            return found
        # A newer app may find fault with what an older one took: the last edition that it can read stays.
        for other in earlier:
            with self._store.look() as work:
                bodies = work.editions.bodies(other)
            if found := self._read(other, bodies):
                return found
        return editions.load_builtin()

    def _read(self, name: str, bodies: dict[str, str]) -> Policy | None:
        if name in self._parsed:
            return self._parsed[name]
        if name in self._unfit:
            return None
        try:
            found = editions.read(bodies, name)
        except (BadEntry, KeyError) as bad:
            refusal = bad if isinstance(bad, BadEntry) else BadEntry("", "", str(bad), "missing")
            log.error("edition_unfit", edition=name, file=refusal.file, entry=refusal.entry, field=refusal.field)
            with self._lock:
                self._unfit[name] = refusal
            return None
        with self._lock:
            if len(self._parsed) >= PARSED_AT_MOST:
                self._parsed.clear()
            self._parsed[name] = found
        return found


def _builtin_in(work: Work, bodies: dict[str, str]) -> tuple[str, bool]:
    """(name of the tree's edition, True when the store does not have it). Text that changed under an old name is told
    apart by its digest."""
    plain, digest = editions.builtin_name(), _digest(bodies)
    for name in (plain, f"{plain}.{digest[:8]}"):
        kept = work.editions.bodies(name)
        if not kept:
            return name, True
        if _digest(kept) == digest:
            return name, False
    raise AssertionError("two texts with one digest")


def _digest(bodies: dict[str, str]) -> str:
    return hashlib.sha256("\0".join(f"{name}\0{bodies[name]}" for name in sorted(bodies)).encode()).hexdigest()
