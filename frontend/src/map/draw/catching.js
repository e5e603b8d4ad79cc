// Snapping as the hand feels it: which lines catch a corner, how far they reach at this zoom, and the sentence that says so.
import { el, say } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { snappingIndex } from "./snapping.js";

const REACH_PX = { coarse: 22, fine: 14 };

/** catching({ words, zoom() }) -> { element, snap(at), see(name, features), features(), reach_m(at), flip(), isOn, hush() }. Layers by name: areas, roads. */
export function catching({ words, zoom }) {
  const element = el("div", { class: "plate-look row snap-toast", hidden: true });
  const indexes = new Map();
  const layersSeen = new Map();
  let isOn = true;

  function tell(sentence) {
    if (element.dataset.said === sentence) return;
    element.dataset.said = sentence;
    element.hidden = !sentence;
    if (sentence) element.replaceChildren(icon("magnet"), el("span", {}, sentence));
  }

  function reach_m([, lat]) {
    const metresPerPixel = (40075016.686 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom());
    return (matchMedia("(pointer: coarse)").matches ? REACH_PX.coarse : REACH_PX.fine) * metresPerPixel;
  }

  return {
    element,
    get isOn() { return isOn; },
    /** The lines of a layer that may catch from now on. */
    see(name, features) {
      layersSeen.set(name, features);
      indexes.set(name, snappingIndex(features));
    },
    /** Every feature whose lines may catch. */
    features: () => [...layersSeen.values()].flat(),
    /** How far a finger or a pointer reaches here, in metres. */
    reach_m,
    /** Terra Draw asks on every move: the nearest corner of any layer within reach, else the nearest edge; undefined for none. */
    snap(at) {
      if (!isOn) return undefined;
      const reach = reach_m(at);
      const found = [...indexes.values()].map((index) => index.snap(at, reach)).filter(Boolean).sort(better)[0];
      tell(found ? say(found.kind === "corner" ? words.snapped_corner : words.snapped_edge, { name: found.name || words.nameless_road }) : "");
      return found?.at;
    },
    flip() {
      isOn = !isOn;
      tell(isOn ? words.snap_on : words.snap_off);
    },
    hush: () => tell(""),
  };
}

/** A corner before any edge, then the nearer one. */
export function better(a, b) {
  return (a.kind === "corner" ? 0 : 1) - (b.kind === "corner" ? 0 : 1) || a.far_m - b.far_m;
}
