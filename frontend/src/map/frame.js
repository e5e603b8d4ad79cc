// The frame round every map: style sheet, theme, narrow or wide, plates in the corners, one voice for messages.
import { el, fill, withSheet } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

/**
 * frame(parent, { assets, theme, words, lang, height }) puts one themed box into `parent` (an element or a shadow root).
 * Gives { root, stage, corners: { topLeft, topRight, bottomLeft, bottomRight }, ready, tell, hush, setTheme, setHeight, onSize, remove }.
 */
export function frame(parent, { assets, theme, words, lang, height }) {
  const corners = {};
  for (const name of ["topLeft", "topRight", "bottomLeft", "bottomRight"]) corners[name] = el("div", { class: `corner ${name}` });
  const stage = el("div", { class: "stage" });
  const voice = el("div", { class: "voice", role: "status", "aria-live": "polite" });
  const mapSide = el("div", { class: "map-side" }, stage, Object.values(corners), voice);
  const root = el("div", { class: "slg-map", "data-theme": theme === "dark" ? "dark" : "light", lang: lang === "en" ? "en" : "zh-CN" }, mapSide);
  setHeight(height);
  parent.append(root);

  const listeners = new Set();
  const watch = new ResizeObserver(([entry]) => {
    const { width } = entry.contentRect;
    const next = width < 720 ? "narrow" : "wide";
    if (root.dataset.size !== next) {
      root.dataset.size = next;
      for (const listener of listeners) listener(next);
    }
  });
  root.dataset.size = root.clientWidth && root.clientWidth < 720 ? "narrow" : "wide";
  watch.observe(root);

  function setHeight(wanted) {
    root.style.height = typeof wanted === "number" ? `${wanted}px` : wanted || "";
    root.style.minHeight = typeof wanted === "number" ? "0" : ""; // the place that was made for it is no taller
  }

  /** One sentence over the map; kind: "run" | "warn" | "bad"; actions: [{ word, run }] or [{ word, href }]. */
  function tell(sentence, { kind = "run", actions = [], loud = false } = {}) {
    voice.setAttribute("aria-live", loud ? "assertive" : "polite");
    const sign = { run: "info-circle", warn: "alert-circle", bad: "alert-triangle" }[kind];
    fill(voice, el("div", { class: `say ${kind} plate-look` }, icon(sign), el("div", { class: "grow" }, sentence,
      actions.length > 0 && el("div", { class: "row wrap acts" }, actions.map(({ word, run, href }) => (href
        ? el("a", { class: "btn low", href, target: "_top" }, word)
        : el("button", { class: "btn low", type: "button", onclick: run }, word)))))));
  }

  return {
    root, stage, mapSide, corners, words,
    ready: withSheet(root, assets["map.css"]),
    tell,
    /** Marks the frame once the map shows everything it has; browser tests wait for `.slg-map[data-ready]`. */
    readyWith(map) { map.once("idle", () => { root.dataset.ready = "true"; }); map.triggerRepaint(); },
    hush: () => voice.replaceChildren(),
    /** Empties stage and corners, for another room in the same frame. */
    clear() {
      for (const each of [...Object.values(corners), voice]) each.replaceChildren();
      delete root.dataset.ready;
      root.classList.remove("drawing");
      listeners.clear();
    },
    setTheme(next) { root.dataset.theme = next === "dark" ? "dark" : "light"; },
    setHeight,
    onSize: (listener) => { listeners.add(listener); listener(root.dataset.size); },
    remove() { watch.disconnect(); root.remove(); },
  };
}

/** True when this browser can draw the map at all. */
export function canDraw() {
  try {
    const gl = document.createElement("canvas").getContext("webgl2");
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
    return Boolean(gl);
  } catch {
    return false;
  }
}
