// Screen 2: the shots this kind needs, one after another, with the phone's own camera at full resolution.
// A native file input gives the untouched original; a viewfinder in the page would give a smaller copy.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { columnsOf } from "./even.js";
import { EXTRA, missingShots, moved, photosOf, relabelled, withDrawing, withoutPhoto } from "./draft.js";
import { guide } from "./guides.js";
import { backButton, positionWords, sampleTag } from "./parts.js";
import { photoInputs } from "./photo-inputs.js";

const urls = new WeakMap(); // one object URL a Blob, for as long as the Blob lives

export function shotsScreen(form) {
  const { say } = form;
  const shots = form.shots;
  const choices = [...shots.required, ...shots.optional, { code: EXTRA, zh: say("extra"), en: say("extra") }];
  let current = missingShots(form.draft, shots)[0]?.code ?? shots.required[0]?.code ?? EXTRA;
  let picked = null; // key of the photo looked at
  let busy = null;
  let trouble = form.problem?.field?.startsWith("photos") ? form.problem.detail : "";

  const refused = form.draft.photos[Number(/^photos\.(\d+)/.exec(form.problem?.field ?? "")?.[1])];
  if (refused) [current, picked] = [refused.shot, refused.key];

  const title = el("h1", { class: "grow", tabindex: "-1", "data-lead": true });
  const frame = el("div", { class: "frame ticks" });
  const strip = el("div", { class: "strip", role: "group", "aria-label": say("shots_list") });
  const tools = el("div", { class: "tools" });
  const fixLine = el("div", { class: "fixline" });
  const foot = el("div", { class: "shots-foot" });
  const inputs = photoInputs(form, { choices, onStart, onTaken, onRefused });

  const node = el(
    "div",
    { class: "screen cam", "data-theme": "dark" },
    el(
      "header",
      { class: "bar" },
      backButton(form, say("back_to_kind"), () => form.go("back")),
      title,
      sampleTag(form),
    ),
    frame,
    el("section", { class: "desk" }, strip, tools, foot),
    inputs.node,
  );

  const shotOf = (code) => choices.find((shot) => shot.code === code) ?? choices[choices.length - 1];
  const isRequired = (code) => shots.required.some((shot) => shot.code === code);
  const extras = () => form.draft.photos.filter((photo) => !isRequired(photo.shot) && !photo.derived_from);
  const drawingOf = (photo) => form.draft.photos.find((one) => one.derived_from === photo.sha256);
  const shown = () => form.draft.photos.find((photo) => photo.key === picked) ?? null;

  function onStart(shot) {
    trouble = "";
    busy = say("reading", { shot: form.label(shot) });
    current = shot.code;
    draw();
  }

  function onTaken(photo, shot) {
    busy = null;
    form.problem = null;
    advance(photo);
    form.announce(say("shot_done", { shot: form.label(shot) }));
    draw();
  }

  function onRefused(sentence) {
    busy = null;
    trouble = sentence;
    form.warn(trouble);
    draw();
  }

  function advance(photo) {
    const next = missingShots(form.draft, shots)[0];
    if (isRequired(photo.shot) && next) [current, picked] = [next.code, null];
    else [current, picked] = [photo.shot, photo.key];
  }

  function select(code, key = null) {
    current = code;
    picked = key ?? null;
    trouble = "";
    draw();
  }

  function draw() {
    const missing = missingShots(form.draft, shots);
    const at = shots.required.findIndex((shot) => shot.code === current);
    const kind = form.type ? form.label(form.type, "tile_") || form.label(form.type) : say("no_kind_yet");
    const where = at < 0 ? say("extra") : say("shot_of", { i: at + 1, n: shots.required.length });
    fill(title, kind, el("span", { class: "soft" }, ` · ${where}`));
    drawFrame();
    drawStrip();
    drawTools();
    drawFoot(missing);
  }

  function drawFrame() {
    const photo = shown();
    const shot = shotOf(photo?.shot ?? current);
    const hint = form.label(shot, "hint_");
    const name = form.label(shot);
    const hinted = !hint || hint.startsWith(name) ? hint || name : `${name}${say("colon")}${hint}`;
    const isShown = photo && canShow(photo);
    fill(
      frame,
      isShown && el("img", { class: "photo", src: urlOf(photo.blob), alt: say("photo_alt", { shot: name }) }),
      el(
        "div",
        { class: "lens top" },
        trouble
          ? el("p", { class: "pill bad", "data-testid": "photo-problem" }, icon("alert-triangle"), trouble)
          : el(
              "p",
              { class: "pill lead" },
              busy ?? (photo ? el("span", {}, icon("check"), photo.derived_from ? say("drawing_kept") : say("shot_kept", { shot: name })) : hinted),
            ),
      ),
      el(
        "div",
        { class: "middle" },
        !photo && drawing(),
        photo && !isShown && el("p", { class: "blind" }, icon("photo"), say("no_preview")),
      ),
      el("div", { class: "lens bottom" }, fixLine),
    );
    drawFix();
  }

  function drawing() {
    const isVehicle = form.draft.plate_need === "required";
    return [guide(current, { isVehicle }), !busy && el("p", { class: "soft small" }, say("press_shutter"))];
  }

  function drawFix() {
    const photo = shown();
    const position = photo ? photo.position : form.watch.best();
    const gallery = photo?.source === "gallery";
    const { grade, text } = gallery ? { grade: "none", text: say("gallery_mark") } : positionWords(form, position);
    const age = position ? Math.max(0, Math.round(((photo?.taken_ms ?? Date.now()) - position.at_ms) / 1000)) : null;
    fill(
      fixLine,
      el("span", { class: `dot ${grade}` }),
      el(
        "span",
        { class: "grow" },
        el("b", {}, text),
        position &&
          el(
            "span",
            { class: "soft" },
            `${say("seconds_ago", { n: age })} · ${position.lon.toFixed(4)}, ${position.lat.toFixed(4)}`,
          ),
      ),
      el(
        "span",
        { class: "soft end" },
        el("span", {}, clockText(photo?.taken_ms ?? Date.now())),
        el("span", {}, form.options.person?.name ?? ""),
      ),
    );
  }

  function drawStrip() {
    const row = [];
    const put = (shot, photo) => {
      row.push(box(shot, photo, photo ? picked === photo.key : current === shot.code && !picked, () => select(shot.code, photo?.key)));
      const drawing = photo && drawingOf(photo);
      if (drawing) row.push(box({ ...shot, isDrawing: true }, drawing, picked === drawing.key, () => select(shot.code, drawing.key)));
    };
    for (const shot of shots.required) {
      const taken = photosOf(form.draft, shot.code);
      if (taken.length) taken.forEach((photo) => put(shot, photo));
      else put(shot, null);
    }
    extras().forEach((photo) => put(shotOf(photo.shot), photo));
    put({ code: EXTRA, zh: say("extra"), en: say("extra") }, null);
    strip.classList.toggle("dense", row.length > 4);
    strip.style.setProperty("--columns", columnsOf(row.length));
    fill(strip, row);
  }

  function box(shot, photo, isNow, onclick) {
    const state = photo ? "done" : shot.code === EXTRA ? "more" : "todo";
    return el(
      "button",
      {
        class: `shot ${state} ${isNow ? "now" : ""}`,
        type: "button",
        "aria-pressed": String(isNow),
        "aria-label": shot.isDrawing
          ? say("box_drawing", { shot: form.label(shot) })
          : say(photo ? "box_done" : "box_todo", { shot: form.label(shot) }),
        "data-testid": shot.isDrawing ? `drawing-${shot.code}` : photo ? `thumb-${shot.code}` : `box-${shot.code}`,
        onclick,
      },
      el("span", { class: "box" }, photo ? thumb(photo) : icon(shot.code === EXTRA ? "plus" : shotIcon(shot.code))),
      photo && el("span", { class: "done-sign" }, icon(shot.isDrawing ? "pencil" : "check")),
      el("span", { class: "name" }, shot.isDrawing ? say("drawing") : form.label(shot)),
    );
  }

  function drawTools() {
    const photo = shown();
    const name = form.label(shotOf(current));
    const replaces = photo && !photo.derived_from ? photo.key : null;
    fill(
      tools,
      el(
        "span",
        { class: "tool" },
        el(
          "button",
          {
            class: "round",
            type: "button",
            "aria-label": say("from_gallery", { shot: name }),
            onclick: () => inputs.open(current, "gallery", replaces),
          },
          icon("photo"),
        ),
        el("span", { "aria-hidden": "true" }, say("gallery")),
      ),
      el(
        "button",
        {
          class: "shutter",
          type: "button",
          disabled: Boolean(busy),
          "data-testid": "shutter",
          "aria-label": say(replaces ? "retake" : "shoot", { shot: name }),
          onclick: () => inputs.open(current, "camera", replaces),
        },
        el("i", {}),
      ),
      photo
        ? el(
            "span",
            { class: "tool" },
            el(
              "button",
              {
                class: "round",
                type: "button",
                "aria-label": say("delete_shot", { shot: name }),
                "data-testid": "delete-shot",
                onclick: () => drop(photo),
              },
              icon("trash"),
            ),
            el("span", { "aria-hidden": "true" }, say("delete")),
          )
        : el("span", { class: "tool" }),
    );
  }

  function drop(photo) {
    form.change(withoutPhoto(form.draft, photo.key));
    picked = null;
    form.announce(say("shot_gone"));
    draw();
  }

  function drawFoot(missing) {
    const enough = !missing.length || (!form.type && form.draft.photos.length > 0);
    const labels = isRequired(shown()?.shot ?? current) ? null : labelChips();
    fill(
      foot,
      shown() && photoTools(shown()),
      labels,
      enough &&
        el(
          "button",
          {
            class: "btn go big",
            type: "button",
            "data-testid": "to-place",
            disabled: Boolean(busy),
            onclick: () => form.go("onward"),
          },
          say(form.type ? "next_place" : "next_kind"),
          icon("arrow-right"),
        ),
      el(
        "p",
        { class: "small soft keep" },
        icon("shield-check"),
        enough || !form.draft.photos.length
          ? say("kept_untouched")
          : say("still_needs", { shots: missing.map((shot) => form.label(shot)).join(say("comma")) }),
      ),
    );
  }

  // What can be done with the photo looked at, beside taking it again and deleting it.
  function photoTools(photo) {
    const list = form.draft.photos.filter((one) => !one.derived_from);
    const at = list.indexOf(photo);
    const tool = (code, sign, word, onclick, disabled = false) =>
      el("button", { class: "pick", type: "button", disabled, "data-testid": code, onclick }, icon(sign), el("span", {}, say(word)));
    const canDraw = canShow(photo);
    if (photo.derived_from) {
      const original = form.draft.photos.find((one) => one.sha256 === photo.derived_from);
      return el("div", { class: "tool-line" }, original && tool("draw-again", "pencil", "draw_again", () => drawOn(original)));
    }
    const shift = (by) => () => {
      form.change(moved(form.draft, photo.key, by));
      form.announce(say("moved_to", { i: at + by + 1, n: list.length }));
      draw();
    };
    return el(
      "div",
      { class: "tool-line", role: "group", "aria-label": say("photo_tools") },
      tool("one-more", "camera", "one_more", () => {
        select(photo.shot);
        inputs.open(photo.shot, "camera");
      }),
      canDraw && tool("draw", "pencil", "draw_on", () => drawOn(photo)),
      list.length > 1 && tool("earlier", "arrow-left", "earlier", shift(-1), at === 0),
      list.length > 1 && tool("later", "arrow-right", "later", shift(1), at === list.length - 1),
    );
  }

  /** The drawing board comes only when it is wanted; what it gives is a second file, the photo stays as it is. */
  async function drawOn(photo) {
    try {
      const { openBoard } = await import("./drawing-board.js");
      const drawing = await openBoard(form, photo, node);
      if (!drawing) return;
      await form.change(withDrawing(form.draft, drawing));
      picked = drawing.key;
      form.announce(say("drawing_kept"));
    } catch (error) {
      console.error(error);
      trouble = say(error?.name === "QuotaExceededError" ? "photo_no_space" : "draw_failed");
      form.warn(trouble);
    }
    draw();
  }

  // What an extra photo shows: chosen before taking it, or told afterwards.
  function labelChips() {
    const photo = shown();
    const now = photo?.shot ?? current;
    const open = photo ? [...missingShots(form.draft, shots), ...shots.optional] : shots.optional;
    const list = [...open, { code: EXTRA, zh: say("extra_other"), en: say("extra_other") }];
    if (list.length === 1) return null;
    return el(
      "div",
      { class: "chips", role: "group", "aria-label": say("what_shows"), style: { "--columns": columnsOf(list.length, [3, 2, 4]) } },
      list.map((shot) =>
        el(
          "button",
          {
            class: `pick ${shot.code === now ? "on" : ""}`,
            type: "button",
            "aria-pressed": String(shot.code === now),
            onclick: () => {
              if (photo) {
                form.change(relabelled(form.draft, photo.key, shot.code));
                select(shot.code, photo.key);
              } else select(shot.code);
            },
          },
          form.label(shot),
        ),
      ),
    );
  }

  draw();
  if (trouble) form.warn(trouble);
  return {
    node,
    update(what) {
      if (what === "position" || what === "clock") drawFix();
    },
  };
}

function shotIcon(code) {
  return (
    {
      panorama: "photo",
      closeup: "focus-2",
      detail: "search",
      ref: "map-pin",
      people: "building-store",
      path: "route",
    }[code] ?? "camera"
  );
}

/** False for a format that this browser cannot decode (HEIC on Android). */
function canShow(photo) {
  return Boolean(photo.preview) || !photo.media_type.startsWith("image/hei");
}

function thumb(photo) {
  if (photo.preview) return el("img", { src: `data:image/jpeg;base64,${photo.preview}`, alt: "" });
  return icon("photo");
}

function urlOf(blob) {
  if (!urls.has(blob)) urls.set(blob, URL.createObjectURL(blob));
  return urls.get(blob);
}

function clockText(ms) {
  const at = new Date(ms);
  const two = (value) => String(value).padStart(2, "0");
  return `${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
