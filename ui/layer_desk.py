"""The desk of layers before a file is open: what is there, what is under way, where a file is brought, how one goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Protocol

import streamlit as st

from domain.layers import FIELDS, PLURAL, LayerImport
from i18n import Words
from ui import facts, forms, times, upload
from ui.chips import chip
from ui.markup import el, join

ENDINGS = (".zip", ".geojson", ".json", ".gpkg", ".kml", ".kmz", ".csv", ".dxf")
SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
AT_MOST_MB, MORE_MB = 50, {".gpkg": 256}  # the service says so too, while the file comes in
FORMATS = {
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
    "shapefile": "Shapefile",
    "kml": "KML",
    "csv": "CSV",
    "xlsx": "XLSX",
    "dxf": "DXF",
}
TONES = {"uploaded": "primary", "reading": "primary", "ready": "warn", "storing": "primary", "stored": "ok",
         "refused": "danger", "closed": "muted"}  # fmt: skip
PLURAL_OF = {layer: plural for plural, layer in PLURAL.items()}


class There(Protocol):
    """What services tell of a layer as it stands."""

    layer: str
    count: int
    drafts: int
    file_name: str | None
    at: Any


def there(found: Sequence[There], zone: tzinfo, say: Words, *, is_sample: bool) -> None:
    """Every layer: how much of it, from where and when, and as a file in each format."""
    lines = []
    for one in found:
        source = say("layers.from_nothing") if not one.count and not one.drafts else (
            say("layers.from_file", file=one.file_name, at=times.moment(one.at, zone)) if one.file_name
            else say("layers.from_sample" if is_sample else "layers.from_elsewhere"))  # fmt: skip
        drafts = say("layers.drafts_too", n=one.drafts) if one.drafts else ""
        links = [el("a", word, href=f"/api/v1/layers/{PLURAL_OF[one.layer]}/export?format={kind}", download=True,
                    aria_label=f"{say(f'layers.name_{one.layer}')} {word}")
                 for kind, word in FORMATS.items()] if one.count or one.drafts else []  # fmt: skip
        lines.append(el("li", el("b", say(f"layers.name_{one.layer}")), el("span", f"{one.count:,}", class_="num"),
                        el("span", source, drafts and f" · {drafts}", class_="from"), el("span", links, class_="out")))  # fmt: skip
    head = el("li", el("span", say("layers.col_layer")), el("span", say("layers.col_count"), class_="num"),
              el("span", say("layers.col_from"), class_="from"), el("span", say("layers.col_out"), class_="out"), class_="head")  # fmt: skip
    st.html(el("ul", head, lines, class_="slg-layers"))


def bring(say: Words) -> str | None:
    """Which layer, and the file; the id of its import once it has come whole."""
    layer = forms.switch(say("layers.which"), {name: say(f"layers.name_{name}") for name in FIELDS}, key="layer")
    facts.note(say(f"layers.about_{layer}"))
    found = upload.bring(
        f"/api/v1/layers/{PLURAL_OF[layer]}/imports", say, key=f"slg.bring_{layer}", accept=",".join(ENDINGS),
        choose=say("layers.choose_file", layer=say(f"layers.name_{layer}")), takes=say("layers.takes"),
        at_most_mb=AT_MOST_MB, more_mb=MORE_MB, parts=SHAPEFILE,
    )  # fmt: skip
    return found[0] if found else None


def recent(found: Sequence[LayerImport], zone: tzinfo, say: Words) -> None:
    """What came in lately, whoever brought it; an open one is gone on with."""
    lines = [
        el("li", el("a", one.file_name, href=f"/layers?import={one.id}", target="_self"),
           el("span", say(f"layers.name_{one.layer}")), chip(say(f"layers.state_{one.state}"), TONES[one.state]),
           el("span", times.moment(one.made_at, zone), class_="when"))
        for one in found
    ]  # fmt: skip
    st.html(el("ul", join(lines), class_="slg-lately"))
