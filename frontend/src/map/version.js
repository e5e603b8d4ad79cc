// One version of a zone with its pieces by grid, or two versions with the ground gained and lost. To look at, not to draw.
import { Marker } from "maplibre-gl";
import { el, fill, say } from "../shared/dom.js";
import { footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { latest } from "./latest.js";
import { layers } from "./layers.js";
import { folding } from "./legend.js";
import { percent } from "./numbers.js";
import { boxOfAll, labelSpots } from "./shapes.js";

const NOTHING = { type: "FeatureCollection", features: [] };

/**
 * version(frame, office, options) -> { update(options), destroy() }. options: see mountMap; also version_url and as_of, which changes when
 * something was decided about the zone: then the layers around it are fetched again. */
export function version(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let kept = NOTHING;
  let flags = [];
  const source = latest(frame, office, { urlOf: () => current.version_url, mark: "version", take });
  const data = layers({ office, words, onRefusal: (sentence) => frame.tell(sentence, { kind: "warn" }) });
  const signs = el("div", { class: "legend-body" });
  const key = folding(words, signs);
  key.element.classList.add("row-key", "version-key");

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "warn", loud: true });
    canvas = await makeCanvas(frame, options, { points: false, refill });
    const { map } = canvas;
    // The page scrolls past a map inside it: the wheel belongs to the page; one finger, too, on a phone.
    map.scrollZoom.disable();
    if (matchMedia("(pointer: coarse)").matches) map.dragPan.disable();
    addLayers();
    data.attach(map);
    frame.corners.topRight.append(zoomButtons(canvas, words, showAll));
    frame.corners.bottomLeft.append(key.element);
    frame.corners.bottomRight.append(footLine(canvas, options));
    key.setOpen(frame.root.clientWidth >= 480);
    await Promise.allSettled([data.loadAreas(), source.load()]);
    frame.readyWith(map);
  }

  function take(found) {
    kept = found;
    show();
    showAll();
  }

  const of = (...parts) => kept.features.filter((each) => parts.includes(each.properties.part));

  function showAll() {
    const whole = boxOfAll(of("version", "before"));
    if (whole) canvas.fly({ bounds: whole, padding: 56, maxZoom: 18 });
  }

  function show() {
    const set = (source, features) => canvas?.map.getSource(source)?.setData({ type: "FeatureCollection", features });
    set("version", of("version"));
    set("version-parts", of("piece", "outside", "before", "gained", "lost"));
    for (const each of flags) each.remove();
    flags = [];
    const pieces = of("piece", "outside").filter((each) => !each.properties.is_sliver);
    if (pieces.length > 1) {
      for (const { geometry, properties: p } of pieces) {
        const text = `${p.name || words.outside_grids} ${percent(p.share)}`;
        flags.push(new Marker({ element: el("div", { class: "share-flag small", "data-tint": p.tint }, text) }).setLngLat(labelSpots(geometry)[0]).addTo(canvas.map));
      }
    }
    const shown = of("before").length ? ["version", "before", "gained", "lost"] : ["version", ...(pieces.length > 1 ? ["piece"] : [])];
    fill(signs, shown.map((sign) => el("p", { class: "row note" },
      el("span", { class: `version-sign version-${sign}`, "aria-hidden": "true" }), words[`sign_${sign}`])));
  }

  function refill() {
    addLayers();
    data.refill();
    show();
  }

  function addLayers() {
    const { map } = canvas;
    const c = canvas.colours();
    for (const id of ["version", "version-parts"]) if (!map.getSource(id)) map.addSource(id, { type: "geojson", data: NOTHING, tolerance: 0 });
    const part = (name) => ["==", ["get", "part"], name];
    const round = { "line-join": "round" };
    const tint = ["match", ["get", "tint"], 1, c["piece-1"], 2, c["piece-2"], c["ink-3"]];
    const add = (layer) => map.addLayer(layer, "selection-casing");
    for (const id of ["zone-draft-fill", "zone-draft-casing", "zone-draft"]) map.setLayoutProperty(id, "visibility", "none");
    add({ id: "version-piece", type: "fill", source: "version-parts", filter: ["in", ["get", "part"], ["literal", ["piece", "outside"]]], paint: { "fill-color": tint, "fill-opacity": 0.34 } });
    add({ id: "version-gained", type: "fill", source: "version-parts", filter: part("gained"), paint: { "fill-color": c.ok, "fill-opacity": 0.34 } });
    add({ id: "version-lost", type: "fill", source: "version-parts", filter: part("lost"), paint: { "fill-pattern": "hatch-overlap", "fill-opacity": 0.8 } });
    add({ id: "version-before", type: "line", source: "version-parts", filter: part("before"), paint: { "line-color": c.danger, "line-width": 2.5, "line-dasharray": [2, 1.5] }, layout: round });
    add({ id: "version-casing", type: "line", source: "version", paint: { "line-color": c["g-halo"], "line-width": 7 }, layout: round });
    add({ id: "version-line", type: "line", source: "version", paint: { "line-color": c.ink, "line-width": 3.2 }, layout: round });
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true }));

  return {
    update(next) {
      const before = current;
      current = next;
      if (!canvas) return;
      if (before.theme !== next.theme) canvas.restyle();
      if (before.version_url !== next.version_url) source.load();
      if (before.as_of !== next.as_of) data.loadAreas().catch(() => {});
    },
    destroy() {
      source.stop();
      for (const each of flags) each.remove();
      data.stop();
      canvas?.map.remove();
    },
  };
}
