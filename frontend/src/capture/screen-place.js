// Screen 3: where it is. Fix and pin side by side, zone and grid by name, and the few words a photo cannot say.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { missingShots } from "./draft.js";
import { backButton, nameOf, placeNames, positionWords, sentence, steps, trail } from "./parts.js";
import { NOTE_MAX } from "./payload.js";
import { pinMap } from "./pin-map.js";
import { distance_m, looksShifted } from "./place.js";
import { nearbyCards } from "./nearby-cards.js";
import { plateField } from "./plate-field.js";
import { reasonField } from "./reason-field.js";

export function placeScreen(form) {
  const { say } = form;
  const type = form.type;
  let place = null;
  let placeState = "asking";
  let map = null;
  let gone = false;

  const mapBox = el("div", { class: "pin-map", "data-testid": "pin-map" });
  const placeCard = el("div", { class: "place-card", "data-testid": "place-card" });
  const doubts = el("div", { class: "doubts" });
  const reason = reasonField(form);
  const nearby = nearbyCards(form);
  const problemBox = el("div", { class: "problem", role: "alert" });
  const plate = form.draft.plate_need === "none" ? null : plateField(form);

  const node = el(
    "div",
    { class: "screen" },
    el(
      "header",
      { class: "bar" },
      backButton(form, say("back_to_shots"), () => form.go("back")),
      el(
        "h1",
        { class: "grow clip", tabindex: "-1", "data-lead": true },
        form.label(type, "tile_") || form.label(type),
      ),
      el("span", { class: "chip ok" }, icon("check"), say("shots_kept", { n: form.draft.photos.length })),
    ),
    steps(form, "place"),
    mapBox,
    el(
      "section",
      { class: "body place" },
      problemBox,
      placeCard,
      doubts,
      nearby.node,
      reason.node,
      plate?.node,
      el(
        "div",
        { class: "three" },
        ["building", "unit", "floor"].map((name) => textField(name)),
      ),
      noteField(),
    ),
    el(
      "footer",
      { class: "foot" },
      el(
        "button",
        { class: "btn go big", type: "button", "data-testid": "submit", onclick: submit },
        icon("device-floppy"),
        say("submit"),
      ),
      el("p", { class: "note center" }, say("submit_note")),
    ),
  );

  const counted = () => form.draft.pin ?? form.position();

  function textField(name) {
    const input = el("input", {
      value: form.draft[name],
      maxlength: "40",
      autocomplete: "off",
      "data-testid": `${name}-input`,
      oninput: () => form.change({ ...form.draft, [name]: input.value }),
    });
    return el("label", { class: "field", "data-field": "location_text" }, el("span", {}, say(name)), input);
  }

  function noteField() {
    const left = el("span", { class: "note", "aria-live": "off" });
    const count = () => (left.textContent = `${area.value.length} / ${NOTE_MAX}`);
    const area = el("textarea", {
      rows: "3",
      maxlength: String(NOTE_MAX),
      placeholder: say("note_hint"),
      "data-testid": "note-input",
      value: form.draft.note,
      oninput: () => {
        form.change({ ...form.draft, note: area.value });
        count();
      },
    });
    count();
    return el(
      "label",
      { class: "field", "data-field": "note" },
      el("span", { class: "row between" }, say("note"), left),
      area,
    );
  }

  async function ask() {
    const point = counted();
    if (!point) {
      placeState = "nowhere";
      return drawPlace();
    }
    lookAround(point);
    try {
      place = await form.locate(point);
      placeState = place.state;
    } catch (error) {
      if (error.name === "AbortError") return;
      placeState = "unknown";
    }
    const zone_name = placeState === "settled" ? place.zones[0]?.name : null;
    if (!gone && zone_name && zone_name !== form.draft.zone_name) form.change({ ...form.draft, zone_name });
    if (!gone) drawPlace();
  }

  // Again only when the point has moved by more than a few steps.
  let looked = null;
  function lookAround(point) {
    if (looked && distance_m(looked, point) < 5) return;
    looked = { lon: point.lon, lat: point.lat };
    nearby.look(point);
  }

  function drawPlace() {
    const zone = place?.zones?.length === 1 ? place.zones[0] : null;
    const where = placeNames(place);
    const titles = {
      settled: zone?.name,
      two_zones: say("two_zones"),
      no_zone: say("no_zone"),
      outside_city: say("outside_city"),
      nowhere: say("nowhere"),
      unknown: say("place_unknown"),
      asking: say("place_asking"),
    };
    fill(
      placeCard,
      el(
        "div",
        { class: "row between wrap" },
        el("b", { class: "place-name" }, titles[placeState] ?? zone?.name ?? say("place_unknown")),
        zone?.mode && modeTag(zone.mode),
      ),
      where.length > 0 && ["settled", "two_zones", "no_zone"].includes(placeState)
        ? el("p", { class: "dim" }, trail(where))
        : null,
      placeState === "two_zones" && el("p", { class: "small dim" }, place.zones.map(nameOf).join(say("comma"))),
      ["two_zones", "no_zone", "outside_city"].includes(placeState) &&
        el("p", { class: "small" }, say("settled_later")),
      apartLine(),
    );
  }

  function modeTag(mode) {
    return el(
      "span",
      { class: "row small" },
      el("span", { class: "mode", "data-mode": mode, "aria-hidden": "true" }, say(`glyph_${mode}`)),
      say(`mode_${mode}`),
    );
  }

  function apartLine() {
    const fix = form.position();
    const { text, grade } = positionWords(form, fix);
    if (!fix || !form.draft.pin)
      return el(
        "p",
        { class: "note row" },
        icon(grade === "none" ? "current-location-off" : "current-location"),
        text,
      );
    const metres = Math.round(distance_m(fix, form.draft.pin));
    return el(
      "p",
      { class: "note row", "data-testid": "pin-apart" },
      icon("map-pin-check"),
      say("pin_apart", { m: metres.toLocaleString("en-US") }),
    );
  }

  function drawDoubts() {
    fill(
      doubts,
      looksShifted(form.position(), form.draft.pin) &&
        sentence(
          "warn",
          "alert-triangle",
          say("looks_shifted", { m: Math.round(distance_m(form.position(), form.draft.pin)) }),
        ),
      form.watch.problem() === "insecure" && sentence("warn", "lock", say("needs_https")),
    );
  }

  async function drawMap() {
    const { lang, theme, api, assets, sample, words, map_words } = form.options;
    const start = counted();
    try {
      map = await pinMap(mapBox, {
        lang,
        theme,
        api,
        assets,
        sample,
        words: map_words ?? (words.pin_hint ? words : null),
        fix: plainFix(),
        pin: start ? { lon: start.lon, lat: start.lat } : null,
        onPin: moved,
        isGone: () => gone,
      });
    } catch (error) {
      console.warn(error);
      if (!gone) {
        mapBox.classList.add("without");
        fill(mapBox, sentence("", "map-2", say("no_map")));
      }
    }
  }

  function plainFix() {
    const fix = form.position();
    return fix ? { lon: fix.lon, lat: fix.lat, accuracy_m: fix.accuracy_m } : null;
  }

  let askSoon = null;
  function moved(point) {
    form.change({ ...form.draft, pin: { lon: point.lon, lat: point.lat } });
    drawPlace();
    drawDoubts();
    clearTimeout(askSoon);
    askSoon = setTimeout(ask, 250);
  }

  function submit() {
    const wrong = firstWrong();
    if (wrong) return showProblem(wrong);
    form.problem = null;
    form.go("submit");
  }

  function firstWrong() {
    const missing = missingShots(form.draft, form.shots);
    if (missing.length)
      return {
        field: null,
        detail: say("still_needs", { shots: missing.map((shot) => form.label(shot)).join(say("comma")) }),
      };
    const reasonWrong = reason.problem();
    if (reasonWrong) return { field: "position_reason", detail: reasonWrong };
    const plateWrong = plate?.problem();
    return plateWrong ? { field: "plate", detail: plateWrong } : null;
  }

  // Beside its field when there is one here; at the top otherwise. It stays until it is mended.
  function showProblem({ field, detail }) {
    for (const old of node.querySelectorAll("[data-said]")) old.remove();
    const home = field && node.querySelector(`[data-field="${field.split(/[.[]/)[0]}"]`);
    const line = el("p", { class: "wrong", role: "alert", "data-said": true, "data-testid": "problem" }, detail);
    if (home && !home.hidden) {
      (home.querySelector("[data-wrong-below]") ?? home.lastElementChild).after(line);
      const input = home.querySelector("input, textarea, button");
      input?.setAttribute("aria-invalid", "true");
      input?.addEventListener(
        "input",
        () => {
          line.remove();
          input.removeAttribute("aria-invalid");
        },
        { once: true },
      );
      input?.focus({ preventScroll: true });
      home.scrollIntoView({ block: "center" });
    } else {
      fill(
        problemBox,
        el("div", { "data-said": true, "data-testid": "problem" }, sentence("bad", "alert-circle", detail)),
      );
      problemBox.scrollIntoView({ block: "center" });
    }
    form.warn(detail);
  }

  drawPlace();
  drawDoubts();
  reason.update();
  ask();
  queueMicrotask(drawMap);
  if (form.problem) queueMicrotask(() => showProblem(form.problem));

  return {
    node,
    update(what) {
      if (what === "theme") map?.update({ theme: form.options.theme });
      if (what !== "position") return;
      map?.setFix(plainFix());
      if (!form.draft.pin && form.position()) map?.setPin(plainFix());
      drawDoubts();
      reason.update();
      if (placeState === "nowhere" || placeState === "unknown") ask();
      else drawPlace();
    },
    leave() {
      gone = true;
      nearby.leave();
      clearTimeout(askSoon);
      map?.destroy();
    },
  };
}
