"""Figures, legends and ranked bars, as plain accessible HTML in the look of the house."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

from ui import ramps, state

NOTHING = "—"


@dataclass(frozen=True)
class Figure:
    """One key figure: what, how many, of which unit, and under it what it was counted from. tone: "" or warn."""

    what: str
    value: str
    unit: str
    note: str
    tone: str = ""


@dataclass(frozen=True)
class RankRow:
    """One row of a ranking. share: 0 to 1, None for not surveyed. is_small: listed in grey, not ranked."""

    name: str
    base: str
    share: float | None
    cells: tuple[str, ...]
    is_small: bool = False
    is_picked: bool = False


def share_text(share: float | None) -> str:
    """One decimal, rounded down: 94.97 % never reads as the 95 % that it has not reached."""
    return NOTHING if share is None else f"{math.floor(share * 1000 + 1e-9) / 10:.1f}%"


def figures(found: Sequence[Figure]) -> None:
    """The strip of key figures under a title."""
    cells = "".join(
        f'<div class="fig {escape(f.tone)}"><dt>{escape(f.what)}</dt><dd><b>{escape(f.value)}</b>'
        f"<span> {escape(f.unit)}</span><small>{escape(f.note)}</small></dd></div>"
        for f in found
    )
    _html(f'<dl class="figs">{cells}</dl>')


def legend(title: str, classes: Sequence[tuple[str, int]], missing: tuple[str, int], note: str) -> None:
    """Swatch, words and count of each class, the highest on top, the hatch for what nobody counted last."""
    ramp = ramps.coverage(state.theme())
    rows = [(f"background:{colour}", word, n) for colour, (word, n) in zip(ramp, classes, strict=True)][::-1]
    body = "".join(f'<li><i style="{style}"></i>{escape(word)}<b>{n}</b></li>' for style, word, n in rows)
    body += f'<li><i class="hatch"></i>{escape(missing[0])}<b>{missing[1]}</b></li>'
    _html(f'<div class="legend"><b>{escape(title)}</b><ul>{body}</ul><small>{escape(note)}</small></div>')


def ranking(heads: Sequence[str], rows: Sequence[RankRow], missing: str) -> None:
    """A table with a bar in each row; heads: name, base, share, then one for each further cell."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    _html(f'<table class="rank"><thead><tr>{head}</tr></thead><tbody>{"".join(_row(r, missing) for r in rows)}</tbody>'
          "</table>")  # fmt: skip


def _row(row: RankRow, missing: str) -> str:
    look = " ".join(w for w, is_so in (("small", row.is_small), ("picked", row.is_picked)) if is_so)
    if row.share is None:
        bar = f'<i class="bar hatch"></i><b class="none">{escape(missing)}</b>'
    else:
        bar = f'<i class="bar"><i style="width:{row.share * 100:.1f}%"></i></i><b>{share_text(row.share)}</b>'
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row.cells)
    star = " *" if row.is_small else ""
    mark = ' aria-current="true"' if row.is_picked else ""
    return (
        f'<tr class="{look}"{mark}><th scope="row">{escape(row.name)}{star}</th><td>{escape(row.base)}</td>'
        f"<td><span>{bar}</span></td>{cells}</tr>"
    )


def _html(body: str) -> None:
    st.html(f'<div class="slg-chart {state.theme()}">{body}</div>')


def sheet() -> None:
    """The style of everything here; once a page."""
    st.html(f"<style>{(Path(__file__).parent / 'charts.css').read_text('utf-8')}</style>")
