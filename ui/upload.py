"""A button that takes one file to a route of ours; Streamlit's own uploader is closed by the gate."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from i18n import Words
from ui import bundle

Link = tuple[str, str, str]


def bring(
    url: str,
    say: Words,
    *,
    key: str,
    choose: str,
    accept: str,
    at_most_mb: int,
    takes: str,
    more_mb: Mapping[str, int] | None = None,
    parts: Sequence[str] = (),
    is_again: bool = False,
    links: Sequence[Link] = (),
) -> tuple[str, str] | None:
    """(id, name) of a file that has just arrived, in this run alone.

    url: a route that answers 201 with {"id"}. choose, takes: words of the button and below it. is_again: one file is
    there already, so the button is no longer the main one. links: (address, label, sign) of files to fetch beside it.
    more_mb: another cap by ending. parts: endings of files that belong together and travel as one zip, the first of
    them must be there (a loose Shapefile).
    """  # fmt: skip
    words = {name: say(f"upload.{name}") for name in ("sending", "reading", "stop", "failed", "empty")}
    words |= {
        "choose": choose,
        "takes": takes,
        "drop": say("upload.drop", takes=takes),
        "too_large": say("upload.too_large", mb=at_most_mb),
        "wrong_kind": say("upload.wrong_kind", takes=takes), "one_file": say("upload.one_file"),
        "parts_missing": say("upload.parts_missing", parts="、".join(parts)),
    }  # fmt: skip
    too_large = {ending: say("upload.too_large", mb=mb) for ending, mb in (more_mb or {}).items()}
    data: dict[str, Any] = {
        "url": url, "accept": accept, "at_most_mb": at_most_mb, "more_mb": dict(more_mb or {}), "parts": list(parts),
        "too_large": too_large, "words": words, "is_again": is_again,
        "links": [{"href": href, "label": label, "sign": sign} for href, label, sign in links],
    }  # fmt: skip
    found = bundle.inline("upload")(data=data, key=key, height="content", on_kept_change=lambda: None).kept
    return (str(found["id"]), str(found["name"])) if found else None


def save(label: str, name: str, media_type: str, content: bytes, *, key: str) -> bool:
    """A button that saves bytes which only this page holds; True in the run after it was pressed."""
    data = {"label": label, "name": name, "media_type": media_type, "base64": base64.b64encode(content).decode()}
    return bool(bundle.inline("save")(data=data, key=key, height="content", on_saved_change=lambda: None).saved)
