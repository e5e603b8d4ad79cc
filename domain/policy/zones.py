"""Kinds of zones and ways of managing them: words, glyphs, colours, and whether a mode counts as managed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from domain.policy.reading import ALWAYS, BadEntry, Entry, Term, table

FILE = "zones.toml"
_COLOUR = re.compile(r"#[0-9A-F]{6}")


@dataclass(frozen=True)
class ZoneKind:
    """quote: the words of the policy text that name the kind."""

    code: str
    zh: str
    en: str
    quote: str
    term: Term = ALWAYS

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Mode:
    """One way of managing a zone. Colours are #RRGGBB; order is its place in every legend, from 0."""

    code: str
    zh: str
    en: str
    glyph: str
    light: str
    dark: str
    glyph_light: str
    glyph_dark: str
    is_managed: bool
    is_hatched: bool
    quote: str
    order: int
    term: Term = ALWAYS

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def colour(self, theme: str) -> str:
        """theme: "dark", or anything else for light."""
        return self.dark if theme == "dark" else self.light


@dataclass(frozen=True)
class ZonePolicy:
    """kinds and modes by code, in the order of legends and lists."""

    kinds: Mapping[str, ZoneKind]
    modes: Mapping[str, Mode]
    source_zh: str = ""
    source_en: str = ""

    def is_managed(self, mode: str | None) -> bool:
        """A zone without a mode, or with one nobody knows any more, is not managed."""
        found = self.modes.get(mode or "")
        return found is not None and found.is_managed

    def as_json(self, on: date | None = None) -> dict[str, Any]:
        """Both tables with both languages, for the browser. on: only what is offered for new zones on that day."""
        return {
            name: [_json(entry) for entry in entries.values() if on is None or entry.term.holds(on)]
            for name, entries in (("kinds", self.kinds), ("modes", self.modes))
        }


def _json(entry: ZoneKind | Mode) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if name != "term"}


@cache
def load_zones() -> ZonePolicy:
    """The table in the tree, read once."""
    return parse((Path(__file__).parent / FILE).read_text(encoding="utf-8"))


def parse(text: str, *, file: str = FILE) -> ZonePolicy:
    """Raises BadEntry naming file, code, field and reason."""
    head = Entry(file, "", table(text, file))
    kinds = {entry.code: _kind(entry) for entry in head.coded("kinds")}
    modes = {entry.code: _mode(entry, order) for order, entry in enumerate(head.coded("modes"))}
    sources = head.text("source_zh"), head.text("source_en")
    head.done()
    if not kinds or not modes:
        raise BadEntry(file, "", "modes" if kinds else "kinds", "missing")
    _no_two_alike(file, modes)
    return ZonePolicy(kinds, modes, *sources)


def _kind(entry: Entry) -> ZoneKind:
    zh, en = entry.text("zh", at_most=12), entry.text("en", at_most=40)
    found = ZoneKind(entry.code, zh, en, entry.text("quote"), entry.term())
    entry.done()
    return found


def _mode(entry: Entry, order: int) -> Mode:
    found = Mode(
        code=entry.code,
        zh=entry.text("zh", at_most=12),
        en=entry.text("en", at_most=40),
        glyph=entry.text("glyph", at_most=1),
        light=_colour(entry, "light"),
        dark=_colour(entry, "dark"),
        glyph_light=_colour(entry, "glyph_light"),
        glyph_dark=_colour(entry, "glyph_dark"),
        is_managed=entry.flag("is_managed"),
        is_hatched=entry.flag("is_hatched"),
        quote=entry.text("quote"),
        order=order,
        term=entry.term(),
    )
    entry.done()
    return found


def _colour(entry: Entry, field: str) -> str:
    value = entry.text(field)
    if not _COLOUR.fullmatch(value):
        raise entry.bad(field, "wrong_kind")
    return value


def _no_two_alike(file: str, modes: Mapping[str, Mode]) -> None:
    """A legend with two equal glyphs or colours cannot be read."""
    for field in ("glyph", "light", "dark"):
        seen: set[str] = set()
        for mode in modes.values():
            value = getattr(mode, field)
            if value in seen:
                raise BadEntry(file, mode.code, field, "repeated")
            seen.add(value)
