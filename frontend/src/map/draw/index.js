// The drawing of one zone: pen, marks, live shares, form and save, joined.
import { el, say } from "../../shared/dom.js";
import { fly, footLine, makeCanvas, zoomButtons } from "../canvas.js";
import { canDraw } from "../frame.js";
import { layers } from "../layers.js";
import { when } from "../plate.js";
import { searchBox } from "../search.js";
import { box } from "../shapes.js";
import { whereButton, showFix } from "../where.js";
import { carried, movedLines } from "./border.js";
import { catching } from "./catching.js";
import { cornerList } from "./corners.js";
import { editing } from "./editing.js";
import { form } from "./form.js";
import { keeper, newId } from "./keep.js";
import { marks } from "./marks.js";
import { measuring } from "./measuring.js";
import { panel } from "./panel.js";
import { partList } from "./parts.js";
import { pen } from "./pen.js";
import { crossesItself, squareAt } from "./ring.js";
import { ALONE, session } from "./session.js";
import { geometryOf, partsOf, ringList, ringUnder, withHole, withPart, withRing } from "./shape.js";
import { shareRows } from "./shares.js";
import { sharing } from "./sharing.js";
import { toolPlate, topBar } from "./tools.js";

const NO_SHARE = { byHouseholds: true, rows: [] };

const HANDLE_PX = 24;

/**
 * draw(frame, office, options) -> { update(options), destroy() }.
 * options: see mountMap, and { zone, kinds, onSaved(answer) }. zone: { id, base_version_id, name, kind, mode, geometry } of what is drawn again, or
 * { geometry, reasons } of a proposal that becomes a new one.
 */
export function draw(frame, office, options) {
  const { words } = options;
  const kept = keeper(localStorage, options.zone?.id);
  let current = options;
  let canvas = null;
  let hand = null;
  let shown = null;
  let draftId = newId();
  let zoneId = options.zone?.id ?? null;
  let baseId = options.zone?.base_version_id ?? null;
  let reasons = options.zone?.reasons ?? []; // of a proposal that is drawn on, kept with its draft
  let cutFrom = null; // the draft that this one was cut off
  let shape = session(partsOf(options.zone?.geometry));
  let keptCorners = 0;
  let caught = null; // whose borders catch no corner
  let purpose = "part"; // what a new line becomes: "part" or "hole"
  const state = { measured: null, share: NO_SHARE, refusal: null, isSaving: false };

  const data = layers({ office, words, onRefusal: refuse, onLoaded: loaded });
  const side = panel({ words, onGoTo: goTo, onClip: () => edits.clip(state.measured.area_m2) });
  const fields = form({ words, kinds: options.kinds, lang: options.lang, onChange: () => { keep(); showBar(); } });
  const list = cornerList({ words, onRing: replaceRing, onFocus: (at) => shown?.corner(at), onBox: putBox, onTooFew: () => frame.tell(words.too_few, { kind: "warn" }) });
  const pieces = partList({ words, onChoose: choose });
  const bar = topBar({ words, sample: options.sample, onUndo: undo, onRedo: redo, onSave: save });
  const tools = toolPlate({ words, onTool: pick, onSnap: () => { catcher.flip(); showBar(); }, onErase: erase });
  const catcher = catching({ words, zoom: () => canvas.map.getZoom() });
  const edits = editing({
    office, frame, words, catcher, shown: () => shown, shape: () => shape, zoneId: () => zoneId, onChange: () => { if (hand) { showBar(); hint(); } },
    onTake: (parts, rest, taken) => { shape.replace(parts, rest, taken, besideWithout(taken)); put(); fly(canvas.map, { bounds: box(shape.geometry), padding: 60 }); },
  });
  const border = sharing({
    office, words, shape: () => shape, zoneId: () => zoneId,
    onSewn: (parts, neighbours) => { shape.share({ shares: true, neighbours }, parts); put(); },
    onOff: () => { shape.share({ ...shape.beside, shares: false }); put(); },
    onNone: () => { frame.tell(words.border_none, { kind: "warn" }); hint(); },
    onRefusal: (refusal) => { frame.tell(refusal.sentence ?? refusal.message, { kind: "bad", loud: true }); hint(); },
  });
  const closing = el("button", { class: "btn go", type: "button", hidden: true, onclick: closeRing });
  const live = measuring({
    ask: (drawn, signal) => office.post("/zones/measure", { ...drawn, zone_id: zoneId, others: shape.rest.map(geometryOf), takes_in: shape.taken }, { signal }),
    onAnswer: ({ measured }) => shows({ measured, share: shareRows(measured, words), refusal: null }),
    onRefusal: ({ refusal }) => {
      if (refusal.loginEnded) refuse(refusal.sentence, refusal);
      else if (!hand?.isDrawing()) shows({ refusal });
    },
    onBusy: side.setBusy,
  });

  function refuse(sentence, refusal) {
    const actions = refusal.loginEnded ? [{ word: words.log_in, href: "/login" }] : [{ word: words.try_again, run: () => loadAreas() }];
    frame.tell(sentence, { kind: "bad", actions, loud: true });
  }

  async function start() {
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "bad", loud: true });
    const areas = loadAreas(); // under way while the style sheet and the map come
    await frame.ready;
    frame.root.classList.add("drawing");
    frame.root.prepend(bar.element);
    frame.root.append(side.element);
    side.slots.form.append(pieces.element, fields.element);
    side.slots.corners.append(list.element);
    side.slots.borders.append(border.element);
    if (options.zone) fields.fill(options.zone);
    const around = options.zone?.geometry && box(options.zone.geometry);
    const view = options.bounds ? {} : around ? { bounds: around } : !options.zoom && { zoom: 15.5 };
    canvas = await makeCanvas(frame, { ...options, ...view }, { points: false });
    const { map } = canvas;
    map.doubleClickZoom.disable();
    for (const id of ["selection-casing", "selection-line"]) map.removeLayer(id); // nothing is picked here
    data.attach(map);
    shown = marks({ map, c: canvas.colours(), words });
    hand = pen({ map, c: canvas.colours(), snap: catcher.snap, onRing: follow, onStep: step, onTool: () => { showBar(); hint(); } });
    frame.corners.topLeft.append(tools.element);
    frame.corners.topRight.append(whereButton({ frame, words, onFix: (fix) => { showFix(map, canvas.colours(), fix); fly(map, { center: [fix.lon, fix.lat] }); } }), zoomButtons(canvas, words));
    frame.corners.topRight.prepend(searchBox({ office, words, onPick: (item) => fly(map, item.bbox ? { bounds: item.bbox } : { center: [item.lon, item.lat] }) }));
    frame.corners.bottomLeft.append(closing, catcher.element);
    frame.corners.bottomRight.append(footLine(canvas, options));
    frame.root.addEventListener("keydown", keys);
    map.on("moveend", paintMeasured); // plates keep clear of each other at every zoom
    map.on("click", tapped);
    put({ keeps: false });
    await areas;
    if (options.zone && !options.zone.id) frame.tell(words.from_proposal);
    offerKept();
    frame.readyWith(map);
  }

  async function loadAreas() {
    let isOver = false;
    frame.ready.then(() => !isOver && frame.tell(words.loading), () => {}); // a sentence without its style sheet would flash
    try {
      await data.loadAreas();
      frame.hush();
      seeAreas({ isNew: true });
    } catch { /* refuse() has said why */ }
    isOver = true;
  }

  /** What a corner may catch on: every zone but this one, and but those whose borders move along. */
  function seeAreas({ isNew = false } = {}) {
    const ours = new Set([zoneId, ...(shape.beside.shares ? shape.beside.neighbours.filter((each) => !each.obstacle).map((each) => each.zone_id) : [])]);
    const key = [...ours].join();
    if (key === caught && !isNew) return; // a city has many borders
    caught = key;
    const zones = data.kept.zones.features.filter((zone) => !ours.has(zone.properties.id) && zone.properties.status !== "superseded");
    const isDraft = (zone) => Number(zone.properties.status === "draft"); // on one border the zone in force is named
    catcher.see("areas", [...zones.sort((a, b) => isDraft(a) - isDraft(b)), ...data.kept.grids.features]);
  }

  function loaded(name) {
    if (name === "buildings") paintMeasured();
    if (name === "roads") catcher.see("roads", data.kept.roads.features);
  }

  /** The shape with the line under the pen as it is this moment. */
  function partsWith(ring) {
    if (!ring) return shape.parts;
    if (!isNewLine()) return shape.at ? withRing(shape.parts, shape.at, ring) : withPart([], ring);
    return purpose === "hole" ? withHole(shape.parts, ring, shape.at).parts : withPart(shape.parts, ring);
  }

  const isNewLine = () => hand?.tool === "draw";

  /** The neighbours beside another ring under the pen: { beside, held, isCrossing }, see border.js. */
  function follows(ring) {
    const { beside } = shape;
    if (!beside.shares || !shape.ring || !ring || isNewLine()) return { beside, held: null };
    const { neighbours, ...rest } = carried(shape.ring, ring, beside.neighbours);
    return { beside: { ...beside, neighbours }, ...rest };
  }

  function besideWithout(taken) {
    return { ...shape.beside, neighbours: shape.beside.neighbours.filter((each) => !taken.includes(each.zone_id)) };
  }

  /** Another ring under the pen, and the neighbours with it; where one of them cannot follow, the old one comes back. */
  function setRing(ring) {
    const { beside, held, isCrossing } = follows(ring);
    if (held) {
      put({ keeps: false });
      frame.tell(border.held(held, isCrossing), { kind: "warn", loud: true });
      return false;
    }
    const names = beside.neighbours.filter((each, i) => each !== shape.beside.neighbours[i]).map((each) => each.name);
    shape.setRing(ring, beside);
    if (names.length) frame.tell(say(words.border_moved, { names: names.join("、") }));
    return true;
  }

  function follow(ring, { isOpen }) {
    const { beside } = follows(ring);
    // An open hole has no inside yet: it is shown as a line of its own.
    shown.shape(isOpen && ring ? withPart(shape.parts, ring) : partsWith(ring), shape.rest);
    showNeighbours(beside);
    if (ring && corners(ring) >= 3 && !(isOpen && crossesItself(ring))) measure(geometryOf(partsWith(ring)), beside);
    else if (!isOpen && shape.isEmpty) forgetMeasured();
    if (isOpen) keepLine();
    showBar();
    hint();
  }

  /** The pen finished a line or a drag. */
  function step(ring, { isNew }) {
    if (!ring) return;
    if (isNew) addRing(ring);
    else if (!setRing(ring)) return;
    afterStep();
  }

  function addRing(ring) {
    if (purpose === "hole") shape.addHole(ring);
    else shape.addPart(ring);
    purpose = "part";
  }

  function afterStep() {
    keep();
    catcher.hush();
    showShape();
    measure(shape.geometry);
    showBar();
    hint();
  }

  function showShape() {
    list.show(shape.ring);
    pieces.show(shape.parts, shape.at);
    shown.shape(shape.parts, shape.rest);
    showNeighbours(shape.beside);
  }

  function showNeighbours({ shares, neighbours }) {
    shown.neighbours(neighbours.filter((each) => each.moved || (shares && !each.obstacle)));
  }

  function measure(geometry, { neighbours } = shape.beside) {
    live.measure({ geometry, neighbours: movedLines(neighbours) });
  }

  /** A whole new ring from the keyboard. */
  function replaceRing(ring) {
    if (setRing(ring)) put();
  }

  /** Hands the pen the ring that it now has to hold: after undo, a choice, a restored drawing. */
  function put({ keeps = true } = {}) {
    purpose = "part";
    hand.setRing(shape.ring);
    if (shape.ring && hand.tool === "move") hand.setTool("edit");
    showShape();
    if (shape.isEmpty) forgetMeasured();
    else measure(shape.geometry);
    seeAreas();
    if (keeps) keep();
    showBar();
    hint();
  }

  function pick(tool) {
    edits.stop();
    purpose = tool === "hole" ? "hole" : "part";
    if (tool !== "draw" && tool !== "hole" && isNewLine()) hand.setRing(shape.ring);
    const isEdit = ["cut", "join", "trace"].includes(tool);
    hand.setTool(isEdit ? "move" : tool === "hole" ? "draw" : tool);
    if (isEdit) edits.start(tool);
    showShape();
    showBar();
  }

  function choose(at) {
    if (hand.isDrawing()) return;
    shape.choose(at);
    put({ keeps: false });
  }

  /** A tap on another part or into a hole takes the pen there; a tap on a corner belongs to the pen. */
  function tapped({ lngLat, point }) {
    const place = [lngLat.lng, lngLat.lat];
    if (edits.tool) return edits.tap(edits.tool === "cut" ? catcher.snap(place) ?? place : place, canvas.map.queryRenderedFeatures(point, { layers: ["zone-fill", "zone-hatch"] })[0]?.properties);
    if (hand.tool !== "edit" || ringList(shape.parts).length < 2) return;
    const isCorner = shape.ring?.some((at) => { const here = canvas.map.project(at); return Math.hypot(here.x - point.x, here.y - point.y) <= HANDLE_PX; });
    const at = ringUnder(shape.parts, place);
    if (!isCorner && at && (at.part !== shape.at?.part || at.ring !== shape.at?.ring)) choose(at);
  }

  function undo() {
    if (edits.undoTap()) return showBar();
    if (hand.isDrawing()) {
      if (!hand.undoCorner()) put();
    } else if (shape.canUndo) {
      shape.undo();
      put();
    }
    showBar();
  }

  function redo() {
    if (!hand.redoCorner() && shape.canRedo) {
      shape.redo();
      put();
    }
    showBar();
  }

  /** Closes the open line without hitting its first corner again. */
  function closeRing() {
    const open = hand.openCorners();
    if (open.length < 3) return;
    addRing([...open, open[0]]);
    put();
    closing.hidden = true;
  }

  /** Gives an open line up; else takes out the ring under the pen, or the whole when it is the only one. */
  function erase() {
    if (!isNewLine()) shape.removeRing();
    put();
  }

  function putBox() {
    const { lng, lat } = canvas.map.getCenter();
    const bounds = canvas.map.getBounds();
    shape.addPart(squareAt([lng, lat], (bounds.getNorth() - bounds.getSouth()) / 3));
    put();
  }

  function keys(event) {
    const inField = event.composedPath()[0]?.matches?.("input, select, textarea");
    if (event.key === "Escape" && edits.tool) return edits.stop();
    if (event.key === "Escape" && isNewLine()) return put();
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
    shown.shape(shape.parts, shape.rest);
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
    shown.measured({ rows: state.share.rows, overlaps: state.measured?.overlaps ?? [], gaps: state.measured?.gaps ?? [], problems, buildings: data.kept.buildings.features });
  }

  function hint() {
    const sentence = isNewLine() ? (purpose === "hole" ? words.hint_hole : words.hint_drawing) : shape.isEmpty ? words.hint_start
      : hand?.tool === "edit" && !state.measured && !state.refusal ? words.hint_edit : null;
    side.show({ ...state, hint: sentence, hasRing: !shape.isEmpty });
    border.show({ beside: shape.beside, changes: shape.isEmpty ? [] : state.measured?.neighbours ?? [], canShare: !shape.isEmpty && !isNewLine() });
  }

  function showBar() {
    const isDrawing = Boolean(hand?.isDrawing());
    bar.show({ title: fields.values().name, canUndo: isDrawing || edits.points.length > 0 || shape.canUndo, canRedo: !isDrawing && shape.canRedo, isSaving: state.isSaving });
    const set = isDrawing ? hand.openCorners().length : 0;
    closing.hidden = set < 3;
    closing.textContent = say(words.close_ring, { count: set });
    // A pressed button that goes grey would keep the keyboard to itself.
    if (frame.root.getRootNode().activeElement?.disabled) canvas?.map.getCanvas().focus();
    const tool = edits.tool ?? (isNewLine() && purpose === "hole" ? "hole" : hand?.tool ?? "move");
    tools.show({ tool, isSnapping: catcher.isOn, rings: ringList(shape.parts).length, isHole: shape.at?.ring > 0 });
  }

  function goTo(place) {
    fly(canvas.map, Array.isArray(place) ? { center: place, zoom: Math.max(canvas.map.getZoom(), 18) } : { bounds: box(place), padding: 120 });
  }

  /** At every step, also while a line is open: a tab that dies loses nothing but the pointer's place. */
  function keep() {
    const open = hand?.isDrawing() ? hand.openCorners() : [];
    if (shape.isEmpty && !open.length) return kept.forget();
    kept.write({
      id: draftId, zone_id: zoneId, base_id: baseId, cut_from: cutFrom, reasons, parts: shape.parts, rest: shape.rest, taken: shape.taken, beside: shape.beside, open: open.length ? { corners: open, isHole: purpose === "hole" } : null,
      ...fields.values(), at: new Date().toISOString(),
    });
  }

  /** An open line is kept when it has a corner more or less, not whenever the pointer moves. */
  function keepLine() {
    const set = hand.openCorners().length;
    if (set !== keptCorners) keep();
    keptCorners = set;
  }

  function restore(draft) {
    frame.hush();
    draftId = draft.id ?? draftId;
    zoneId = draft.zone_id ?? zoneId;
    baseId = draft.base_id ?? baseId;
    cutFrom = draft.cut_from ?? null;
    reasons = draft.reasons ?? [];
    fields.fill(draft);
    shape.replace(draft.parts, draft.rest, draft.taken, draft.beside);
    const open = draft.open?.corners ?? [];
    if (open.length >= 3) {
      purpose = draft.open.isHole && !shape.isEmpty ? "hole" : "part";
      addRing([...open, open[0]]);
    }
    put();
    if (!shape.isEmpty) fly(canvas.map, { bounds: box(shape.geometry), padding: 80 });
  }

  function offerKept() {
    const draft = kept.read();
    if (!draft) return;
    if (options.resumes) return restore(draft);
    frame.tell(`${words.restore_title}。${say(words.restore_body, { when: when(draft.at) })}`, { actions: [
      { word: words.restore, run: () => restore(draft) },
      { word: words.forget, run: () => { kept.forget(); frame.hush(); } },
    ] });
  }

  async function save() {
    const lacking = fields.showWrong();
    if (shape.isEmpty || hand.isDrawing()) return frame.tell(words.need_ring, { kind: "warn", loud: true });
    if (lacking.length) {
      side.setOpen(true);
      fields.focusWrong();
      return frame.tell(words[`need_${lacking[0]}`], { kind: "warn", loud: true });
    }
    state.isSaving = true;
    showBar();
    try {
      const answer = await office.post("/zones/drafts", {
        id: draftId, zone_id: zoneId, base_version_id: baseId, cut_from: cutFrom, takes_in: shape.taken, neighbours: movedLines(shape.beside.neighbours), reasons, ...fields.values(), geometry: shape.geometry,
      });
      const { name } = fields.values();
      kept.forget();
      draftId = newId();
      if (shape.rest.length) goOnWithRest(name, cutFrom ?? answer.version_id);
      else {
        zoneId = answer.zone_id ?? zoneId;
        baseId = answer.version_id ?? baseId;
        if (answer.neighbours?.length) goOnAlone();
        shows({ measured: answer.area_m2 ? { ...answer, neighbours: [] } : state.measured, share: answer.grids ? shareRows(answer, words) : state.share, refusal: null });
        frame.tell(savedSentence(answer));
      }
      current.onSaved?.({ name, ...answer });
    } catch (refusal) {
      if (refusal.code === "zone_version_moved" && refusal.other) return offerOther(refusal);
      const actions = refusal.loginEnded ? [{ word: words.log_in, href: "/login" }] : [{ word: words.try_again, run: save }];
      if (refusal.at) shows({ refusal });
      frame.tell(say(words.save_failed, { reason: refusal.sentence ?? refusal.message }), { kind: "bad", actions, loud: true });
    } finally {
      state.isSaving = false;
      showBar();
    }
  }

  /** Somebody saved the same zone meanwhile: both lines on the map, nothing lost either way. */
  function offerOther({ sentence, other }) {
    shown.proposal([other.geometry]);
    fly(canvas.map, { bounds: box({ type: "GeometryCollection", coordinates: [other.geometry.coordinates, shape.geometry.coordinates] }), padding: 60 });
    const settle = (work) => () => {
      shown.proposal([]);
      frame.hush();
      baseId = other.version_id;
      work();
    };
    frame.tell(`${sentence} ${words.other_shown}`, { kind: "warn", loud: true, actions: [
      { word: words.other_mine, run: settle(save) },
      { word: words.other_theirs, run: settle(() => { shape.replace(partsOf(other.geometry), shape.rest, shape.taken, ALONE); put(); frame.tell(words.edit_done); }) },
    ] });
  }

  function savedSentence({ version, neighbours = [] }) {
    const own = say(words.saved, { version });
    return neighbours.length ? own + say(words.border_saved, { names: neighbours.map((each) => each.name).join("、") }) : own;
  }

  /** What moved with it is saved: a step back would take back one side of it alone. */
  function goOnAlone() {
    shape = session(shape.parts, shape.rest, shape.taken);
    put({ keeps: false });
  }

  /** What a split cut off becomes a draft of its own, with a name of its own. */
  function goOnWithRest(name, from) {
    const [next, ...rest] = shape.rest;
    shape = session(next, rest);
    zoneId = baseId = null;
    cutFrom = from;
    fields.fill({ ...fields.values(), name: say(words.rest_name, { name }) });
    put();
    fly(canvas.map, { bounds: box(shape.geometry), padding: 80 });
    frame.tell(say(words.rest_next, { name }), { kind: "run" });
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

/** How many different corners a closed ring has. */
function corners(ring) {
  return new Set(ring.map((at) => at.join())).size;
}
