"""Builds HTML out of parts that are all escaped: text from data only ever becomes text."""

from __future__ import annotations

from html import escape
from typing import Any

VOID = ("br", "hr", "img")


class Markup(str):
    """Text that is markup already. Only this room makes it; a plain str is escaped wherever it is put."""


def el(tag: str, *children: Any, **attributes: Any) -> Markup:
    """el("dd", mark, "示例小区036", class_="place"). None and False leave a child or an attribute out.

    Underscores in names become hyphens (aria_hidden, data_kind); class_ is class. True gives the bare word "true".
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape("true" if value is True else str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in VOID:
        return Markup(f"<{tag}{named}>")
    return Markup(f"<{tag}{named}>{join(*children)}</{tag}>")


def join(*children: Any) -> Markup:
    """Children side by side; lists are walked through."""
    parts: list[str] = []
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, (list, tuple)):
            parts.append(join(*child))
        else:
            parts.append(child if isinstance(child, Markup) else escape(str(child)))
    return Markup("".join(parts))


def icon(name: str) -> Markup:
    """A sign from Streamlit's own Material Symbols font; silent for screen readers, the word stands beside it."""
    return el("span", name, class_="slg-icon", aria_hidden=True, translate="no")
