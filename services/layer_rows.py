"""Judges the rows of a layer that came from a file: values, lines, what is known already; offers repairs, stores nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from domain import layers
from domain.policy.zones import ZonePolicy
from domain.records import Area, Building, Road
from geo import measure
from geo.validity import DECIMALS, MIN_AREA_M2, OUTSIDE_ALLOWED, BadGeometry, check_polygon

SAME_DEG = 2e-7  # two centimetres: what seven decimals lose, there and back
SAME_AREA_M2 = 0.5
GAP_SHARE = 0.02  # of its own length: a border whose draughtsman missed the first point
FAR_DEG = 2.0  # some 200 km: no county-level city reaches so far
OVERLAP_FROM_M2 = 10.0  # less is two pens on one line
# Told, but not in the way: the row can be stored as it is.
NOTES = frozenset(
    {"geometry_partly_outside_city", "layer_overlaps", "points_repeated", "street_unknown", "community_unknown"}
)
REPAIRS = ("make_valid", "keep_polygons", "close_ring", "code_from_name", "name_from_code")
Known = Area | Building | Road


@dataclass(frozen=True)
class Problem:
    """One thing about one row. code is worded in i18n under [refused]; repair: what would mend it, None for nothing.

    repair: one of REPAIRS. mended: the line that the repair would make of it.
    """

    code: str
    field: str | None = None
    at: tuple[float, float] | None = None
    repair: str | None = None
    facts: Mapping[str, Any] = kept(default_factory=dict)
    mended: BaseGeometry | None = kept(default=None, repr=False)

    @property
    def is_note(self) -> bool:
        return self.code in NOTES


@dataclass(slots=True)
class Row:
    """One row of the file. index from 1. fate: new, changed, same, bad. geometry: EPSG:4326, None when unreadable.

    label: lon, lat of a place surely inside. known: the version, building or road that it is or was. changes: names
    of what differs from it. before: the line as it came, where a repair was made.
    """

    index: int
    values: dict[str, Any]
    geometry: BaseGeometry | None
    area_m2: float = 0.0
    label: tuple[float, float] = (float("nan"), float("nan"))
    street_id: str | None = None
    community_id: str | None = None
    grid_id: str | None = None
    problems: list[Problem] = kept(default_factory=list)
    repaired: list[str] = kept(default_factory=list)
    known: Known | None = None
    changes: tuple[str, ...] = ()
    fate: str = "new"
    before: BaseGeometry | None = None

    @property
    def blocking(self) -> list[Problem]:
        return [problem for problem in self.problems if not problem.is_note]


@dataclass(frozen=True)
class Around:
    """What is in force around a file, EPSG:4326."""

    streets: Sequence[Area]
    communities: Sequence[Area]
    grids: Sequence[Area]
    city: BaseGeometry | None


def closed_areas(shapes: NDArray[np.object_], faults: dict[int, list[str]]) -> NDArray[np.object_]:
    """Lines of a drawing as the areas they go round, in the file's own numbers. Others stay what they are.

    A line that all but closes is closed, and `faults` says so of its row.
    """
    made = np.empty(len(shapes), dtype=object)
    for i, shape in enumerate(shapes):
        lines = [] if shape is None or not shape.geom_type.endswith("LineString") else list(shapely.get_parts(shape))
        gaps = [shapely.Point(line.coords[0]).distance(shapely.Point(line.coords[-1])) for line in lines]
        is_round = [len(line.coords) >= 4 and gap <= GAP_SHARE * line.length
                    for line, gap in zip(lines, gaps, strict=True)]  # fmt: skip
        if not lines or not all(is_round):
            made[i] = shape
            continue
        if any(gaps):
            faults.setdefault(i, []).append("ring_open")
        areas = [shapely.Polygon(line) for line in lines]
        made[i] = areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
    return made


def read_rows(
    layer: str, columns: Sequence[str], cells: Sequence[Sequence[Any]], chosen: Mapping[str, str],
    shapes: NDArray[np.object_], faults: Mapping[int, Sequence[str]], words: ZonePolicy,
) -> list[Row]:  # fmt: skip
    """Rows with their values read and the reader's faults told; lines not yet judged."""
    places = {name: list(columns).index(column) for name, column in chosen.items()}
    rows = []
    for i, row in enumerate(cells):
        found = Row(i + 1, {}, shapes[i])
        for name in layers.FIELDS[layer]:
            _read_cell(layer, name, row[places[name]] if name in places else None, found, words)
        for fault in faults.get(i, ()):
            repair = "close_ring" if fault == "ring_open" else None
            code = "geometry_ring_open" if fault == "ring_open" else "geometry_coordinates_malformed"
            found.problems.append(Problem(code, "geometry", repair=repair))
        if found.geometry is None and not faults.get(i):
            found.problems.append(Problem("layer_row_no_shape", "geometry"))
        rows.append(found)
    return rows


def _read_cell(layer: str, name: str, value: Any, row: Row, words: ZonePolicy) -> None:
    try:
        if name == "households":
            row.values[name] = layers.count_of(value)
            return
        if name == "is_residential":
            row.values[name] = layers.flag_of(value)
            return
    except ValueError:
        row.values[name] = None
        row.problems.append(Problem("layer_cell_wrong", name, facts={"typed": layers.text_of(value)[:40]}))
        return
    text = layers.text_of(value)
    if layer == "zone" and name in ("kind", "mode"):
        row.values[name] = _zone_word(name, text, row, words)
    elif len(text) > layers.LENGTHS.get(name, 200):
        row.values[name] = text[: layers.LENGTHS.get(name, 200)]
        facts = {"at_most": layers.LENGTHS.get(name, 200), "now": len(text)}
        row.problems.append(Problem("text_long", name, facts=facts))
    else:
        row.values[name] = text or None


def _zone_word(name: str, text: str, row: Row, words: ZonePolicy) -> str | None:
    """A kind or mode by its code or by its word in either language; an empty cell stays empty."""
    entries: Mapping[str, Any] = words.kinds if name == "kind" else words.modes
    for code, entry in entries.items():
        if text in (code, entry.zh, entry.en):
            return code
    if text:
        code = "unknown_zone_kind" if name == "kind" else "unknown_zone_mode"
        row.problems.append(Problem(code, name, facts={"typed": text[:40]}))
    return None


def check_names(layer: str, rows: Sequence[Row], *, repairs: Collection[str]) -> None:
    """Codes there and different, names there. A zone without a code gets one when it is stored."""
    if layer in layers.AREAS:
        for row in rows:
            _fill(row, "name", "code", "name_missing", "name_from_code", repairs)
            if layer != "zone":
                _fill(row, "code", "name", "layer_code_missing", "code_from_name", repairs)
    key = "code" if layer in layers.AREAS else "id"
    counts = Counter(row.values.get(key) for row in rows)
    for row in rows:
        value = row.values.get(key)
        if value is not None and counts[value] > 1:
            row.problems.append(Problem("layer_code_twice", key, facts={"code": value}))


def _fill(row: Row, name: str, source: str, code: str, repair: str, repairs: Collection[str]) -> None:
    if row.values.get(name):
        return
    other = row.values.get(source)
    if repair in repairs and other:
        row.values[name] = other[: layers.LENGTHS[name]]
        row.repaired.append(repair)
    else:
        row.problems.append(Problem(code, name, repair=repair if other else None))


def check_lines(layer: str, rows: Sequence[Row], city: BaseGeometry | None, *, repairs: Collection[str]) -> None:
    """Round to the centimetre, drop repeated points, judge, and mend where asked to. Fills area_m2."""
    here = [row for row in rows if row.geometry is not None]
    if not here:
        return
    shapes = np.array([row.geometry for row in here], dtype=object)
    shapes = shapely.transform(shapes, lambda points: np.round(points, DECIMALS))
    tidied = shapely.remove_repeated_points(_single(shapes))
    had_repeats = shapely.get_num_coordinates(tidied) < shapely.get_num_coordinates(shapes)
    is_sound = _sound_lines(tidied) if layer == "road" else _sound_polygons(tidied)
    for i, row in enumerate(here):
        row.geometry = tidied[i]
        if had_repeats[i]:
            row.problems.append(Problem("points_repeated", "geometry"))
        if "close_ring" in repairs and "close_ring" in {p.repair for p in row.problems}:
            row.problems = [p for p in row.problems if p.repair != "close_ring"]
            row.repaired.append("close_ring")
        if not is_sound[i]:
            _judge(layer, row, tidied[i], repairs)
    if layer != "road":
        for row, area in zip(here, _areas(here), strict=True):
            row.area_m2 = float(area)
    if city is not None and layer != "street":
        _check_city(here, city)


def _single(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """GeoPackage and Shapefile know multi-shapes only: a shape of one part is that part. Outer rings run anticlockwise."""
    lonely = np.isin(shapely.get_type_id(shapes), (5, 6)) & (shapely.get_num_geometries(shapes) == 1)
    return shapely.orient_polygons(np.where(lonely, shapely.get_geometry(shapes, 0), shapes), exterior_cw=False)


def _areas(rows: Sequence[Row]) -> Any:
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(measure.area_m2(np.array([row.geometry for row in rows], dtype=object)))


def _sound_polygons(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """True where check_polygon would find nothing; false where it has to look. Whole layers at once."""
    box = shapely.bounds(shapes)
    on_earth = (box[:, 0] >= -180) & (box[:, 1] >= -90) & (box[:, 2] <= 180) & (box[:, 3] <= 90)
    is_polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    sound = on_earth & is_polygon & shapely.is_valid(shapes)
    big = np.zeros(len(shapes), dtype=bool)
    if sound.any():
        big[sound] = measure.area_m2(shapes[sound]) >= MIN_AREA_M2
    return sound & big


def _sound_lines(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    box = shapely.bounds(shapes)
    on_earth = (box[:, 0] >= -180) & (box[:, 1] >= -90) & (box[:, 2] <= 180) & (box[:, 3] <= 90)
    return on_earth & np.isin(shapely.get_type_id(shapes), (1, 5)) & (shapely.length(shapes) > 0)


def _judge(layer: str, row: Row, shape: BaseGeometry, repairs: Collection[str]) -> None:
    code, at = "layer_not_a_line", None
    if layer != "road":
        try:
            check_polygon(shape)
            return
        except BadGeometry as bad:
            code, at = f"geometry_{bad.code}", bad.at
            if shape.geom_type == "LineString" and not shape.is_closed:
                code, at = "layer_line_open", tuple(shape.coords[-1])
    mended, name = (None, "") if layer == "road" else _mended(shape)
    if mended is None:
        row.problems.append(Problem(code, "geometry", at))
    elif name in repairs:
        row.before, row.geometry = shape, mended
        row.repaired.append(name)
    else:
        facts = {"before_m2": _area(shape), "after_m2": _area(mended)}
        row.problems.append(Problem(code, "geometry", at, name, facts, mended))


def _mended(shape: BaseGeometry) -> tuple[BaseGeometry | None, str]:
    """The polygons that can be made of a shape, or None. Its lines stay where they are; nothing is moved."""
    points = shapely.get_coordinates(shape)
    if not len(points) or not np.isfinite(points).all():
        return None, ""
    is_polygonal = shape.geom_type in ("Polygon", "MultiPolygon")
    parts = shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False))
    parts = shapely.get_parts([p for p in parts if p.geom_type in ("Polygon", "MultiPolygon")])
    if not len(parts):
        return None, ""
    whole = shapely.union_all(parts)
    rounded = shapely.transform(whole, lambda found: np.round(found, DECIMALS))
    for candidate in (rounded, whole):  # rounding may close a hair's breadth again
        try:
            check_polygon(candidate)
        except BadGeometry:
            continue
        return candidate, "make_valid" if is_polygonal else "keep_polygons"
    return None, ""


def _area(shape: BaseGeometry) -> float:
    return round(float(measure.area_m2(shape)), 1)


def _check_city(rows: Sequence[Row], city: BaseGeometry) -> None:
    shapely.prepare(city)
    shapes = np.array([row.geometry for row in rows], dtype=object)
    inside, touching = shapely.covers(city, shapes), shapely.intersects(city, shapes)
    for row, is_in, is_near in zip(rows, inside, touching, strict=True):
        if is_in or row.geometry is None or row.blocking:
            continue
        if not is_near:
            row.problems.append(Problem("geometry_outside_city", "geometry"))
        elif row.area_m2 > 0:
            outside = float(measure.area_m2(shapely.difference(row.geometry, city)))
            if outside / row.area_m2 > OUTSIDE_ALLOWED:
                row.problems.append(Problem("geometry_partly_outside_city", "geometry"))


def far_rows(rows: Sequence[Row]) -> list[tuple[Row, float]]:
    """Rows a corner of which lies more than FAR_DEG from the middle of all corners, with how far: metres, or infinity."""
    here = [row for row in rows if row.geometry is not None and not shapely.is_empty(row.geometry)]
    if not here:
        return []
    shapes = np.array([row.geometry for row in here], dtype=object)
    points = shapely.get_coordinates(shapes)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return []
    x, y = np.median(points, axis=0)
    off = shapely.bounds(shapes).reshape(-1, 2, 2) - (x, y)
    found = []
    for i in np.flatnonzero(~(np.abs(off).max(axis=(1, 2)) <= FAR_DEG)):
        lon, lat = (off[i] + (x, y))[np.abs(off[i]).max(axis=1).argmax()]
        is_place = abs(lon) <= 180 and abs(lat) <= 90
        found.append((here[i], measure.distance_m(x, y, lon, lat) if is_place else float("inf")))
    return found


def check_far(rows: Sequence[Row]) -> None:
    """One row in another part of the world, as zeros or a slipped digit make it. Quiet where the row is refused already."""
    for row, away_m in far_rows(rows):
        if not row.blocking and np.isfinite(away_m):
            row.problems.append(Problem("layer_far_away", "geometry", facts={"km": round(away_m / 1000)}))


def note_overlaps(rows: Sequence[Row]) -> None:
    """Tell both rows of each pair that claims the same ground, the largest other one each. A true coverage is quick."""
    here = [row for row in rows if row.geometry is not None and not row.blocking]
    metres = measure.project(np.array([row.geometry for row in here], dtype=object))
    if len(here) < 2 or shapely.coverage_is_valid(metres):
        return
    tree = shapely.STRtree(metres)
    one, other = tree.query(metres, predicate="overlaps")
    inner, outer = tree.query(metres, predicate="within")
    one, other = np.concatenate([one, inner, outer]), np.concatenate([other, outer, inner])
    one, other = one[one != other], other[one != other]
    shared = shapely.area(shapely.intersection(metres[one], metres[other]))
    order = np.argsort(shared)
    worst = {int(one[i]): (here[int(other[i])], float(shared[i])) for i in order if shared[i] >= OVERLAP_FROM_M2}
    for i, (neighbour, area_m2) in worst.items():
        name = neighbour.values.get("code") or neighbour.values.get("name") or str(neighbour.index)
        here[i].problems.append(Problem("layer_overlaps", "geometry", facts={"other": name, "area_m2": round(area_m2)}))


def place_rows(layer: str, rows: Sequence[Row], around: Around) -> None:
    """Street, community and grid of each row: by what the file says, else by where the label point lies."""
    here = [row for row in rows if row.geometry is not None and not shapely.is_empty(row.geometry)]
    if layer in ("street", "road") or not here:
        return
    points = shapely.point_on_surface(np.array([row.geometry for row in here], dtype=object))
    for row, lon, lat in zip(here, shapely.get_x(points).tolist(), shapely.get_y(points).tolist(), strict=True):
        row.label = (lon, lat)
    streets, communities = holding(points, around.streets), holding(points, around.communities)
    grids = holding(points, around.grids) if layer == "building" else [None] * len(here)
    street_named, community_named = _by_word(around.streets), _by_word(around.communities)
    for row, street, community, grid in zip(here, streets, communities, grids, strict=True):
        row.grid_id = grid
        row.street_id = _named(row, "street", street_named, street)
        if layer != "community":
            row.community_id = _named(row, "community", community_named, community)


def holding(points: Any, areas: Sequence[Area]) -> list[str | None]:
    """Stable id of the area that holds each point; the first by code where two share a border."""
    found: list[str | None] = [None] * len(points)
    if not areas:
        return found
    tree = shapely.STRtree([area.geometry for area in areas])
    for i, j in sorted(tree.query(points, predicate="intersects").T.tolist(), reverse=True):
        found[i] = areas[j].area_id
    return found


def _by_word(areas: Sequence[Area]) -> dict[str, str]:
    return {**{a.name: a.area_id for a in areas}, **{a.code: a.area_id for a in areas}}


def _named(row: Row, name: str, known: Mapping[str, str], by_place: str | None) -> str | None:
    text = row.values.get(name)
    if text and text in known:
        return known[text]
    if text and known:
        row.problems.append(Problem(f"{name}_unknown", name, facts={"typed": text[:40]}))
    return by_place


def is_same_line(old: BaseGeometry | None, new: BaseGeometry | None) -> bool:
    """The same line up to two centimetres and to where the ring starts."""
    if old is None or new is None:
        return False
    if shapely.equals_exact(old, new, SAME_DEG, normalize=True):
        return True
    if abs(float(shapely.area(old)) - float(shapely.area(new))) > 1e-7 * max(1e-6, float(shapely.area(old))) + 1e-12:
        return False
    if shapely.get_num_coordinates(old) * shapely.get_num_coordinates(new) < 4_000_000:
        return bool(shapely.hausdorff_distance(old, new) <= SAME_DEG)
    if old.geom_type.endswith("Polygon") and shapely.is_valid(old):
        return float(measure.area_m2(shapely.symmetric_difference(old, new))) <= SAME_AREA_M2
    return False
