// The style sheet of the map: one list of layers from the ground up, its widths by zoom, its colours from the tokens.
import { MODES } from "./colours.js";

const ZOOMS = [10, 13, 15, 17, 19];
// The map cuts every source into tiles; closer than this it stretches them (a step of theirs is 7 cm) and paints a fraction as many.
// Roads keep the finer ones: their names are set once a tile.
const TILES_TO_ZOOM = 16;
const NOTHING = { type: "FeatureCollection", features: [] };
export const SOURCES = ["streets", "street-lines", "city-line", "grid-lines", "street-labels", "grid-labels", "zones", "zone-labels",
  "buildings", "roads", "selection"];

/** Which layers a switch turns on and off together. */
export const GROUPS = {
  zones: ["zone-fill", "zone-hatch", "zone-draft-fill", "zone-line", "zone-notice", "zone-notice-core", "zone-draft-casing", "zone-draft",
    "zone-superseded", "zone-labels"],
  grids: ["grid-halo", "grid-line", "grid-labels"],
  streets: ["street-halo", "street-line", "city-line", "street-labels"],
  buildings: ["building-fill", "building-line"],
  roads: ["road-casing", "road-fill", "road-labels"],
  records: ["record-cluster", "record-count", "record-point", "record-icon"],
  basemap: ["basemap"],
};

/** Interpolates one row of the table of widths; null counts as 0. */
export function byZoom(...values) {
  return ["interpolate", ["linear"], ["zoom"], ...ZOOMS.flatMap((zoom, i) => [zoom, values[i] ?? 0])];
}

/** A whole MapLibre style. `c`: colours(); `basemap`: null or { tiles, attribution }; `points`: false leaves records out. */
export function mapStyle(c, { basemap = null, points = true } = {}) {
  const sources = Object.fromEntries(SOURCES.map((name) => [name, { type: "geojson", data: NOTHING, ...(name !== "roads" && { maxzoom: TILES_TO_ZOOM }), ...(identified.has(name) && { promoteId: "id" }) }]));
  if (points) sources.records = { type: "geojson", data: NOTHING, promoteId: "id", cluster: true, clusterRadius: 44, clusterMaxZoom: 14 };
  if (basemap) sources.basemap = { type: "raster", tiles: [].concat(basemap.tiles), tileSize: 256, attribution: basemap.attribution ?? "" };
  const layers = [...ground(c, basemap), ...zones(c), ...buildings(c), ...lines(c), ...selection(c), ...labels(c), ...(points ? records(c) : [])];
  return { version: 8, sources, layers };
}

const identified = new Set(["streets", "zones", "buildings", "roads"]);
const layer = (id, type, source, paint, more = {}) => ({ id, type, source, paint, ...more });
const status = (name) => ["==", ["coalesce", ["get", "status"], "in_force"], name];
const modeColour = (c) => ["match", ["get", "mode"], ...MODES.flatMap((mode) => [mode, c.modes[mode]]), c["ink-3"]];
const round = { "line-join": "round" };

function ground(c, basemap) {
  const roads = ["match", ["coalesce", ["get", "kind"], ""], ["primary", "main", "trunk"], 1.6, ["secondary"], 1.3, ["path", "footway", "service"], 0.6, 1];
  const width = (...values) => ["interpolate", ["exponential", 1.5], ["zoom"], ...ZOOMS.flatMap((zoom, i) => [zoom, ["*", values[i], roads]])];
  return [
    { id: "ground", type: "background", paint: { "background-color": c["g-land"] } },
    layer("street-fill", "fill", "streets", { "fill-color": c["g-block"], "fill-antialias": false, "fill-opacity": 0.75 }),
    ...(basemap ? [layer("basemap", "raster", "basemap", { "raster-opacity": 0.45, "raster-saturation": -0.6 })] : []),
    layer("road-casing", "line", "roads", { "line-color": c["g-casing"], "line-width": width(1, 2.4, 5, 11, 24) }, { layout: { ...round, "line-cap": "round" } }),
    layer("road-fill", "line", "roads", { "line-color": c["g-road"], "line-width": width(0.5, 1.4, 3.6, 9, 21) }, { layout: { ...round, "line-cap": "round" } }),
  ];
}

function zones(c) {
  const inForce = ["any", status("in_force"), status("notice")];
  const opacity = byZoom(0.5, 0.42, 0.42, 0.24, 0.18);
  return [
    layer("zone-fill", "fill", "zones", { "fill-color": modeColour(c), "fill-opacity": opacity },
      { filter: ["all", inForce, ["!=", ["get", "mode"], "unmanaged"]] }),
    layer("zone-hatch", "fill", "zones", { "fill-pattern": "hatch-unmanaged", "fill-opacity": byZoom(0.8, 0.6, 0.5, 0.34, 0.28) },
      { filter: ["all", inForce, ["==", ["get", "mode"], "unmanaged"]] }),
    layer("zone-draft-fill", "fill", "zones", { "fill-color": c.primary, "fill-opacity": 0.12 }, { filter: status("draft") }),
    layer("zone-line", "line", "zones", { "line-color": modeColour(c), "line-width": byZoom(0.8, 1.4, 1.8, 2, 2.5) },
      { filter: status("in_force"), layout: round }),
    layer("zone-notice", "line", "zones", { "line-color": c.primary, "line-width": byZoom(2, 3, 5, 6, 6) }, { filter: status("notice"), layout: round }),
    layer("zone-notice-core", "line", "zones", { "line-color": c.surface, "line-width": byZoom(0.6, 1, 2, 2.4, 2.4) },
      { filter: status("notice"), layout: round }),
    layer("zone-draft-casing", "line", "zones", { "line-color": c["g-halo"], "line-width": byZoom(4, 5, 6, 7, 7) }, { filter: status("draft"), layout: round }),
    layer("zone-draft", "line", "zones", { "line-color": c.ink, "line-width": byZoom(2, 2.4, 3, 3.2, 3.5), "line-dasharray": [3.2, 1.6] },
      { filter: status("draft"), layout: round }),
    layer("zone-superseded", "line", "zones", { "line-color": c.edge, "line-width": byZoom(0, 1, 1.2, 1.5, 1.5), "line-dasharray": [1.5, 3] },
      { filter: status("superseded"), minzoom: 11 }),
  ];
}

function buildings(c) {
  return [
    layer("building-fill", "fill", "buildings", { "fill-color": c["g-building"] }, { minzoom: 14.5 }),
    layer("building-line", "line", "buildings", { "line-color": c["g-building-edge"], "line-width": byZoom(0, 0, 0.4, 0.8, 1) }, { minzoom: 14.5 }),
  ];
}

function lines(c) {
  const halo = { "line-color": c["g-halo"], "line-opacity": byZoom(0.4, 0.5, 0.8, 0.9, 0.9) };
  return [
    layer("grid-halo", "line", "grid-lines", { ...halo, "line-width": byZoom(0, 2, 4.5, 5, 5.5) }, { minzoom: 12, layout: round }),
    layer("grid-line", "line", "grid-lines", { "line-color": c["ink-2"], "line-width": byZoom(0, 1, 1.5, 2, 2.5), "line-dasharray": [6, 2, 1, 2] },
      { minzoom: 12 }),
    layer("street-halo", "line", "street-lines", { ...halo, "line-width": byZoom(3.5, 4.5, 5, 6, 6) }, { layout: round }),
    layer("street-line", "line", "street-lines", { "line-color": c["ink-2"], "line-width": byZoom(1.5, 2, 2.4, 3, 3), "line-dasharray": [6, 1.6, 0.8, 1.6, 0.8, 1.6] }),
    layer("city-line", "line", "city-line", { "line-color": c.ink, "line-width": byZoom(2, 3, 3, 3, 3), "line-dasharray": [6, 1.6, 0.8, 1.6, 0.8, 1.6] }),
  ];
}

function selection(c) {
  return [
    layer("selection-casing", "line", "selection", { "line-color": c["g-halo"], "line-width": 7 }, { layout: round }),
    layer("selection-line", "line", "selection", { "line-color": c.ink, "line-width": byZoom(2, 3, 3.5, 3.5, 4) }, { layout: round }),
  ];
}

function labels(c) {
  const text = (size, more = {}) => ({ "text-field": ["get", "name"], "text-font": ["sans"], "text-size": size, ...more });
  const paint = { "text-color": c["g-label"], "text-halo-color": c["g-halo"], "text-halo-width": 1.75 };
  const size = byZoom(13, 13, 14, 15, 16);
  const glyph = ["concat", "glyph-", ["match", ["get", "mode"], MODES, ["get", "mode"], "none"], ["case", ["to-boolean", ["get", "crosses"]], "-crosses", ""]];
  return [
    layer("road-labels", "symbol", "roads", paint, { minzoom: 15, layout: text(12, { "symbol-placement": "line", "symbol-spacing": 320 }) }),
    layer("grid-labels", "symbol", "grid-labels", { ...paint, "text-color": c["ink-2"] }, { minzoom: 13, maxzoom: 15, layout: text(["step", ["zoom"], 12.5, 14.2, 14], { "text-padding": 14 }) }),
    layer("street-labels", "symbol", "street-labels", { ...paint, "text-color": c.ink }, { maxzoom: 13, layout: text(size, { "text-padding": 4 }) }),
    layer("zone-labels", "symbol", "zone-labels", paint, {
      minzoom: 14.5,
      layout: {
        ...text(["step", ["zoom"], 13, 15.5, 14, 17, 15]), "icon-image": glyph, "icon-anchor": "right", "icon-offset": [-2, 0],
        "text-anchor": "left", "text-offset": [0.3, 0], "text-optional": true, "symbol-sort-key": ["-", 0, ["coalesce", ["get", "households"], 0]],
      },
    }),
  ];
}

function records(c) {
  const colour = ["match", ["get", "group"], ...Object.entries(c.states).flat(), c["ink-3"]];
  const single = ["!", ["has", "point_count"]];
  return [
    layer("record-point", "circle", "records", {
      "circle-color": colour, "circle-stroke-color": c["g-halo"], "circle-stroke-width": 2, "circle-radius": byZoom(3, 4.5, 11, 13, 13),
    }, { filter: single }),
    layer("record-icon", "symbol", "records", {}, {
      filter: single, minzoom: 14.2, layout: { "icon-image": ["concat", "kind-", ["get", "icon"]], "icon-allow-overlap": true, "icon-ignore-placement": true },
    }),
    layer("record-cluster", "circle", "records", {
      "circle-color": c.ink, "circle-stroke-color": c["g-halo"], "circle-stroke-width": 2,
      "circle-radius": ["step", ["get", "point_count"], 12, 10, 14, 100, 18],
    }, { filter: ["has", "point_count"] }),
    layer("record-count", "symbol", "records", { "text-color": c.surface }, {
      filter: ["has", "point_count"],
      layout: { "text-field": ["get", "point_count_abbreviated"], "text-font": ["sans"], "text-size": 13, "text-allow-overlap": true, "text-ignore-placement": true },
    }),
  ];
}
