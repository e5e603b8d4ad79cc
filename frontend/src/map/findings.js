// What is not drawn right between zones: each finding by its kind over the zones, one pressed or flown to, its repair before and after.
import { el, fill, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { keyPlate } from "./key.js";
import { latest } from "./latest.js";
import { layers } from "./layers.js";
import { box, boxOfAll } from "./shapes.js";
import { byZoom } from "./style.js";

export const KINDS = ["no_zone", "two_zones", "overlap", "gap", "sliver", "ring", "outside", "no_mode"];
const HOMES = ["no_zone", "two_zones"];
const NOTHING = { type: "FeatureCollection", features: [] };

/**
 * findings(frame, office, options) -> { update(options), destroy() }.
 * options: see mountMap; also { rows_url, picked (key or null), mended (null or { before, after } geometries) }.
 * Pressing a finding calls onOpen("finding", key).
 */
export function findings(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let kept = NOTHING;
  const off = new Set();
  const source = latest(frame, office, { urlOf: () => current.rows_url, mark: "rows", take });
  const data = layers({ office, words, onRefusal: (sentence) => frame.tell(sentence, { kind: "bad", loud: true }) });
  const key = keyPlate(words, {
    names: KINDS, wordOf: (kind) => words[`kind_${kind}`], signOf: (kind) => `fate-sign found-${kind}`, onSwitch: switchKind,
    hidesNone: true, mended: [["fate-sign fate-before", words.part_before], ["fate-sign fate-after", words.part_after]],
  });
  const info = el("section", { class: "plate-look row-plate", hidden: true, "aria-live": "polite" });

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "warn", loud: true });
    canvas = await makeCanvas(frame, options, { points: false, refill });
    const { map } = canvas;
    addLayers();
    data.attach(map);
    frame.corners.topRight.append(zoomButtons(canvas, words, showAll));
    frame.corners.topLeft.append(info);
    frame.corners.bottomLeft.append(key.element);
    frame.corners.bottomRight.append(footLine(canvas, options));
    key.setOpen(frame.root.clientWidth >= 480);
    map.on("click", press);
    map.on("mousemove", (event) => { map.getCanvas().style.cursor = hit(event.point) ? "pointer" : ""; });
    await Promise.allSettled([data.loadAreas(), source.load()]);
    frame.readyWith(map);
  }

  function take(found) {
    kept = found;
    show();
    if (current.picked) pick(current.picked);
    else if (!current.bounds) showAll();
  }

  function showAll() {
    const whole = boxOfAll(kept.features.filter((each) => each.geometry && isOpen(each)));
    if (whole) canvas.fly({ bounds: whole });
  }

  function show() {
    const shown = kept.features.filter((each) => each.geometry && !off.has(each.properties.kind) && isOpen(each));
    const set = (source, features) => canvas?.map.getSource(source)?.setData({ type: "FeatureCollection", features });
    set("found", shown.filter((each) => !HOMES.includes(each.properties.kind)));
    set("found-homes", shown.filter((each) => HOMES.includes(each.properties.kind)));
    const { before = null, after = null } = current.mended ?? {};
    set("mended", [["before", before], ["after", after]].filter(([, geometry]) => geometry)
      .map(([part, geometry]) => ({ type: "Feature", properties: { part }, geometry })));
    const counts = {};
    for (const each of kept.features) if (!each.properties.is_aside) counts[each.properties.kind] = (counts[each.properties.kind] ?? 0) + 1;
    key.count(counts, Boolean(after));
    if (current.mended) frame.root.dataset.mended = "true";
    else delete frame.root.dataset.mended;
  }

  /** One that was set aside is drawn only while somebody looks at it. */
  function isOpen({ properties }) {
    return !properties.is_aside || properties.key === current.picked;
  }

  function switchKind(kind, isOn) {
    if (isOn) off.delete(kind);
    else off.add(kind);
    show();
  }

  function hit({ x, y }) {
    const ids = ["found-home", "found-overlap", "found-gap", "found-line", "found-area"].filter((id) => canvas.map.getLayer(id));
    const near = (reach) => canvas.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: ids })[0];
    return near(1) ?? near(10);
  }

  function press({ point }) {
    const found = hit(point);
    if (!found) return;
    current.onOpen?.("finding", found.properties.key);
  }

  function pick(wanted, { flies = true } = {}) {
    const found = kept.features.find((each) => each.properties.key === wanted && each.geometry);
    tell(found?.properties ?? null);
    select(current.mended && !HOMES.includes(found?.properties.kind) ? null : found?.geometry ?? null); // lines before and after say it better
    if (!found || !flies) return;
    const bounds = box(found.geometry);
    canvas.fly({ bounds: current.mended ? boxOfAll([found, ...mendedFeatures()]) : bounds, padding: 90, maxZoom: 18.5 });
  }

  function mendedFeatures() {
    return Object.values(current.mended ?? {}).filter(Boolean).map((geometry) => ({ geometry }));
  }

  function select(geometry) {
    const isPoint = geometry?.type === "Point";
    canvas.map.getSource("found-picked")?.setData(isPoint ? { type: "Feature", properties: {}, geometry } : NOTHING);
    canvas.map.getSource("selection")?.setData({ type: "Feature", properties: {}, geometry: geometry && !isPoint ? geometry : { type: "MultiLineString", coordinates: [] } });
  }

  function tell(p) {
    info.hidden = !p;
    if (!p) return;
    fill(info, el("div", { class: "row plate-head" },
      el("div", { class: "plate-name grow" }, p.name),
      el("button", { class: "tool-btn", type: "button", "aria-label": words.close, onclick: () => { tell(null); select(null); } }, icon("x"))),
    el("div", { class: "row wrap note" }, el("span", { class: `fate-sign found-${p.kind}`, "aria-hidden": "true" }), words[`kind_${p.kind}`],
      p.households > 0 && el("span", {}, say(words.homes, { n: p.households }))));
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
    for (const id of ["found", "found-homes", "found-picked", "mended"]) if (!map.getSource(id)) map.addSource(id, { type: "geojson", data: NOTHING });
    const kind = (...names) => ["in", ["get", "kind"], ["literal", names]];
    const part = (name) => ["==", ["get", "part"], name];
    const round = { "line-join": "round" };
    const add = (layer) => map.addLayer(layer, "selection-casing");
    const colour = ["match", ["get", "kind"], ["overlap", "ring", "no_zone"], c.danger, ["no_mode"], c.modes.unmanaged, c["warn-mark"]];
    add({ id: "found-area", type: "fill", source: "found", filter: kind("no_mode", "ring"), paint: { "fill-color": colour, "fill-opacity": 0.08 } });
    add({ id: "found-overlap", type: "fill", source: "found", filter: kind("overlap"), paint: { "fill-pattern": "hatch-overlap", "fill-opacity": 0.9 } });
    add({ id: "found-gap", type: "fill", source: "found", filter: kind("gap", "sliver", "outside"), paint: { "fill-pattern": "hatch-gap", "fill-opacity": 0.9 } });
    add({ id: "found-line", type: "line", source: "found", paint: { "line-color": colour, "line-width": ["match", ["get", "kind"], "sliver", 4, "no_mode", 1.5, 2.5] }, layout: round });
    add({ id: "found-home", type: "circle", source: "found-homes", paint: {
      "circle-color": colour, "circle-stroke-color": c["g-halo"], "circle-stroke-width": byZoom(0, 0.4, 1, 1.5, 2),
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, ["+", 1.4, ["min", 2, ["/", ["get", "households"], 20]]], 15, ["+", 4, ["min", 6, ["/", ["get", "households"], 8]]]],
    } });
    add({ id: "mended-before", type: "line", source: "mended", filter: part("before"), paint: { "line-color": c.danger, "line-width": 2.5, "line-dasharray": [2, 1.5] }, layout: round });
    add({ id: "mended-fill", type: "fill", source: "mended", filter: part("after"), paint: { "fill-color": c.ok, "fill-opacity": 0.25 } });
    add({ id: "mended-after", type: "line", source: "mended", filter: part("after"), paint: { "line-color": c.ok, "line-width": 2.5 }, layout: round });
    map.addLayer({ id: "found-picked", type: "circle", source: "found-picked", paint: { "circle-radius": 15, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": c.ink, "circle-stroke-width": 3 } });
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true }));

  return {
    update(next) {
      const before = current;
      current = next;
      if (!canvas) return;
      if (before.theme !== next.theme) canvas.restyle();
      if (before.rows_url !== next.rows_url) return void Promise.allSettled([data.loadAreas(), source.load()]);
      const isOther = before.picked !== next.picked;
      if (JSON.stringify(before.mended) !== JSON.stringify(next.mended)) {
        show();
        if (!isOther) pick(next.picked, { flies: false });
        if (!isOther && next.mended) canvas.fly({ bounds: boxOfAll(mendedFeatures()), padding: 90, maxZoom: 18.5 });
      }
      if (isOther) {
        show();
        pick(next.picked);
      }
    },
    destroy() {
      source.stop();
      data.stop();
      canvas?.map.remove();
    },
  };
}
