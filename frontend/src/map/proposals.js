// Proposals for zones over what is in force: dashed, each with its households; one pressed or flown to. To look at and pick.
import { say } from "../shared/dom.js";
import { footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { latest } from "./latest.js";
import { layers } from "./layers.js";
import { box, boxOfAll } from "./shapes.js";
import { byZoom } from "./style.js";

const NOTHING = { type: "FeatureCollection", features: [] };

/** proposals(frame, office, options) -> { update(options), destroy() }. options: see mountMap; also { rows_url, picked (key or null) }.
 * Pressing one calls onOpen("proposal", key). */
export function proposals(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let kept = NOTHING;
  const source = latest(frame, office, { urlOf: () => current.rows_url, mark: "rows", take });
  const data = layers({ office, words, onRefusal: (sentence) => frame.tell(sentence, { kind: "bad", loud: true }) });

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "warn", loud: true });
    canvas = await makeCanvas(frame, options, { points: false, refill });
    const { map } = canvas;
    addLayers();
    data.attach(map);
    frame.corners.topRight.append(zoomButtons(canvas, words, showAll));
    frame.corners.bottomRight.append(footLine(canvas, options));
    map.on("click", "proposed-fill", ({ features }) => current.onOpen?.("proposal", features[0].properties.key));
    map.on("mousemove", (event) => { map.getCanvas().style.cursor = map.queryRenderedFeatures(event.point, { layers: ["proposed-fill"] }).length ? "pointer" : ""; });
    await Promise.allSettled([data.loadAreas(), source.load()]);
    frame.readyWith(map);
  }

  function take(found) {
    kept = { ...found, features: found.features.map((each) => ({ ...each, properties: { ...each.properties, told: say(words.told, { n: each.properties.households }) } })) };
    show();
    if (current.picked) pick(current.picked);
    else showAll();
  }

  function showAll() {
    const whole = boxOfAll(kept.features) ?? current.bounds;
    if (whole) canvas.fly({ bounds: whole });
  }

  function show() {
    canvas?.map.getSource("proposed")?.setData(kept);
    frame.root.dataset.proposals = String(kept.features.length);
  }

  function pick(wanted) {
    const found = kept.features.find((each) => each.properties.key === wanted);
    canvas.map.getSource("selection")?.setData({ type: "Feature", properties: {}, geometry: found?.geometry ?? { type: "MultiLineString", coordinates: [] } });
    if (found) canvas.fly({ bounds: box(found.geometry), padding: 90, maxZoom: 18 });
  }

  function refill() {
    addLayers();
    data.refill();
    show();
    if (current.picked) pick(current.picked);
  }

  function addLayers() {
    const { map } = canvas;
    const c = canvas.colours();
    if (!map.getSource("proposed")) map.addSource("proposed", { type: "geojson", data: NOTHING });
    map.addLayer({ id: "proposed-fill", type: "fill", source: "proposed", paint: { "fill-color": c.primary, "fill-opacity": 0.12 } }, "selection-casing");
    map.addLayer({ id: "proposed-casing", type: "line", source: "proposed", paint: { "line-color": c["g-halo"], "line-width": byZoom(3, 4, 5, 6, 6) } }, "selection-casing");
    map.addLayer({ id: "proposed-line", type: "line", source: "proposed", paint: { "line-color": c.primary, "line-width": byZoom(1.5, 2, 2.4, 3, 3), "line-dasharray": [2, 2] } }, "selection-casing");
    map.addLayer({ id: "proposed-told", type: "symbol", source: "proposed", minzoom: 13, layout: { "text-field": ["get", "told"], "text-size": 13, "text-font": ["sans"] }, paint: { "text-color": c.ink, "text-halo-color": c["g-halo"], "text-halo-width": 2 } });
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true }));

  return {
    update(next) {
      const before = current;
      current = next;
      if (!canvas) return;
      if (before.theme !== next.theme) canvas.restyle();
      if (before.rows_url !== next.rows_url) return void Promise.allSettled([data.loadAreas(), source.load()]);
      if (before.picked !== next.picked) pick(next.picked);
    },
    destroy() {
      source.stop();
      data.stop();
      canvas?.map.remove();
    },
  };
}
