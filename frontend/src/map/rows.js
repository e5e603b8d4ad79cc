// The rows of a file over what is in force: each coloured by its fate, one pressed or flown to, repairs before and after.
import { el, fill, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { keyPlate } from "./key.js";
import { latest } from "./latest.js";
import { layers } from "./layers.js";
import { box, boxOfAll } from "./shapes.js";
import { byZoom } from "./style.js";

export const FATES = ["new", "changed", "same", "bad"];
const PARTS = { row: "row", before: "before", after: "after" };
const NOTHING = { type: "FeatureCollection", features: [] };
const UNDER = { streets: "/streets.geojson", communities: "/communities.geojson", grids: "/grids.geojson", zones: "/zones.geojson" };

/**
 * rows(frame, office, options) -> { update(options), destroy() }.
 * options: see mountMap; also { rows_url, layer ("grids"), picked (row number or null), repair (name or null) }.
 * Pressing a row calls onOpen("row", number).
 */
export function rows(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let kept = NOTHING;
  const off = new Set();
  const source = latest(frame, office, { urlOf: () => current.rows_url, mark: "rows", take });
  const data = layers({ office, words, onRefusal: (sentence) => frame.tell(sentence, { kind: "bad", loud: true }) });
  const key = keyPlate(words, {
    names: FATES, wordOf: (fate) => words[`fate_${fate}`], signOf: (fate) => `fate-sign fate-${fate}`, onSwitch: switchFate,
    notes: [["fate-sign fate-force", words.in_force]],
    mended: [["fate-sign fate-before", words.part_before], ["fate-sign fate-after", words.part_after]],
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
    await Promise.allSettled([loadUnder(), source.load({ fits: !options.bounds })]);
    frame.readyWith(map);
  }

  /** What is in force below: the layer itself in thin ink, streets always. */
  async function loadUnder() {
    const asked = [office.get(UNDER.streets).then((found) => { data.kept.streets = found; })];
    if (current.layer in UNDER && current.layer !== "streets") {
      asked.push(office.get(UNDER[current.layer]).then((found) => canvas.map.getSource("force")?.setData(found)));
    }
    await Promise.allSettled(asked);
    if (current.layer === "streets") canvas.map.getSource("force")?.setData(data.kept.streets);
    data.refill();
  }

  function take(found, { fits = false }) {
    kept = found;
    show();
    if (fits) showAll();
    if (current.picked) pick(current.picked);
    else if (current.repair) showRepair();
  }

  function showAll() {
    const whole = current.bounds ?? boxOfAll(kept.features.filter((each) => each.properties.part === PARTS.row));
    if (whole) canvas.fly({ bounds: whole });
  }

  function show() {
    const isPoint = (each) => each.geometry?.type === "Point";
    const ofRows = kept.features.filter((each) => each.geometry && each.properties.part === PARTS.row && !off.has(each.properties.fate));
    const wanted = current.repair;
    const mended = kept.features.filter((each) => each.geometry && each.properties.part !== PARTS.row && (!wanted || each.properties.repair === wanted));
    const set = (source, features) => canvas?.map.getSource(source)?.setData({ type: "FeatureCollection", features });
    set("rows", ofRows.filter((each) => !isPoint(each)));
    set("row-points", ofRows.filter(isPoint));
    const broken = ofRows.filter((each) => wanted && each.properties.repair === wanted && each.properties.fate === "bad")
      .map((each) => ({ ...each, properties: { ...each.properties, part: PARTS.before } }));
    set("mended", wanted ? [...mended, ...broken] : []);
    const counts = Object.fromEntries(FATES.map((fate) => [fate, 0]));
    for (const each of kept.features) if (each.properties.part === PARTS.row) counts[each.properties.fate] += 1;
    key.count(counts, Boolean(wanted));
  }

  function switchFate(fate, isOn) {
    if (isOn) off.delete(fate);
    else off.add(fate);
    show();
  }

  function hit({ x, y }) {
    const near = (reach) => canvas.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: ["row-bad", "row-fill", "row-line", "row-point"].filter((id) => canvas.map.getLayer(id)) })[0];
    return near(1) ?? near(10);
  }

  function press({ point }) {
    const found = hit(point);
    if (!found) return tellRow(null);
    tellRow(found.properties);
    select(whole(found.properties.i)?.geometry ?? found.geometry);
    current.onOpen?.("row", found.properties.i);
  }

  const whole = (number) => kept.features.find((each) => each.properties.i === number && each.properties.part === PARTS.row && each.geometry);

  function pick(number) {
    const found = whole(number);
    if (!found) return tellRow(null);
    tellRow(found.properties);
    select(found.geometry);
    const bounds = box(found.geometry);
    if (bounds) canvas.fly({ bounds, padding: 90, maxZoom: 17.5 });
  }

  function showRepair() {
    const some = kept.features.filter((each) => each.properties.repair === current.repair && each.geometry);
    const whole = boxOfAll(some);
    if (whole) canvas.fly({ bounds: whole, padding: 70, maxZoom: 17.5 });
  }

  function select(geometry) {
    canvas.map.getSource("selection")?.setData({ type: "Feature", properties: {}, geometry: geometry ?? { type: "MultiLineString", coordinates: [] } });
  }

  function tellRow(p) {
    info.hidden = !p;
    if (!p) return select(null);
    fill(info, el("div", { class: "row" }, el("b", { class: "grow clip" }, p.name || p.key || say(words.row_number, { i: p.i })),
      el("button", { class: "tool-btn", type: "button", "aria-label": words.close, onclick: () => tellRow(null) }, icon("x"))),
    el("div", { class: "row wrap note" }, el("span", { class: `fate-sign fate-${p.fate}`, "aria-hidden": "true" }), words[`fate_${p.fate}`],
      el("span", {}, say(words.row_number, { i: p.i })), p.key && el("span", { class: "mono" }, p.key)));
  }

  function refill() {
    addLayers();
    data.refill();
    loadUnder();
    show();
    if (current.picked) pick(current.picked);
  }

  function addLayers() {
    const { map } = canvas;
    const c = canvas.colours();
    for (const id of ["force", "rows", "row-points", "mended"]) if (!map.getSource(id)) map.addSource(id, { type: "geojson", data: NOTHING });
    const colour = ["match", ["get", "fate"], "new", c.primary, "changed", c.warn, "bad", c.danger, c.edge];
    const fate = (...names) => ["in", ["get", "fate"], ["literal", names]];
    const part = (name) => ["==", ["get", "part"], name];
    const round = { "line-join": "round" };
    const add = (layer) => map.addLayer(layer, "selection-casing");
    add({ id: "force-line", type: "line", source: "force", paint: { "line-color": c["ink-3"], "line-width": byZoom(0.6, 1, 1.4, 1.6, 2), "line-opacity": 0.8 }, layout: round });
    add({ id: "row-fill", type: "fill", source: "rows", filter: fate("new", "changed", "same"), paint: { "fill-color": colour, "fill-opacity": ["match", ["get", "fate"], "same", 0.08, 0.24] } });
    add({ id: "row-bad", type: "fill", source: "rows", filter: fate("bad"), paint: { "fill-pattern": "hatch-overlap", "fill-opacity": 0.55 } });
    add({ id: "row-line", type: "line", source: "rows", filter: fate("new", "bad"), paint: { "line-color": colour, "line-width": byZoom(0.8, 1.4, 2, 2.4, 3) }, layout: round });
    add({ id: "row-changed", type: "line", source: "rows", filter: fate("changed"), paint: { "line-color": colour, "line-width": byZoom(1.2, 1.8, 2.4, 2.8, 3), "line-dasharray": [3, 1.5] }, layout: round });
    add({ id: "row-same", type: "line", source: "rows", filter: fate("same"), paint: { "line-color": colour, "line-width": byZoom(0.6, 0.8, 1, 1.2, 1.5) }, layout: round });
    add({ id: "row-point", type: "circle", source: "row-points", paint: { "circle-color": colour, "circle-radius": byZoom(1.2, 2, 3, 4, 5), "circle-stroke-color": c["g-halo"], "circle-stroke-width": byZoom(0, 0, 0.8, 1, 1) } });
    add({ id: "mended-before", type: "line", source: "mended", filter: part("before"), paint: { "line-color": c.danger, "line-width": 2.5, "line-dasharray": [2, 1.5] }, layout: round });
    add({ id: "mended-fill", type: "fill", source: "mended", filter: part("after"), paint: { "fill-color": c.ok, "fill-opacity": 0.3 } });
    add({ id: "mended-after", type: "line", source: "mended", filter: part("after"), paint: { "line-color": c.ok, "line-width": 2.5 }, layout: round });
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true }));

  return {
    update(next) {
      const before = current;
      current = next;
      if (!canvas) return;
      if (before.theme !== next.theme) canvas.restyle();
      if (before.rows_url !== next.rows_url) return void source.load();
      if (before.repair !== next.repair) {
        show();
        if (next.repair) showRepair();
      }
      if (before.picked !== next.picked && next.picked) pick(next.picked);
    },
    destroy() {
      source.stop();
      data.stop();
      canvas?.map.remove();
    },
  };
}
