"""Colours that carry figures: the ramps, forwards on paper, backwards on dark, and the ink that reads on them.

Ramp: ColorBrewer 2.0 YlGnBu, five classes. The other colours are the tokens of the look.
"""

from __future__ import annotations

COVERAGE = ("#FFFFCC", "#A1DAB4", "#41B6C4", "#2C7FB8", "#253494")
INK = {"light": "#14212A", "dark": "#EEF3F4"}
PAPER = {"light": "#F5F6F4", "dark": "#0E1417"}
HATCH = {"light": "#7B8A92", "dark": "#788A94"}
BORDER = {"light": "#FFFFFF", "dark": "#0E1417"}


def coverage(theme: str) -> tuple[str, ...]:
    """Five colours from the lowest class to the highest; theme: "dark", or anything else for light."""
    return COVERAGE[::-1] if theme == "dark" else COVERAGE


def is_deep(colour: str) -> bool:
    """True for the two darkest classes: the label on them is white."""
    return colour in COVERAGE[3:]


def rgba(colour: str, alpha: int = 255) -> list[int]:
    """#RRGGBB as four numbers from 0 to 255."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)] + [alpha]
