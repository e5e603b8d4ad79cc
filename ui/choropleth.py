"""Draws units coloured by class on a pydeck map: no base map, no request, little to send.

Streamlit fades everything that is not selected. Here colour is information, so fills and labels are set one floor
down, on deck.gl's sub-layers, where that fading does not reach; the selection is an ink line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pydeck as pdk
import streamlit as st

from ui import ramps, state

WIDE_PX, PHONE_PX = (545, 590), (340, 320)
FEW = 100  # above this many units white borders would drown the colours
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
        on_pick(units[chosen["properties"]["row"]].id if chosen else None)

    size = PHONE_PX if is_phone else WIDE_PX
    features = {u.id: _feature(row, u, u.shape) for row, u in enumerate(units)}
    layers = [*_fills(units, features, theme), _outline(outline, theme)]
    layers += _selection(features.get(picked or ""), theme)
    view = fitted(box, *size)
    if has_labels:
        px_per_degree = 512 * 2**view.zoom / 360
        layers += _labels(units, theme, px_per_degree, has_names=has_names, size=11 if is_phone else 14)
    deck = SmallDeck(map_provider=None, layers=layers, initial_view_state=view, tooltip=_tip())
    st.pydeck_chart(deck, height=size[1], on_select=told, key=kept, alt=alt)


def fitted(box: tuple[float, float, float, float], width_px: int, height_px: int) -> pdk.ViewState:
    """The view that shows the whole box (west, south, east, north) with a little air round it."""
    west, south, east, north = box

    def mercator(lat: float) -> float:
        return math.asinh(math.tan(math.radians(lat))) / (2 * math.pi)

    across, up = max((east - west) / 360, 1e-7), max(mercator(north) - mercator(south), 1e-7)
    zoom = math.log2(min(width_px / across, height_px / up) / 512) - 0.12
    return pdk.ViewState(longitude=(west + east) / 2, latitude=(south + north) / 2, zoom=round(min(zoom, 16), 3))


def _fills(units: Sequence[Unit], features: Mapping[str, dict[str, Any]], theme: str) -> list[pdk.Layer]:
    layers = []
    for number, colour in [(None, ramps.PAPER[theme]), *enumerate(ramps.coverage(theme))]:
        mine = [features[u.id] for u in units if u.class_no == number]
        if mine:
            layers.append(_polygons(f"class-{number}", mine, colour, theme, 1.4 if len(units) <= FEW else 0.4))
    lines = [_feature(0, u, u.hatching) for u in units if u.class_no is None and u.hatching]
    if lines:
        layers.append(_lines("hatch", lines, ramps.HATCH[theme], 1.2))
    return layers


def _polygons(layer_id: str, features: list[dict[str, Any]], colour: str, theme: str, line_px: float) -> pdk.Layer:
    fill = {"polygons-fill": {"getFillColor": ramps.rgba(colour)},
            "polygons-stroke": {"getColor": ramps.rgba(ramps.BORDER[theme])}}  # fmt: skip
    return pdk.Layer("GeoJsonLayer", id=layer_id, data=_collection(features),
                     pickable=True, stroked=True, filled=True, get_line_width=line_px, line_width_units=_text("pixels"),
                     sub_layer_props=fill)  # fmt: skip


def _lines(layer_id: str, features: list[dict[str, Any]], colour: str, width_px: float) -> pdk.Layer:
    one = {"getColor": ramps.rgba(colour)}
    return pdk.Layer("GeoJsonLayer", id=layer_id, data=_collection(features), pickable=False, stroked=True,
                     filled=False, get_line_width=width_px, line_width_units=_text("pixels"),
                     line_joint_rounded=True, sub_layer_props={"polygons-stroke": one, "linestrings": one})  # fmt: skip


def _outline(shape: dict[str, Any], theme: str) -> pdk.Layer:
    return _lines("outline", [{"type": "Feature", "properties": {}, "geometry": shape}], ramps.INK[theme], 2.2)


def _selection(feature: dict[str, Any] | None, theme: str) -> list[pdk.Layer]:
    if feature is None:
        return []
    return [_lines("casing", [feature], ramps.BORDER[theme], 7), _lines("selection", [feature], ramps.INK[theme], 3.5)]


def _labels(units: Sequence[Unit], theme: str, px_per_degree: float, *, has_names: bool, size: int) -> list[pdk.Layer]:
    """Dark letters with a light halo, white ones with a dark halo on the two deepest classes; none where a unit is
    narrower than its words."""
    ramp = ramps.coverage(theme)
    groups: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for unit in units:
        lines = [unit.name, unit.share] if has_names else [unit.share]
        if _width(unit.shape) * px_per_degree < size * (1.0 if size < 12 else 0.8) * max(len(lines[0]), 4):
            continue
        is_white = ramps.is_deep(ramp[unit.class_no]) if unit.class_no is not None else theme == "dark"
        groups[is_white].append({"at": [round(v, 5) for v in unit.label_at], "text": "\n".join(lines)})
    return [
        pdk.Layer(
            "TextLayer", id=f"label-{'white' if is_white else 'ink'}", data=rows, pickable=False,
            get_position="at", get_text="text", get_size=size, font_family=_text(FONT), font_weight=600,
            character_set=_text("auto"), font_settings={"sdf": True, "fontSize": 48, "buffer": 16, "radius": 24},
            outline_width=0.6, outline_color=ramps.rgba("#14212A" if is_white else "#FFFFFF", 230), line_height=1.15,
            sub_layer_props={"characters": {"getColor": ramps.rgba("#FFFFFF" if is_white else "#14212A")}},
        )
        for is_white, rows in groups.items()
        if rows
    ]  # fmt: skip


def _width(shape: dict[str, Any]) -> float:
    """Degrees of longitude from end to end of a Polygon or MultiPolygon."""
    rings = [part[0] for part in (shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]])]
    east = [point[0] for ring in rings for point in ring]
    return max(east) - min(east)


def _feature(row: int, unit: Unit, shape: dict[str, Any]) -> dict[str, Any]:
    properties = {"row": row, "name": unit.name, "share": unit.share}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _text(value: str) -> pdk.types.String:
    """A plain text: pydeck takes other strings for the name of a column."""
    return pdk.types.String(value)


def _tip() -> dict[str, Any]:
    return {"text": "{name} {share}", "style": {"backgroundColor": "#14212A", "color": "#FFFFFF", "fontSize": "14px",
                                                "borderRadius": "8px"}}  # fmt: skip
