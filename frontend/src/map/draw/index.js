// The drawing of one zone: pen, marks, live shares, form and save, joined.
import { el, say } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { fly, footLine, makeCanvas, zoomButtons } from "../canvas.js";
import { canDraw } from "../frame.js";
import { layers } from "../layers.js";
import { when } from "../plate.js";
import { searchBox } from "../search.js";
import { box } from "../shapes.js";
import { whereButton, showFix } from "../where.js";
import { cornerList } from "./corners.js";
import { form } from "./form.js";
import { keeper, newId } from "./keep.js";
import { marks } from "./marks.js";
import { measuring } from "./measuring.js";
import { panel } from "./panel.js";
import { pen } from "./pen.js";
import { crossesItself, squareAt } from "./ring.js";
import { shareRows } from "./shares.js";
import { snappingIndex } from "./snapping.js";
import { steps } from "./steps.js";
import { toolPlate, topBar } from "./tools.js";

const NO_SHARE = { byHouseholds: true, rows: [] };

/** draw(frame, office, options) -> { update(options), destroy() }. options: see mountMap, and { zone, kinds, onSaved(answer) }. */
export function draw(frame, office, options) {
  const { words } = options;
  const kept = keeper(localStorage, options.zone?.id);
  let current = options;
  let canvas = null;
  let hand = null;
  let shown = null;
  let index = null;
  let draftId = newId();
  let zoneId = options.zone?.id ?? null;
  let history = steps(firstRing(options.zone));
  const state = { measured: null, share: NO_SHARE, refusal: null, isSaving: false, isSnapping: true };

  const data = layers({ office, words, onRefusal: refuse, onLoaded: (name) => { if (name === "buildings") paintMeasured(); } });
  const side = panel({ words, onGoTo: goTo });
  const fields = form({ words, kinds: options.kinds, lang: options.lang, onChange: () => { keep(); showBar(); } });
  const list = cornerList({ words, onRing: replace, onFocus: (at) => shown?.corner(at), onBox: putBox, onTooFew: () => frame.tell(words.too_few, { kind: "warn" }) });
  const bar = topBar({ words, sample: options.sample, onUndo: undo, onRedo: redo, onSave: save });
  const tools = toolPlate({ words, onTool: (tool) => hand?.setTool(tool), onSnap: switchSnap, onClear: clear });
  const closing = el("button", { class: "btn go", type: "button", hidden: true, onclick: closeRing });
  const toast = el("div", { class: "plate-look row snap-toast", hidden: true });
  const live = measuring({
    ask: (ring, signal) => office.post("/zones/measure", { geometry: polygon(ring), zone_id: zoneId }, { signal }),
    onAnswer: ({ measured }) => shows({ measured, share: shareRows(measured, words), refusal: null }),
    onRefusal: ({ refusal }) => {
      if (refusal.loginEnded) refuse(refusal.sentence, refusal);
      else if (!hand?.isDrawing()) shows({ refusal });
    },
    onBusy: side.setBusy,
  });

  function refuse(sentence, refusal) {
    const actions = refusal.loginEnded ? [{ word: words.log_in, href: "/login" }] : [{ word: words.try_again, run: loadAreas }];
    frame.tell(sentence, { kind: "bad", actions, loud: true });
  }

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.list_reason, { kind: "bad", loud: true });
    frame.root.classList.add("drawing");
    frame.root.prepend(bar.element);
    frame.root.append(side.element);
    side.slots.form.append(fields.element);
    side.slots.corners.append(list.element);
    if (options.zone) fields.fill(options.zone);
    const ring = history.now;
    canvas = await makeCanvas(frame, { ...options, ...(ring && !options.bounds && { bounds: box(polygon(ring)) }), ...(!ring && !options.bounds && !options.zoom && { zoom: 15.5 }) }, { points: false });
    const { map } = canvas;
    map.doubleClickZoom.disable();
    data.attach(map);
    shown = marks({ map, c: canvas.colours(), words });
    hand = pen({ map, c: canvas.colours(), snap, onRing: follow, onStep: step, onTool: () => { showBar(); hint(); } });
    frame.corners.topLeft.append(tools.element);
    frame.corners.topRight.append(whereButton({ frame, words, onFix: (fix) => { showFix(map, canvas.colours(), fix); fly(map, { center: [fix.lon, fix.lat] }); } }), zoomButtons(canvas, words));
    frame.corners.topRight.prepend(searchBox({ office, words, onPick: (item) => fly(map, item.bbox ? { bounds: item.bbox } : { center: [item.lon, item.lat] }) }));
    frame.corners.bottomLeft.append(closing, toast);
    frame.corners.bottomRight.append(footLine(canvas, options));
    frame.root.addEventListener("keydown", keys);
    map.on("moveend", paintMeasured); // plates keep clear of each other at every zoom
    if (ring) hand.setRing(ring);
    list.show(ring);
    showBar();
    hint();
    await loadAreas();
    offerKept();
    frame.readyWith(map);
  }

  async function loadAreas() {
    frame.tell(words.loading);
    try {
      await data.loadAreas();
      frame.hush();
      const neighbours = data.kept.zones.features.filter((zone) => zone.properties.id !== zoneId && zone.properties.status !== "superseded");
      index = snappingIndex([...neighbours, ...data.kept.grids.features]);
    } catch { /* refuse() has said why */ }
  }

  /** Terra Draw asks on every move: the neighbour's corner or edge within reach of the pointer. */
  function snap(at) {
    if (!state.isSnapping || !index) return undefined;
    const metresPerPixel = (40075016.686 * Math.cos((at[1] * Math.PI) / 180)) / (512 * 2 ** canvas.map.getZoom());
    const reach_px = matchMedia("(pointer: coarse)").matches ? 22 : 14;
    const found = index.snap(at, reach_px * metresPerPixel);
    sayToast(found ? say(found.kind === "corner" ? words.snapped_corner : words.snapped_edge, { name: found.name }) : "");
    return found?.at;
  }

  function sayToast(sentence) {
    if (toast.dataset.said === sentence) return;
    toast.dataset.said = sentence;
    toast.hidden = !sentence;
    if (sentence) toast.replaceChildren(icon("magnet"), el("span", {}, sentence));
  }

  function follow(ring, { isOpen }) {
    shown.ring(ring);
    if (ring && corners(ring) >= 3 && !(isOpen && crossesItself(ring))) live.measure(ring);
    else if (!isOpen) forgetMeasured();
    showBar();
    hint();
  }

  function step(ring) {
    if (!ring) return;
    history.push(ring);
    keep();
    sayToast("");
    list.show(ring);
    shown.ring(ring);
    live.measure(ring);
    showBar();
    hint();
  }

  /** A whole new ring from the keyboard, undo or the kept drawing. */
  function replace(ring) {
    history.push(ring);
    put(ring);
  }

  function put(ring) {
    hand.setRing(ring);
    if (ring && hand.tool === "move") hand.setTool("edit");
    list.show(ring);
    keep();
    showBar();
    hint();
  }

  function undo() {
    if (hand.isDrawing()) {
      if (!hand.undoCorner()) giveUp();
    } else if (history.canUndo) put(history.undo());
    showBar();
  }

  function redo() {
    if (!hand.redoCorner() && history.canRedo) put(history.redo());
    showBar();
  }

  /** Closes the open line without hitting its first corner again. */
  function closeRing() {
    const open = hand.openCorners();
    if (open.length < 3) return;
    hand.setRing(null);
    replace([...open, open[0]]);
    closing.hidden = true;
  }

  function giveUp() {
    hand.setRing(null);
    put(history.now);
  }

  function clear() {
    if (hand.isDrawing() || hand.tool === "draw") return giveUp();
    replace(null);
  }

  function putBox() {
    const { lng, lat } = canvas.map.getCenter();
    const bounds = canvas.map.getBounds();
    replace(squareAt([lng, lat], (bounds.getNorth() - bounds.getSouth()) / 3));
  }

  function switchSnap() {
    state.isSnapping = !state.isSnapping;
    sayToast(state.isSnapping ? words.snap_on : words.snap_off);
    showBar();
  }

  function keys(event) {
    const inField = event.composedPath()[0]?.matches?.("input, select, textarea");
    if (event.key === "Escape" && hand.tool === "draw") return giveUp();
    if (inField || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      if (key === "y" || event.shiftKey) redo();
      else undo();
    }
  }

  function forgetMeasured() {
    live.measure(null);
    shown.clear();
    shows({ measured: null, share: NO_SHARE, refusal: null });
  }

  function shows(next) {
    Object.assign(state, next);
    paintMeasured();
    hint();
  }

  function paintMeasured() {
    if (!shown) return;
    const problems = [...(state.measured?.problems ?? []), ...(state.refusal?.at ? [state.refusal] : [])];
    shown.measured({ rows: state.share.rows, overlaps: state.measured?.overlaps ?? [], problems, buildings: data.kept.buildings.features });
  }

  function hint() {
    const sentence = hand?.isDrawing() || hand?.tool === "draw" ? words.hint_drawing : !history.now ? words.hint_start : hand?.tool === "edit" && !state.measured && !state.refusal ? words.hint_edit : null;
    side.show({ ...state, hint: sentence, hasRing: Boolean(history.now) });
  }

  function showBar() {
    const isDrawing = Boolean(hand?.isDrawing());
    bar.show({ title: fields.values().name, canUndo: isDrawing || history.canUndo, canRedo: !isDrawing && history.canRedo, isSaving: state.isSaving });
    const set = isDrawing ? hand.openCorners().length : 0;
    closing.hidden = set < 3;
    closing.textContent = say(words.close_ring, { count: set });
    // A pressed button that goes grey would keep the keyboard to itself.
    if (frame.root.getRootNode().activeElement?.disabled) canvas?.map.getCanvas().focus();
    tools.show({ tool: hand?.tool ?? "move", isSnapping: state.isSnapping, hasRing: Boolean(history.now) });
  }

  function goTo(place) {
    fly(canvas.map, Array.isArray(place) ? { center: place, zoom: Math.max(canvas.map.getZoom(), 18) } : { bounds: box(place), padding: 120 });
  }

  function keep() {
    if (history.now) kept.write({ id: draftId, ring: history.now, ...fields.values(), at: new Date().toISOString() });
    else kept.forget();
  }

  function offerKept() {
    const draft = kept.read();
    if (!draft) return;
    const restore = () => {
      frame.hush();
      draftId = draft.id ?? draftId;
      fields.fill(draft);
      replace(draft.ring);
      fly(canvas.map, { bounds: box(polygon(draft.ring)), padding: 80 });
    };
    if (options.resumes) return restore();
    frame.tell(`${words.restore_title}。${say(words.restore_body, { when: when(draft.at) })}`, { actions: [
      { word: words.restore, run: restore },
      { word: words.forget, run: () => { kept.forget(); frame.hush(); } },
    ] });
  }

  async function save() {
    const lacking = fields.showWrong();
    if (!history.now || hand.isDrawing()) return frame.tell(words.need_ring, { kind: "warn", loud: true });
    if (lacking.length) {
      side.setOpen(true);
      fields.focusWrong();
      return frame.tell(words[`need_${lacking[0]}`], { kind: "warn", loud: true });
    }
    state.isSaving = true;
    showBar();
    try {
      const answer = await office.post("/zones/drafts", { id: draftId, zone_id: zoneId, ...fields.values(), geometry: polygon(history.now) });
      kept.forget();
      draftId = newId();
      zoneId = answer.zone_id ?? zoneId;
      shows({ measured: answer.area_m2 ? answer : state.measured, share: answer.grids ? shareRows(answer, words) : state.share, refusal: null });
      frame.tell(say(words.saved, { version: answer.version }));
      current.onSaved?.({ name: fields.values().name, ...answer });
    } catch (refusal) {
      const actions = refusal.loginEnded ? [{ word: words.log_in, href: "/login" }] : [{ word: words.try_again, run: save }];
      frame.tell(say(words.save_failed, { reason: refusal.sentence ?? refusal.message }), { kind: "bad", actions, loud: true });
    } finally {
      state.isSaving = false;
      showBar();
    }
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true }));

  return {
    update(next) { current = next; },
    destroy() {
      live.stop();
      data.stop();
      frame.root.removeEventListener("keydown", keys);
      bar.element.remove();
      side.element.remove();
      hand?.stop();
      canvas?.map.remove();
    },
  };
}

const polygon = (ring) => ({ type: "Polygon", coordinates: [ring] });

/** How many different corners a closed ring has. */
function corners(ring) {
  return new Set(ring.map((at) => at.join())).size;
}

/** The ring of a zone that is drawn again; a zone in parts or with holes starts from its largest outline. */
function firstRing(zone) {
  if (!zone?.geometry) return null;
  const parts = zone.geometry.type === "Polygon" ? [zone.geometry.coordinates] : zone.geometry.coordinates;
  return parts.map((part) => part[0]).reduce((best, ring) => (best && best.length >= ring.length ? best : ring), null);
}
