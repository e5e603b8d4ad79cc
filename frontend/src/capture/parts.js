// Pieces that more than one screen shows: the bar, the three steps, the line about the position.

import { el } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { fixGrade } from "./fix.js";

/** The sheet's mark: four corner ticks round a pin. */
export function mark() {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  const draw = (d, attributes = {}) => {
    const path = document.createElementNS(NS, "path");
    for (const [name, value] of Object.entries({ d, ...attributes })) path.setAttribute(name, value);
    svg.append(path);
  };
  for (const [name, value] of Object.entries({ viewBox: "0 0 32 32", class: "mark", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  draw("M3 9V3h6M23 3h6v6M29 23v6h-6M9 29H3v-6");
  draw("M16 24.5c-4-4-6-6.9-6-9.6a6 6 0 0 1 12 0c0 2.7-2 5.6-6 9.6z", { fill: "currentColor", stroke: "none" });
  return svg;
}

export function sampleTag(form) {
  return form.options.sample ? el("span", { class: "sample" }, form.say("sample")) : null;
}

export function steps(form, now) {
  const names = ["kind", "shots", "place"];
  const at = names.indexOf(now);
  return el(
    "ol",
    { class: "steps", "aria-label": form.say("steps") },
    names.map((name, index) =>
      el(
        "li",
        { class: index < at ? "done" : index === at ? "on" : null, "aria-current": index === at ? "step" : null },
        `${index + 1} ${form.say(`step_${name}`)}`,
      ),
    ),
  );
}

export function backButton(form, name, onclick) {
  return el(
    "button",
    { class: "btn flat sq back", type: "button", "aria-label": name, onclick, "data-testid": "back" },
    icon("arrow-left"),
  );
}

/** "定位良好 ±5 米" and the like, with the grade that colours its sign. */
export function positionWords(form, position, problem = form.watch.problem()) {
  const grade = fixGrade(position, form.limits);
  if (grade === "none") return { grade, text: form.say(problem ? `position_${problem}` : "position_waiting") };
  return { grade, text: form.say(`position_${grade}`, { m: Math.max(1, Math.round(position.accuracy_m)) }) };
}

/** Where a place is, in words: ["示例第三网格", "示例社区", "剡湖街道"] without the parts that are unknown. */
export function placeNames(found) {
  return [found?.grid, found?.community, found?.street].map(nameOf).filter(Boolean);
}

/** Names with dots between; a name breaks at its end before it breaks inside. */
export function trail(names) {
  return names.filter(Boolean).flatMap((name, index) => [index ? " · " : "", el("span", { class: "part" }, name)]);
}

export function nameOf(thing) {
  return typeof thing === "string" ? thing : (thing?.name ?? "");
}

/** A plain sentence with a sign; kind: run, warn, bad, ok or "". */
export function sentence(kind, iconName, ...content) {
  return el("div", { class: `say ${kind}` }, icon(iconName), el("div", { class: "grow" }, ...content));
}
