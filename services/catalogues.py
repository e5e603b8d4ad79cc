"""The office's own edition of the policy: a draft, entry by entry; adopted whole, now or from a day; never half."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Conflict, Invalid, NotFound
from domain.policy import changes, editions
from domain.policy.changes import Change, Step, Tables
from domain.policy.editions import KEYS_OF_THE_HOUSE, Policy
from domain.policy.permissions import Permissions
from domain.policy.reading import BadEntry
from domain.records import Actor, Assignment
from services.catalogue_view import EntryView, Overview, Row, rows_of, token_of
from services.policy import LivePolicy
from services.queue import Closing, Queue
from storage.editions import Edition
from storage.jobs import Job
from storage.store import Store, Work

ACTION = "catalogue.edit"
COME_INTO_FORCE = "catalogue.in_force"
DRAFT_BASE = "policy_draft_base"
PLAN_AT_MOST = timedelta(days=731)
NOTE_AT_MOST = 500


class Catalogues:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, queue: Queue, clock: Callable[[], datetime],
        timezone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._queue = queue
        self._clock = clock
        self._timezone = timezone
        queue.handle(COME_INTO_FORCE, self._come_into_force)

    # -- looking ---------------------------------------------------------------------------------------------------

    def overview(self, actor: Actor) -> Overview:
        """Every edition, the draft as differences, what waits. Nothing here is half-read: one moment."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            current, tables = self._current(work)
            draft = work.editions.draft()
            made, lost = changes.put(tables, _of(draft))
            refusal = self._refusal(work, made, current.edition) if draft and not lost else None
            return Overview(
                current=current, editions=tuple(work.editions.all()), draft=tuple(draft), changes=tuple(_of(draft)),
                lost=lost, refusal=refusal, token=token_of(current.edition, draft, work.meta(DRAFT_BASE) or ""),
                tables=made, upgrade_to=self._newer(work, current), draft_base=work.meta(DRAFT_BASE) or "",
                unfit=self._policy.unfit(),
            )  # fmt: skip

    def rows(self, family: str, section: str, actor: Actor) -> tuple[Row, ...]:
        """One list with the draft's changes in it. Raises NotFound for a list that is not there."""
        self._permissions.require(actor, ACTION)
        _check_list(family, section)
        with self._store.look() as work:
            current, tables = self._current(work)
            draft = work.editions.draft()
            made, _ = changes.put(tables, _of(draft))
            base = changes.tables(work.editions.bodies(current.base))
        touched = {(d.family, d.section, d.code) for d in draft}
        return rows_of(family, section, base, made, touched, self._policy.today())

    def entry(self, family: str, section: str, code: str, actor: Actor) -> EntryView:
        """One entry as the draft has it. Raises NotFound."""
        self._permissions.require(actor, ACTION)
        _check_list(family, section)
        with self._store.look() as work:
            current, tables = self._current(work)
            own = work.editions.draft_entry(family, section, code)
            made, _ = changes.put(tables, _of(work.editions.draft()))
        fields = changes.entries(made, family, section).get(code)
        if fields is None:
            raise NotFound()
        before = changes.entries(tables, family, section).get(code)
        return EntryView(family, section, code, fields, before, own, token_of(current.edition, [own] if own else []))

    def upgrade(self, actor: Actor) -> tuple[Step, ...]:
        """Field by field what the app's newer edition would change; empty when none waits or nothing differs."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            current, tables = self._current(work)
            newer = self._newer(work, current)
            return self._steps(work, current, tables, newer) if newer else ()

    def upgrade_waiting(self) -> str | None:
        """The name of a newer edition that came with the app and waits for the office; for the console."""
        with self._store.look() as work:
            current, _ = self._current(work)
            return self._newer(work, current)

    # -- the draft -------------------------------------------------------------------------------------------------

    def save(
        self, family: str, section: str, code: str, fields: Mapping[str, object], *, seen: str | None, actor: Actor
    ) -> EntryView:
        """Write one entry into the draft. seen: the token of the view that was edited; None for a new entry.

        Raises BadEntry naming entry and field, Conflict when somebody changed this entry meanwhile.
        """
        self._permissions.require(actor, ACTION)
        _check_list(family, section)
        now, fields = self._clock(), dict(fields)
        with self._store.work() as work:
            current, tables = self._current(work)
            draft = work.editions.draft()
            own = next((d for d in draft if (d.family, d.section, d.code) == (family, section, code)), None)
            before = changes.entries(tables, family, section).get(code)
            if seen is None:
                _check_new(work, family, section, code, before is not None or own is not None)
            elif seen != token_of(current.edition, [own] if own else []):
                raise Conflict("draft_entry_changed", entry=code, who=own.author_name if own else "")
            wanted = changes.of_entry(family, section, code, before, fields)
            others = [c for c in _of(draft) if c.place != (family, section, code)]
            made, _ = changes.put(tables, [*others, *wanted])
            try:
                self._judge(work, made, current.edition)
            except BadEntry as bad:
                # Whichever of the two comes later in the list: the one that was typed is told.
                if bad.reason == "repeated" and any(c.field == bad.field for c in wanted):
                    raise BadEntry(bad.file, code, bad.field or "", bad.reason) from bad
                raise
            if wanted:
                work.editions.put_draft(family, section, code, [c.as_json() for c in wanted],
                                        version=own.version + 1 if own else 1, author_id=actor.person_id, at=now)  # fmt: skip
            else:
                work.editions.drop_draft(family, section, code)
            self._note(work, actor, "catalogue.draft_saved", {"entry": f"{family}/{section}/{code}",
                                                              "fields": [c.field for c in wanted]})  # fmt: skip
        return self.entry(family, section, code, actor)

    def undo(self, family: str, section: str, code: str, *, seen: str, actor: Actor) -> None:
        """Take one entry out of the draft. Raises Conflict when somebody changed it meanwhile."""
        self._permissions.require(actor, ACTION)
        with self._store.work() as work:
            current, _ = self._current(work)
            own = work.editions.draft_entry(family, section, code)
            if seen != token_of(current.edition, [own] if own else []):
                raise Conflict("draft_entry_changed", entry=code, who=own.author_name if own else "")
            work.editions.drop_draft(family, section, code)
            self._note(work, actor, "catalogue.draft_undone", {"entry": f"{family}/{section}/{code}"})

    def discard(self, *, seen: str, actor: Actor) -> None:
        """Throw the whole draft away, as it was seen. Raises Conflict when it has changed since."""
        self._permissions.require(actor, ACTION)
        with self._store.work() as work:
            current, _ = self._current(work)
            self._check_seen(work, current, seen)
            work.editions.clear_draft()
            work.set_meta(DRAFT_BASE, "")
            self._note(work, actor, "catalogue.draft_discarded", {})

    def take_upgrade(self, chosen: Mapping[str, str], actor: Actor) -> None:
        """Propose the app's newer edition as a draft. chosen: key of a step to "now" (the app's) or "office".

        Raises Invalid when a conflict is not decided, Conflict while another draft is open.
        """
        self._permissions.require(actor, ACTION)
        now = self._clock()
        with self._store.work() as work:
            current, tables = self._current(work)
            newer = self._newer(work, current)
            if newer is None:
                raise NotFound()
            if work.editions.draft() or work.meta(DRAFT_BASE):
                raise Conflict("draft_first")
            by_entry: dict[tuple[str, str, str], list[Change]] = {}
            for step in self._steps(work, current, tables, newer):
                choice = {"follows": "now", "kept": "office"}.get(step.fate) or chosen.get(step.key)
                if choice not in ("now", "office"):
                    raise Invalid("choose_one", field=step.key)
                if choice == "now":
                    change = Change(step.family, step.section, step.code, step.field, step.office, step.now)
                    by_entry.setdefault(change.place, []).append(change)
            made, _ = changes.put(tables, [c for each in by_entry.values() for c in each])
            self._judge(work, made, current.edition)
            for place, wanted in by_entry.items():
                work.editions.put_draft(*place, [c.as_json() for c in wanted], version=1, author_id=actor.person_id,
                                        at=now)  # fmt: skip
            work.set_meta(DRAFT_BASE, newer)
            self._note(work, actor, "catalogue.upgrade_proposed", {"edition": newer})

    # -- adopting --------------------------------------------------------------------------------------------------

    def adopt(self, note: str, *, seen: str, from_day: date | None, actor: Actor) -> Edition:
        """The draft becomes an edition: in force at once, or planned for the start of a day at the office.

        Raises BadEntry, Conflict (draft changed since it was seen, does not fit any more), Invalid.
        """
        self._permissions.require(actor, ACTION)
        with self._store.work() as work:
            current, _ = self._current(work)
            self._check_seen(work, current, seen)
            draft, base = work.editions.draft(), work.meta(DRAFT_BASE) or current.base
            if not draft and base == current.base:
                raise Invalid("draft_empty")
            made = self._add(work, current, _of(draft), base, note, from_day, actor)
            work.editions.clear_draft()
            work.set_meta(DRAFT_BASE, "")
        self._policy.forget()
        self._queue.nudge()
        return made

    def withdraw(self, edition: str, actor: Actor) -> None:
        """Take a planned edition back; its changes return to the draft where the draft has none of its own."""
        self._permissions.require(actor, ACTION)
        now = self._clock()
        with self._store.work() as work:
            found = work.editions.get(edition)
            if found is None:
                raise NotFound()
            if found.state != "planned":
                raise Conflict("edition_not_planned")
            work.editions.set(edition, state="withdrawn")
            taken = {(d.family, d.section, d.code) for d in work.editions.draft()}
            by_entry: dict[tuple[str, str, str], list[Change]] = {}
            for change in map(Change.from_json, found.changes):
                by_entry.setdefault(change.place, []).append(change)
            for place, back in by_entry.items():
                if place not in taken:
                    work.editions.put_draft(*place, [c.as_json() for c in back], version=1, author_id=actor.person_id,
                                            at=now)  # fmt: skip
            current, tables = self._current(work)
            if found.base != current.base and not work.meta(DRAFT_BASE):
                work.set_meta(DRAFT_BASE, found.base)
            self._replan(work, tables)
            self._note(work, actor, "catalogue.withdrawn", {"edition": edition})

    def export(self, actor: Actor) -> str:
        """The edition in force as one TOML text for another city."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            current, tables = self._current(work)
        return changes.to_file(tables, edition=current.edition, base=current.base)

    def import_text(self, text: str, file: str, *, confirm: bool, actor: Actor) -> tuple[Change, ...]:
        """What the edition in a file would change here; in force at once with confirm. Raises BadEntry."""
        self._permissions.require(actor, ACTION)
        wanted = changes.from_file(text, file)
        with self._store.work() as work:
            current, tables = self._current(work)
            found = changes.between(tables, wanted)
            self._judge(work, wanted, current.edition)
            if not confirm or not found:
                return found
            self._add(work, current, found, current.base, f"导入 {file}"[:NOTE_AT_MOST], None, actor)
        self._policy.forget()
        return found

    # -- within ----------------------------------------------------------------------------------------------------

    def _current(self, work: Work) -> tuple[Edition, Tables]:
        name = work.editions.in_force()
        found = work.editions.get(name) if name else None
        assert found is not None, "seeded at the start"
        return found, changes.tables(work.editions.bodies(found.edition))

    def _newer(self, work: Work, current: Edition) -> str | None:
        """An edition that came with the app after the one the office's goes back to."""
        built_in = [e.edition for e in work.editions.all() if e.is_builtin]  # newest first
        if built_in and built_in[0] == self._policy.builtin and built_in[0] != current.base:
            return built_in[0]
        return None

    def _steps(self, work: Work, current: Edition, tables: Tables, newer: str) -> tuple[Step, ...]:
        base, now = (changes.tables(work.editions.bodies(name)) for name in (current.base, newer))
        return changes.three_way(base, now, tables)

    def _judge(self, work: Work, tables: Tables, name: str, on: date | None = None) -> Policy:
        """Everything that must hold before these tables may be an edition. Raises BadEntry, Invalid."""
        policy = editions.read(changes.bodies(tables, name), name)
        people = [p for p in work.people.all() if p.disabled_at is None]
        held = {a.role for p in people for a in p.assignments}
        editions.check_successor(policy, [self._policy.now()], held, on or self._policy.today())
        actors = [Actor(p.id, p.name, p.assignments) for p in people]
        actors = actors or [Actor("", "", (Assignment("admin", "city"),))]
        if not any(all(policy.permissions.allows(who, key) for key in KEYS_OF_THE_HOUSE) for who in actors):
            raise Invalid("nobody_left_to_edit", field="roles")
        return policy

    def _refusal(self, work: Work, tables: Tables, name: str) -> Invalid | None:
        try:
            self._judge(work, tables, name)
        except Invalid as refusal:
            return refusal
        return None

    def _add(
        self, work: Work, current: Edition, wanted: Sequence[Change], base: str, note: str, from_day: date | None,
        actor: Actor,
    ) -> Edition:  # fmt: skip
        now, today, note = self._clock(), self._policy.today(), note.strip()
        if not 1 <= len(note) <= NOTE_AT_MOST:
            raise Invalid("edition_note_missing", field="note", at_most=NOTE_AT_MOST)
        if from_day is not None and not today <= from_day <= today + PLAN_AT_MOST:
            raise Invalid("edition_day_wrong", field="from_day")
        is_planned = from_day is not None and from_day > today
        start = datetime.combine(from_day, time(), self._timezone) if is_planned and from_day else now
        name = self._name(work, today)
        tables = changes.tables(work.editions.bodies(current.edition))
        made, lost = changes.put(tables, wanted)
        if lost:
            raise Conflict("draft_behind", entry=lost[0].code, name=lost[0].field)
        self._judge(work, made, name, from_day)
        found = Edition(name, base, False, "planned", note, actor.person_id or None, actor.name, now, now, start,
                        [c.as_json() for c in wanted])  # fmt: skip
        work.editions.add(found, changes.bodies(made, name))
        if is_planned:
            self._queue.put(work, COME_INTO_FORCE, f"{COME_INTO_FORCE}:{name}", {"edition": name}, not_before=start)
        else:
            self._switch(work, current.edition, found)
            tables = made
        self._replan(work, tables)
        self._note(work, actor, "catalogue.adopted", {
            "edition": name, "base": base, "note": note, "from": start.isoformat(), "changes": found.changes})  # fmt: skip
        return replace(found, state="planned" if is_planned else "in_force")

    def _replan(self, work: Work, tables: Tables) -> None:
        """Every planned edition goes on from what will be in force before it. Raises Conflict naming what collides."""
        planned = sorted(work.editions.in_state("planned"), key=lambda e: (e.in_force_from, e.created_at))
        for each in planned:
            tables, lost = changes.put(tables, map(Change.from_json, each.changes))
            if lost:
                day = each.in_force_from.astimezone(self._timezone).date() if each.in_force_from else ""
                raise Conflict("planned_collides", day=str(day), entry=lost[0].code, name=lost[0].field)
            self._judge(work, tables, each.edition)
            work.editions.replace_bodies(each.edition, changes.bodies(tables, each.edition), at=self._clock())

    def _switch(self, work: Work, before: str, found: Edition) -> None:
        work.editions.set(before, state="superseded")
        work.editions.set(found.edition, state="in_force")

    def _come_into_force(self, job: Job) -> Closing:
        """The job of a planned edition. Everything due goes into force in order, once; a withdrawn one does nothing."""

        def closing(work: Work) -> None:
            now = self._clock()
            due = [e for e in work.editions.in_state("planned") if e.in_force_from and e.in_force_from <= now]
            for each in sorted(due, key=lambda e: (e.in_force_from, e.created_at)):
                current, _ = self._current(work)
                self._judge(work, changes.tables(work.editions.bodies(each.edition)), each.edition)
                self._switch(work, current.edition, each)
                work.history.write("catalogue", "office", "catalogue.in_force", {"edition": each.edition},
                                   actor_id=None, at=now)  # fmt: skip

        self._policy.forget()
        return closing

    def _name(self, work: Work, today: date) -> str:
        return f"office-{today.isoformat()}-{work.next_number(f'edition-{today.isoformat()}')}"

    def _check_seen(self, work: Work, current: Edition, seen: str) -> None:
        if seen != token_of(current.edition, work.editions.draft(), work.meta(DRAFT_BASE) or ""):
            raise Conflict("draft_changed")

    def _note(self, work: Work, actor: Actor, action: str, payload: dict[str, object]) -> None:
        work.history.write("catalogue", "office", action, payload, actor_id=actor.person_id or None, at=self._clock())


def _of(draft: Iterable[object]) -> list[Change]:
    return [Change.from_json(told) for entry in draft for told in entry.changes]  # type: ignore[attr-defined]


def _check_list(family: str, section: str) -> None:
    if section not in changes.LISTS.get(family, {}):
        raise NotFound()


def _check_new(work: Work, family: str, section: str, code: str, is_taken: bool) -> None:
    if (family, section) == ("permissions", "actions"):
        raise NotFound()  # what can be done is the app's; the office says who may
    if not editions.CODE.fullmatch(code) or len(code) > editions.CODE_AT_MOST:
        raise Invalid("code_wrong", field="code", at_most=editions.CODE_AT_MOST)
    if is_taken:
        raise Invalid("code_taken", field="code", entry=code)
