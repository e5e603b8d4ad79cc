// The corners of the ring as a list that the keyboard reaches: arrows move one, Delete takes it out.
import { el, fill, say } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { moved, without } from "./ring.js";

/** cornerList({ words, onRing(ring), onFocus([lon, lat] | null), onBox, onTooFew }) -> { element, show(ring) }. */
export function cornerList({ words, onRing, onFocus, onBox, onTooFew }) {
  const count = el("span", {});
  const summary = el("summary", {}, count, icon("chevron-down"));
  const list = el("ul", {});
  const start = el("button", { class: "btn low", type: "button", onclick: onBox }, icon("plus"), words.box_here);
  const element = el("details", { class: "corner-list", ontoggle: () => drawRows() }, summary, list, start);
  let shown; // undefined until the first show(), so that an empty ring is drawn too
  let wantsFocus = null;

  function press(i, event) {
    const far = event.shiftKey ? 10 : 1;
    const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] }[event.key];
    if (way) change(event, i, moved(shown, i, ...way));
    else if (event.key === "Delete" || event.key === "Backspace") remove(event, i);
  }

  function remove(event, i) {
    const next = without(shown, i);
    if (next) change(event, Math.max(0, i - 1), next);
    else onTooFew();
  }

  function change(event, i, ring) {
    event.preventDefault();
    wantsFocus = i;
    onRing(ring);
  }

  /** Only while the list is open: an imported border has thousands of corners. */
  function drawRows() {
    const open = element.open && shown ? shown.slice(0, -1) : [];
    fill(list, open.map((at, i) => el("li", {},
      el("button", { class: "corner-name mono", type: "button", "aria-label": say(words.corner_name, { n: i + 1 }), onkeydown: (event) => press(i, event), onfocus: () => onFocus(at), onblur: () => onFocus(null) },
        `${i + 1}  ${at[0].toFixed(6)}, ${at[1].toFixed(6)}`),
      el("button", { class: "tool-btn", type: "button", "aria-label": say(words.corner_remove, { n: i + 1 }), onclick: (event) => remove(event, i) }, icon("x")))));
    if (wantsFocus !== null) list.children[wantsFocus]?.firstChild.focus();
  }

  return {
    element,
    show(ring) {
      if (JSON.stringify(ring) === JSON.stringify(shown)) return;
      shown = ring;
      const open = ring ? ring.slice(0, -1) : [];
      count.textContent = say(words.corners, { count: open.length });
      start.hidden = open.length > 0;
      drawRows();
      wantsFocus = null;
    },
  };
}
