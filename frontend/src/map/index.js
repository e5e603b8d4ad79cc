// The map bundle's doors: Streamlit's component (default), mountMap for a page of our own, mountPin for the capture form.
import { frame } from "./frame.js";
import { office } from "./office.js";
import { pin } from "./pin.js";
import { spot } from "./spot.js";
import { view } from "./view.js";

const mounted = new WeakMap();

/**
 * Streamlit mounts and re-invokes this with { parentElement, data, setStateValue, setTriggerValue }.
 * Triggers: "open" { kind, id }, "saved" {…}; state: "pin" { lon, lat, place }.
 */
export default function component({ parentElement, data, setStateValue, setTriggerValue }) {
  const options = {
    ...data,
    onOpen: (kind, id) => setTriggerValue("open", { kind, id }),
    onSaved: (answer) => setTriggerValue("saved", answer),
    onPlace: (at, place) => setStateValue("pin", { ...at, place }),
  };
  const known = mounted.get(parentElement);
  if (known) known.update(options);
  else mounted.set(parentElement, mountMap(parentElement, options));
  return () => {
    // A rerun may call this and mount again at once; only a parent that really left the page loses its map.
    setTimeout(() => {
      if ((parentElement.host ?? parentElement).isConnected) return;
      mounted.get(parentElement)?.destroy();
      mounted.delete(parentElement);
    }, 1000);
  };
}

/**
 * Mounts a whole map into `parent`; gives { update(options), destroy() }.
 * options: { mode, lang, words, sample, theme, api, assets, bounds, center, zoom, basemap, records_query (null: no records at all), selected, height,
 * onOpen(kind, id), onSaved(answer), onPlace({ lon, lat }, place) }; for "draw" also { zone, kinds },
 * for "track" { track: lines of [lon, lat] }, for "rows" also { rows_url, layer, picked, repair }, for "version" { version_url, as_of }, for "findings"
 * { rows_url, picked, mended }, for "proposals" { rows_url, picked }.
 */
export function mountMap(parent, options) {
  const box = frame(parent, options);
  const asks = office(options.api ?? "/api/v1", options.words);
  let room = null;
  let current = options;
  const open = (wanted, resumes) => openRoom(box, asks, { ...wanted, resumes }).then((opened) => {
    room = opened;
    if (current !== wanted) update(current);
  });
  let opened = options;

  function update(next) {
    current = next;
    box.setTheme(next.theme);
    box.setHeight(next.height);
    if (!room) return;
    // A pen cannot change its colours under way: the drawing is kept, and the room opens anew around it.
    const isOtherRoom = next.mode !== opened.mode || (next.mode === "draw" && next.theme !== opened.theme);
    if (!isOtherRoom) return void room.update(next);
    room.destroy();
    room = null;
    box.clear();
    opened = next;
    open(next, true);
  }

  open(options, false);
  return {
    update,
    destroy() {
      room?.destroy();
      box.remove();
    },
  };
}

async function openRoom(box, asks, options) {
  if (options.mode === "draw") return (await import("./draw/index.js")).draw(box, asks, options);
  if (options.mode === "pin" || options.mode === "place") return pin(box, asks, { ...options, showsPlace: true });
  if (options.mode === "spot") {
    box.root.classList.add("small-map");
    return spot(box, asks, options);
  }
  if (options.mode === "findings") return (await import("./findings.js")).findings(box, asks, options);
  if (options.mode === "proposals") return (await import("./proposals.js")).proposals(box, asks, options);
  if (options.mode === "rows") return (await import("./rows.js")).rows(box, asks, options);
  if (options.mode === "track") return (await import("./track.js")).track(box, asks, options);
  if (options.mode === "version") return (await import("./version.js")).version(box, asks, options);
  return view(box, asks, options);
}

/**
 * Mounts the small pin map; gives { setFix({ lon, lat, accuracy_m }), setPin({ lon, lat }), update(options), destroy() }.
 * options: { api, words, lang, theme, assets, sample, height, basemap, fix, pin, onPin({ lon, lat }) }.
 */
export function mountPin(parent, options) {
  const box = frame(parent, { ...options, height: options.height ?? "100%" });
  box.root.classList.add("small-map");
  const room = pin(box, office(options.api ?? "/api/v1", options.words), options);
  return {
    setFix: room.setFix,
    setPin: room.setPin,
    update(next) {
      box.setTheme(next.theme);
      room.update({ ...options, ...next });
    },
    destroy() {
      room.destroy();
      box.remove();
    },
  };
}
