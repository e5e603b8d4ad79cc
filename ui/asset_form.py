"""The form for one asset, drawn by its category: what it is, where it stands, whose it is, its contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from domain.policy.assets import AssetPolicy, Attribute, Category, offered
from domain.records import Place
from i18n import Words
from ui import bundle
from ui.forms import Fields

MAP_PX = 420
Point = tuple[float, float]


def kind(policy: AssetPolicy, today: date, say: Words) -> Category:
    """Which category; it decides the rest of the form and stays for the next asset."""
    categories = policy.offered(today)
    words = {code: each.name(say.lang) for code, each in categories.items()}
    codes = list(words)
    chosen = st.segmented_control(say("asset.category"), codes, format_func=lambda code: words.get(code, code), default=codes[0], required=True,
                                  key="slg.asset_category")  # fmt: skip
    return categories.get(chosen or codes[0], categories[codes[0]])


def what(fields: Fields, category: Category, say: Words) -> None:
    st.markdown(f"### {say('asset.what')}")
    fields.pick("subcategory", say("asset.subcategory"), _names({s.code: s for s in category.subcategories}, say))
    fields.text("name", say("asset.name"), hint=say("asset.name_hint"))
    fields.text("location_text", _optional("location_text", say), hint=say("asset.location_hint"))
    left, right = st.columns(2)
    with left:
        fields.text("quantity", say("asset.quantity"))
    with right:
        # The register is kept in Chinese, whatever language the clerk reads.
        st.text_input(say("asset.unit"), value=category.unit_zh, key=fields.key(f"unit.{category.code}"))


def where(fields: Fields, urls: Mapping[str, str], box: Any, say: Words) -> Point | None:
    """The map to tap, and coordinates for those whose browser draws none; gives lon/lat, EPSG:4326."""
    st.markdown(f"### {say('asset.where')}")
    fields.note("place")
    found = bundle.mount("map", dict(urls), key=f"asset_map_{fields.round}", mode="place", bounds=box, height=MAP_PX,
                         **bundle.common(say, dict(urls), "map"))  # fmt: skip
    with st.expander(say("asset.by_hand"), icon=":material/edit_location_alt:"):
        left, right = st.columns(2)
        with left:
            fields.text("lon", say("asset.lon"), hint="120.82")
        with right:
            fields.text("lat", say("asset.lat"), hint="29.59")
        st.caption(say("asset.by_hand_note"))
    return (found.pin["lon"], found.pin["lat"]) if found.pin else None


def place_line(place: Place | None, say: Words) -> None:
    """The estate, grid and street of the chosen point, before anything is kept."""
    if place is None:
        st.caption(say("asset.place_none"))
    elif place.street is None:
        st.warning(say("asset.place_outside"), icon=":material/wrong_location:")
    else:
        st.info(say("asset.place_here", zone=_zone(place, say), street=place.street.name,
                    grid=place.grid.name if place.grid else say("asset.place_no_grid")), icon=":material/pin_drop:")  # fmt: skip


def whose(fields: Fields, policy: AssetPolicy, today: date, say: Words) -> None:
    st.markdown(f"### {say('asset.who')}")
    for column, draw in zip(st.columns(3), (
        lambda: fields.pick("ownership", say("asset.ownership"), _names(offered(policy.ownership, today), say)),
        lambda: fields.pick("status", say("asset.status"), _names(offered(policy.status, today), say), usual="in_use"),
        lambda: fields.text("decision_ref", _optional("decision_ref", say), hint=say("asset.decision_hint")),
    ), strict=True):  # fmt: skip
        with column:
            draw()
    left, right = st.columns([2, 1])
    with left:
        fields.text("operator", _optional("operator", say))
    with right:
        fields.pick(
            "operation_mode", _optional("operation_mode", say), _names(offered(policy.operation_modes, today), say)
        )


def contract(fields: Fields, policy: AssetPolicy, today: date, say: Words) -> None:
    st.markdown(f"### {say('asset.contract')}")
    first, second, third = st.columns(3)
    with first:
        fields.text("contract_no", _optional("contract_no", say))
        fields.text("rent", _optional("rent", say), hint=say("asset.rent_hint"))
    with second:
        fields.text("contract_start", _optional("contract_start", say), hint=say("asset.day_hint"))
        fields.pick("billing_cycle", _optional("billing_cycle", say),
                    _names(offered(policy.billing_cycles, today), say))  # fmt: skip
    with third:
        fields.text("contract_end", _optional("contract_end", say), hint=say("asset.day_hint"))
        fields.text("area_m2", _optional("area_m2", say))


def more(fields: Fields, category: Category, today: date, say: Words) -> None:
    """The further columns of this category, then the remarks."""
    columns_now = [each for each in category.attributes if each.term.holds(today)]
    if columns_now:
        st.markdown(f"### {say('asset.more', category=category.name(say.lang))}")
        columns = st.columns(3)
        for number, attribute in enumerate(columns_now):
            with columns[number % 3]:
                _attribute(fields, attribute, say)
    fields.text("remarks", _optional("remarks", say), is_long=True)


def typed(fields: Fields, category_code: str) -> dict[str, Any]:
    """All of the form as domain.policy.asset_form reads it."""
    found = fields.typed()
    return {**found, "category": category_code, "unit": found.get(f"unit.{category_code}")}


def _attribute(fields: Fields, attribute: Attribute, say: Words) -> None:
    field, label = f"attribute.{attribute.code}", attribute.name(say.lang) + say("asset.optional")
    if attribute.kind == "flag":
        fields.pick(field, label, {"yes": say("asset.yes"), "no": say("asset.no")})
    elif attribute.kind == "choice":
        fields.pick(field, label, _names({choice.code: choice for choice in attribute.choices}, say))
    else:
        fields.text(field, label)


def _zone(place: Place, say: Words) -> str:
    if len(place.zones) > 1:
        return say("asset.place_two_zones", zones="、".join(zone.name for zone in place.zones))
    return place.zones[0].name if place.zones else say("asset.place_no_zone")


def _optional(field: str, say: Words) -> str:
    return say(f"asset.{field}") + say("asset.optional")


def _names(words: Mapping[str, Any], say: Words) -> dict[str, str]:
    return {code: word.name(say.lang) for code, word in words.items()}
