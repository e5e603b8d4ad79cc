"""Reads the few real files of the sample city: county outline, names with codes, town seats."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from geo.measure import project, project_points

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Named:
    """A real place name with its statistical code; parent is the street's code for a community."""

    code: str
    name: str
    parent: str | None = None


@dataclass(frozen=True)
class Sources:
    """Geometry in EPSG:4549 metres (easting, northing)."""

    county: BaseGeometry
    streets: tuple[Named, ...]
    communities: tuple[Named, ...]
    regions: dict[str, BaseGeometry]  # street code -> the part of the county where its villages are put
    seats: dict[str, tuple[float, float]]


def read_sources() -> Sources:
    """Everything that is real in the sample city. Names come without the suffix 委会, as people say them."""
    county = shapely.from_geojson(json.dumps(_features("county.geojson")[0]["geometry"]))
    regions = {
        feature["properties"]["code"]: project(shapely.from_geojson(json.dumps(feature["geometry"])))
        for feature in _features("streets.geojson")
    }
    seats = {}
    for feature in _features("shengzhou_town_seats_geonames_wgs84.geojson"):
        if code := feature["properties"]["street_code"]:
            x, y = project_points(*feature["geometry"]["coordinates"])
            seats[code] = (float(x), float(y))
    return Sources(
        county=project(county),
        streets=tuple(Named(row["code"], row["name"]) for row in _rows("shengzhou_streets_15.csv")),
        communities=tuple(
            Named(row["code"], row["name"], row["street_code"])
            for row in _rows("shengzhou_communities_villages_304.csv")
        ),
        regions=regions,
        seats=seats,
    )


def is_urban(community: Named) -> bool:
    """社区 and 居委会 are urban; 村委会 are villages."""
    return not community.name.endswith("村委会")


def _features(file_name: str) -> list[dict]:
    return json.loads((FOLDER / file_name).read_text(encoding="utf-8"))["features"]


def _rows(file_name: str) -> list[dict[str, str]]:
    with (FOLDER / file_name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
