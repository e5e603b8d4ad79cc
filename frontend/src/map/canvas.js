// Makes the MapLibre map inside a frame: worker, style, images; calm moves; buttons that replace gestures.
import { Map as MapLibreMap, setWorkerUrl } from "maplibre-gl";
import { el, wantsStillness } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { colours } from "./colours.js";
import { registerImages } from "./images.js";
import { scale } from "./numbers.js";
import { mapStyle } from "./style.js";

export const FLIGHT_MS = 400;
const CITY = { center: [120.82, 29.59], zoom: 12 };

/**
 * Gives { map, colours(), fly(view), restyle() } once the style stands; rejects when WebGL2 fails.
 * `refill` is called after every style change, to set the sources' data again.
 */
export async function makeCanvas(frame, options, { points = true, refill = () => {} } = {}) {
  const { assets, basemap = null, words, bounds, center, zoom } = options;
  setWorkerUrl(new URL(assets["maplibre-worker.js"], location.href).href);
  let c = colours(frame.root);
  const map = new MapLibreMap({
    container: frame.stage,
    style: mapStyle(c, { basemap, points }),
    ...(bounds ? { bounds, fitBoundsOptions: { padding: 32, maxZoom: 17 } } : { center: center ?? CITY.center, zoom: zoom ?? CITY.zoom }),
    minZoom: 8,
    maxZoom: 20.5,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: wantsStillness() ? 0 : 120,
    localIdeographFontFamily: c.font,
    locale: { "Map.Title": words.aria_map },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  registerImages(map, c);
  await new Promise((resolve, reject) => {
    map.once("style.load", resolve);
    map.once("error", ({ error }) => (map.isStyleLoaded() ? resolve() : reject(error)));
  });

  function restyle() {
    c = colours(frame.root);
    map.setStyle(mapStyle(c, { basemap, points }), { diff: false });
    map.once("style.load", () => {
      registerImages(map, c);
      refill();
    });
  }

  return { map, colours: () => c, fly: (view) => fly(map, view), restyle };
}

/** Goes to { bounds } or { center, zoom } in at most 0.4 s, at once where less motion is wanted. */
export function fly(map, { bounds, center, zoom, padding = 48, maxZoom = 18 }) {
  const duration = wantsStillness() ? 0 : FLIGHT_MS;
  if (bounds) map.fitBounds(bounds, { padding, maxZoom, duration });
  else map.easeTo({ center, zoom: zoom ?? Math.max(map.getZoom(), 17), duration });
}

/** Plus, minus and show-all as real buttons. */
export function zoomButtons(canvas, words, whole) {
  const step = (by) => () => canvas.map.easeTo({ zoom: canvas.map.getZoom() + by, duration: wantsStillness() ? 0 : 200 });
  const button = (name, sign, run) => el("button", { class: "tool-btn", type: "button", "aria-label": name, title: name, onclick: run }, icon(sign));
  return el("div", { class: "plate-look stack" },
    button(words.zoom_in, "plus", step(1)), button(words.zoom_out, "minus", step(-1)), whole && button(words.whole, "maximize", whole));
}

/** Scale bar and the line about sample data; gives the element, keeps it true while the map moves. */
export function footLine({ map }, { words, sample, basemap }) {
  const text = el("span", { class: "scale-text" });
  const bar = el("div", { class: "scale-bar" });
  const parts = [sample && words.sample, words.unofficial, basemap?.attribution].filter(Boolean);
  const update = () => {
    const found = scale(map.getCenter().lat, map.getZoom(), 120, words);
    text.textContent = found.text;
    bar.style.width = `${found.width_px}px`;
  };
  map.on("move", update);
  update();
  return el("div", { class: "foot-line" }, el("div", { class: "scale", "aria-hidden": "true" }, text, bar), el("div", { class: "map-note" }, parts.join(" · ")));
}
