// The legend: who manages, what states mean, which lines are which; and the switches of the layers.
import { el, fill, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { GLYPHS, MODES, STATE_GROUPS } from "./colours.js";
import { GROUPS } from "./style.js";

const CLOSE_ONLY = new Set(["buildings"]);

/**
 * legend({ words, open, hasRecords, hasBasemap, onSwitch(group, isOn) }) -> { element, count(zones, all), setOpen(isOpen), unfold(isTall) }.
 * count fills how many zones of each mode are in view; a draft counts as a draft, whatever its mode will be.
 */
export function legend({ words, hasRecords = true, hasBasemap = false, onSwitch }) {
  const counts = Object.fromEntries(MODES.map((mode) => [mode, el("span", { class: "num dim" })]));
  const total = el("p", { class: "note" });
  const modes = el("ul", { class: "legend-list" }, MODES.map((mode) => el("li", {},
    el("span", { class: "mode", "data-mode": mode, "aria-hidden": "true" }, GLYPHS[mode]), el("span", { class: "grow" }, words[`mode_${mode}`]), counts[mode])));
  const crosses = el("li", {}, el("span", { class: "mode crosses", "aria-hidden": "true" }, "跨"), el("span", { class: "grow" }, words.legend_crosses));
  const drafts = el("span", { class: "num dim" });
  const draft = el("li", {}, el("span", { class: "mode draft", "aria-hidden": "true" }), el("span", { class: "grow" }, words.status_draft), drafts);
  modes.append(draft, crosses);
  const states = hasRecords && el("ul", { class: "legend-list two" }, Object.keys(STATE_GROUPS).map((group) => el("li", {},
    el("span", { class: `dot dot-${group}`, "aria-hidden": "true" }), el("span", { class: "grow" }, words[`state_group_${group}`]))));
  const groups = Object.keys(GROUPS).filter((group) => (group !== "records" || hasRecords) && (group !== "basemap" || hasBasemap));
  const switches = el("ul", { class: "legend-list two" }, groups.map((group) => el("li", {}, el("label", { class: "row switch", title: CLOSE_ONLY.has(group) && words.from_zoom },
    el("input", { type: "checkbox", checked: true, onchange: (event) => onSwitch(group, event.target.checked) }),
    lineSample(group), el("span", { class: "grow" }, words[`layer_${group}`])))));

  const body = el("div", { class: "legend-body" },
    el("section", {}, el("h3", {}, words.legend_modes), modes, total),
    states && part(words.legend_records, states),
    part(words.layers, switches));
  const { element, setOpen } = folding(words, body);

  return {
    element,
    setOpen,
    /** Unfolds every part where the map is tall enough to show them all. */
    unfold(isTall) {
      for (const each of body.querySelectorAll("details")) each.open = isTall;
    },
    count(shown, all) {
      const tally = Object.fromEntries(MODES.map((mode) => [mode, 0]));
      const isDraft = (zone) => zone.properties.status === "draft";
      for (const zone of shown) if (zone.properties.mode in tally && !isDraft(zone)) tally[zone.properties.mode] += 1;
      drafts.textContent = shown.filter(isDraft).length;
      for (const mode of MODES) counts[mode].textContent = tally[mode];
      total.textContent = say(words.legend_count, { shown: shown.length, all });
    },
  };
}

/** A plate whose body folds under the word "legend" -> { element, setOpen(isOpen) }; open at first. */
export function folding(words, body) {
  const toggle = el("button", { class: "legend-toggle", type: "button", "aria-expanded": "true", onclick: () => setOpen(body.hidden) });
  const element = el("div", { class: "legend plate-look" }, toggle, body);

  function setOpen(isOpen) {
    body.hidden = !isOpen;
    element.dataset.open = String(isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
    fill(toggle, icon("stack-2"), el("span", { class: "grow" }, words.legend), icon(isOpen ? "chevron-down" : "chevron-up"));
  }
  setOpen(true);
  return { element, setOpen };
}

/** A part of the legend that folds; on a low map all but the modes start folded. */
function part(title, content) {
  return el("details", {}, el("summary", {}, title, icon("chevron-down")), content);
}

function lineSample(group) {
  return el("span", { class: `line-sample line-${group}`, "aria-hidden": "true" });
}
