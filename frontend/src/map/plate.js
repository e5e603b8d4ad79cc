// The small plate about what was pressed: a zone, a building or a record, with the way on.
import { el, fill, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { GLYPHS } from "./colours.js";
import { grouped } from "./numbers.js";

/** plate({ words, onOpen(kind, id), onClose }) -> { element, show(kind, properties, more), hide }. */
export function plate({ words, onOpen, onClose }) {
  const element = el("section", { class: "info-plate plate-look", hidden: true, "aria-live": "polite" });
  element.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  function show(kind, properties, { zoneName = null } = {}) {
    const { head, lines, action } = facts(kind, properties, zoneName, words);
    fill(element,
      el("div", { class: "row" }, el("h3", { class: "grow" }, head), el("button", { class: "tool-btn", type: "button", "aria-label": words.close, onclick: hide }, icon("x"))),
      lines.filter(Boolean).map((line) => el("div", { class: "row wrap info-line" }, line)),
      action && el("button", { class: "btn go low", type: "button", onclick: () => onOpen(kind, properties.id) }, action, icon("arrow-right")));
    element.hidden = false;
  }

  function hide() {
    if (element.hidden) return;
    element.hidden = true;
    onClose();
  }

  return { element, show, hide };
}

function facts(kind, p, zoneName, words) {
  const households = p.households !== null && p.households !== undefined && say(words.households_count, { count: grouped(Number(p.households)) });
  if (kind === "zone") {
    return {
      head: p.name,
      lines: [[modeSign(p.mode, words), p.status && p.status !== "in_force" && el("span", { class: "chip" }, words[`status_${p.status}`] ?? p.status)],
        [households, p.crosses && el("span", { class: "chip warn" }, words.crosses)]],
      action: words.open_zone,
    };
  }
  if (kind === "building") return { head: p.name || p.number || words.kind_building, lines: [[words.kind_building, households], [zoneName ?? words.no_zone_here]], action: null };
  return {
    head: p.title || p.number,
    lines: [[el("span", { class: `dot dot-${p.group}`, "aria-hidden": "true" }), words[`state_group_${p.group}`] ?? p.state, el("span", { class: "mono" }, p.number)],
      [p.zone_name, p.captured_at && el("time", { class: "dim" }, when(p.captured_at))]],
    action: words.records_here,
  };
}

/** Glyph and word of a management mode. */
export function modeSign(mode, words) {
  if (!(mode in GLYPHS)) return null;
  return el("span", { class: "row" }, el("span", { class: "mode", "data-mode": mode, "aria-hidden": "true" }, GLYPHS[mode]), words[`mode_${mode}`]);
}

/** "2026-11-23 08:05" in the reader's clock. */
export function when(iso) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return String(iso);
  const two = (number) => String(number).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
}
