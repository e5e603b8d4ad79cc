"""Switches, pickers and fields whose choice lives in the address or in the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from ui import state


def asked_choice(name: str, known: Sequence[str]) -> str:
    """What the address asks for, or the first of the known codes."""
    asked = state.asked(name)
    return asked if asked in known else known[0]


def switch(label: str, words: Mapping[str, str], *, key: str) -> str:
    """One of a few, side by side; words: code to label. The choice stands in the address under `key`."""
    codes = list(words)
    st.segmented_control(
        label, codes, format_func=words.get, key=f"slg.{key}", required=True, default=asked_choice(key, codes),
        on_change=_into_address, args=(key, codes[0]),
    )  # fmt: skip
    return state.kept(key) or codes[0]


def choice(label: str, words: Mapping[str, str], *, key: str, hint: str | None = None) -> str | None:
    """One of many, with search. Without a hint the first is chosen and the choice stands in the address."""
    codes = list(words)
    if hint is not None:
        return st.selectbox(label, codes, index=None, format_func=words.get, key=key, placeholder=hint)
    st.selectbox(
        label, codes, index=codes.index(asked_choice(key, codes)), format_func=words.get, key=f"slg.{key}",
        on_change=_into_address, args=(key, codes[0]),
    )  # fmt: skip
    return state.kept(key)


def _into_address(name: str, usual: str) -> None:
    chosen = state.kept(name)
    state.remember(**{name: None if chosen == usual else chosen})
