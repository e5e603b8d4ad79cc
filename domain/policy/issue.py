"""One kind of problem as the office sees it: its words, photos, units, laws and limits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from domain.policy.reading import ALWAYS, Term

SEVERITIES = ("normal", "high", "urgent")
SETTINGS = ("estate", "street")
TIME_UNITS = ("workhour", "workday", "day")
PLATE_NEEDS = ("required", "optional", "none")
PLATE_SERIES = ("motor", "ebike")
LEGAL_ROLES = (
    "prohibition", "penalty", "duty", "report_duty", "definition", "handling", "basis", "ownership", "decision_rule",
    "responsibility",
)  # fmt: skip


@dataclass(frozen=True)
class Code:
    """The kind's number in one code system; an empty code means that system has none, `nearest` are hints only."""

    system: str
    code: str
    name: str
    source: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shot:
    """One photo the kind asks for. The hint stands over the viewfinder behind the label and a colon."""

    code: str
    zh: str
    en: str
    hint_zh: str
    hint_en: str
    required: bool


@dataclass(frozen=True)
class Unit:
    """A department named for a kind; the note narrows what it is named for."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Departments:
    """Who leads and who joins. scheme: code of the joint-enforcement scheme of the policy text, or ""."""

    lead: tuple[Unit, ...]
    joint: tuple[Unit, ...]
    scheme: str
    scheme_zh: str
    scheme_en: str
    source: str


@dataclass(frozen=True)
class LegalBasis:
    """Articles of one law that carry the kind. version: the text that was read; check the current one before print."""

    law: str
    zh: str
    en: str
    version: str
    article: str
    gist_zh: str
    gist_en: str
    roles: tuple[str, ...]
    source: str
    note_zh: str = ""
    note_en: str = ""


@dataclass(frozen=True)
class TimeLimit:
    """How long the handling may take; a proposal until the office says otherwise."""

    value: int
    unit: str
    is_proposal: bool


@dataclass(frozen=True)
class Contrast:
    """A neighbour that is easily mistaken for this kind: one of ours (`type`) or a class of the standard (`code`)."""

    zh: str
    en: str
    type: str = ""
    code: str = ""


@dataclass(frozen=True)
class IssueType:
    """code is for ever. common: place among the tiles of the first screen, 0 for the rest."""

    code: str
    zh: str
    en: str
    tile_zh: str
    tile_en: str
    icon: str
    material: str
    common: int
    severity: str
    setting: tuple[str, ...]
    plate: str
    plate_series: str
    duplicate_radius_m: float
    duplicate_days: int
    also: tuple[str, ...]
    definition_zh: str
    definition_en: str
    in_policy: bool
    policy_quotes: tuple[str, ...]
    shots: tuple[Shot, ...]
    departments: Departments
    time_limit: TimeLimit
    codes: tuple[Code, ...]
    legal_basis: tuple[LegalBasis, ...] = ()
    unverified_laws: tuple[str, ...] = ()
    distinguish_from: tuple[Contrast, ...] = ()
    note_zh: str = ""
    note_en: str = ""
    retired_on: str = ""
    term: Term = ALWAYS

    @property
    def is_common(self) -> bool:
        return self.common > 0

    @property
    def needs_plate(self) -> bool:
        return self.plate == "required"

    @property
    def required_shots(self) -> tuple[str, ...]:
        """Codes of the shots without which the office does not take the record."""
        return tuple(shot.code for shot in self.shots if shot.required)

    def name(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def tile(self, lang: str) -> str:
        return self.tile_en if lang == "en" else self.tile_zh

    def shot(self, code: str) -> Shot | None:
        return next((shot for shot in self.shots if shot.code == code), None)

    def missing_shots(self, taken: set[str]) -> tuple[Shot, ...]:
        """The required shots that are not among the codes taken, in the order they are asked for."""
        return tuple(shot for shot in self.shots if shot.required and shot.code not in taken)

    def as_json(self) -> dict[str, Any]:
        """What GET /api/v1/catalogue says about this kind; both languages, so a phone can switch offline."""
        return {
            "code": self.code,
            "zh": self.zh,
            "en": self.en,
            "tile_zh": self.tile_zh,
            "tile_en": self.tile_en,
            "icon": self.icon,
            "is_common": self.is_common,
            "needs_plate": self.needs_plate,
            "plate": self.plate,
            "plate_series": self.plate_series,
            "severity": self.severity,
            "also": list(self.also),
            "definition_zh": self.definition_zh,
            "definition_en": self.definition_en,
            "note_zh": self.note_zh,
            "note_en": self.note_en,
            "distinguish_from": [asdict(other) for other in self.distinguish_from],
            "shots": [asdict(shot) for shot in self.shots],
            "departments": {
                "lead": "、".join(unit.zh for unit in self.departments.lead),
                "lead_en": ", ".join(unit.en for unit in self.departments.lead),
                "joint": [unit.zh for unit in self.departments.joint],
                "joint_en": [unit.en for unit in self.departments.joint],
                "scheme": self.departments.scheme_zh,
                "scheme_en": self.departments.scheme_en,
            },
            "time_limit": asdict(self.time_limit),
        }
