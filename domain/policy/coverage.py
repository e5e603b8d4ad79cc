"""How coverage is read: the five fixed classes, and the bases that are too small to be ranked."""

from __future__ import annotations

MEASURES = ("households", "buildings", "area")

# Lower bounds of the classes after the first. Fixed, so that a map of last month can lie beside this one.
CLASS_FROM = (0.70, 0.80, 0.90, 0.95)

# Below these a single building moves the share by several points: such a unit is listed after the ranking, in grey.
# A proposal, not a rule of any policy text; change it here and the note under the table follows.
SMALL_BASE_HOUSEHOLDS = {"street": 1000, "grid": 50}


def class_of(share: float) -> int:
    """0 for under 70 % up to 4 for 95 % and more. share: 0 to 1. A share shown as 95.0 % is judged as it stands."""
    return sum(share >= bound for bound in CLASS_FROM)
