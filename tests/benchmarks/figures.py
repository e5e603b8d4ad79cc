"""What a benchmark hands to run.py: one line a figure, each a ratio (or bytes) beside its peer and its target."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from statistics import median

MARK = "figure "


def figure(
    what: str, value: float, *, peer: str, unit: str = "x", at_most: float | None = None, at_least: float | None = None,
    note: str = "",
) -> None:  # fmt: skip
    """Print one figure, for people and for run.py. unit: "x" for a ratio to the peer, else KB, MB, requests."""
    is_met = (at_most is None or value <= at_most) and (at_least is None or value >= at_least)
    target = f"at most {at_most:g}" if at_most is not None else f"at least {at_least:g}" if at_least is not None else ""
    row = {"what": what, "value": value, "unit": unit, "peer": peer, "target": target, "note": note,
           "met": is_met if target else None}  # fmt: skip
    print(MARK + json.dumps(row, ensure_ascii=False), flush=True)


def say(line: str) -> None:
    print(line, flush=True)


def is_short() -> bool:
    """True when asked for the short form: fewer rounds, the same work in each."""
    return "--short" in sys.argv[1:]


def middle_ratio(ours: Sequence[float], peer: Sequence[float]) -> float:
    """The median of the ratios of neighbouring rounds: both sides of a pair saw about the same busy machine."""
    return median(one / other for one, other in zip(ours, peer, strict=True))


def load() -> str:
    return "load " + " ".join(f"{one:.1f}" for one in os.getloadavg())
