"""Switches, pickers and fields whose choice lives in the address or in the session."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from i18n import Words
from ui import state


def asked_choice(name: str, known: Sequence[str]) -> str:
    """What the address asks for, or the first of the known codes."""
    asked = state.asked(name)
    return asked if asked in known else known[0]


def switch(label: str, words: Mapping[str, str], *, key: str) -> str:
    """One of a few, side by side; words: code to label. The choice stands in the address under `key`."""
    codes = list(words)
    st.segmented_control(
        label, codes, format_func=_namer(words), key=f"slg.{key}", required=True, default=asked_choice(key, codes),
        on_change=_into_address, args=(key, codes[0]), wrap=True,
    )  # fmt: skip
    return state.kept(key) or codes[0]


def choice(label: str, words: Mapping[str, str], *, key: str, hint: str | None = None) -> str | None:
    """One of many, with search. Without a hint the first is chosen and the choice stands in the address."""
    codes = list(words)
    if hint is not None:
        return st.selectbox(label, codes, index=None, format_func=_namer(words), key=key, placeholder=hint)
    st.selectbox(
        label, codes, index=codes.index(asked_choice(key, codes)), format_func=_namer(words), key=f"slg.{key}",
        on_change=_into_address, args=(key, codes[0]),
    )  # fmt: skip
    return state.kept(key)


def _namer(words: Mapping[str, str]) -> Callable[[str], str]:
    """A code that has gone meanwhile reads as itself until Streamlit drops it."""
    return lambda code: words.get(code, code)


def _into_address(name: str, usual: str) -> None:
    chosen = state.kept(name)
    state.remember(**{name: None if chosen == usual else chosen})


class Fields:
    """The fields of one form. What was typed stays until `clear`; a refusal stands in the label of its field, so that
    eyes and screen readers meet it there."""

    def __init__(self, name: str, say: Words) -> None:
        self.name, self.say = name, say
        self.round: int = state.kept(f"{name}.round", 0)
        self.refusals: dict[str, str] = state.kept(f"{name}.refusals", {})

    def text(self, field: str, label: str, *, hint: str = "", usual: str = "", is_long: bool = False) -> str:
        """A line (or a box) of text. usual: what stands there before anyone types."""
        draw = st.text_area if is_long else st.text_input
        return draw(self.label(field, label), value=usual, placeholder=hint, key=self.key(field), max_chars=None) or ""

    def pick(self, field: str, label: str, words: Mapping[str, str], *, usual: str | None = None) -> str | None:
        """One code of a list; words: code to label."""
        codes = list(words)
        return st.selectbox(
            self.label(field, label), codes, index=codes.index(usual) if usual in codes else None,
            format_func=_namer(words), key=self.key(field), placeholder=self.say("asset.choose"),
        )  # fmt: skip

    def note(self, field: str) -> None:
        """The refusal of something that has no label, such as a map."""
        if field in self.refusals:
            st.markdown(_red(self.refusals[field]))

    def key(self, field: str) -> str:
        return f"slg.{self.name}.{self.round}.{field}"

    def typed(self) -> dict[str, Any]:
        """All fields as they stand, by name."""
        return state.kept_under(f"{self.name}.{self.round}.")

    def refuse(self, refusals: dict[str, str]) -> None:
        """Sentences by field, shown in the next run; none takes the old ones away."""
        state.keep(f"{self.name}.refusals", refusals)

    def clear(self) -> None:
        state.keep(f"{self.name}.refusals", {})
        state.keep(f"{self.name}.round", self.round + 1)

    def label(self, field: str, label: str) -> str:
        """The label of a field, with its refusal behind it."""
        return f"{label} {_red(self.refusals[field])}" if field in self.refusals else label


def _red(sentence: str) -> str:
    """A sentence that may quote what somebody typed, as a label of a field."""
    return f":red[:material/error: {as_text(sentence)}]"


def as_text(sentence: str) -> str:
    """A sentence that may quote what somebody typed, as Markdown that says nothing but it."""
    return re.sub(r"([^0-9A-Za-z一-鿿 ，。：“”])", _escaped, sentence)


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found[0] in string.punctuation else found[0]
