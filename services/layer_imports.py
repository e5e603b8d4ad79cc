"""A file on its way into a layer, step by step: brought, read, looked at, decided about, stored. Each step is kept.

Reading and storing are jobs of the queue: the page stays free, and a runner that dies is followed by another. What is
stored is read once more from the same bytes with the same choices, and only over the layer that was looked at.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from documents.problem_sheet import problem_sheet
from domain import layers
from domain.errors import Busy, Conflict, Invalid, NotAllowed, NotFound, Refused, TooLarge
from domain.layers import LayerImport
from domain.policy.permissions import Permissions
from domain.records import Actor
from geo.guess import DATUMS
from i18n import words
from services.exchange import ACTION, Choices, Exchange, Preview, check_choices
from services.layer_keeping import take_away
from services.layer_preview import Stored
from services.layer_summary import SHEET_AT_MOST, map_rows, problems_of, shifted, summary_of
from services.queue import Closing, Queue
from storage.jobs import Job
from storage.layer_files import LayerFiles
from storage.layers import FILE_AT_MOST_MB, MB
from storage.photos import Arriving
from storage.store import Store, Work
from storage.tables import layer_imports as table

PREVIEW, STORE = "layer.preview", "layer.store"
ENDINGS = (".zip", ".geojson", ".json", ".gpkg", ".kml", ".kmz", ".csv", ".txt", ".tsv")
MAP, PROBLEMS = ".map.json", ".problems.json"
KEPT_FOR = timedelta(days=1)
TOLD_EVERY_S = 0.7
NAME_LENGTH = 120
CHOSEN = frozenset(f.name for f in fields(Choices))


@dataclass(frozen=True)
class Arrival:
    """A file that is coming in."""

    import_id: str
    layer: str
    file_name: str
    ending: str
    file: Arriving


@dataclass(frozen=True)
class Overview:
    """One layer as it stands. drafts: zones that are not in force. file_name, at: what came in last, and when."""

    layer: str
    count: int
    drafts: int = 0
    file_name: str | None = None
    at: datetime | None = None


class _TakenOver(Exception):
    """Another run has this import now, or a person changed their mind: this one writes nothing more."""


class LayerImports:
    def __init__(
        self, store: Store, exchange: Exchange, files: LayerFiles, permissions: Permissions, queue: Queue,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._exchange = exchange
        self._files = files
        self._permissions = permissions
        self._queue = queue
        self._clock = clock
        queue.handle(PREVIEW, self._read)
        queue.handle(STORE, self._keep)

    # -- in ----------------------------------------------------------------------------------------------------

    def begin(self, layer: str, file_name: str, actor: Actor) -> Arrival:
        """Open the way for a file. Raises Invalid for an ending that no layer has, Busy when the disk is full."""
        self._permissions.require(actor, ACTION)
        layer, label = layers.layer_of(layer), _label(file_name)
        ending = PurePath(label).suffix.lower()
        if ending not in ENDINGS:
            raise Invalid("layer_format_unknown", field="file")
        if not self._files.has_room():
            raise Busy("disk_full")
        return Arrival(str(uuid.uuid4()), layer, label, ending, self._files.arriving())

    def take(self, arrival: Arrival, chunk: bytes) -> None:
        """One chunk. Raises TooLarge over the cap of its kind, Busy when the disk is full."""
        is_gpkg = arrival.ending == ".gpkg"
        at_most = FILE_AT_MOST_MB["gpkg" if is_gpkg else "text"]
        if arrival.file.size + len(chunk) > at_most * MB:
            raise TooLarge("layer_too_large", field="file", at_most_mb=at_most)
        try:
            arrival.file.write(chunk)
        except OSError as error:
            raise Busy("disk_full") from error

    def keep(self, arrival: Arrival, actor: Actor) -> LayerImport:
        """The file has come whole: keep it and have it read."""
        self._permissions.require(actor, ACTION)
        if not arrival.file.size:
            raise Invalid("layer_empty", field="file")
        try:
            self._files.keep(arrival.file, arrival.import_id, arrival.ending)
        except OSError as error:
            raise Busy("disk_full") from error
        now = self._clock()
        new = LayerImport(
            id=arrival.import_id, layer=arrival.layer, file_name=arrival.file_name, ending=arrival.ending,
            size=arrival.file.size, sha256=arrival.file.sha256, state="uploaded", revision=1,
            choices=Choices().as_json(), made_by=actor.person_id, made_at=now, changed_by=actor.person_id,
            changed_at=now,
        )  # fmt: skip

        def add(work: Work) -> LayerImport:
            found = work.layer_imports.get(new.id)
            if found is None:
                work.layer_imports.add(new)
                self._queue_reading(work, new.id, new.revision)
            return found or new

        kept = self._store.run(add)
        self._queue.nudge()
        return kept

    def abandon(self, arrival: Arrival) -> None:
        """Whatever went wrong, nothing half-stored stays."""
        arrival.file.drop()

    # -- looked at ---------------------------------------------------------------------------------------------

    def get(self, import_id: str, actor: Actor) -> LayerImport:
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            found = work.layer_imports.get(import_id)
        if found is None:
            raise NotFound()
        return found

    def recent(self, actor: Actor, *, limit: int = 12) -> list[LayerImport]:
        """The newest first, whoever brought them."""
        self._permissions.require(actor, ACTION)
        with self._store.look() as work:
            return work.layer_imports.recent(limit)

    def overview(self, actor: Actor) -> list[Overview]:
        """Every layer that comes in from files: how much of it is there, from where and when."""
        self._permissions.require(actor, "layers.read")
        with self._store.look() as work:
            return [_overview(work, layer) for layer in layers.FIELDS]

    def map_rows(self, import_id: str, datum: str | None, actor: Actor) -> bytes:
        """The rows as GeoJSON for the map; datum: read in another one than the last reading took. Raises NotFound."""
        found = self.get(import_id, actor)
        try:
            body = self._files.path(found.id, MAP).read_bytes()
        except FileNotFoundError:
            raise NotFound("layer_rows_gone") from None
        was = (found.summary or {}).get("frame", {}).get("datum")
        if datum in (None, was) or datum not in DATUMS or was is None:
            return body
        return shifted(json.loads(body), was, str(datum))

    def problem_sheet(self, import_id: str, actor: Actor) -> tuple[str, bytes]:
        """Name and bytes of an XLSX with everything that the last reading has to tell, row by row. Raises NotFound."""
        found, say = self.get(import_id, actor), words(actor.lang)
        try:
            told = json.loads(self._files.path(found.id, PROBLEMS).read_bytes())
        except FileNotFoundError:
            raise NotFound("layer_rows_gone") from None
        return f"{PurePath(found.file_name).stem} {say('layers.sheet_name')}.xlsx", problem_sheet(told, say)

    # -- decided about -----------------------------------------------------------------------------------------

    def choose(self, import_id: str, choices: Choices, actor: Actor) -> LayerImport:
        """Read it again with other choices. Raises Invalid for a choice that cannot be, Conflict once it is being stored."""
        found = self.get(import_id, actor)
        check_choices(choices)
        if found.state not in ("uploaded", "reading", "ready", "refused"):
            raise Conflict("layer_import_over")
        revision = found.revision + 1

        def change(work: Work) -> bool:
            is_ours = work.layer_imports.update(
                import_id, table.c.revision == found.revision, table.c.state == found.state, state="uploaded",
                revision=revision, choices=choices.as_json(), refusal=None, progress={}, runner=None,
                changed_by=actor.person_id, changed_at=self._clock(),
            )  # fmt: skip
            if is_ours:
                self._queue_reading(work, import_id, revision)
            return is_ours

        with self._store.work() as work:
            if not change(work):
                raise Conflict("layer_import_changed")
        self._queue.nudge()
        return self.get(import_id, actor)

    def change(self, import_id: str, revision: int, values: Mapping[str, Any], actor: Actor) -> LayerImport:
        """Some of the choices, as plain values; the others stay. Raises what choose raises."""
        found = self.get(import_id, actor)
        chosen = Choices.from_json({**found.choices, **values}) if set(values) <= CHOSEN else None
        if chosen is not None and chosen.as_json() == found.choices:
            return found  # the same press again: a page may send one twice
        if found.revision != revision:
            raise Conflict("layer_import_changed")
        if chosen is None:
            raise Invalid("field_wrong", field=min(set(values) - CHOSEN))
        return self.choose(import_id, chosen, actor)

    def confirm(self, import_id: str, revision: int, actor: Actor) -> LayerImport:
        """Store what was looked at. Raises the first blocker, Conflict when somebody changed a choice meanwhile."""
        found = self.get(import_id, actor)
        if found.state != "ready" or found.revision != revision:
            raise Conflict("layer_import_changed")
        for blocker in (found.summary or {}).get("blockers", ()):
            raise Invalid(blocker["code"], field=blocker["field"], **blocker["facts"])
        now = self._clock()
        with self._store.work() as work:
            is_ours = work.layer_imports.update(
                import_id, table.c.revision == revision, table.c.state == "ready", state="storing", progress={},
                runner=None, changed_by=actor.person_id, changed_at=now,
            )  # fmt: skip
            if not is_ours:
                raise Conflict("layer_import_changed")
            self._queue.put(work, STORE, f"{STORE}:{import_id}:{revision}", {"id": import_id})
        self._queue.nudge()
        return self.get(import_id, actor)

    def close(self, import_id: str, actor: Actor) -> None:
        """Put it away; nothing of it is stored. What is being stored cannot be stopped, what is stored stays."""
        found = self.get(import_id, actor)
        with self._store.work() as work:
            is_closed = work.layer_imports.update(
                import_id, table.c.state.in_(("uploaded", "reading", "ready", "refused")), state="closed", runner=None,
                changed_by=actor.person_id, changed_at=self._clock(),
            )  # fmt: skip
        if not is_closed and found.state != "closed":
            raise Conflict("layer_import_over")
        self._files.drop(import_id)

    # -- the jobs ----------------------------------------------------------------------------------------------

    def _queue_reading(self, work: Work, import_id: str, revision: int) -> None:
        payload = {"id": import_id, "revision": str(revision)}
        self._queue.put(work, PREVIEW, f"{PREVIEW}:{import_id}:{revision}", payload)

    def _read(self, job: Job) -> Closing | None:
        with self._store.look() as work:
            found = work.layer_imports.get(job.payload["id"])
        if (
            found is None
            or found.state not in ("uploaded", "reading")
            or str(found.revision) != job.payload["revision"]
        ):
            return None
        run = uuid.uuid4().hex
        try:
            self._mark(found, "reading", run)
            preview = self._preview(found, run, job)
            self._files.write(found.id, MAP, map_rows(preview))
            told = problems_of(preview.rows, SHEET_AT_MOST)
            self._files.write(found.id, PROBLEMS, json.dumps(told, ensure_ascii=False).encode())
        except _TakenOver:
            return None
        except Busy:
            raise  # it will pass; the queue tries again
        except Refused as refused:
            return self._closing(found, run, state="refused", summary=None, refusal=_refusal(refused))
        summary = summary_of(preview)
        del preview
        return self._closing(found, run, state="ready", summary=summary, stamp=summary.pop("stamp"))

    def _keep(self, job: Job) -> Closing | None:
        with self._store.look() as work:
            found = work.layer_imports.get(job.payload["id"])
        if found is not None and found.state == "stored":  # a run before this one died after the last transaction
            return self._after(found, self._exchange.place(found.layer))
        if found is None or found.state != "storing":
            return None
        run = uuid.uuid4().hex

        def claim(work: Work, done: int, of: int) -> None:
            job.go_on()
            self._claim(work, found, run, {"step": "store", "done": done, "of": of})

        try:
            self._mark(found, "storing", run)
            preview = self._preview(found, run, job)
            if preview.stamp != found.stamp:
                raise Conflict("layer_changed_meanwhile", field="layer")
            if preview.sha256 != found.sha256:
                raise Invalid("layer_file_differs", field="file")
            stored = self._exchange.store(
                preview, self._person(found), import_id=found.id,
                claim=claim,
                finish=lambda work, kept: self._stored(work, found, kept),
            )  # fmt: skip
            del preview
        except _TakenOver:
            return None
        except Busy:
            raise
        except Conflict as refused:  # somebody changed the layer: look again, with this said above it
            return self._again(found, run, _refusal(refused))
        except Refused as refused:
            return self._closing(found, run, state="refused", refusal=_refusal(refused))
        with self._store.look() as work:
            done = work.layer_imports.get(found.id)
        return self._after(done, stored.buildings_placed) if done is not None else None

    def _preview(self, found: LayerImport, run: str, job: Job) -> Preview:
        path = self._files.path(found.id, found.ending)
        if not path.is_file():
            raise Invalid("layer_file_gone", field="file")
        last = 0.0

        def tell(step: str, done: int, of: int) -> None:
            nonlocal last
            job.go_on()
            if time.monotonic() - last >= TOLD_EVERY_S:
                last = time.monotonic()
                with self._store.work() as work:
                    self._claim(work, found, run, {"step": step, "done": done, "of": of})

        chosen = Choices.from_json(found.choices)
        return self._exchange.preview(path, found.layer, self._person(found), chosen, tell, file_name=found.file_name)

    def _mark(self, found: LayerImport, state: str, run: str) -> None:
        """This run has it from now on; an earlier one that still lives finds out at its next step."""
        with self._store.work() as work:
            if not work.layer_imports.update(
                found.id, table.c.revision == found.revision, table.c.state == found.state, state=state, runner=run
            ):
                raise _TakenOver

    def _claim(self, work: Work, found: LayerImport, run: str, progress: dict[str, Any]) -> None:
        if not work.layer_imports.update(found.id, table.c.runner == run, progress=progress):
            raise _TakenOver

    def _stored(self, work: Work, found: LayerImport, stored: Stored) -> None:
        work.layer_imports.update(found.id, state="stored", stored=asdict(stored), progress={}, refusal=None,
                                  changed_at=self._clock())  # fmt: skip

    def _after(self, found: LayerImport, placed: int) -> Closing:
        """What follows the last transaction; may be done twice."""
        self._files.drop(found.id)
        stored = {**(found.stored or {}), "buildings_placed": placed}
        return lambda work: _ignore(work.layer_imports.update(found.id, stored=stored))

    def _again(self, found: LayerImport, run: str, refusal: dict[str, Any]) -> Closing:
        def close(work: Work) -> None:
            revision = found.revision + 1
            if work.layer_imports.update(found.id, table.c.runner == run, state="uploaded", revision=revision,
                                         refusal=refusal, progress={}, runner=None, changed_at=self._clock()):  # fmt: skip
                self._queue_reading(work, found.id, revision)

        return close

    def _closing(self, found: LayerImport, run: str, **values: Any) -> Closing:
        values |= {"progress": {}, "runner": None, "changed_at": self._clock()}
        return lambda work: _ignore(work.layer_imports.update(found.id, table.c.runner == run, **values))

    def _person(self, found: LayerImport) -> Actor:
        """Whoever decided last, as they are now."""
        with self._store.look() as work:
            person = work.people.get(found.changed_by)
        if person is None or person.disabled_at is not None:
            raise NotAllowed(action=ACTION)
        return Actor(person.id, person.name, person.assignments, person.lang)

    def sweep(self) -> int:
        """Close what nobody came back to for a day, drop files that stopped coming and rows that nobody will show."""
        limit = self._clock() - KEPT_FOR
        with self._store.look() as work:
            left = work.layer_imports.before(limit, ("uploaded", "reading", "ready", "refused"))
            hidden = work.layer_imports.hidden(limit)
        for one in left:
            with self._store.work() as work:
                work.layer_imports.update(one.id, table.c.state == one.state, state="closed", runner=None)
        for import_id in hidden:
            take_away(self._store, import_id)
        gone = 0
        for upload_id in self._files.old(limit.timestamp()):
            with self._store.look() as work:
                found = work.layer_imports.get(upload_id)
            if found is None or not found.is_open:
                with suppress(OSError):
                    self._files.drop(upload_id)
                    gone += 1
        return gone


def _ignore(_done: bool) -> None:
    """A run that was taken over writes nothing, and that is well."""


def _refusal(refused: Refused) -> dict[str, Any]:
    facts = {name: value for name, value in refused.facts.items() if isinstance(value, str | int | float | bool | list)}
    return {"code": refused.code, "family": type(refused).code, "field": refused.field, "facts": facts}


def _label(file_name: str) -> str:
    """What a file is called, as a label: no path, no hidden signs, its ending kept."""
    text = re.split(r"[/\\]", "".join(sign for sign in file_name if sign.isprintable()))[-1].strip()
    stem, dot, ending = text.rpartition(".")
    return f"{stem[:NAME_LENGTH]}{dot}{ending[:16]}" if dot else text[:NAME_LENGTH]


def _overview(work: Work, layer: str) -> Overview:
    count = work.buildings.count() if layer == "building" else (
        work.buildings.count_roads() if layer == "road" else work.areas.count(layer))  # fmt: skip
    drafts = work.areas.count(layer, status="draft") if layer == "zone" else 0
    entries = work.history.of("layer", layer)
    last = entries[-1] if entries else None
    return Overview(layer, count, drafts, last.payload.get("file") if last else None, last.at if last else None)
