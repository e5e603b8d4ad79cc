// The tool plate on the map and the bar above it: what the pen does now, back and again, save.
import { el, fill } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";

/** toolPlate({ words, onTool, onSnap, onErase }) -> { element, show({ tool, isSnapping, rings, isHole }) }. rings: how many there are. */
export function toolPlate({ words, onTool, onSnap, onErase }) {
  const button = (sign, word, run) => el("button", { class: "draw-tool", type: "button", onclick: run }, icon(sign), el("span", {}, word));
  const tools = {
    move: button("hand-stop", words.tool_move, () => onTool("move")),
    draw: button("polygon", words.tool_draw, () => onTool("draw")),
    hole: button("circle", words.tool_hole, () => onTool("hole")),
    edit: button("edit", words.tool_edit, () => onTool("edit")),
    trace: button("route", words.tool_trace, () => onTool("trace")),
    cut: button("cut", words.tool_cut, () => onTool("cut")),
    join: button("arrows-join-2", words.tool_join, () => onTool("join")),
  };
  const snap = button("magnet", words.tool_snap, onSnap);
  const erase = button("eraser", words.tool_clear, onErase);
  snap.classList.add("lasting");
  const call = (node, word) => { node.lastChild.textContent = word; };
  return {
    element: el("div", { class: "draw-tools plate-look", role: "toolbar", "aria-label": words.draw_tools }, Object.values(tools), snap, erase),
    show({ tool, isSnapping, rings, isHole }) {
      for (const [name, node] of Object.entries(tools)) node.setAttribute("aria-pressed", String(name === tool));
      call(tools.draw, rings ? words.tool_part : words.tool_draw);
      call(erase, rings < 2 ? words.tool_clear : isHole ? words.tool_drop_hole : words.tool_drop_part);
      for (const name of ["edit", "hole", "trace", "cut", "join"]) tools[name].disabled = !rings;
      snap.setAttribute("aria-pressed", String(isSnapping));
      erase.disabled = !rings && tool !== "draw" && tool !== "hole";
    },
  };
}

/** topBar({ words, sample, onUndo, onRedo, onSave }) -> { element, show({ title, canUndo, canRedo, isSaving, isSaved }) }. */
export function topBar({ words, sample, onUndo, onRedo, onSave }) {
  const title = el("h2", { class: "clip" });
  const undo = el("button", { class: "btn sq", type: "button", "aria-label": words.undo, title: words.undo, onclick: onUndo }, icon("arrow-back-up"));
  const redo = el("button", { class: "btn sq", type: "button", "aria-label": words.redo, title: words.redo, onclick: onRedo }, icon("arrow-forward-up"));
  const save = el("button", { class: "btn go", type: "button", onclick: onSave });
  return {
    element: el("header", { class: "draw-bar" }, el("div", { class: "row grow" }, title, el("span", { class: "chip" }, icon("pencil"), words.status_draft), sample && el("span", { class: "sample" }, words.sample)), undo, redo, save),
    show(state) {
      title.textContent = state.title || words.draw_title;
      undo.disabled = !state.canUndo;
      redo.disabled = !state.canRedo;
      save.disabled = state.isSaving;
      fill(save, icon("device-floppy"), state.isSaving ? words.saving : words.save_draft);
    },
  };
}
