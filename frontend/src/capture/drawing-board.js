// The board to draw on a photo: opens when wanted, gives a second file, never touches the first.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { isTooSmall, paint, TOOLS } from "./drawing.js";
import { PHOTO_BYTES, readPhoto } from "./photo.js";

const SIDE = 2000; // pixels of the longer side: sharp on a wide screen, under a megabyte
const SIGNS = { arrow: "arrow-up-right", circle: "circle", text: "letter-t" };

/** Resolves to a photo with derived_from, or null when the person went back. home: where the dialog may stand. */
export async function openBoard(form, photo, home) {
  const { say } = form;
  const picture = await createImageBitmap(photo.blob, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const sheet = el("canvas", { class: "sheet", width: Math.round(picture.width * scale), height: Math.round(picture.height * scale), "aria-label": say("draw_sheet"), role: "img" });
  const pen = sheet.getContext("2d");
  const marks = [];
  let tool = "arrow";
  let under = null; // the mark under the finger

  const tools = el("div", { class: "tool-line", role: "group", "aria-label": say("draw_tools") });
  const hint = el("p", { class: "small soft", role: "status" });
  const word = el("input", { class: "draw-word", maxlength: "20", placeholder: say("draw_word"), "aria-label": say("draw_word"), hidden: true, "data-testid": "draw-word" });
  const done = el("button", { class: "btn go grow", type: "button", "data-testid": "draw-done", onclick: keep }, icon("check"), say("draw_done"));
  const box = el(
    "dialog",
    { class: "board cam", "data-theme": "dark", "aria-label": say("draw_on") },
    el(
      "header",
      { class: "bar" },
      el("button", { class: "btn flat sq back", type: "button", "aria-label": say("draw_leave"), "data-testid": "draw-leave", onclick: () => box.close() }, icon("arrow-left")),
      el("h1", { class: "grow" }, say("draw_on")),
    ),
    el("div", { class: "easel" }, sheet),
    el("section", { class: "desk" }, tools, word, hint, el("div", { class: "row" }, done)),
  );

  function draw() {
    pen.drawImage(picture, 0, 0, sheet.width, sheet.height);
    paint(pen, under ? [...marks, under] : marks, sheet);
    fill(
      tools,
      TOOLS.map((name) =>
        el(
          "button",
          { class: `pick ${name === tool ? "on" : ""}`, type: "button", "aria-pressed": String(name === tool), "data-testid": `draw-${name}`, onclick: () => choose(name) },
          icon(SIGNS[name]),
          el("span", {}, say(`draw_${name}`)),
        ),
      ),
      el("button", { class: "pick", type: "button", disabled: !marks.length, "data-testid": "draw-undo", onclick: undo }, icon("arrow-back-up"), el("span", {}, say("draw_undo"))),
    );
    done.disabled = !marks.length;
    hint.textContent = say(`draw_${tool}_hint`);
  }

  function choose(name) {
    tool = name;
    word.hidden = name !== "text";
    draw();
    if (name === "text") word.focus();
  }

  function undo() {
    marks.pop();
    draw();
  }

  const at = (event) => {
    const frame = sheet.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * sheet.width, ((event.clientY - frame.top) / frame.height) * sheet.height];
  };

  sheet.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    if (tool === "text") {
      if (!word.value.trim()) return word.focus();
      marks.push({ tool, at: at(event), text: word.value.trim() });
      word.value = "";
      return draw();
    }
    sheet.setPointerCapture?.(event.pointerId);
    under = { tool, from: at(event), to: at(event) };
    return undefined;
  });
  sheet.addEventListener("pointermove", (event) => {
    if (!under) return;
    under = { ...under, to: at(event) };
    draw();
  });
  const lift = () => {
    if (under && !isTooSmall(under, sheet)) marks.push(under);
    under = null;
    draw();
  };
  sheet.addEventListener("pointerup", lift);
  sheet.addEventListener("pointercancel", lift);

  let finish;
  const finished = new Promise((resolve) => (finish = resolve));
  box.addEventListener("close", () => finish(null));

  async function keep() {
    done.disabled = true;
    const blob = await new Promise((resolve) => sheet.toBlob(resolve, "image/jpeg", 0.86));
    const facts = await readPhoto(blob, { max_bytes: PHOTO_BYTES, known: form.draft.photos.map((one) => one.sha256) });
    finish({ ...facts, key: `${facts.sha256}-${Date.now()}`, shot: photo.shot, source: photo.source, taken_ms: Date.now(),
      position: photo.position, derived_from: photo.sha256 }); // prettier-ignore
    box.close();
  }

  draw();
  home.append(box);
  box.showModal();
  try {
    return await finished;
  } finally {
    picture.close?.();
    box.remove();
  }
}
