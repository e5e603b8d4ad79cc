"""Runs that read a layer's file and store it: jobs of the queue, so the page stays free and a dead runner is followed.

What is stored is read once more from the same bytes with the same choices, and only over the layer that was looked at.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from domain.errors import Busy, Conflict, Invalid, NotAllowed, Refused
from domain.layers import LayerImport
from domain.records import Actor
from services.exchange import ACTION, Choices, Exchange, Preview
from services.layer_preview import Stored
from services.layer_summary import SHEET_AT_MOST, map_rows, problems_of, summary_of
from services.queue import Closing, Queue
from storage.jobs import Job
from storage.layer_files import LayerFiles
from storage.store import Store, Work

PREVIEW, STORE = "layer.preview", "layer.store"  # kinds of jobs
MAP, PROBLEMS = ".map.json", ".problems.json"  # what a reading leaves beside the file
TOLD_EVERY_S = 0.7


class _TakenOver(Exception):
    """Another run has this import now, or a person changed their mind: this one writes nothing more."""


def queue_reading(queue: Queue, work: Work, import_id: str, revision: int) -> None:
    """Have a file read with the choices of this revision, inside the caller's transaction."""
    queue.put(work, PREVIEW, f"{PREVIEW}:{import_id}:{revision}", {"id": import_id, "revision": str(revision)})


class LayerRuns:
    def __init__(
        self, store: Store, exchange: Exchange, files: LayerFiles, queue: Queue, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._exchange = exchange
        self._files = files
        self._queue = queue
        self._clock = clock
        queue.handle(PREVIEW, self._read)
        queue.handle(STORE, self._keep)

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
                found.id, if_revision=found.revision, if_states=(found.state,), state=state, runner=run
            ):
                raise _TakenOver

    def _claim(self, work: Work, found: LayerImport, run: str, progress: dict[str, Any]) -> None:
        if not work.layer_imports.update(found.id, if_runner=run, progress=progress):
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
            if work.layer_imports.update(found.id, if_runner=run, state="uploaded", revision=revision,
                                         refusal=refusal, progress={}, runner=None, changed_at=self._clock()):  # fmt: skip
                queue_reading(self._queue, work, found.id, revision)

        return close

    def _closing(self, found: LayerImport, run: str, **values: Any) -> Closing:
        values |= {"progress": {}, "runner": None, "changed_at": self._clock()}
        return lambda work: _ignore(work.layer_imports.update(found.id, if_runner=run, **values))

    def _person(self, found: LayerImport) -> Actor:
        """Whoever decided last, as they are now."""
        with self._store.look() as work:
            person = work.people.get(found.changed_by)
        if person is None or person.disabled_at is not None:
            raise NotAllowed(action=ACTION)
        return Actor(person.id, person.name, person.assignments, person.lang)


def _ignore(_done: bool) -> None:
    """A run that was taken over writes nothing, and that is well."""


def _refusal(refused: Refused) -> dict[str, Any]:
    facts = {name: value for name, value in refused.facts.items() if isinstance(value, str | int | float | bool | list)}
    return {"code": refused.code, "family": type(refused).code, "field": refused.field, "facts": facts}
