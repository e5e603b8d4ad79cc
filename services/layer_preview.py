"""A file read and judged, before anything is stored: what each row is or was, and what keeps it from being kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from domain import layers
from domain.errors import Invalid
from domain.layers import Lineage
from geo.guess import Frame, Guess
from services import layer_rows
from services.layer_rows import Row


@dataclass(frozen=True)
class Choices:
    """What a person decided about a file. None: the guess stands where it is sure.

    crs: EPSG code. datum: wgs84, gcj02, bd09. columns: field to column, "" leaves a field out. file_layer: which
    layer of the file. repairs: names of the repairs to make, of layer_rows.REPAIRS. leave_out: store the sound rows
    without the others.
    """

    crs: str | None = None
    datum: str | None = None
    is_swapped: bool | None = None
    columns: Mapping[str, str] | None = None
    file_layer: str | None = None
    lineage: tuple[Lineage, ...] = ()
    repairs: tuple[str, ...] = ()
    leave_out: bool = False

    def as_json(self) -> dict[str, Any]:
        lineage = [{"old": list(line.old), "new": list(line.new)} for line in self.lineage]
        columns = dict(self.columns) if self.columns is not None else None
        return {**{f.name: getattr(self, f.name) for f in fields(self)}, "columns": columns, "lineage": lineage,
                "repairs": list(self.repairs)}  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Choices:
        lineage = tuple(Lineage(tuple(line["old"]), tuple(line["new"])) for line in kept.get("lineage", ()))
        return cls(**{**kept, "lineage": lineage, "repairs": tuple(kept.get("repairs", ()))})


@dataclass(frozen=True)
class Preview:
    """A file read and judged against what is in force; nothing is stored yet.

    columns: of the file. mapping: field to column. guess: of the frame, with its reasons; frame: what was used.
    stamp: the state of the layer that the rows were compared with. proposals: what may have become of codes that the
    file no longer has. missing: how many things of the layer the file does not name; they stay as they are.
    sample_cells: the first cells of the file, for whoever says which column is which.
    """

    layer: str
    file_name: str
    format: str
    file_layer: str
    sha256: str
    encoding: str | None
    encoding_reason: str | None
    columns: tuple[str, ...]
    mapping: Mapping[str, str]
    guess: Guess
    frame: Frame
    rows: Sequence[Row]
    choices: Choices
    stamp: int
    proposals: Sequence[Lineage] = ()
    missing: int = 0
    sample_cells: Sequence[Sequence[Any]] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Rows by fate: new, changed, same, bad; every fate is there."""
        found = Counter(row.fate for row in self.rows)
        return {fate: found[fate] for fate in ("new", "changed", "same", "bad")}

    @property
    def problems(self) -> dict[str, int]:
        """How many rows have which problem."""
        return dict(Counter(problem.code for row in self.rows for problem in row.problems))

    @property
    def repairs(self) -> dict[str, int]:
        """Repairs offered, and how many rows each would mend."""
        return dict(Counter(problem.repair for row in self.rows for problem in row.problems if problem.repair))

    @property
    def repaired(self) -> dict[str, int]:
        return dict(Counter(name for row in self.rows for name in row.repaired))

    @property
    def blockers(self) -> list[Invalid]:
        """What keeps it from being stored as it is; empty when it may be confirmed."""
        found = []
        if "swapped" in self.guess.reasons and self.choices.is_swapped is None:
            found.append(Invalid("layer_swapped", field="swap"))
        elif not self.guess.is_sure and self.choices.datum is None:
            found.append(Invalid("layer_frame_unsure", field="datum"))
        bad = self.counts["bad"]
        if bad and not self.choices.leave_out:
            found.append(Invalid("layer_rows_bad", field="rows", bad=bad))
        if bad == len(self.rows):
            found.append(Invalid("layer_no_good_row", field="rows"))
        return found


@dataclass(frozen=True)
class Stored:
    """What was kept: counts of rows, and how many lines of lineage were written."""

    layer: str
    new: int
    changed: int
    same: int
    left_out: int
    links: int
    buildings_placed: int


def settle(
    layer: str, rows: Sequence[Row], known: Sequence[Any], mapping: Mapping[str, str], lineage: Sequence[Lineage]
) -> None:
    """Find what each row is or was, and its fate."""
    old: dict[str, list[Any]] = {}
    for one in known:
        old.setdefault(one.code if layer in layers.AREAS else one.id, []).append(one)
    _check_lineage(layer, rows, old, lineage)
    renamed = {line.new[0]: line.old[0] for line in lineage if line.relation == "recoded"}
    things = {} if layer in layers.AREAS else _by_words(known)
    for row in rows:
        key = row.values.get("code" if layer in layers.AREAS else "id") or ""
        candidates = old.get(renamed.get(key, key), [])
        if not candidates and things:
            candidates = [one for one in things.get(_words(row.values), []) if _is_there(one, row)]
        row.known = next((one for one in candidates if getattr(one, "status", "") == "in_force"),
                         candidates[0] if candidates else None)  # fmt: skip
        if row.blocking:
            row.fate = "bad"
        elif row.known is None:
            row.fate = "new"
        else:
            differences = [_differences(layer, row, one, mapping) for one in candidates]
            row.changes = () if () in differences else _differences(layer, row, row.known, mapping)
            row.fate = "changed" if row.changes else "same"


def _check_lineage(layer: str, rows: Sequence[Row], old: Mapping[str, Any], lineage: Sequence[Lineage]) -> None:
    if lineage and layer not in layers.AREAS:
        raise Invalid("layer_lineage_not_here", field="lineage")
    in_file = {row.values.get("code") for row in rows}
    for line in lineage:
        for code in line.old:
            if code not in old:
                raise Invalid("layer_lineage_unknown", field="lineage", which=code)
        for code in line.new:
            if code not in in_file:
                raise Invalid("layer_lineage_not_in_file", field="lineage", which=code)
            if code in old:
                raise Invalid("layer_lineage_taken", field="lineage", which=code)
        if set(line.old) & in_file:
            raise Invalid("layer_lineage_still_there", field="lineage", which=sorted(set(line.old) & in_file)[0])


def _words(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return values.get("name"), values.get("number"), values.get("kind")


def _by_words(known: Sequence[Any]) -> dict[tuple[Any, ...], list[Any]]:
    found: dict[tuple[Any, ...], list[Any]] = {}
    for one in known:
        words = (one.name or None, getattr(one, "number", None) or None, getattr(one, "kind", None))
        found.setdefault(words, []).append(one)
    return found


def _is_there(one: Any, row: Row) -> bool:
    return row.geometry is not None and layer_rows.is_same_line(one.geometry, row.geometry)


def _differences(layer: str, row: Row, one: Any, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Fields of the file that say something else than what is kept. A column that is not there says nothing."""
    found = [
        name for name in layers.FIELDS[layer]
        if name in mapping and name not in ("street", "community", "id") and value_of(row, name, one) != getattr(one, name)
    ]  # fmt: skip
    for name in ("street", "community"):
        said = getattr(row, f"{name}_id")
        if layer in layers.AREAS and name in mapping and row.values.get(name) and said != getattr(one, f"{name}_id"):
            found.append(name)
    if not layer_rows.is_same_line(one.geometry, row.geometry):
        found.append("geometry")
    return tuple(found)


def value_of(row: Row, name: str, one: Any) -> Any:
    """What the row makes of a field. An empty cell keeps what is known."""
    value = row.values.get(name)
    return getattr(one, name) if value is None and one is not None else value
