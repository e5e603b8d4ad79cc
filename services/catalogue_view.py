"""What the page of the catalogues is shown: lists, one entry, the draft, the editions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.chain import canonical_json
from domain.errors import Invalid
from domain.policy import changes
from domain.policy.changes import Change, Tables
from domain.policy.reading import BadEntry
from storage.editions import DraftEntry, Edition


@dataclass(frozen=True)
class Row:
    """One entry of a list. origin: builtin, office (the app's, changed here) or new. term: "", retired or later."""

    code: str
    zh: str
    en: str
    origin: str
    term: str
    in_draft: bool


@dataclass(frozen=True)
class EntryView:
    """fields: as the draft has it. before: as it is in force, None for a new entry. token: hand it back on saving."""

    family: str
    section: str
    code: str
    fields: Mapping[str, Any]
    before: Mapping[str, Any] | None
    draft: DraftEntry | None
    token: str


@dataclass(frozen=True)
class Overview:
    """lost: changes of the draft that do not fit what is in force any more. refusal: why it cannot be adopted yet."""

    current: Edition
    editions: tuple[Edition, ...]
    draft: tuple[DraftEntry, ...]
    changes: tuple[Change, ...]
    lost: tuple[Change, ...]
    refusal: Invalid | None
    token: str
    tables: Tables
    upgrade_to: str | None
    draft_base: str
    unfit: BadEntry | None

    @property
    def planned(self) -> tuple[Edition, ...]:
        return tuple(e for e in reversed(self.editions) if e.state == "planned")


def rows_of(
    family: str, section: str, base: Tables, made: Tables, touched: set[tuple[str, str, str]], today: date
) -> tuple[Row, ...]:
    built_in, found = changes.entries(base, family, section), changes.entries(made, family, section)
    return tuple(
        Row(
            code, str(entry.get("zh") or entry.get("name") or code), str(entry.get("en") or entry.get("name") or code),
            _origin(built_in.get(code), entry), _term(entry, today), (family, section, code) in touched,
        )
        for code, entry in found.items()
    )  # fmt: skip


def _origin(built_in: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> str:
    if built_in is None:
        return "new"
    return "builtin" if changes.same(built_in, entry) else "office"


def _term(entry: Mapping[str, Any], today: date) -> str:
    if isinstance(gone := entry.get("retired_on"), date) and gone <= today:
        return "retired"
    return "later" if isinstance(start := entry.get("starts_on"), date) and start > today else ""


def token_of(edition: str, draft: Iterable[DraftEntry], base: str = "") -> str:
    """Says exactly what was looked at: the edition in force and what the draft changes."""
    told = [edition, base, [[d.family, d.section, d.code, d.changes] for d in draft]]
    return hashlib.sha256(canonical_json(told).encode()).hexdigest()[:32]
