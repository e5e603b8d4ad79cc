"""A file on its way into a layer, step by step: brought, read, looked at, decided about, stored. Each step is kept.

What people decide is here; reading and storing are runs of the queue, in layer_runs.py.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from documents.problem_sheet import problem_sheet
from domain import layers
from domain.errors import Busy, Conflict, Invalid, NotFound, TooLarge
from domain.layers import LayerImport
from domain.policy.permissions import Permissions
from domain.records import Actor
from geo.guess import DATUMS
from i18n import words
from services.exchange import ACTION, Choices, Exchange, check_choices
from services.layer_keeping import take_away
from services.layer_runs import MAP, PROBLEMS, STORE, LayerRuns, queue_reading
from services.layer_summary import shifted
from services.queue import Queue
from storage.layer_files import LayerFiles
from storage.layers import FILE_AT_MOST_MB, MB
from storage.photos import Arriving
from storage.store import Store, Work

OPEN = ("uploaded", "reading", "ready", "refused")  # may still be decided about otherwise, or put away
ENDINGS = (".zip", ".geojson", ".json", ".gpkg", ".kml", ".kmz", ".csv", ".txt", ".tsv", ".dxf")
KEPT_FOR = timedelta(days=1)
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


class LayerImports:
    def __init__(
        self, store: Store, exchange: Exchange, files: LayerFiles, permissions: Permissions, queue: Queue,
        clock: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._files = files
        self._permissions = permissions
        self._queue = queue
        self._clock = clock
        LayerRuns(store, exchange, files, queue, clock)

    # -- in ----------------------------------------------------------------------------------------------------

    def begin(self, layer: str, file_name: str, actor: Actor) -> Arrival:
        """Open the way for a file. Raises Invalid for an ending that no layer has, Busy when the disk is full."""
        self._permissions.require(actor, ACTION)
        layer, label = layers.layer_of(layer), _label(file_name)
        ending = PurePath(label).suffix.lower()
        if ending == ".dwg":
            raise Invalid("layer_dwg", field="file")
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
                queue_reading(self._queue, work, new.id, new.revision)
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
        return self._decide(import_id, lambda found: choices, actor)

    def change(self, import_id: str, revision: int, values: Mapping[str, Any], actor: Actor) -> LayerImport:
        """Some of the choices, as plain values; the others stay. revision: of what the person looked at.

        columns: those named alone. repairs: name to whether it is made. lineage: lines with is_accepted. So a press on a
        page that is a moment old takes nothing back. Raises what choose raises, and Conflict when somebody else, not
        this person a moment ago, has chosen meanwhile.
        """
        if unknown := set(values) - CHOSEN:
            raise Invalid("field_wrong", field=min(unknown))

        def chosen(found: LayerImport) -> Choices:
            if found.revision != revision and found.changed_by != actor.person_id:
                raise Conflict("layer_import_changed")
            return _with(found.choices, values)

        return self._decide(import_id, chosen, actor)

    def _decide(self, import_id: str, choose: Callable[[LayerImport], Choices], actor: Actor) -> LayerImport:
        self._permissions.require(actor, ACTION)
        with self._store.work() as work:
            found = work.layer_imports.get(import_id)
            if found is None:
                raise NotFound()
            if found.state not in OPEN:
                raise Conflict("layer_import_over")
            chosen = choose(found)
            check_choices(chosen)
            if chosen.as_json() == found.choices:
                return found  # the same press again: a page may send one twice
            revision = found.revision + 1
            work.layer_imports.update(
                import_id, state="uploaded", revision=revision, choices=chosen.as_json(), refusal=None, progress={},
                runner=None, changed_by=actor.person_id, changed_at=self._clock(),
            )  # fmt: skip
            queue_reading(self._queue, work, import_id, revision)
        self._queue.nudge()
        return self.get(import_id, actor)

    def confirm(self, import_id: str, revision: int, actor: Actor) -> LayerImport:
        """Store what was looked at. Raises the first blocker, Conflict when somebody else changed a choice meanwhile.

        After a choice or a press of one's own nothing happens: what it makes of the file has not been looked at yet.
        """
        self._permissions.require(actor, ACTION)
        with self._store.work() as work:
            found = work.layer_imports.get(import_id)
            if found is None:
                raise NotFound()
            if found.state != "ready" or found.revision != revision:
                if found.changed_by == actor.person_id:
                    return found
                raise Conflict("layer_import_changed")
            for blocker in (found.summary or {}).get("blockers", ()):
                raise Invalid(blocker["code"], field=blocker["field"], **blocker["facts"])
            work.layer_imports.update(
                import_id, state="storing", progress={}, runner=None, changed_by=actor.person_id,
                changed_at=self._clock(),
            )  # fmt: skip
            self._queue.put(work, STORE, f"{STORE}:{import_id}:{revision}", {"id": import_id})
        self._queue.nudge()
        return self.get(import_id, actor)

    def close(self, import_id: str, actor: Actor) -> None:
        """Put it away; nothing of it is stored. What is being stored cannot be stopped, what is stored stays."""
        found = self.get(import_id, actor)
        with self._store.work() as work:
            is_closed = work.layer_imports.update(
                import_id, if_states=OPEN, state="closed", runner=None,
                changed_by=actor.person_id, changed_at=self._clock(),
            )  # fmt: skip
        if not is_closed and found.state != "closed":
            raise Conflict("layer_import_over")
        self._files.drop(import_id)

    # -- left behind -------------------------------------------------------------------------------------------

    def sweep(self) -> int:
        """Close what nobody came back to for a day, drop files that stopped coming and rows that nobody will show."""
        limit = self._clock() - KEPT_FOR
        with self._store.look() as work:
            left = work.layer_imports.before(limit, OPEN)
            hidden = work.layer_imports.hidden(limit)
        for one in left:
            with self._store.work() as work:
                work.layer_imports.update(one.id, if_states=(one.state,), state="closed", runner=None)
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


def _with(chosen: Mapping[str, Any], values: Mapping[str, Any]) -> Choices:
    """The choices with some of them made anew."""
    made = {**chosen, **values}
    if "columns" in values:
        made["columns"] = {**(chosen["columns"] or {}), **values["columns"]}
    if "repairs" in values:
        others = [name for name in chosen["repairs"] if name not in values["repairs"]]
        made["repairs"] = [*others, *(name for name, is_made in values["repairs"].items() if is_made)]
    if "lineage" in values:
        lines = [({"old": line["old"], "new": line["new"]}, line["is_accepted"]) for line in values["lineage"]]
        others = [line for line in chosen["lineage"] if line not in [named for named, _ in lines]]
        made["lineage"] = [*others, *(line for line, is_accepted in lines if is_accepted)]
    return Choices.from_json(made)


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
