"""The catalogue of problems: reads issues.toml strictly and answers by code, by tile and by word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from domain.errors import NotFound
from domain.policy import issue as words
from domain.policy.departments import Offices, load_offices
from domain.policy.issue import Code, Contrast, Departments, IssueType, LegalBasis, Shot, TimeLimit, Unit
from domain.policy.reading import BadEntry, Entry, table

FILE = "issues.toml"
TILE_ZH_AT_MOST, TILE_EN_AT_MOST, HINT_AT_MOST = 5, 18, 90
LIMIT_AT_MOST = 999  # hours or days: over that the calendar cannot tell the day any more


@dataclass(frozen=True)
class Source:
    """Where a statement comes from. is_verified: the text itself was read."""

    code: str
    zh: str
    en: str
    is_verified: bool


@dataclass(frozen=True)
class Law:
    code: str
    zh: str
    en: str
    version: str
    source: str
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class Catalogue:
    """One edition. types keep the order of the file: the tiles of the first screen come first.

    shots_source, limits_source: codes of the sources behind the photos asked for and behind limits and ranges.
    """

    edition: str
    note_zh: str
    note_en: str
    types: tuple[IssueType, ...]
    shots_source: str = ""
    limits_source: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)
    laws: Mapping[str, Law] = field(default_factory=dict)
    systems: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    shots: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def get(self, code: str) -> IssueType:
        """Raises NotFound("no_such_issue_type", issue_type=code)."""
        for kind in self.types:
            if kind.code == code:
                return kind
        raise NotFound("no_such_issue_type", field="issue_type", issue_type=code)

    def has(self, code: str) -> bool:
        return any(kind.code == code for kind in self.types)

    def common(self) -> tuple[IssueType, ...]:
        """The tiles of the first screen, in their order."""
        return tuple(sorted((kind for kind in self.types if kind.is_common), key=lambda kind: kind.common))

    def search(self, text: str) -> tuple[IssueType, ...]:
        """Kinds whose names, other words or definition hold every word of `text`; names first. "" gives all."""
        asked = text.casefold().split()
        ranked = [(_rank(kind, asked), at, kind) for at, kind in enumerate(self.types)]
        return tuple(kind for rank, _, kind in sorted(ranked, key=lambda row: row[:2]) if rank < _NO_MATCH)

    def as_json(self, on: date | None = None) -> dict[str, Any]:
        """The answer of GET /api/v1/catalogue; retired kinds stay out, old records keep their code.

        on: the day it is asked for; without it, every kind with a day of retirement stays out.
        """
        return {"edition": self.edition, "types": [kind.as_json() for kind in self.offered(on)]}

    def offered(self, on: date | None = None) -> tuple[IssueType, ...]:
        """The kinds for new records on a day."""
        return tuple(kind for kind in self.types if (kind.term.holds(on) if on else not kind.retired_on))


CatalogueOf = Callable[[str], Catalogue]  # edition to its catalogue: a record is read by the one it names
_NO_MATCH = 3


def _rank(kind: IssueType, asked: Iterable[str]) -> int:
    fields = (
        (kind.zh, kind.en, kind.tile_zh, kind.tile_en, kind.code),
        kind.also,
        (kind.definition_zh, kind.definition_en),
    )
    found = 0
    for word in asked:
        places = (at for at, texts in enumerate(fields) if any(word in text.casefold() for text in texts))
        found = max(found, next(places, _NO_MATCH))
    return found


@cache
def load_builtin() -> Catalogue:
    """The edition in the tree. It is read once; a bad entry here is a bug and a test says so."""
    return parse((Path(__file__).parent / FILE).read_text(encoding="utf-8"), load_offices())


def parse(text: str, offices: Offices | None = None, *, file: str = FILE) -> Catalogue:
    """A catalogue out of TOML text. Raises BadEntry naming file, code, field and reason."""
    head = Entry(file, "", table(text, file))
    sources = {source.code: source for source in map(_source, head.named("sources"))}
    laws = {law.code: law for law in (_law(entry, sources) for entry in head.named("laws"))}
    systems = {entry.code: _system(entry, sources) for entry in head.named("code_systems")}
    shots = {entry.code: _shot_words(entry) for entry in head.named("shots")}
    reader = _Reader(sources, laws, systems, shots, offices or load_offices())
    types = tuple(reader.issue(entry) for entry in head.coded("types"))
    found = Catalogue(
        edition=head.text("edition", at_most=64),
        note_zh=head.text("note_zh"),
        note_en=head.text("note_en"),
        types=types,
        shots_source=head.choice("shots_source", sources),
        limits_source=head.choice("limits_source", sources),
        sources=sources,
        laws=laws,
        systems=systems,
        shots=shots,
    )
    head.done()
    _check_together(file, found)
    return found


def _check_together(file: str, found: Catalogue) -> None:
    """What only shows when all entries stand side by side."""
    if not found.types:
        raise BadEntry(file, "", "types", "missing")
    tiles: set[str] = set()
    places: set[int] = set()
    for kind in found.types:
        if kind.tile_zh in tiles:
            raise BadEntry(file, kind.code, "tile_zh", "repeated")
        if kind.common and kind.common in places:
            raise BadEntry(file, kind.code, "common", "repeated")
        for other in kind.distinguish_from:
            if other.type and not found.has(other.type):
                raise BadEntry(file, kind.code, "distinguish_from", "unknown")
        tiles.add(kind.tile_zh)
        places.add(kind.common)


def _source(entry: Entry) -> Source:
    found = Source(entry.code, entry.text("zh"), entry.text("en"), entry.flag("is_verified"))
    entry.done()
    return found


def _law(entry: Entry, sources: Mapping[str, Source]) -> Law:
    found = Law(
        entry.code,
        entry.text("zh"),
        entry.text("en"),
        entry.maybe_text("version"),
        entry.choice("source", sources),
        *_pair(entry, "note"),
    )
    entry.done()
    return found


def _system(entry: Entry, sources: Mapping[str, Source]) -> tuple[str, str, str]:
    """The printed name of a code system, where its codes were read, a note."""
    found = entry.text("name"), entry.choice("source", sources), entry.maybe_text("note")
    entry.done()
    return found


def _shot_words(entry: Entry) -> dict[str, str]:
    found = {
        "zh": entry.text("zh", at_most=5),
        "en": entry.text("en", at_most=16),
        "hint_zh": entry.text("hint_zh", at_most=HINT_AT_MOST),
        "hint_en": entry.text("hint_en", at_most=HINT_AT_MOST),
    }
    entry.done()
    return found


@dataclass(frozen=True)
class _Reader:
    """Reads one type with the tables that its entries refer to."""

    sources: Mapping[str, Source]
    laws: Mapping[str, Law]
    systems: Mapping[str, tuple[str, str, str]]
    shot_words: Mapping[str, Mapping[str, str]]
    offices: Offices

    def issue(self, entry: Entry) -> IssueType:
        term, (note_zh, note_en) = entry.term(), _pair(entry, "note")
        found = IssueType(
            code=entry.code,
            zh=entry.text("zh", at_most=40),
            en=entry.text("en", at_most=80),
            tile_zh=entry.text("tile_zh", at_most=TILE_ZH_AT_MOST),
            tile_en=entry.text("tile_en", at_most=TILE_EN_AT_MOST),
            icon=entry.text("icon"),
            material=entry.text("material"),
            common=entry.whole("common") if entry.has("common") else 0,
            severity=entry.choice("severity", words.SEVERITIES),
            setting=entry.texts("setting", allowed=words.SETTINGS),
            plate=entry.choice("plate", words.PLATE_NEEDS),
            plate_series=entry.choice("plate_series", words.PLATE_SERIES) if entry.has("plate_series") else "motor",
            duplicate_radius_m=entry.number("duplicate_radius_m"),
            duplicate_days=entry.whole("duplicate_days"),
            also=entry.texts("also"),
            definition_zh=entry.text("definition_zh"),
            definition_en=entry.text("definition_en"),
            in_policy=entry.flag("in_policy"),
            policy_quotes=entry.texts("policy_quotes"),
            shots=self._shots(entry),
            departments=self._departments(entry.part("departments")),
            time_limit=_time_limit(entry.part("time_limit")),
            codes=tuple(self._code(part) for part in entry.parts("codes")),
            legal_basis=tuple(self._legal(part) for part in entry.parts("legal_basis")),
            unverified_laws=entry.texts("unverified_laws", allowed=self.laws),
            distinguish_from=tuple(_contrast(part) for part in entry.parts("distinguish_from")),
            note_zh=note_zh,
            note_en=note_en,
            retired_on=term.retired_on.isoformat() if term.retired_on else "",
            term=term,
        )
        entry.done()
        _check_one(entry, found)
        return found

    def _shots(self, entry: Entry) -> tuple[Shot, ...]:
        found: list[Shot] = []
        for part in entry.parts("shots"):
            code = part.choice("code", self.shot_words)
            if any(code == shot.code for shot in found):
                raise part.bad("code", "repeated")
            own = {key: part.text(key, at_most=HINT_AT_MOST) for key in ("hint_zh", "hint_en") if part.has(key)}
            if len(own) == 1:
                raise part.bad("hint_en" if "hint_zh" in own else "hint_zh", "missing")
            found.append(Shot(code=code, required=part.flag("required"), **{**self.shot_words[code], **own}))
            part.done()
        if not any(shot.required for shot in found):
            raise entry.bad("shots", "missing")
        return tuple(found)

    def _departments(self, part: Entry) -> Departments:
        scheme = part.maybe_text("scheme")
        if scheme and scheme not in self.offices.schemes:
            raise part.bad("scheme", "unknown")
        found = Departments(
            lead=tuple(self._unit(unit) for unit in part.parts("lead")),
            joint=tuple(self._unit(unit) for unit in part.parts("joint")),
            scheme=scheme,
            scheme_zh=self.offices.schemes[scheme].zh if scheme else "",
            scheme_en=self.offices.schemes[scheme].en if scheme else "",
            source=part.choice("source", self.sources),
        )
        if not found.lead:
            raise part.bad("lead", "missing")
        part.done()
        return found

    def _unit(self, part: Entry) -> Unit:
        office = self.offices.departments.get(part.text("code"))
        if office is None:
            raise part.bad("code", "unknown")
        note_zh, note_en = _pair(part, "note")
        part.done()
        zh = f"{office.zh}（{note_zh}）" if note_zh else office.zh
        return Unit(office.code, zh, f"{office.en} ({note_en})" if note_en else office.en)

    def _code(self, part: Entry) -> Code:
        name, source, _ = self.systems[part.choice("system", self.systems)]
        code = part.maybe_text("code")
        found = Code(name, code, part.text("name") if code else "", source, part.texts("nearest"))
        part.done()
        return found

    def _legal(self, part: Entry) -> LegalBasis:
        law = self.laws[part.choice("law", self.laws)]
        if not self.sources[law.source].is_verified:
            raise part.bad("law", "unverified")
        roles = part.texts("roles", allowed=words.LEGAL_ROLES)
        if not roles:
            raise part.bad("roles", "missing")
        found = LegalBasis(
            law=law.code,
            zh=law.zh,
            en=law.en,
            version=law.version,
            note_zh=law.note_zh,
            note_en=law.note_en,
            article=part.text("article"),
            gist_zh=part.text("gist_zh"),
            gist_en=part.text("gist_en"),
            roles=roles,
            source=law.source,
        )
        part.done()
        return found


def _check_one(entry: Entry, kind: IssueType) -> None:
    """Fields of one type that must agree with each other."""
    plate = kind.shot("plate")
    if kind.plate == "required" and (plate is None or not plate.required):
        raise entry.bad("shots", "missing")
    if kind.in_policy and not kind.policy_quotes:
        raise entry.bad("policy_quotes", "missing")
    if not kind.setting:
        raise entry.bad("setting", "missing")
    if not kind.codes:
        raise entry.bad("codes", "missing")


def _time_limit(part: Entry) -> TimeLimit:
    found = TimeLimit(
        part.whole("value", at_most=LIMIT_AT_MOST), part.choice("unit", words.TIME_UNITS), part.flag("is_proposal")
    )
    part.done()
    return found


def _contrast(part: Entry) -> Contrast:
    found = Contrast(part.text("zh"), part.text("en"), part.maybe_text("type"), part.maybe_text("code"))
    part.done()
    return found


def _pair(part: Entry, field_name: str) -> tuple[str, str]:
    """The zh and en of an optional field: both or neither."""
    zh, en = part.maybe_text(f"{field_name}_zh"), part.maybe_text(f"{field_name}_en")
    if bool(zh) != bool(en):
        raise part.bad(f"{field_name}_en" if zh else f"{field_name}_zh", "missing")
    return zh, en
