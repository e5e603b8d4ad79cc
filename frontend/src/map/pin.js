// A small map to put a pin on: tap, drag or arrow keys; the fix with its accuracy, the zones with their glyphs.
import { Marker } from "maplibre-gl";
import { el, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { fly, footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { layers } from "./layers.js";
import { contains, metresBetween } from "./shapes.js";
import { showFix, whereButton } from "./where.js";

const STEP_M = 1;

/**
 * pin(frame, office, options) -> { setFix(fix), setPin(pin), update(options), destroy() }.
 * options: fix, pin ({ lon, lat } or null), onPin({ lon, lat }), onPlace(pin, place) with showsPlace.
 */
export function pin(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let marker = null;
  let fix = options.fix ?? null;
  let place = options.pin ?? null;
  let asking = null;
  const hint = el("div", { class: "plate-look hint" }, words.pin_hint);
  const answer = el("div", { class: "plate-look place-answer", role: "status", "aria-live": "polite", hidden: true });
  const data = layers({ office, words, onRefusal: (sentence, refusal) => frame.tell(sentence, {
    kind: "warn", actions: refusal.loginEnded ? [{ word: words.log_in, href: "/login" }] : [],
  }) });

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "warn" });
    const at = place ?? fix;
    canvas = await makeCanvas(frame, { ...options, ...(at && { center: [at.lon, at.lat], zoom: options.zoom ?? 17, bounds: null }) }, { points: false, refill });
    data.attach(canvas.map);
    frame.corners.topLeft.append(hint);
    frame.corners.topRight.append(whereButton({ frame, words, onFix: (found) => { setFix(found); fly(canvas.map, { center: [found.lon, found.lat] }); } }), zoomButtons(canvas, words));
    frame.corners.bottomLeft.append(answer);
    frame.corners.bottomRight.append(footLine(canvas, options));
    canvas.map.on("click", ({ lngLat }) => put({ lon: lngLat.lng, lat: lngLat.lat }, true));
    showFix(canvas.map, canvas.colours(), fix);
    if (place) put(place, false);
    else if (fix) put({ lon: fix.lon, lat: fix.lat }, false);
    data.loadAreas().then(mark, () => {}).finally(() => frame.readyWith(canvas.map));
  }

  function refill() {
    data.refill();
    showFix(canvas.map, canvas.colours(), fix);
    mark();
  }

  /** Moves the pin; `told`: a person did it, so callers hear of it. */
  function put(next, told) {
    place = next;
    if (!canvas) return;
    if (!marker) {
      const face = pinFace(words.pin_name);
      face.addEventListener("keydown", nudge);
      marker = new Marker({ element: face, anchor: "bottom", offset: [0, 3.5], draggable: true }).setLngLat([next.lon, next.lat]).addTo(canvas.map);
      marker.on("dragend", () => { const { lng, lat } = marker.getLngLat(); put({ lon: lng, lat }, true); });
    } else marker.setLngLat([next.lon, next.lat]);
    mark();
    if (told) current.onPin?.({ lon: next.lon, lat: next.lat });
    if (current.showsPlace && told) askPlace();
  }

  function nudge(event) {
    const [east, north] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (!east && !north) return;
    event.preventDefault();
    event.stopPropagation();
    const metres = event.shiftKey ? STEP_M * 10 : STEP_M;
    const degree = metres / 111195;
    put({ lon: place.lon + (east * degree) / Math.cos((place.lat * Math.PI) / 180), lat: place.lat + north * degree }, true);
  }

  /** The zone under the pin wears the selection line. */
  function mark() {
    const zone = place && data.kept.zones.features.find((each) => each.properties.status !== "superseded" && contains(each.geometry, [place.lon, place.lat]));
    canvas?.map.getSource("selection")?.setData({ type: "Feature", properties: {}, geometry: zone?.geometry ?? { type: "MultiLineString", coordinates: [] } });
    if (fix && place) {
      const metres = Math.round(metresBetween([fix.lon, fix.lat], [place.lon, place.lat]));
      hint.textContent = metres >= 1 ? say(words.pin_distance, { metres }) : words.pin_hint;
    }
  }

  async function askPlace() {
    asking?.abort();
    const mine = (asking = new AbortController());
    const at = place;
    answer.hidden = false;
    answer.replaceChildren(words.place_waiting);
    try {
      const found = await office.get(`/locate?lon=${at.lon.toFixed(7)}&lat=${at.lat.toFixed(7)}`, { signal: mine.signal });
      if (asking !== mine) return;
      drawPlace(found);
      current.onPlace?.({ lon: at.lon, lat: at.lat }, found);
    } catch (refusal) {
      if (refusal.name === "AbortError") return;
      answer.replaceChildren(refusal.sentence ?? String(refusal));
      current.onPlace?.({ lon: at.lon, lat: at.lat }, null);
    }
  }

  function drawPlace(found) {
    const zones = found.zones ?? [];
    const sentence = say(words[`place_${found.state}`] ?? "", { zone: zones[0]?.name ?? "", zones: zones.map((zone) => zone.name).join("、") });
    const trail = [found.grid, found.community, found.street].filter(Boolean).map((area) => area.name).join(" · ");
    answer.replaceChildren(el("b", {}, sentence), el("div", { class: "dim" }, trail));
  }

  function setFix(next) {
    fix = next;
    if (!canvas) return;
    showFix(canvas.map, canvas.colours(), fix);
    if (!place && fix) {
      put({ lon: fix.lon, lat: fix.lat }, false);
      fly(canvas.map, { center: [fix.lon, fix.lat] });
    } else mark();
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad" }));

  return {
    setFix,
    setPin: (next) => put(next, false),
    update(next) {
      const before = current;
      current = next;
      if (before.theme !== next.theme) canvas?.restyle();
      if (next.fix && JSON.stringify(before.fix) !== JSON.stringify(next.fix)) setFix(next.fix);
      if (next.pin && JSON.stringify(before.pin) !== JSON.stringify(next.pin)) put(next.pin, false);
    },
    destroy() {
      asking?.abort();
      data.stop();
      canvas?.map.remove();
    },
  };
}

/** The pin as a focusable button, 44 px to catch. */
export function pinFace(name) {
  const face = el("button", { type: "button", class: "pin", "aria-label": name });
  const svg = icon("map-pin", "pin-face");
  svg.replaceChildren(shape("path", { d: "M12 22.6C8.2 17.9 4.9 14.1 4.9 9.6a7.1 7.1 0 0 1 14.2 0c0 4.5-3.3 8.3-7.1 13z" }), shape("circle", { cx: 12, cy: 9.4, r: 2.7 }));
  face.append(svg);
  return face;
}

function shape(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
