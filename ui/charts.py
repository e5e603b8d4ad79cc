"""Legends and ranked bars, as plain accessible HTML in the look of the house."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui import ramps, state
from ui.markup import Markup, el

NOTHING = "—"


@dataclass(frozen=True)
class RankRow:
    """One row of a ranking. share: 0 to 1, or None with the word for why. is_small: listed in grey, not ranked."""

    name: str
    base: str
    share: float | None
    cells: tuple[str, ...]
    is_small: bool = False
    is_picked: bool = False
    why_none: str = ""
    is_hatched: bool = False


def share_text(share: float | None) -> str:
    """One decimal, rounded down: 94.97 % never reads as the 95 % that it has not reached."""
    return NOTHING if share is None else f"{math.floor(share * 1000 + 1e-9) / 10:.1f}%"


def legend(title: str, classes: Sequence[tuple[str, int]], others: Sequence[tuple[str, int, str]], note: str) -> None:
    """Swatch, words and count of each class, the highest on top; then others: (word, count, "hatch" or "")."""
    ramp = ramps.coverage(state.theme())
    rows = [
        el("li", el("i", style=f"background:{colour}"), word, el("b", number))
        for colour, (word, number) in zip(ramp, classes, strict=True)
    ]
    rows = rows[::-1] + [el("li", el("i", class_=look or None), word, el("b", n)) for word, n, look in others]
    _show(el("div", el("b", title), el("ul", rows), el("small", note), class_="legend"))


def ranking(heads: Sequence[str], rows: Sequence[RankRow]) -> None:
    """A table with a bar in each row; heads: name, base, share, then one for each further cell."""
    head = el("thead", el("tr", [el("th", head, scope="col") for head in heads]))
    _show(el("table", head, el("tbody", [_row(row) for row in rows]), class_="rank"))


def _row(row: RankRow) -> Markup:
    if row.share is None:
        bar = [el("i", class_="bar hatch" if row.is_hatched else "bar"), el("b", row.why_none, class_="none")]
    else:
        bar = [el("i", el("i", style=f"width:{row.share * 100:.1f}%"), class_="bar"), el("b", share_text(row.share))]
    look = " ".join(word for word, is_so in (("small", row.is_small), ("picked", row.is_picked)) if is_so)
    return el(
        "tr", el("th", row.name, " *" if row.is_small else None, scope="row"), el("td", row.base),
        el("td", el("span", bar)), [el("td", cell) for cell in row.cells],
        class_=look or None, aria_current=row.is_picked,
    )  # fmt: skip


def _show(body: Markup) -> None:
    st.html(el("div", body, class_="slg-chart"))


def sheet() -> None:
    """The style of everything here; once a page."""
    st.html(f"<style>{(Path(__file__).parent / 'charts.css').read_text('utf-8')}</style>")
