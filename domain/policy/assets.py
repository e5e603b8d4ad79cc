"""The register of public-revenue assets: its words, and what can be said about one asset on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from dataclasses import field as made_by
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from domain.errors import Invalid
from domain.policy.cells import real_day
from domain.policy.reading import ALWAYS, BadEntry, Entry, Term, table
from domain.records import Asset

FILE = "assets.toml"
ATTRIBUTE_KINDS = ("text", "number", "flag", "choice")
SOURCES = ("source_zh", "source_en", "component_source_zh", "component_source_en")
WORD_TABLES = ("ownership", "status", "operation_modes", "billing_cycles", "payees")


@dataclass(frozen=True)
class Word:
    """One choice of a list."""

    code: str
    zh: str
    en: str
    term: Term = made_by(default=ALWAYS, kw_only=True)

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True)
class Subcategory(Word):
    """component: class of the managed component in the standard, "" where none fits."""

    component: str = ""
    component_name: str = ""


@dataclass(frozen=True)
class Attribute(Word):
    """A further column of one category. choices only for kind "choice"."""

    kind: str = "text"
    choices: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Category(Word):
    """in_policy: named in the policy text. unit_zh, unit_en: what its quantity counts. number_prefix: begins asset_no."""

    number_prefix: str = ""
    unit_zh: str = ""
    unit_en: str = ""
    icon: str = ""
    material: str = ""
    in_policy: bool = False
    subcategories: tuple[Subcategory, ...] = ()
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something to put right about one asset. A warning lets it be saved; i18n words it under [findings]."""

    code: str
    field: str
    is_warning: bool
    facts: Mapping[str, Any] = made_by(default_factory=dict)


@dataclass(frozen=True)
class AssetPolicy:
    """All lists by code, in the order they are offered."""

    categories: Mapping[str, Category]
    ownership: Mapping[str, Word]
    status: Mapping[str, Word]
    operation_modes: Mapping[str, Word]
    billing_cycles: Mapping[str, Word]
    payees: Mapping[str, Word]
    component_system: str
    sources: Mapping[str, str] = made_by(default_factory=dict)

    def subcategory(self, code: str) -> Subcategory | None:
        """Subcategory codes are unique over all categories."""
        return next((s for c in self.categories.values() for s in c.subcategories if s.code == code), None)

    def offered(self, on: date) -> dict[str, Category]:
        """The categories for new assets on a day, each with the subcategories for that day."""
        return {
            code: replace(each, subcategories=tuple(s for s in each.subcategories if s.term.holds(on)))
            for code, each in self.categories.items()
            if each.term.holds(on)
        }

    def require(self, asset: Asset, on: date | None = None) -> None:
        """Raises Invalid naming the field that cannot stand; warnings are not raised, see `findings`.

        on: the day of a new registration; what is not offered then cannot be chosen.
        """
        self._require_codes(asset, on)
        for finding in findings(asset):
            if not finding.is_warning:
                raise Invalid(finding.code, field=finding.field, **finding.facts)

    def _require_codes(self, asset: Asset, on: date | None) -> None:
        category = (self.offered(on) if on else self.categories).get(asset.category)
        if category is None:
            raise Invalid("unknown_choice", field="category", value=asset.category)
        if asset.subcategory not in {sub.code for sub in category.subcategories}:
            raise Invalid("unknown_choice", field="subcategory", value=asset.subcategory)
        lists = (
            ("ownership", self.ownership, asset.ownership),
            ("status", self.status, asset.status),
            ("operation_mode", self.operation_modes, asset.operation_mode),
            ("billing_cycle", self.billing_cycles, asset.billing_cycle),
        )
        for name, known, value in lists:
            if value is not None and (value not in known or (on and not known[value].term.holds(on))):
                raise Invalid("unknown_choice", field=name, value=value)

    def as_json(self) -> dict[str, Any]:
        """All lists with both languages."""
        named = {name: [_json(word) for word in getattr(self, name).values()] for name in WORD_TABLES}
        return {"categories": [_json(category) for category in self.categories.values()], **named}


def _json(entry: Any) -> Any:
    """Entries as plain values; terms are for the server alone."""
    if isinstance(entry, Word):
        return {name: _json(getattr(entry, name)) for name in asdict(entry) if name != "term"}
    return [_json(each) for each in entry] if isinstance(entry, tuple) else entry


def offered(words: Mapping[str, Word], on: date) -> dict[str, Word]:
    """The words of a list that may be chosen on a day."""
    return {code: word for code, word in words.items() if word.term.holds(on)}


def findings(asset: Asset) -> tuple[Finding, ...]:
    """What one asset's own fields tell. Nothing here looks at zones, other assets or the calendar."""
    found: list[Finding] = []
    if not 0 < asset.quantity < float("inf"):
        found.append(Finding("quantity_not_positive", "quantity", False))
    if asset.rent_fen is not None and asset.rent_fen < 0:
        found.append(Finding("money_negative", "rent_fen", False))
    if asset.area_m2 is not None and not 0 < asset.area_m2 < float("inf"):
        found.append(Finding("area_not_positive", "area_m2", False))
    found += _contract(asset)
    if asset.rent_fen and not asset.billing_cycle:
        found.append(Finding("billing_cycle_missing", "billing_cycle", True))
    if asset.status == "in_use" and asset.ownership == "owners" and not (asset.decision_ref or "").strip():
        # Civil Code art. 278: business use of common parts needs the owners' joint decision.
        found.append(Finding("decision_missing", "decision_ref", True))
    if asset.ownership == "unclear":
        found.append(Finding("ownership_unclear", "ownership", True))
    return tuple(found)


def _contract(asset: Asset) -> list[Finding]:
    found: list[Finding] = []
    days: dict[str, date] = {}
    for name in ("contract_start", "contract_end"):
        text = getattr(asset, name)
        if not text:
            continue
        try:
            days[name] = real_day(text, field=name)
        except Invalid as refusal:
            found.append(Finding(refusal.code, name, False, refusal.facts))
    if len(days) == 2 and days["contract_end"] < days["contract_start"]:
        found.append(Finding("days_out_of_order", "contract_end", False))
    return found


@cache
def load_assets() -> AssetPolicy:
    """The table in the tree, read once."""
    return parse((Path(__file__).parent / FILE).read_text(encoding="utf-8"))


def parse(text: str, *, file: str = FILE) -> AssetPolicy:
    """Raises BadEntry naming file, code, field and reason."""
    head = Entry(file, "", table(text, file))
    categories = {entry.code: _category(entry) for entry in head.coded("categories")}
    lists = {name: {entry.code: _word(entry) for entry in head.named(name)} for name in WORD_TABLES}
    sources = {name: head.text(name) for name in SOURCES}
    found = AssetPolicy(categories=categories, component_system=head.text("component_system"), sources=sources, **lists)
    head.done()
    if not categories:
        raise BadEntry(file, "", "categories", "missing")
    _nothing_twice(file, categories)
    return found


def _word(entry: Entry) -> Word:
    found = Word(entry.code, entry.text("zh", at_most=20), entry.text("en", at_most=40), term=entry.term())
    entry.done()
    return found


def _category(entry: Entry) -> Category:
    found = Category(
        code=entry.code,
        zh=entry.text("zh", at_most=8),
        en=entry.text("en", at_most=40),
        number_prefix=entry.text("number_prefix", at_most=4),
        unit_zh=entry.text("unit_zh", at_most=4),
        unit_en=entry.text("unit_en", at_most=12),
        icon=entry.text("icon"),
        material=entry.text("material"),
        in_policy=entry.flag("in_policy"),
        term=entry.term(),
        subcategories=tuple(_subcategory(part) for part in entry.parts("subcategories")),
        attributes=tuple(_attribute(part) for part in entry.parts("attributes")),
    )
    entry.done()
    if not found.subcategories:
        raise entry.bad("subcategories", "missing")
    return found


def _subcategory(part: Entry) -> Subcategory:
    component = part.maybe_text("component")
    name = part.text("component_name") if component else ""
    found = Subcategory(
        part.text("code"), part.text("zh", at_most=12), part.text("en", at_most=40), component, name, term=part.term()
    )
    part.done()
    return found


def _attribute(part: Entry) -> Attribute:
    kind = part.choice("kind", ATTRIBUTE_KINDS)
    choices = tuple(_choice(choice) for choice in part.parts("choices"))
    if (kind == "choice") != bool(choices):
        raise part.bad("choices", "missing" if kind == "choice" else "unknown")
    found = Attribute(
        part.text("code"), part.text("zh", at_most=20), part.text("en", at_most=40), kind, choices, term=part.term()
    )
    part.done()
    return found


def _choice(part: Entry) -> Word:
    found = Word(part.text("code"), part.text("zh", at_most=20), part.text("en", at_most=40))
    part.done()
    return found


def _nothing_twice(file: str, categories: Mapping[str, Category]) -> None:
    seen: set[str] = set()
    for category in categories.values():
        if category.number_prefix in seen:
            raise BadEntry(file, category.code, "number_prefix", "repeated")
        seen.add(category.number_prefix)
        for sub in category.subcategories:
            if sub.code in seen:
                raise BadEntry(file, category.code, f"subcategories.{sub.code}", "repeated")
            seen.add(sub.code)
