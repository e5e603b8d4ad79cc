// Shows the draft on the map: dashed border, tinted pieces and buildings, share plates, overlap hatch, problem marks.
import { Marker } from "maplibre-gl";
import { el, say } from "../../shared/dom.js";
import { area, spoken } from "../numbers.js";
import { contains, labelPoint, labelSpots } from "../shapes.js";
import { crossesItself } from "./ring.js";

const STEM_PX = 44; // from the foot of a plate's stem to its middle
const NOTHING = { type: "FeatureCollection", features: [] };
const CROSSING_LOOKED_FOR = 600; // corners; looking at every pair of edges takes too long beyond
const SOURCES = ["draft", "draft-rest", "draft-gaps", "draft-neighbours", "draft-cut", "draft-proposal", "draft-pieces", "draft-buildings", "draft-overlaps", "draft-shared-buildings"];

/** marks({ map, c, words }) -> { shape(parts, rest), neighbours(lines), measured(rows, overlaps, problems, buildings), clear() }. */
export function marks({ map, c, words }) {
  const layersOf = Object.fromEntries(SOURCES.map((source) => [source, []]));
  const filled = new Set();
  for (const source of SOURCES) map.addSource(source, { type: "geojson", data: NOTHING, tolerance: 0 });
  const tint = ["match", ["get", "tint"], 1, c["piece-1"], 2, c["piece-2"], c["ink-3"]];
  const under = "grid-halo";
  const over = "road-labels";
  const add = (layer, before) => {
    map.addLayer({ ...layer, layout: { ...layer.layout, visibility: "none" } }, before);
    layersOf[layer.source].push(layer.id);
  };
  add({ id: "draft-fill", type: "fill", source: "draft", paint: { "fill-color": c.primary, "fill-opacity": 0.12 } }, "building-fill");
  add({ id: "draft-piece", type: "fill", source: "draft-pieces", paint: { "fill-color": tint, "fill-opacity": 0.2 } }, "building-fill");
  add({ id: "draft-building", type: "fill", source: "draft-buildings", paint: { "fill-color": tint, "fill-opacity": 0.85, "fill-outline-color": c.ink } }, under);
  add({ id: "draft-overlap", type: "fill", source: "draft-overlaps", paint: { "fill-pattern": "hatch-overlap", "fill-opacity": 0.75 } }, under);
  add({ id: "draft-overlap-line", type: "line", source: "draft-overlaps", paint: { "line-color": c.danger, "line-width": 2 } }, under);
  add({ id: "draft-shared-building", type: "fill", source: "draft-shared-buildings", paint: { "fill-color": c.surface, "fill-opacity": 0.75 } }, under);
  add({ id: "draft-shared-building-line", type: "line", source: "draft-shared-buildings", paint: { "line-color": c.danger, "line-width": 2 } }, under);
  add({ id: "draft-rest-fill", type: "fill", source: "draft-rest", paint: { "fill-color": c["ink-3"], "fill-opacity": 0.18 } }, "building-fill");
  add({ id: "draft-rest-line", type: "line", source: "draft-rest", paint: { "line-color": c["ink-2"], "line-width": 2, "line-dasharray": [2, 2] } }, over);
  add({ id: "draft-gap", type: "fill", source: "draft-gaps", paint: { "fill-color": c.warn, "fill-opacity": 0.4 } }, under);
  add({ id: "draft-gap-line", type: "line", source: "draft-gaps", paint: { "line-color": c.warn, "line-width": 2 } }, under);
  add({ id: "draft-neighbour-casing", type: "line", source: "draft-neighbours", filter: ["get", "moved"], layout: { "line-join": "round" }, paint: { "line-color": c["g-halo"], "line-width": 6 } }, over);
  add({ id: "draft-neighbour-line", type: "line", source: "draft-neighbours", layout: { "line-join": "round" },
    paint: { "line-color": c.primary, "line-width": ["case", ["get", "moved"], 3, 1.5], "line-dasharray": [3.1, 1.6] } }, over);
  add({ id: "draft-casing", type: "line", source: "draft", layout: { "line-join": "round" }, paint: { "line-color": c["g-halo"], "line-width": 7 } }, over);
  add({ id: "draft-line", type: "line", source: "draft", layout: { "line-join": "round" },
    paint: { "line-color": c.ink, "line-width": 3.2, "line-dasharray": [3.1, 1.6] } }, over);
  add({ id: "draft-proposal-fill", type: "fill", source: "draft-proposal", paint: { "fill-color": ["match", ["get", "n"], 0, c["piece-1"], c["piece-2"]], "fill-opacity": 0.45 } }, over);
  add({ id: "draft-proposal-line", type: "line", source: "draft-proposal", layout: { "line-join": "round" }, paint: { "line-color": c.primary, "line-width": 3.5 } }, over);
  add({ id: "draft-cut-casing", type: "line", source: "draft-cut", paint: { "line-color": c["g-halo"], "line-width": 7 } }, over);
  add({ id: "draft-cut-line", type: "line", source: "draft-cut", paint: { "line-color": c.danger, "line-width": 3 } }, over);
  add({ id: "draft-cut-corner", type: "circle", source: "draft-cut", paint: { "circle-color": "#ffffff", "circle-stroke-color": c.danger, "circle-stroke-width": 2.5, "circle-radius": 6 } }, over);
  let flags = [];

  /** A source that holds nothing keeps its layers off: the map would ask its worker for empty tiles and paint every one of them. */
  function show(source, features) {
    if (!features.length && !filled.has(source)) return;
    map.getSource(source)?.setData({ type: "FeatureCollection", features });
    if (features.length === 0) filled.delete(source);
    else filled.add(source);
    for (const id of layersOf[source]) map.setLayoutProperty(id, "visibility", features.length ? "visible" : "none");
  }

  const feature = (geometry, properties = {}) => ({ type: "Feature", properties, geometry });

  let taken = [];

  /** Would a plate here lie clear of every other? */
  function isFree(at, lift = 0) {
    const here = map.project(at);
    return taken.every(({ x, y }) => Math.abs(here.x - x) > 116 || Math.abs(here.y - lift - y) > 42);
  }

  /** The roomiest spot whose plate would not lie on one that is there already. */
  function freeSpot(geometry) {
    const spots = labelSpots(geometry);
    return spots.find((at) => isFree(at)) ?? spots[0];
  }

  function flag(at, element, anchor = "center") {
    if (!at) return;
    const { x, y } = map.project(at);
    taken.push({ x, y: anchor === "bottom" ? y - STEM_PX : y }); // the middle of the plate, not the foot of its stem
    flags.push(new Marker({ element, anchor }).setLngLat(at).addTo(map));
  }

  function dropFlags() {
    for (const each of flags) each.remove();
    flags = [];
    taken = [];
  }

  return {
    /** The lines themselves; they follow the pointer without waiting for the server. rest: shapes that were split off. */
    shape(parts, rest = []) {
      // A bow tie has next to no area, and tiling would drop it: a crossing border is shown as a line.
      const isLine = (ring) => ring.length < 4 || (ring.length < CROSSING_LOOKED_FOR && crossesItself(ring));
      show("draft", parts.flatMap((rings) => (rings.some(isLine)
        ? rings.map((ring) => feature({ type: "LineString", coordinates: ring })) : [feature({ type: "Polygon", coordinates: rings })])));
      show("draft-rest", rest.map((each) => feature({ type: "MultiPolygon", coordinates: each })));
    },
    /** Lines of the neighbours that move along, as they would be; those that moved stand out. */
    neighbours(lines) {
      show("draft-neighbours", lines.map(({ parts, moved }) => feature({ type: "MultiPolygon", coordinates: parts }, { moved })));
    },
    /** What the server measured. rows: shareRows().rows; buildings: GeoJSON features in view. */
    measured({ rows, overlaps, gaps = [], problems, buildings }) {
      dropFlags();
      show("draft-gaps", gaps.map((gap) => feature(gap.piece)));
      const pieces = rows.filter((row) => row.piece);
      show("draft-pieces", pieces.map((row) => feature(row.piece, { tint: row.tint })));
      const placed = buildings.map((building) => ({ geometry: building.geometry, at: labelPoint(building.geometry) })).filter(({ at }) => at);
      const isShared = ({ at }) => overlaps.some((overlap) => contains(overlap.piece, at));
      show("draft-buildings", placed.flatMap((building) => {
        const row = pieces.find((each) => contains(each.piece, building.at));
        return row && !isShared(building) ? [feature(building.geometry, { tint: row.tint })] : [];
      }));
      show("draft-shared-buildings", placed.filter(isShared).map((building) => feature(building.geometry)));
      show("draft-overlaps", overlaps.map((overlap) => feature(overlap.piece)));
      // The largest first; the panel names those that have no room here.
      for (const overlap of overlaps) {
        if (labelPoint(overlap.piece) && isFree(labelPoint(overlap.piece), STEM_PX)) flag(labelPoint(overlap.piece), el("div", { class: "overlap-flag" }, el("span", {}, say(words.overlap_flag, { area: spoken(area(overlap.area_m2, words)) }))), "bottom");
      }
      if (rows.length > 1) {
        for (const row of pieces) if (!row.isSliver && row.share >= 0.0005) flag(freeSpot(row.piece), el("div", { class: "share-flag", "data-tint": row.tint }, row.shareText));
      }
      for (const problem of problems) flag(problem.at, el("div", { class: "problem-flag", role: "note" }, el("span", {}, problem.sentence)), "bottom");
    },
    /** The line of a cut while it is tapped out. */
    cut(points) {
      show("draft-cut", points.length > 1 ? [feature({ type: "LineString", coordinates: points })] : points.map((at) => feature({ type: "Point", coordinates: at })));
    },
    /** What an edit would make, before it is taken; [] takes it off. */
    proposal(shapes) { show("draft-proposal", shapes.map((shape, n) => feature(shape, { n }))); },
    /** Marks one corner that has the keyboard; null takes the mark off. */
    corner: cornerMark(map),
    clear() {
      dropFlags();
      for (const source of SOURCES) show(source, []);
    },
  };
}

function cornerMark(map) {
  let marker = null;
  return (at) => {
    marker?.remove();
    marker = at ? new Marker({ element: el("div", { class: "corner-flag" }) }).setLngLat(at).addTo(map) : null;
  };
}
