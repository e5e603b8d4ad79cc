// The parts and holes of a drawing as buttons: which one is under the pen. Unseen while there is only one ring.
import { el, fill, say } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { ringList } from "./shape.js";

/** partList({ words, onChoose(at) }) -> { element, show(parts, at) }. */
export function partList({ words, onChoose }) {
  const element = el("section", { class: "part-list", role: "group", "aria-label": words.parts_title });
  return {
    element,
    show(parts, at) {
      const rings = ringList(parts);
      element.hidden = rings.length < 2;
      fill(element, rings.length > 1 && rings.map((each) => el("button", {
        class: "btn low", type: "button", "aria-pressed": String(each.part === at?.part && each.ring === at?.ring), onclick: () => onChoose({ part: each.part, ring: each.ring }),
      }, icon(each.isHole ? "circle" : "polygon"), nameOf(each, parts, words))));
    },
  };
}

/** "第 2 块", "第 1 个洞"; with several parts a hole says whose it is. */
export function nameOf({ part, ring }, parts, words) {
  if (!ring) return say(words.part_name, { n: part + 1 });
  return say(parts.length > 1 ? words.hole_name_of : words.hole_name, { n: ring, part: part + 1 });
}
