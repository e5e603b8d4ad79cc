"""Rows of facts, sentences that stand out, figures and section heads: what a page says in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from i18n import Words
from ui.markup import Markup, el, icon, join


def head(text: str, *marks: Any, above: Any = None, is_sample: bool = False, say: Words) -> None:
    """The page's title as text (never markdown), with marks beside it and a line above it."""
    sample = el("span", say("app.sample"), class_="slg-sample") if is_sample else None
    line = el("p", above, class_="slg-crumb") if above else None
    st.html(join(line, el("div", el("h1", text), *marks, sample, class_="slg-head")))


def crumb(number: str) -> None:
    st.html(el("p", "/ ", mono(number), class_="slg-crumb"))


def lead(sentence: Any) -> None:
    st.html(el("p", sentence, class_="slg-lead"))


def note(sentence: str) -> None:
    st.html(el("p", sentence, class_="slg-note"))


def facts(rows: Iterable[tuple[str, Any]]) -> None:
    """Pairs of name and value; a row without a value is left out."""
    shown = [(name, value) for name, value in rows if value]
    st.html(el("dl", [(el("dt", name), el("dd", value)) for name, value in shown], class_="slg-facts"))


def dim(text: str) -> Markup:
    return el("span", text, class_="dim")


def mono(text: str) -> Markup:
    return el("span", text, class_="slg-mono")


def told(sentence: Any, tone: str, sign: str) -> None:
    """One sentence that stands out. tone: muted, warn, danger or ok."""
    st.html(el("p", icon(sign), el("span", sentence), class_=f"slg-say {tone}"))


def item(name: str, about: str, *, mark: str = "") -> None:
    """One line of a list: what it is, and under it what else is known; mark: a word beside the name."""
    beside = el("span", mark, class_="slg-sample") if mark else None
    st.html(el("div", el("b", name), beside, el("p", about, class_="slg-note"), class_="slg-item"))


def section(title: str, beside: Any = None, *, tone: str = "", sign: str | None = None) -> None:
    note = el("span", icon(sign) if sign else None, beside, class_=f"state {tone}") if beside else None
    st.html(el("div", el("h2", title), note, class_="slg-section"))


def figures(rows: Sequence[tuple[str, int | str, str, str, str]]) -> None:
    """Large figures side by side: (name, figure, unit, note, tone)."""
    shown = [
        el("div", el("dt", name), el("dd", figure, el("small", unit) if unit else None, class_=tone or None),
           el("dd", note, class_="note", style="font-size:.8125rem;font-weight:400") if note else None)
        for name, figure, unit, note, tone in rows
    ]  # fmt: skip
    st.html(el("dl", shown, class_="slg-figures"))
