// "Where am I": asks the browser once on a press, draws the fix and its accuracy disc.
import { el } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { accuracy } from "./numbers.js";
import { disc } from "./shapes.js";

/** Sets or hides the fix { lon, lat, accuracy_m }; may be called before and after a style change. */
export function showFix(map, c, fix) {
  const data = {
    type: "FeatureCollection",
    features: fix ? [
      ...(fix.accuracy_m ? [{ type: "Feature", properties: { part: "disc" }, geometry: disc([fix.lon, fix.lat], fix.accuracy_m) }] : []),
      { type: "Feature", properties: { part: "dot" }, geometry: { type: "Point", coordinates: [fix.lon, fix.lat] } },
    ] : [],
  };
  if (map.getSource("fix")) return void map.getSource("fix").setData(data);
  map.addSource("fix", { type: "geojson", data });
  const part = (name) => ["==", ["get", "part"], name];
  map.addLayer({ id: "fix-disc", type: "fill", source: "fix", filter: part("disc"), paint: { "fill-color": c.primary, "fill-opacity": 0.16 } });
  map.addLayer({ id: "fix-rim", type: "line", source: "fix", filter: part("disc"), paint: { "line-color": c.primary, "line-width": 1.5 } });
  map.addLayer({ id: "fix-dot", type: "circle", source: "fix", filter: part("dot"),
    paint: { "circle-color": c.primary, "circle-radius": 7, "circle-stroke-color": "#fff", "circle-stroke-width": 3 } });
}

/** The button; onFix({ lon, lat, accuracy_m }) after a press. Refusals are told in the frame. */
export function whereButton({ frame, words, onFix }) {
  const button = el("button", { class: "tool-btn plate-look round-btn", type: "button", "aria-label": words.where_am_i, title: words.where_am_i, onclick: ask }, icon("current-location"));
  function ask() {
    if (!navigator.geolocation) return frame.tell(words.where_failed, { kind: "warn" });
    frame.tell(words.where_waiting);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        frame.tell(accuracy(coords.accuracy, words));
        onFix({ lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy });
      },
      (failure) => frame.tell(failure.code === 1 ? words.where_denied : words.where_failed, { kind: "warn", loud: true }),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 },
    );
  }
  return button;
}
