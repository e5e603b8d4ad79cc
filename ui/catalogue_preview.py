"""How an inspector's phone will show a kind of problem: its tile, the shots it asks for, its limit; in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from domain.policy import changes
from domain.policy.changes import Tables
from i18n import words
from ui import facts
from ui.markup import Markup, el, icon


def kind(entry: Mapping[str, Any], tables: Tables, title: str) -> None:
    with st.container(key="phone_preview"):
        facts.section(title)
        st.html(el("div", [_phone(entry, tables, lang) for lang in ("zh", "en")], class_="slg-phones"))


def _phone(entry: Mapping[str, Any], tables: Tables, lang: str) -> Markup:
    say = words(lang)
    shots = changes.entries(tables, "issues", "shots")
    offices = changes.entries(tables, "departments", "departments")
    lines = [
        _shot(at + 1, each, shots.get(each.get("code", ""), {}), lang) for at, each in enumerate(entry.get("shots", []))
    ]
    limit = entry.get("time_limit", {})
    unit = f"record.unit_{limit.get('unit')}"
    told = say("catalogue.limit_proposal" if limit.get("is_proposal") else "catalogue.limit_set",
               value=limit.get("value") or 0, unit=say(unit) if say.has(unit) else "")  # fmt: skip
    lead = [
        str(offices.get(u.get("code"), {}).get(lang, u.get("code")))
        for u in entry.get("departments", {}).get("lead", [])
    ]
    return el(
        "section",
        el("div", icon(str(entry.get("material") or "help")), el("span", str(entry.get(f"tile_{lang}") or "")), class_="tile"),
        el("ol", lines),
        el("p", icon("timer"), told),
        el("p", icon("domain"), ("、" if lang == "zh" else ", ").join(lead) or say("app.none")),
        class_="slg-phone", lang="zh-CN" if lang == "zh" else "en",
    )  # fmt: skip


def _shot(number: int, own: Mapping[str, Any], usual: Mapping[str, Any], lang: str) -> Markup:
    say = words(lang)
    hint = own.get(f"hint_{lang}") or usual.get(f"hint_{lang}") or ""
    name = usual.get(lang) or own.get("code") or ""
    mark = el("em", say("catalogue.required")) if own.get("required") else None
    return el("li", el("b", f"{number} {name}"), mark, el("span", hint))
