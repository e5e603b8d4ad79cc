"""People out of a sheet and into one: a preview first, then all of it or the sound rows alone; the others come back to mend.

A sheet is kept until its people are in, somebody closes it, or an hour is over. Nobody sees another's.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from domain import people_sheet as sheet_rules
from domain import sheet_columns
from domain.errors import Busy, Conflict, Invalid, NotFound, TooLarge
from domain.people_sheet import Known, Newcomer, Place, Row
from domain.policy.editions import Policy
from domain.policy.permissions import Permissions
from domain.records import AUTO, Actor, Person
from services import people_pages
from services.people import LINK_LIFE, People
from services.policy import LivePolicy
from storage.areas import AreaLabel
from storage.photos import Arriving
from storage.sheets import FILE_AT_MOST_MB, read_sheet
from storage.store import Store, Work
from storage.uploads import UploadStore

KEPT_FOR = timedelta(hours=1)
PEOPLE_AT_MOST = 1000  # in one transaction: nobody else writes meanwhile
PURPOSE, ACTION = "people", "people.manage"
REMEMBERED = "sheet_columns.people"


@dataclass(frozen=True)
class Preview:
    """A sheet read and judged against who is there; nothing is stored yet.

    names: the columns of the file. columns: field to column. upload_id: None for a file of the operator's own.
    """

    file_name: str
    format: str
    sheet: str
    others: tuple[str, ...]
    encoding: str | None
    sha256: str
    names: tuple[str, ...]
    columns: Mapping[str, str]
    people: Sequence[Newcomer]
    upload_id: str | None = None

    @property
    def rows(self) -> list[Row]:
        return sorted((row for person in self.people for row in person.rows), key=lambda row: row.number)

    @property
    def bad_rows(self) -> list[Row]:
        return [row for row in self.rows if row.problems]

    @property
    def counts(self) -> dict[str, int]:
        """rows: of the sheet. new, same: people. bad: rows that have to be mended."""
        fates = Counter(person.fate for person in self.people)
        return {"rows": len(self.rows), "new": fates["new"], "same": fates["same"], "bad": len(self.bad_rows)}

    @property
    def newcomers(self) -> list[Newcomer]:
        return [person for person in self.people if person.fate == "new"]


@dataclass(frozen=True)
class Added:
    """A new account and the token of its link: told once, stored nowhere."""

    person: Person
    token: str


@dataclass(frozen=True)
class Stored:
    """What came of a sheet. bad: rows that were left out. until: when the links end, in the office's time."""

    added: tuple[Added, ...]
    same: int
    bad: int
    until: datetime


class PeopleSheets:
    def __init__(
        self, store: Store, people: People, uploads: UploadStore, permissions: Permissions, policy: LivePolicy,
        clock: Callable[[], datetime], timezone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._store = store
        self._people = people
        self._uploads = uploads
        self._permissions = permissions
        self._policy = policy
        self._clock = clock
        self._timezone = timezone

    # -- a file comes in ---------------------------------------------------------------------------------------

    def begin(self, actor: Actor) -> Arriving:
        """Open the way for a sheet. Raises NotAllowed, Busy when the disk is full."""
        self._permissions.require(actor, ACTION)
        try:
            return self._uploads.arriving()
        except OSError as error:
            raise Busy("disk_full") from error

    def take(self, arriving: Arriving, chunk: bytes) -> None:
        """One chunk. Raises TooLarge, Busy when the disk is full."""
        if arriving.size + len(chunk) > FILE_AT_MOST_MB * 1024 * 1024:
            raise TooLarge("sheet_too_large", at_most_mb=FILE_AT_MOST_MB)
        try:
            arriving.write(chunk)
        except OSError as error:
            raise Busy("disk_full") from error

    def keep(self, arriving: Arriving, name: str, actor: Actor) -> str:
        """The id by which a sheet that arrived whole can be looked at for an hour. name: as the person called it."""
        self._permissions.require(actor, ACTION)
        try:
            return self._uploads.keep(arriving, owner_id=actor.person_id, purpose=PURPOSE, name=name[-120:]).id
        except OSError as error:
            raise Busy("disk_full") from error

    def abandon(self, arriving: Arriving) -> None:
        arriving.drop()

    def close(self, upload_id: str, actor: Actor) -> None:
        """Forget a sheet at once. Raises NotFound when it is not the actor's."""
        self._permissions.require(actor, ACTION)
        self._upload(upload_id, actor)
        self._uploads.drop(upload_id)

    def sweep(self) -> int:
        """Remove sheets that nobody came back for; returns how many files."""
        return self._uploads.sweep((self._clock() - KEPT_FOR).timestamp())

    # -- preview, store ----------------------------------------------------------------------------------------

    def preview(self, upload_id: str, actor: Actor, columns: Mapping[str, str] | None = None) -> Preview:
        """What the sheet would add. columns: field to column as the actor chose, "" leaves a field out.

        Raises NotFound when the sheet is gone or somebody else's, Invalid in one plain sentence.
        """
        self._permissions.require(actor, ACTION)
        path, name = self._upload(upload_id, actor)
        return self._read(path, name, columns, None, upload_id)

    def preview_file(
        self, path: Path, actor: Actor, columns: Mapping[str, str] | None = None, *, sheet: str | None = None
    ) -> Preview:
        """The same for a file that lies on the server: for the operator's command line."""
        self._permissions.require(actor, ACTION)
        return self._read(path, path.name, columns, sheet, None)

    def store(self, preview: Preview, actor: Actor, *, leave_out: bool = False) -> Stored:
        """Add the people of a confirmed preview: all of them, or with leave_out those without a problem.

        Raises Invalid("sheet_rows_bad"), Conflict when accounts or areas have changed so that the preview is no
        longer true, NotFound, NotAllowed. Nothing is kept then.
        """
        self._permissions.require(actor, ACTION)
        counts, now = preview.counts, self._clock()
        if counts["bad"] and not leave_out:
            raise Invalid("sheet_rows_bad", field="rows", bad=counts["bad"])
        if not counts["new"]:
            raise Invalid("sheet_nothing_new", field="rows")
        if counts["new"] > PEOPLE_AT_MOST:
            raise Invalid("sheet_too_many_people", field="rows", at_most=PEOPLE_AT_MOST)
        expected = [_as_seen(person) for person in preview.newcomers]
        made_by, policy = actor.person_id or None, self._policy.now()
        with self._store.work() as work:
            again = sheet_rules.judge(preview.rows, self._known(work, policy))
            newcomers = [person for person in again if person.fate == "new"]
            if [_as_seen(person) for person in newcomers] != expected:
                raise Conflict("sheet_changed_meanwhile", field="rows")
            added = [
                Person(str(uuid.uuid4()), one.username, one.name, one.phone, AUTO, None, now, one.assignments)
                for one in newcomers
            ]
            tokens = self._people.take_in(work, added, made_by=made_by, sheet=preview.sha256)
            work.set_meta(REMEMBERED, json.dumps(dict(preview.columns), ensure_ascii=False))
            work.history.write("sheet", PURPOSE, "people.imported", {
                "file": preview.file_name, "sha256": preview.sha256, **counts,
            }, actor_id=made_by, at=now)  # fmt: skip
        return Stored(
            tuple(map(Added, added, tokens)),
            counts["same"],
            counts["bad"],
            (now + LINK_LIFE).astimezone(self._timezone),
        )

    # -- sheets that go out ------------------------------------------------------------------------------------

    def problems(self, upload_id: str, actor: Actor) -> bytes:
        """The rows that have to be mended, as XLSX. Raises NotFound, Invalid when there is none."""
        return self.problems_of(self.preview(upload_id, actor), actor)

    def problems_of(self, preview: Preview, actor: Actor) -> bytes:
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            known = self._known(work, self._policy.now())
        return people_pages.problems(preview.names, preview.columns, preview.bad_rows, known, actor.lang)

    def template(self, actor: Actor) -> bytes:
        """An empty sheet with an example, and the words for roles and scopes, as XLSX."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            known = self._known(work, self._policy.now())
        return people_pages.template(known, actor.lang)

    def links(self, stored: Stored, address: str, actor: Actor) -> bytes:
        """Names, accounts and links of the people just added, as XLSX. address: of the app, as people open it."""
        self._permissions.require(actor, ACTION)
        rows = [(a.person.name, a.person.username, f"{address}/reset?token={a.token}") for a in stored.added]
        return people_pages.links(rows, stored.until, actor.lang)

    def export(self, ending: str, actor: Actor) -> tuple[bytes, int]:
        """Everybody with an account as a sheet that can be brought in again; no secret in it. ending: .xlsx or .csv."""
        self._permissions.require(actor, "people.read")
        with self._store.look() as work:
            known = self._known(work, self._policy.now())
        return people_pages.everybody(known, ending, actor.lang), len(known.people)

    # -- inside ------------------------------------------------------------------------------------------------

    def _upload(self, upload_id: str, actor: Actor) -> tuple[Path, str]:
        found = self._uploads.get(upload_id, owner_id=actor.person_id, purpose=PURPOSE)
        if found is None:
            raise NotFound("sheet_gone")
        return found.path, found.name

    def _read(
        self, path: Path, name: str, chosen: Mapping[str, str] | None, sheet: str | None, upload_id: str | None
    ) -> Preview:
        table = read_sheet(path, sheet=sheet)
        aliases = sheet_rules.ALIASES
        top = sheet_columns.find_header(table.rows, aliases, like=sheet_rules.HEADER_LIKE)
        names = sheet_columns.distinct(table.rows[top])
        with self._store.look() as work:
            known, remembered = self._known(work, self._policy.now()), work.meta(REMEMBERED)
        columns = sheet_columns.guessed_columns(names, aliases, json.loads(remembered) if remembered else None)
        columns |= sheet_columns.checked_columns(names, aliases, chosen or {})
        columns = {at: column for at, column in columns.items() if column}
        rows = sheet_rules.read_rows(table.numbers[top + 1 :], table.rows[top + 1 :], names, columns)
        if not rows:
            raise Invalid("sheet_no_rows", field="file")
        return Preview(name, table.format, table.sheet, table.others, table.encoding, table.sha256, tuple(names), columns,
                       sheet_rules.judge(rows, known), upload_id)  # fmt: skip

    def _known(self, work: Work, policy: Policy) -> Known:
        today = self._policy.today()
        areas = [_place(label) for label in work.areas.labels(("street", "community", "grid"))]
        offices = [Place("department", d.code, d.code, (d.zh, d.en)) for d in policy.offices.departments.values()
                   if d.term.holds(today)]  # fmt: skip
        rules = policy.permissions
        return Known(work.people.all(), [*areas, *offices], rules.roles, rules.offered_roles(today))


def _place(label: AreaLabel) -> Place:
    """An area and the wider ones that it lies in; some cities write a street's own id beside it."""
    wider = [area_id if area_id != label.area_id else None for area_id in (label.street_id, label.community_id)]
    return Place(label.layer, label.area_id, label.code, (label.name,), *wider)


def _as_seen(person: Newcomer) -> tuple[object, ...]:
    return person.username, person.name, person.phone, frozenset(person.assignments)
