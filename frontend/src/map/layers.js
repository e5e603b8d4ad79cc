// Brings the office's layers onto the map: streets, grids and zones once, buildings and roads for the view, records on demand.
import { say } from "../shared/dom.js";
import { stateGroup } from "./colours.js";
import { registerKindIcon } from "./images.js";
import { borders, labelPoint } from "./shapes.js";

const CLOSE_ENOUGH = 14.5;
const NOTHING = { type: "FeatureCollection", features: [] };

/**
 * layers({ office, words, onRefusal }) keeps what was fetched and shows it on `attach(map)`.
 * loadAreas(), loadRecords(query) -> promises of FeatureCollections; failures are told through onRefusal(sentence, refusal),
 * successes through onLoaded(name).
 */
export function layers({ office, words, onRefusal, onLoaded = () => {}, kindIcons = async () => ({}) }) {
  const kept = { streets: NOTHING, grids: NOTHING, zones: NOTHING, buildings: NOTHING, roads: NOTHING, records: NOTHING };
  const running = {};
  let map = null;
  let inkOf = () => "#fff";

  const show = (source, data) => map?.getSource(source)?.setData(data);
  const lineOf = (geometry) => ({ type: "Feature", properties: {}, geometry });

  const paint = {
    streets() {
      const { inner, outer } = borders(kept.streets.features);
      show("streets", kept.streets);
      show("street-lines", lineOf(inner));
      show("city-line", lineOf(outer));
      show("street-labels", labelsOf(kept.streets));
    },
    grids() {
      const { inner, outer } = borders(kept.grids.features);
      show("grid-lines", lineOf({ type: "MultiLineString", coordinates: [...inner.coordinates, ...outer.coordinates] }));
      show("grid-labels", labelsOf(kept.grids));
    },
    zones() {
      show("zones", kept.zones);
      show("zone-labels", labelsOf({ features: kept.zones.features.filter((zone) => zone.properties.status !== "superseded") }));
    },
    buildings: () => show("buildings", kept.buildings),
    roads: () => show("roads", kept.roads),
    records() {
      if (!map) return;
      for (const feature of kept.records.features) registerKindIcon(map, feature.properties.icon, inkOf());
      show("records", kept.records);
    },
  };

  /** A new style is empty: what never came needs no painting. */
  function paintKept() {
    for (const [name, each] of Object.entries(paint)) if (kept[name] !== NOTHING) each();
  }

  async function load(name, path, change = (data) => data) {
    running[name]?.abort();
    const mine = (running[name] = new AbortController());
    try {
      const data = await change(await office.get(path, { signal: mine.signal }));
      if (running[name] !== mine) return kept[name];
      kept[name] = data;
      if (map) paint[name](); // before there is a map, attach() paints what came
      onLoaded(name);
      return data;
    } catch (refusal) {
      if (refusal.name === "AbortError") return kept[name];
      onRefusal(refusal.loginEnded ? refusal.sentence
        : say(words.cannot_load, { layer: words[`layer_${name}`] ?? name, reason: refusal.sentence }), refusal);
      throw refusal;
    }
  }

  function loadView() {
    if (!map || map.getZoom() < CLOSE_ENOUGH) return;
    const b = map.getBounds();
    const around = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((degree) => degree.toFixed(5)).join(",");
    for (const name of ["buildings", "roads"]) load(name, `/${name}.geojson?bbox=${around}`).catch(() => {});
  }

  return {
    kept,
    /** Streets, grids, zones together; resolves when the last came, rejects with the first refusal. */
    loadAreas: () => Promise.all([load("streets", "/streets.geojson"), load("grids", "/grids.geojson"), load("zones", "/zones.geojson")]),
    loadRecords: (query) => load("records", `/records.geojson${query ? `?${query.replace(/^\?/, "")}` : ""}`, async (data) => {
      const icons = await kindIcons();
      for (const feature of data.features) {
        feature.properties.group = stateGroup(feature.properties.state);
        feature.properties.icon = icons[feature.properties.issue_type] ?? "alert-circle";
      }
      return data;
    }),
    /** `ink()` is the colour that kind icons wear on their dots; it may change with the theme. */
    attach(shown, ink = inkOf) {
      map = shown;
      inkOf = ink;
      paintKept();
      map.on("moveend", loadView);
      loadView();
    },
    refill: paintKept,
    loadView,
    stop: () => Object.values(running).forEach((each) => each.abort()),
  };
}

/** One point a polygon, with the polygon's properties. */
function labelsOf({ features }) {
  return {
    type: "FeatureCollection",
    features: features.flatMap((feature) => {
      const at = labelPoint(feature.geometry);
      return at ? [{ type: "Feature", properties: feature.properties, geometry: { type: "Point", coordinates: at } }] : [];
    }),
  };
}
