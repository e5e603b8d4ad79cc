"""A runner in a process of its own that stops dead in the middle of one kind of job: `python half_way.py KIND`.

It says "half way" where the work is half done and then waits to be killed. Settings come from the environment.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from services import Services
from services.views import MAKE_VIEWS, MISSING_VIEWS
from wiring import Settings, build


def stop_dead(*_given: Any, **_named: Any) -> Any:
    print("half way", flush=True)
    threading.Event().wait()


def after(act: Any, times: int = 1) -> Any:
    """`act` as ever that often, then stop dead."""
    left = [times]

    def acted(*given: Any, **named: Any) -> Any:
        if not left[0]:
            return stop_dead()
        left[0] -= 1
        return act(*given, **named)

    return acted


def lay_trap(kind: str, services: Services) -> None:
    """In the middle: something has been done already, and "done" has not been written."""
    import services.backups as backups
    import services.history as history
    import storage.backup as backup
    from storage.jobs import Jobs

    if kind == "backup":  # the database and some originals have been copied
        backup._keep = after(backup._keep, 2)
    elif kind == "backup-whole":  # the folder is there under its name; nobody knows of it yet
        backups.mend_pool = stop_dead
    elif kind == "verify":
        services.history._photos.rehash = after(services.history._photos.rehash, 1)  # type: ignore[method-assign]
    elif kind == "history.close_days":
        history._checkpoint_hash = after(history._checkpoint_hash, 1)
    elif kind == MAKE_VIEWS:  # the pictures lie on the disk
        services.views._worker.make = _then_stop(services.views._worker.make)  # type: ignore[method-assign]
    else:  # everything has been done in the transaction, which is still open
        assert kind in (
            MISSING_VIEWS,
            "sweep",
            "reminders",
            "report.weekly",
            "catalogue.in_force",
            "zone.in_force",
            "zones.divide",
        )
        Jobs.done = stop_dead  # type: ignore[method-assign]


def _then_stop(act: Any) -> Any:
    def acted(*given: Any, **named: Any) -> Any:
        act(*given, **named)
        return stop_dead()

    return acted


if __name__ == "__main__":
    built = build(Settings(sample_city=False))
    lay_trap(sys.argv[1], built)
    every = built.queue.kinds
    built.queue.run_next("to be killed", leave=every - {sys.argv[1].removesuffix("-whole")})
