"""The offices and firms that handle problems, and the joint-enforcement schemes of the policy text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from domain.policy.reading import ALWAYS, Entry, Term, table

FILE = "departments.toml"
KINDS = ("bureau", "township", "community", "firm", "owners")


@dataclass(frozen=True)
class Department:
    """in_policy_list: named among the responsible units of the joint-enforcement paragraph, 三(七)."""

    code: str
    zh: str
    en: str
    kind: str
    in_policy_list: bool
    note_zh: str = ""
    note_en: str = ""
    term: Term = ALWAYS

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Scheme:
    """One joint-enforcement scheme. quote: the words of the policy text. members: department codes."""

    code: str
    zh: str
    en: str
    members: tuple[str, ...]
    quote: str
    term: Term = ALWAYS


@dataclass(frozen=True)
class Offices:
    departments: Mapping[str, Department]
    schemes: Mapping[str, Scheme]
    source_zh: str = ""
    source_en: str = ""


@cache
def load_offices() -> Offices:
    """The table in the tree, read once."""
    return parse((Path(__file__).parent / FILE).read_text(encoding="utf-8"))


def parse(text: str, *, file: str = FILE) -> Offices:
    """Raises BadEntry naming file, code, field and reason."""
    head = Entry(file, "", table(text, file))
    departments = {entry.code: _department(entry) for entry in head.coded("departments")}
    schemes = {entry.code: _scheme(entry, departments) for entry in head.coded("schemes")}
    found = Offices(departments, schemes, head.text("source_zh"), head.text("source_en"))
    head.done()
    return found


def _department(entry: Entry) -> Department:
    found = Department(
        code=entry.code,
        zh=entry.text("zh", at_most=20),
        en=entry.text("en", at_most=80),
        kind=entry.choice("kind", KINDS),
        in_policy_list=entry.flag("in_policy_list"),
        note_zh=entry.maybe_text("note_zh"),
        note_en=entry.maybe_text("note_en"),
        term=entry.term(),
    )
    entry.done()
    if bool(found.note_zh) != bool(found.note_en):
        raise entry.bad("note_en" if found.note_zh else "note_zh", "missing")
    return found


def _scheme(entry: Entry, departments: Mapping[str, Department]) -> Scheme:
    found = Scheme(
        code=entry.code,
        zh=entry.text("zh", at_most=30),
        en=entry.text("en", at_most=80),
        members=entry.texts("members", allowed=departments),
        quote=entry.text("quote"),
        term=entry.term(),
    )
    entry.done()
    return found
