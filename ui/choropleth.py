"""Draws units coloured by class on a pydeck map: no base map, no request, little to send.

Streamlit fades everything that is not selected. Here colour is information, so fills and labels are set one floor
down, on deck.gl's sub-layers, where that fading does not reach; the selection is an ink line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck as pdk
import streamlit as st

from ui import ramps, state

WIDE_PX, PHONE_PX = (640, 590), (340, 320)
FONT = "'PingFang SC','HarmonyOS Sans SC','MiSans','Microsoft YaHei','Noto Sans CJK SC',sans-serif"


@dataclass(frozen=True)
class Unit:
    """One polygon of the map. class_no: 0 to 4, None for not surveyed. shape, hatching: GeoJSON mappings, lon/lat."""

    id: str
    name: str
    share: str
    class_no: int | None
    shape: dict[str, Any]
    label_at: tuple[float, float]
    hatching: dict[str, Any] | None = None


class SmallDeck(pdk.Deck):
    """A Deck whose JSON has no blanks: pydeck would write every coordinate on a line of its own."""

    def to_json(self) -> str:
        spec = json.loads(super().to_json())
        for layer in spec["layers"]:
            if "subLayerProps" in layer:
                layer["_subLayerProps"] = layer.pop("subLayerProps")
        return json.dumps(spec, ensure_ascii=False, separators=(",", ":"))


def draw(
    units: Sequence[Unit], outline: dict[str, Any], box: tuple[float, float, float, float], *, key: str, theme: str,
    picked: str | None, has_names: bool, has_labels: bool, is_phone: bool, alt: str, on_pick: Callable[[str | None], None],
) -> None:  # fmt: skip
    """The map as a widget; on_pick gets a unit's id, or None when the selection is taken back."""
    kept = f"slg.{key}"

    def told() -> None:
        objects = state.kept(key).selection.objects
        chosen = next((found[0] for found in objects.values() if found), None)
        on_pick(chosen["properties"]["id"] if chosen else None)

    size = PHONE_PX if is_phone else WIDE_PX
    layers = [*_fills(units, theme), _outline(outline, theme), *_selection(units, picked, theme)]
    if has_labels:
        layers += _labels(units, theme, has_names=has_names, is_phone=is_phone)
    deck = SmallDeck(map_provider=None, layers=layers, initial_view_state=fitted(box, *size), tooltip=_tip())
    st.pydeck_chart(deck, height=size[1], on_select=told, key=kept, alt=alt)


def fitted(box: tuple[float, float, float, float], width_px: int, height_px: int) -> pdk.ViewState:
    """The view that shows the whole box (west, south, east, north) with a little air round it."""
    west, south, east, north = box

    def mercator(lat: float) -> float:
        return math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)

    across, up = max((east - west) / 360, 1e-7), max(mercator(north) - mercator(south), 1e-7)
    zoom = math.log2(min(width_px / across, height_px / up) / 512) - 0.12
    return pdk.ViewState(longitude=(west + east) / 2, latitude=(south + north) / 2, zoom=round(min(zoom, 16), 3))


def _fills(units: Sequence[Unit], theme: str) -> list[pdk.Layer]:
    layers = []
    for number, colour in [(None, ramps.PAPER[theme]), *enumerate(ramps.coverage(theme))]:
        mine = [u for u in units if u.class_no == number]
        if mine:
            layers.append(_polygons(f"class-{number}", mine, colour, theme))
    lines = [_feature(u, u.hatching) for u in units if u.class_no is None and u.hatching]
    if lines:
        layers.append(_lines("hatch", lines, ramps.HATCH[theme], 1.2))
    return layers


def _polygons(layer_id: str, units: Sequence[Unit], colour: str, theme: str) -> pdk.Layer:
    fill = {"polygons-fill": {"getFillColor": ramps.rgba(colour)},
            "polygons-stroke": {"getColor": ramps.rgba(ramps.BORDER[theme])}}  # fmt: skip
    return pdk.Layer("GeoJsonLayer", id=layer_id, data=_collection([_feature(u, u.shape) for u in units]),
                     pickable=True, stroked=True, filled=True, get_line_width=1.4, line_width_units=_text("pixels"),
                     sub_layer_props=fill)  # fmt: skip


def _lines(layer_id: str, features: list[dict[str, Any]], colour: str, width_px: float) -> pdk.Layer:
    one = {"getColor": ramps.rgba(colour)}
    return pdk.Layer("GeoJsonLayer", id=layer_id, data=_collection(features), pickable=False, stroked=True,
                     filled=False, get_line_width=width_px, line_width_units=_text("pixels"),
                     line_joint_rounded=True, sub_layer_props={"polygons-stroke": one, "linestrings": one})  # fmt: skip


def _outline(shape: dict[str, Any], theme: str) -> pdk.Layer:
    return _lines("outline", [{"type": "Feature", "properties": {}, "geometry": shape}], ramps.INK[theme], 2.2)


def _selection(units: Sequence[Unit], picked: str | None, theme: str) -> list[pdk.Layer]:
    mine = [_feature(u, u.shape) for u in units if u.id == picked]
    if not mine:
        return []
    return [_lines("casing", mine, ramps.BORDER[theme], 7), _lines("selection", mine, ramps.INK[theme], 3.5)]


def _labels(units: Sequence[Unit], theme: str, *, has_names: bool, is_phone: bool) -> list[pdk.Layer]:
    """Dark letters with a light halo, and white ones with a dark halo on the two deepest classes."""
    ramp = ramps.coverage(theme)
    groups: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for unit in units:
        is_white = ramps.is_deep(ramp[unit.class_no]) if unit.class_no is not None else theme == "dark"
        text = f"{unit.name}\n{unit.share}" if has_names else unit.share
        groups[is_white].append({"at": [round(v, 5) for v in unit.label_at], "text": text})
    return [
        pdk.Layer(
            "TextLayer", id=f"label-{'white' if is_white else 'ink'}", data=rows, pickable=False,
            get_position="at", get_text="text", get_size=11 if is_phone else 14, font_family=_text(FONT), font_weight=600,
            character_set=_text("auto"), font_settings={"sdf": True, "fontSize": 48, "buffer": 8, "radius": 12},
            outline_width=2.4, outline_color=ramps.rgba("#14212A" if is_white else "#FFFFFF", 230), line_height=1.15,
            sub_layer_props={"characters": {"getColor": ramps.rgba("#FFFFFF" if is_white else "#14212A")}},
        )
        for is_white, rows in groups.items()
        if rows
    ]  # fmt: skip


def _feature(unit: Unit, shape: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"id": unit.id, "name": unit.name, "share": unit.share}, "geometry": shape}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _text(value: str) -> pdk.types.String:
    """A plain text: pydeck takes other strings for the name of a column."""
    return pdk.types.String(value)


def _tip() -> dict[str, Any]:
    return {"text": "{name} {share}", "style": {"backgroundColor": "#14212A", "color": "#FFFFFF", "fontSize": "14px",
                                                "borderRadius": "8px"}}  # fmt: skip
