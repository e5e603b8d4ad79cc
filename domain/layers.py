"""The layers that come in from files and go out again: their fields, the names that columns usually have, cell values.

Pure: a file's rows are plain values here; geometry is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from datetime import datetime
from typing import Any

from domain.errors import Invalid

FIELDS: Mapping[str, tuple[str, ...]] = {
    "street": ("code", "name"),
    "community": ("code", "name", "street", "households"),
    "grid": ("code", "name", "kind", "street", "community", "households"),
    "zone": ("code", "name", "kind", "mode", "manager", "street", "community", "households"),
    "building": ("id", "name", "number", "households", "is_residential"),
    "road": ("id", "name", "kind"),
}
PLURAL = {"streets": "street", "communities": "community", "grids": "grid", "zones": "zone", "buildings": "building",
          "roads": "road"}  # fmt: skip
AREAS = ("street", "community", "grid", "zone")
LENGTHS = {"code": 64, "name": 200, "number": 64, "kind": 32, "manager": 200, "id": 64}
HOUSEHOLDS_AT_MOST = 100_000

# Column names as offices and programs write them, small letters; the first column that fits is offered.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "{layer}_code", "{layer}code", "编码", "代码", "编号", "{zh}编码", "{zh}代码", "{zh}编号", "区划代码",
             "行政区划代码", "external_code", "bm", "dm", "xzqdm", "wgbm", "wgdm", "adcode", "{layer}_id"),
    "id": ("id", "{layer}_id", "唯一编码", "标识码", "bsm", "uuid"),
    "name": ("name", "{layer}_name", "{layer}name", "名称", "{zh}名称", "{zh}名", "{zh}", "小区名称", "街道名称", "mc",
             "xzqmc", "wgmc", "lpmc", "fname"),
    "number": ("number", "楼号", "幢号", "楼栋号", "编号", "门牌号", "no", "ldh", "zh"),
    "kind": ("kind", "type", "类型", "类别", "{zh}类型", "小区类型", "lx"),
    "mode": ("mode", "物业模式", "管理模式", "物业管理模式", "管理方式", "模式"),
    "manager": ("manager", "物业公司", "物业企业", "物业服务企业", "管理单位", "物业服务人", "物业"),
    "street": ("street", "street_code", "street_id", "街道", "所属街道", "街道名称", "乡镇街道", "镇街", "jd", "jdmc"),
    "community": ("community", "community_code", "社区", "所属社区", "社区名称", "村社区", "sq", "sqmc"),
    "households": ("households", "户数", "总户数", "住户数", "hs"),
    "is_residential": ("dwelling", "is_residential", "residential", "住宅", "是否住宅"),
}  # fmt: skip
_ZH = {"street": ("街道",), "community": ("社区",), "grid": ("网格",), "zone": ("小区", "区域"), "building": ("楼栋",),
       "road": ("道路",)}  # fmt: skip
_YES = {"1", "true", "t", "yes", "y", "是", "住宅"}
_NO = {"0", "false", "f", "no", "n", "否", "非住宅"}


def layer_of(word: str) -> str:
    """ "grids" or "grid" to "grid". Raises Invalid("layer_unknown")."""
    layer = PLURAL.get(word, word)
    if layer not in FIELDS:
        raise Invalid("layer_unknown", field="layer", name=word[:40])
    return layer


def guessed_columns(layer: str, columns: Sequence[str], remembered: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field to column. What was used last time comes first, then the usual names; a column serves one field."""
    found: dict[str, str] = {}
    for field, column in (remembered or {}).items():
        if field in FIELDS[layer] and column in columns and column not in found.values():
            found[field] = column
    by_name = {_plain_name(column): column for column in reversed(columns)}
    for field in FIELDS[layer]:
        if field in found:
            continue
        names = (by_name.get(alias.format(layer=layer, zh=zh)) for alias in _ALIASES[field] for zh in _ZH[layer])
        free = [column for column in names if column is not None and column not in found.values()]
        if free:
            found[field] = free[0]
    return found


def checked_columns(layer: str, columns: Sequence[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """A person's own choice, field to column; "" leaves a field out. Raises Invalid naming field and column."""
    for field, column in chosen.items():
        if field not in FIELDS[layer]:
            raise Invalid("layer_no_such_field", field=field, name=field, names=", ".join(FIELDS[layer]))
        if column and column not in columns:
            raise Invalid("layer_no_such_column", field=field, name=column[:80], names=", ".join(columns)[:500])
    return {field: column for field, column in chosen.items() if column}


IMPORT_STATES = ("uploaded", "reading", "ready", "storing", "stored", "refused", "closed")
UNDER_WAY = ("uploaded", "reading", "storing")  # a runner has it, or soon will


@dataclass(frozen=True)
class LayerImport:
    """A file on its way into a layer.

    state: uploaded (waits to be read), reading, ready (waits for a person), storing, stored, refused, closed. revision
    counts changes of the choices. stamp: of the layer, as the reading saw it. summary, refusal, stored, progress:
    what the last reading found, why it came to nothing, what was kept, how far it is.
    """

    id: str
    layer: str
    file_name: str
    ending: str
    size: int
    sha256: str
    state: str
    revision: int
    choices: Mapping[str, Any]
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    stamp: int | None = None
    runner: str | None = None
    progress: Mapping[str, Any] = kept(default_factory=dict)
    summary: Mapping[str, Any] | None = None
    refusal: Mapping[str, Any] | None = None
    stored: Mapping[str, Any] | None = None

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def is_open(self) -> bool:
        return self.state in (*UNDER_WAY, "ready")


@dataclass(frozen=True)
class Lineage:
    """What became of codes: one to one is a new code, one to many a split, many to one a merger."""

    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def relation(self) -> str:
        return "recoded" if len(self.old) == len(self.new) == 1 else "split" if len(self.old) == 1 else "merged"

    @classmethod
    def read(cls, text: str) -> Lineage:
        """ "A=B", "A=B+C" or "A+B=C". Raises Invalid("layer_lineage_wrong")."""
        sides = [tuple(code.strip() for code in side.split("+")) for side in text.split("=")]
        if len(sides) != 2 or not all(all(side) for side in sides) or min(map(len, sides)) != 1:
            raise Invalid("layer_lineage_wrong", field="lineage", typed=text[:80])
        return cls(*sides)


def _plain_name(column: str) -> str:
    return re.sub(r"\s+", "", column).lower()


def text_of(value: Any) -> str:
    """A cell as text. 330683001.0, which a sheet made of a code, is 330683001 again."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()


def count_of(value: Any) -> int | None:
    """Households: a whole number from 0, None for an empty cell. Raises ValueError."""
    text = text_of(value).removesuffix("户").replace(",", "")
    if not text:
        return None
    number = float(text)
    if not (number.is_integer() and 0 <= number <= HOUSEHOLDS_AT_MOST):
        raise ValueError(text)
    return int(number)


def flag_of(value: Any) -> bool | None:
    """Yes, no, or None for an empty cell. Raises ValueError."""
    text = text_of(value).lower()
    if not text:
        return None
    if text not in _YES | _NO:
        raise ValueError(text)
    return text in _YES
