"""Whether the grids in force share their borders exactly: asked once for each state of the layer, and kept."""

from __future__ import annotations

from geo.division import is_coverage
from storage.store import Store, Work

_KEY = "grid_coverage"


def grids_cover(work: Work) -> bool:
    """True when the grids as they are now were looked at and are a coverage. Never looked at reads as False: a
    division without the shortcut is slower and right."""
    return work.meta(_KEY) == f"{work.areas.stamp('grid')}:yes"


def look_at_grids(store: Store) -> bool:
    """Ask it of the grids in force and keep the answer. Seconds for a hundred thousand grids: not while anyone waits."""
    with store.look() as work:
        stamp = work.areas.stamp("grid")
        known = work.meta(_KEY) or ""
        if known.startswith(f"{stamp}:"):
            return known.endswith(":yes")
        lines = [grid.geometry for grid in work.areas.in_force("grid")]
    found = is_coverage(lines)
    with store.work() as work:
        work.set_meta(_KEY, f"{stamp}:{'yes' if found else 'no'}")
    return found
