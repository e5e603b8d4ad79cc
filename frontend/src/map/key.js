// The key of a map of findings or rows: what each colour and line says, how many wear it, and a switch for each.
import { el } from "../shared/dom.js";
import { folding } from "./legend.js";

/**
 * keyPlate(words, { names, wordOf(name), signOf(name), notes, mended, onSwitch(name, isOn) }).
 * notes: [sign class, sentence] lines that are always there; mended: such lines that `count(..., true)` shows.
 * Gives { element, setOpen(isOpen), count({ name: n }, hasMended) }; hidesNone: a name without a row is left out.
 */
export function keyPlate(words, { names, wordOf, signOf, notes = [], mended = [], hidesNone = false, onSwitch }) {
  const numbers = Object.fromEntries(names.map((name) => [name, el("span", { class: "num dim" })]));
  const lines = Object.fromEntries(names.map((name) => [name, el("li", {}, el("label", { class: "row switch" },
    el("input", { type: "checkbox", checked: true, onchange: (event) => onSwitch(name, event.target.checked) }),
    el("span", { class: signOf(name), "aria-hidden": "true" }), el("span", { class: "grow" }, wordOf(name)), numbers[name]))]));
  const note = ([sign, sentence]) => el("p", { class: "row note" }, el("span", { class: sign, "aria-hidden": "true" }), sentence);
  const after = el("div", { hidden: true }, mended.map(note));
  const body = el("div", { class: "legend-body" }, el("ul", { class: "legend-list" }, Object.values(lines)), notes.map(note), after);
  const { element, setOpen } = folding(words, body);
  element.classList.add("row-key");
  return {
    element,
    setOpen,
    count(counts, hasMended) {
      for (const name of names) {
        numbers[name].textContent = counts[name] ?? 0;
        lines[name].hidden = hidesNone && !counts[name];
      }
      after.hidden = !hasMended;
    },
  };
}
