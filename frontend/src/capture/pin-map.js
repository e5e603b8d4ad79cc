// The small map with a pin on it: fetched when a person comes to the place, in a root of its own.

import { el, fill } from "../shared/dom.js";
import { canDraw } from "../map/frame.js";

/**
 * Puts it into `box`; gives what mountPin gives, or null when isGone() by then. options: assets, words (of the map), lang,
 * theme, api, sample, fix, pin, onPin({ lon, lat }). Throws when this browser, or a phone without a network, has no map.
 */
export async function pinMap(box, { isGone, ...options }) {
  const url = options.assets.map ?? options.assets["map.js"];
  if (!url || !options.words) throw new Error("no map bundle, or no words for it");
  if (!canDraw()) throw new Error("no WebGL2");
  const bundle = await import(new URL(url, location.href).href);
  if (isGone()) return null;
  // A root of its own: the map's sheet and this form's share class names, and the later one would win.
  const home = el("div", { class: "pin-home" });
  fill(box, home);
  const map = await bundle.mountPin(home.attachShadow({ mode: "open" }), options);
  if (!isGone()) return map;
  map.destroy();
  return null;
}
