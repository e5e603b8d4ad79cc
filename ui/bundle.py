"""Mounts our browser bundles (map, capture) as Streamlit components: a tiny loader, the bundle from our own route."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import streamlit as st

from i18n import Words
from ui import state

# The inner newline matters: without one Streamlit takes the text for a path.
LOADER = "// {name}\nexport default async (c) => (await import(new URL('{url}', location.origin).href)).default(c)"


def mount(name: str, urls: dict[str, str], *, key: str, height: int | str = "content", **data: Any) -> Any:
    """Mount bundle `name` ("map" or "capture"); gives the component's result. urls: logical name to address."""
    url = urls[f"{name}.js"]
    component = _component(f"slg-{name}-{url.rpartition('/')[2]}", LOADER.format(name=name, url=url))
    if height != "content":
        data["height"] = height  # the bundle sizes itself: a number of pixels, or CSS text
    return component(data=data, key=key, height=height if isinstance(height, int) else "content", **_callbacks(name))


def inline(name: str) -> Any:
    """A small component of our own whose whole source is ui/<name>.js; draws into the page, not into a shadow root."""
    js = (Path(__file__).parent / f"{name}.js").read_text("utf-8")
    return _component(f"slg-{name}-{hashlib.sha256(js.encode()).hexdigest()[:12]}", js, isolate_styles=False)


def common(say: Words, urls: dict[str, str], *sections: str) -> dict[str, Any]:
    """What every bundle is told: language, words, theme, addresses."""
    spoken: dict[str, str] = {}
    for section in sections:
        spoken.update(say.section(section))
    assets = {**urls, "icons": urls.get("icons.svg", "")}
    return {"lang": say.lang, "words": spoken, "theme": state.theme(), "api": "/api/v1", "assets": assets,
            "sample": bool(state.kept("is_sample")), "basemap": state.kept("basemap")}  # fmt: skip


def _component(name: str, js: str, *, isolate_styles: bool = True) -> Any:
    known = state.kept("components") or {}
    if name not in known:
        known[name] = st.components.v2.component(name, js=js, isolate_styles=isolate_styles)
        state.keep("components", known)
    return known[name]


def _callbacks(name: str) -> dict[str, Any]:
    def nothing() -> None:
        return None

    if name == "capture":
        return {"on_finished_change": nothing, "on_closed_change": nothing}
    return {"on_open_change": nothing, "on_saved_change": nothing, "on_pin_change": nothing}
