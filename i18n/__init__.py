"""Every sentence a person reads, in two languages with equal keys. words("zh")("records.empty")."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGS = ("zh", "en")


class Words:
    """Looks a key up and fills it. A missing key is a bug: it raises KeyError, and a test walks all keys."""

    def __init__(self, lang: str, sections: dict[str, dict[str, str]]) -> None:
        self.lang = lang
        self._sections = sections

    def __call__(self, key: str, /, **facts: Any) -> str:
        section, _, name = key.partition(".")
        sentence = self._sections[section][name]
        return sentence.format(**facts) if facts else sentence

    def refusal(self, codes: Iterable[str], field: str | None, facts: Mapping[str, Any]) -> str:
        """The sentence for a refusal: the first code that has words under [refused], else the plainest one.

        Facts that come in both languages (shot_zh, shot_en) fill {shot} in this one.
        """
        ending = f"_{self.lang}"
        mine = {key[: -len(ending)]: value for key, value in facts.items() if key.endswith(ending)}
        for code in codes:
            if self.has(f"refused.{code}"):
                return self(f"refused.{code}", **{**facts, "field": field or "", **mine})
        return self("refused.refused")

    def has(self, key: str) -> bool:
        section, _, name = key.partition(".")
        return name in self._sections.get(section, {})

    def section(self, name: str) -> dict[str, str]:
        """All sentences of one section, for a browser bundle."""
        return dict(self._sections[name])


@cache
def words(lang: str) -> Words:
    """lang: "zh" or "en"; anything else reads as zh. The files lie beside this one."""
    chosen = lang if lang in LANGS else "zh"
    with (Path(__file__).parent / f"{chosen}.toml").open("rb") as file:
        return Words(chosen, tomllib.load(file))


def closest(header: str | None) -> str:
    """The language for a browser's Accept-Language header or locale: en when it comes before zh, else zh."""
    for part in (header or "").lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("zh"):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return "zh"
