// Where somebody walked: a line a run of points, its beginning and its end. To look at.
import { say, wantsStillness } from "../shared/dom.js";
import { FLIGHT_MS, footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { layers } from "./layers.js";
import { byZoom } from "./style.js";

const NOTHING = { type: "FeatureCollection", features: [] };

/** track(frame, office, options) -> { update(options), destroy() }. options: see mountMap; also track: lines of [lon, lat]. */
export function track(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  const data = layers({ office, words, onRefusal: (sentence) => frame.tell(sentence, { kind: "warn" }) });

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "warn", loud: true });
    canvas = await makeCanvas(frame, { ...options, bounds: whole() }, { points: false, refill });
    showAll(0);
    const { map } = canvas;
    // The page scrolls past a map inside it: the wheel belongs to the page; one finger, too, on a phone.
    map.scrollZoom.disable();
    if (matchMedia("(pointer: coarse)").matches) map.dragPan.disable();
    addLayers();
    data.attach(map);
    frame.corners.topRight.append(zoomButtons(canvas, words, () => showAll()));
    frame.corners.bottomRight.append(footLine(canvas, options));
    show();
    await data.loadAreas().catch(() => {});
    frame.readyWith(map);
  }

  function whole() {
    const [lons, lats] = [0, 1].map((i) => current.track.flat().map((at) => at[i]));
    return [
      [Math.min(...lons), Math.min(...lats)],
      [Math.max(...lons), Math.max(...lats)],
    ];
  }

  /** The whole line, clear of the buttons on the right. */
  function showAll(duration) {
    canvas.map.fitBounds(whole(), { padding: { top: 32, bottom: 44, left: 32, right: 76 }, maxZoom: 17, duration: duration ?? (wantsStillness() ? 0 : FLIGHT_MS) });
  }

  function show() {
    const feature = (type, coordinates, end) => ({ type: "Feature", properties: { end }, geometry: { type, coordinates } });
    const ends = current.track.flatMap((line) => [feature("Point", line[0], "start"), feature("Point", line[line.length - 1], "stop")]);
    const lines = current.track.filter((line) => line.length > 1).map((line) => feature("LineString", line));
    canvas.map.getSource("track").setData({ type: "FeatureCollection", features: [...lines, ...ends] });
  }

  function refill() {
    addLayers();
    data.refill();
    show();
  }

  function addLayers() {
    const { map } = canvas;
    const c = canvas.colours();
    if (!map.getSource("track")) map.addSource("track", { type: "geojson", data: NOTHING, tolerance: 0 });
    const round = { "line-join": "round", "line-cap": "round" };
    map.addLayer({ id: "track-casing", type: "line", source: "track", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": c["g-halo"], "line-width": byZoom(3, 5, 7, 8, 9) }, layout: round });
    map.addLayer({ id: "track-line", type: "line", source: "track", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": c.primary, "line-width": byZoom(1.5, 2.5, 3.5, 4, 4.5) }, layout: round });
    map.addLayer({ id: "track-ends", type: "circle", source: "track", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": ["match", ["get", "end"], "start", c.surface, c.primary], "circle-radius": 6, "circle-stroke-color": c.primary, "circle-stroke-width": 2.5 } });
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true }));

  return {
    update(next) {
      const before = current;
      current = next;
      if (!canvas) return;
      if (before.theme !== next.theme) canvas.restyle();
      if (JSON.stringify(before.track) === JSON.stringify(next.track)) return;
      show();
      showAll();
    },
    destroy() {
      data.stop();
      canvas?.map.remove();
    },
  };
}
