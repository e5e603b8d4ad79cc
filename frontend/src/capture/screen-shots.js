// Screen 2: the shots this kind needs, one after another, with the phone's own camera at full resolution.
// A native file input gives the untouched original; a viewfinder in the page would give a smaller copy.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { EXTRA, missingShots, photoOf, relabelled, withoutPhoto } from "./draft.js";
import { guide } from "./guides.js";
import { backButton, positionWords, sampleTag } from "./parts.js";
import { photoInputs } from "./photo-inputs.js";

const urls = new WeakMap(); // one object URL a Blob, for as long as the Blob lives

export function shotsScreen(form) {
  const { say } = form;
  const shots = form.shots;
  const choices = [...shots.required, ...shots.optional, { code: EXTRA, zh: say("extra"), en: say("extra") }];
  let current = missingShots(form.draft, shots)[0]?.code ?? shots.required[0]?.code ?? EXTRA;
  let picked = null; // key of the extra photo looked at
  let busy = null;
  let trouble = form.problem?.field?.startsWith("photos") ? form.problem.detail : "";

  const refused = form.draft.photos[Number(/^photos\.(\d+)/.exec(form.problem?.field ?? "")?.[1])];
  if (refused) {
    const isSingle = shots.required.some((shot) => shot.code === refused.shot);
    [current, picked] = isSingle ? [refused.shot, null] : [EXTRA, refused.key];
  }

  const title = el("h1", { class: "grow", tabindex: "-1", "data-lead": true });
  const frame = el("div", { class: "frame ticks" });
  const strip = el("div", { class: "strip", role: "group", "aria-label": say("shots_list") });
  const tools = el("div", { class: "tools" });
  const fixLine = el("div", { class: "fixline" });
  const foot = el("div", { class: "shots-foot" });
  const inputs = photoInputs(form, { choices, shots, onStart, onTaken, onRefused });

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
  const extras = () => form.draft.photos.filter((photo) => !isRequired(photo.shot));
  const shown = () =>
    isRequired(current) ? photoOf(form.draft, current) : (extras().find((photo) => photo.key === picked) ?? null);

  function onStart(shot) {
    trouble = "";
    busy = say("reading", { shot: form.label(shot) });
    if (isRequired(shot.code)) current = shot.code;
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
    if (!isRequired(photo.shot)) picked = photo.key;
    else if (next) current = next.code;
  }

  function select(code, key = null) {
    current = code;
    picked = key;
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
    const shot = shotOf(isRequired(current) ? current : (photo?.shot ?? current));
    const hint = form.label(shot, "hint_");
    const name = form.label(shot);
    const hinted = !hint || hint.startsWith(name) ? hint || name : `${name}${say("colon")}${hint}`;
    const canShow = photo && (photo.preview || !photo.media_type.startsWith("image/hei"));
    fill(
      frame,
      canShow && el("img", { class: "photo", src: urlOf(photo.blob), alt: say("photo_alt", { shot: name }) }),
      el(
        "div",
        { class: "lens top" },
        trouble
          ? el("p", { class: "pill bad", "data-testid": "photo-problem" }, icon("alert-triangle"), trouble)
          : el(
              "p",
              { class: "pill lead" },
              busy ?? (photo ? el("span", {}, icon("check"), say("shot_kept", { shot: name })) : hinted),
            ),
      ),
      el(
        "div",
        { class: "middle" },
        !photo && drawing(),
        photo && !canShow && el("p", { class: "blind" }, icon("photo"), say("no_preview")),
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
    strip.classList.toggle("dense", shots.required.length + extras().length > 3);
    fill(
      strip,
      shots.required.map((shot) =>
        box(shot, photoOf(form.draft, shot.code), current === shot.code, () => select(shot.code)),
      ),
      extras().map((photo) =>
        box(shotOf(photo.shot), photo, picked === photo.key && !isRequired(current), () => select(EXTRA, photo.key)),
      ),
      box({ code: EXTRA, zh: say("extra"), en: say("extra") }, null, !isRequired(current) && !shown(), () =>
        select(EXTRA),
      ),
    );
  }

  function box(shot, photo, isNow, onclick) {
    const state = photo ? "done" : shot.code === EXTRA ? "more" : "todo";
    return el(
      "button",
      {
        class: `shot ${state} ${isNow ? "now" : ""}`,
        type: "button",
        "aria-pressed": String(isNow),
        "aria-label": say(photo ? "box_done" : "box_todo", { shot: form.label(shot) }),
        "data-testid": photo ? `thumb-${shot.code}` : `box-${shot.code}`,
        onclick,
      },
      el("span", { class: "box" }, photo ? thumb(photo) : icon(shot.code === EXTRA ? "plus" : shotIcon(shot.code))),
      photo && el("span", { class: "done-sign" }, icon("check")),
      el("span", { class: "name" }, form.label(shot)),
    );
  }

  function drawTools() {
    const photo = shown();
    const name = form.label(shotOf(current));
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
            onclick: () => inputs.open(current, "gallery"),
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
          "aria-label": say(photo && isRequired(current) ? "retake" : "shoot", { shot: name }),
          onclick: () => inputs.open(current, "camera"),
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
    const labels = isRequired(current) ? null : labelChips();
    fill(
      foot,
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

  // What an extra photo shows: chosen before taking it, or told afterwards.
  function labelChips() {
    const photo = shown();
    const now = photo?.shot ?? current;
    const open = photo ? [...missingShots(form.draft, shots), ...shots.optional] : shots.optional;
    const list = [...open, { code: EXTRA, zh: say("extra_other"), en: say("extra_other") }];
    if (list.length === 1) return null;
    return el(
      "div",
      { class: "chips", role: "group", "aria-label": say("what_shows") },
      list.map((shot) =>
        el(
          "button",
          {
            class: `pick ${shot.code === now ? "on" : ""}`,
            type: "button",
            "aria-pressed": String(shot.code === now),
            onclick: () => {
              if (photo) {
                form.change(relabelled(form.draft, photo.key, shot.code, shots));
                select(isRequired(shot.code) ? shot.code : EXTRA, photo.key);
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
