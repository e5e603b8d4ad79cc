"""Reads one asset as it was typed. Every field that does not fit is named at once; nothing is guessed or dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from domain.errors import Invalid
from domain.policy.assets import AssetPolicy, Attribute, Category, findings
from domain.policy.cells import count, money_fen, real_day
from domain.records import Asset

# How much fits into the register's columns.
LONGEST = {"name": 200, "location_text": 200, "unit": 16, "operator": 200, "decision_ref": 200, "contract_no": 100,
           "remarks": 2000}  # fmt: skip
CHOSEN = ("subcategory", "ownership", "status")
ATTRIBUTE_LONGEST = 200
_DEGREES = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?")


class _Reader:
    """Collects the refusals so that the clerk sees all of them."""

    def __init__(self, typed: Mapping[str, Any]) -> None:
        self.typed = typed
        self.refusals: list[Invalid] = []

    def text(self, name: str, longest: int) -> str:
        value = str(self.typed.get(name) or "").strip()
        if len(value) > longest:
            self.refusals.append(Invalid("text_long", field=name, at_most=longest, now=len(value)))
        return value

    def read(self, name: str, understand: Callable[..., Any]) -> Any:
        """The understood value, None for an empty field or one that was refused."""
        value = str(self.typed.get(name) or "").strip()
        if not value:
            return None
        try:
            return understand(value, field=name)
        except Invalid as refusal:
            self.refusals.append(refusal)
            return None

    def miss(self, code: str, field: str) -> None:
        self.refusals.append(Invalid(code, field=field))


def read_asset(
    typed: Mapping[str, Any], point: tuple[float, float] | None, asset_id: str, words: AssetPolicy
) -> tuple[Asset, list[Invalid]]:
    """The asset and what stands against keeping it (empty: it can be registered).

    typed: texts by field name, further columns as "attribute.<code>" (a flag is "yes", "no" or empty); rent and area_m2 are
    texts too. point: lon/lat, EPSG:4326, or None while there is none. Refusals name the fields of `typed`, "place"
    for the point. Never raises for what a person can type.
    """
    form = _Reader(typed)
    category = words.categories.get(str(typed.get("category") or ""))
    texts = {name: form.text(name, longest) for name, longest in LONGEST.items()}
    if not texts["name"]:
        form.miss("asset_name_missing", "name")
    for name in CHOSEN:
        if not typed.get(name):
            form.miss("choose_one", name)
    if category is None:
        form.miss("choose_one", "category")
    if point is None:
        form.miss("asset_place_missing", "place")
    quantity = form.read("quantity", count)
    if quantity is None and not str(typed.get("quantity") or "").strip():
        form.miss("quantity_missing", "quantity")
    days = {name: form.read(name, real_day) for name in ("contract_start", "contract_end")}
    lon, lat = point or (0.0, 0.0)
    asset = Asset(
        id=asset_id, asset_no="", zone_id=None, grid_id=None, street_id=None, category=category.code if category else "",
        subcategory=typed.get("subcategory") or "", name=texts["name"], location_text=texts["location_text"],
        lon=lon, lat=lat, quantity=quantity or 1.0, unit=texts["unit"] or (category.unit_zh if category else ""),
        ownership=typed.get("ownership") or "", status=typed.get("status") or "",
        operation_mode=typed.get("operation_mode") or None, operator=texts["operator"] or None,
        decision_ref=texts["decision_ref"] or None, contract_no=texts["contract_no"] or None,
        contract_start=_iso(days["contract_start"]), contract_end=_iso(days["contract_end"]),
        rent_fen=form.read("rent", money_fen), billing_cycle=typed.get("billing_cycle") or None,
        area_m2=form.read("area_m2", _area), remarks=texts["remarks"] or None,
        attributes=_attributes(form, category),
    )  # fmt: skip
    form.refusals += [Invalid(f.code, field=f.field, **f.facts) for f in findings(asset) if not f.is_warning]
    return asset, form.refusals


def _attributes(form: _Reader, category: Category | None) -> dict[str, Any]:
    """The category's further columns; what was left empty is left out."""
    found = {a.code: _attribute(form, a) for a in (category.attributes if category else ())}
    return {code: value for code, value in found.items() if value not in (None, "")}


def _attribute(form: _Reader, attribute: Attribute) -> Any:
    name = f"attribute.{attribute.code}"
    if attribute.kind == "number":
        return form.read(name, count)
    if attribute.kind == "flag":
        return {"yes": True, "no": False}.get(str(form.typed.get(name) or ""))
    if attribute.kind == "choice":
        value = form.typed.get(name) or None
        if value is not None and value not in {choice.code for choice in attribute.choices}:
            form.refusals.append(Invalid("unknown_choice", field=name, value=str(value)[:20]))
        return value
    return form.text(name, ATTRIBUTE_LONGEST)


def _area(text: str, *, field: str) -> float:
    try:
        return count(text, field=field)
    except Invalid as refusal:
        if refusal.code == "quantity_not_positive":
            raise Invalid("area_not_positive", field=field) from refusal
        raise


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


def read_point(typed: Mapping[str, Any]) -> tuple[float, float] | None:
    """Typed coordinates, decimal degrees, EPSG:4326; None unless both are there.

    Raises Invalid("bad_coordinate") naming the field.
    """
    texts = {name: unicodedata.normalize("NFKC", str(typed.get(name) or "")).strip() for name in ("lon", "lat")}
    if not all(texts.values()):
        return None
    values = {}
    for name, limit in (("lon", 180.0), ("lat", 90.0)):
        if not _DEGREES.fullmatch(texts[name]) or abs(float(texts[name])) > limit:
            raise Invalid("bad_coordinate", field=name, typed=texts[name][:20])
        values[name] = float(texts[name])
    return values["lon"], values["lat"]
