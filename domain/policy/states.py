"""The states of a record or case as words, tones and icons; what may follow what is the workflow's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from domain.policy.reading import Entry, table

FILE = "states.toml"


@dataclass(frozen=True)
class State:
    """tone: muted, primary, warn, danger or ok; light and dark are its colours, #RRGGBB.

    is_reporters: nobody has taken the record up; its reporter may still correct or withdraw it.
    """

    code: str
    zh: str
    en: str
    tone: str
    light: str
    dark: str
    icon: str
    material: str
    is_open: bool
    is_reporters: bool = False

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@cache
def load_states() -> Mapping[str, State]:
    """States by code, in the order a case meets them."""
    return parse((Path(__file__).parent / FILE).read_text(encoding="utf-8"))


def parse(text: str, *, file: str = FILE) -> Mapping[str, State]:
    """Raises BadEntry naming file, code, field and reason."""
    head = Entry(file, "", table(text, file))
    tones = {entry.code: _tone(entry) for entry in head.named("tones")}
    states = {entry.code: _state(entry, tones) for entry in head.coded("states")}
    head.done()
    return states


def states_json(states: Mapping[str, State]) -> list[dict[str, Any]]:
    """For legends and chips in the browser."""
    return [asdict(state) for state in states.values()]


def _tone(entry: Entry) -> tuple[str, str]:
    found = entry.text("light", at_most=7), entry.text("dark", at_most=7)
    entry.done()
    return found


def _state(entry: Entry, tones: Mapping[str, tuple[str, str]]) -> State:
    tone = entry.choice("tone", tones)
    found = State(
        code=entry.code,
        zh=entry.text("zh", at_most=5),
        en=entry.text("en", at_most=20),
        tone=tone,
        light=tones[tone][0],
        dark=tones[tone][1],
        icon=entry.text("icon"),
        material=entry.text("material"),
        is_open=entry.flag("is_open"),
        is_reporters=entry.flag("is_reporters") if entry.has("is_reporters") else False,
    )
    entry.done()
    return found
