"""Finished reports as links to our own route: the browser fetches the file, Streamlit never holds it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import streamlit as st

from i18n import Words
from ui import facts, times
from ui.markup import el

LISTED_AT_MOST = 12


def listed(found: Sequence[Any], zone: tzinfo, say: Words) -> None:
    facts.section(say("report.title"))
    facts.note(say("report.note"))
    if not found:
        facts.told(say("report.none"), "muted", "description")
        return
    lines = [
        el("li",
           el("a", say("report.weekly", since=r.since, until=r.until), href=f"/api/v1/reports/{r.id}/file", download=r.file),
           el("span", say("report.size", kb=max(1, round(r.size / 1024)), at=times.moment(r.made_at, zone)), class_="note"))
        for r in found[:LISTED_AT_MOST]
    ]  # fmt: skip
    st.html(el("ul", lines, class_="slg-files"))
