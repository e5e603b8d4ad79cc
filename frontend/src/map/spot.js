// A small map to look at one place: the pin, the fix with its accuracy, the zone round it. Nothing on it can be moved.
import { Marker } from "maplibre-gl";
import { say } from "../shared/dom.js";
import { footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { layers } from "./layers.js";
import { pinFace } from "./pin.js";
import { contains } from "./shapes.js";
import { showFix } from "./where.js";

/** spot(frame, office, options) -> { update(options), destroy() }. options: spot { lon, lat }, fix { lon, lat, accuracy_m } or null. */
export function spot(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let marker = null;
  const data = layers({ office, words, onRefusal: (sentence) => frame.tell(sentence, { kind: "warn" }) });

  async function start() {
    await frame.ready;
    if (!canDraw()) return frame.tell(words.cannot_draw, { kind: "warn" });
    const { lon, lat } = options.spot;
    canvas = await makeCanvas(frame, { ...options, bounds: null, center: [lon, lat], zoom: options.zoom ?? 16.5 }, { points: false, refill });
    const { map } = canvas;
    // The page scrolls past a small map: the wheel and one finger belong to the page.
    map.scrollZoom.disable();
    if (matchMedia("(pointer: coarse)").matches) map.dragPan.disable();
    data.attach(map);
    frame.corners.topRight.append(zoomButtons(canvas, words, () => canvas.fly({ center: [current.spot.lon, current.spot.lat], zoom: 16.5 })));
    frame.corners.bottomRight.append(footLine(canvas, options));
    put();
    data.loadAreas().then(mark, () => {}).finally(() => frame.readyWith(map));
  }

  function put() {
    const face = pinFace(words.pin_here ?? words.pin_name);
    face.disabled = true;
    marker?.remove();
    marker = new Marker({ element: face, anchor: "bottom" }).setLngLat([current.spot.lon, current.spot.lat]).addTo(canvas.map);
    showFix(canvas.map, canvas.colours(), current.fix ?? null);
  }

  function refill() {
    data.refill();
    showFix(canvas.map, canvas.colours(), current.fix ?? null);
    mark();
  }

  /** The zone that holds the pin wears the selection line. */
  function mark() {
    const here = [current.spot.lon, current.spot.lat];
    const zone = data.kept.zones.features.find((each) => each.properties.status !== "superseded" && contains(each.geometry, here));
    canvas?.map.getSource("selection")?.setData({ type: "Feature", properties: {}, geometry: zone?.geometry ?? { type: "MultiLineString", coordinates: [] } });
  }

  start().catch((failure) => frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad" }));

  return {
    update(next) {
      const before = current;
      current = next;
      if (before.theme !== next.theme) canvas?.restyle();
      if (canvas && JSON.stringify([before.spot, before.fix]) !== JSON.stringify([next.spot, next.fix])) {
        put();
        mark();
        canvas.fly({ center: [next.spot.lon, next.spot.lat] });
      }
    },
    destroy() {
      data.stop();
      canvas?.map.remove();
    },
  };
}
