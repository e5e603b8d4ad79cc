// Own mistakes: a record put right, or taken back, while nobody has accepted it. Always with a reason.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { plateNeed } from "../capture/draft.js";
import { uuid } from "../capture/form.js";
import { sentence } from "../capture/parts.js";
import { plateOf } from "../capture/payload.js";
import { pinMap } from "../capture/pin-map.js";
import { plateField } from "../capture/plate-field.js";
import { NO_PLATE } from "../capture/plate.js";
import { changesOf } from "./mine.js";
import { NoAnswer } from "./server.js";

/** what: "correct" | "withdraw". Asks the office at once: only a record that it already has can be mended there. */
export function mendDialog(app, item, what, home, onDone) {
  const { say } = app;
  const correction = uuid(); // a correction whose answer was lost is the same one when it is sent again
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true, "data-testid": "mend-problem" });
  const reason = field("reason", "", { maxlength: "200", required: true });
  const send = el("button", { class: `btn grow ${what === "withdraw" ? "bad" : "go"}`, type: "submit", "data-testid": "mend-send" }, say(`${what}_send`));
  const form = what === "correct" ? correctionForm(app, item, field) : null;

  const box = el(
    "dialog",
    { class: "ask", "aria-label": say(`${what}_title`) },
    el(
      "form",
      { onsubmit: submit },
      el("h2", {}, say(`${what}_title`)),
      el("p", { class: "mono small dim" }, item.number),
      form?.nodes ?? el("p", { class: "small" }, say("withdraw_note")),
      reason.node,
      wrong,
      el("div", { class: "row wrap" }, el("button", { class: "btn grow", type: "button", onclick: () => box.close() }, say("not_now")), send),
    ),
  );

  function field(name, value, more = {}) {
    const input = el("input", { value, maxlength: "40", autocomplete: "off", "data-testid": `mend-${name}`, ...more });
    return { input, node: el("label", { class: "field" }, el("span", {}, say(name === "reason" ? "mend_reason" : name)), input) };
  }

  async function submit(event) {
    event.preventDefault();
    const why = reason.input.value.trim();
    const problem = form?.problem() ?? (why ? null : say("mend_reason_missing"));
    if (problem) return tell(problem);
    send.disabled = true;
    try {
      const answer = await (form ? correct(why) : app.asks.ask("POST", `/records/${item.id}/withdraw`, { json: { reason: why } }));
      if (answer.status >= 300) return tell(answer.status === 401 ? say("login_over") : answer.body.detail || String(answer.status));
      box.close();
      app.announce(say(`${what}_done`));
      onDone();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      tell(say("mend_offline"));
    } finally {
      send.disabled = false;
    }
    return undefined;
  }

  function correct(why) {
    const changes = changesOf(item, form.values());
    if (!Object.keys(changes).length) return { status: 422, body: { detail: say("mend_nothing") } };
    return app.asks.ask("PATCH", `/records/${item.id}`, { json: { id: correction, reason: why, ...changes } });
  }

  function tell(text) {
    wrong.hidden = false;
    fill(wrong, icon("alert-triangle"), " ", text);
    wrong.scrollIntoView({ block: "nearest" });
  }

  box.addEventListener("close", () => {
    form?.leave();
    box.remove();
  });
  home.append(box);
  box.showModal();
}

/** Everything the office lets its reporter change: { nodes, values(), problem(), leave() }. */
function correctionForm(app, item, field) {
  const { say } = app;
  const words = Object.fromEntries(["building", "unit", "floor"].map((name) => [name, field(name, item.location_text[name] ?? "")]));
  const note = el("textarea", { rows: "3", maxlength: "500", value: item.note, "data-testid": "mend-note" });
  const plateHome = el("div", {});
  const mapHome = el("div", {});
  let plate = null;
  let pin; // undefined: not moved
  let map = null;
  let gone = false;
  const hasNone = item.plate === NO_PLATE;
  const draft = { plate: hasNone ? "" : (item.plate ?? ""), has_no_plate: hasNone };
  // The plate's field of the capture form, over the few words that it needs of one.
  const about = { say, draft, change: (next) => (about.draft = next) };

  const kinds = [...app.catalogue.types];
  if (!app.type(item.issue_type)) kinds.unshift({ code: item.issue_type, zh: item.issue_type, en: item.issue_type });
  const kind = el(
    "select",
    { "data-testid": "mend-kind", onchange: drawPlate },
    kinds.map((type) => el("option", { value: type.code, selected: type.code === item.issue_type }, app.label(type))),
  );
  const isReport = item.kind === "report";

  function drawPlate() {
    const type = app.type(isReport ? kind.value : item.issue_type);
    const need = type ? plateNeed(type) : "none";
    const isLeft = need === "none" && !item.plate; // what stands there already may still be mended
    about.draft = { ...about.draft, plate_need: need === "required" && isReport ? need : "optional", plate_series: type?.plate_series ?? "motor" };
    plate = isLeft ? null : plateField(about);
    fill(plateHome, plate?.node);
  }

  const move = el("button", { class: "btn", type: "button", "data-testid": "mend-pin", onclick: openMap }, icon("map-pin"), say("mend_pin"));
  async function openMap() {
    fill(mapHome, el("p", { class: "small dim" }, say("map_opening")));
    try {
      const box = el("div", { class: "pin-map" });
      const opened = pinMap(box, {
        lang: app.lang,
        theme: app.theme(),
        api: app.boot.api,
        assets: app.boot.assets,
        sample: app.isSample,
        words: app.words.map,
        fix: null,
        pin: item.point,
        onPin: (point) => (pin = { lon: point.lon, lat: point.lat }),
        isGone: () => gone,
      });
      fill(mapHome, box);
      map = await opened;
    } catch (error) {
      console.warn(error);
      fill(mapHome, sentence("", "map-2", say("mend_pin_failed")));
    }
  }

  fill(mapHome, move);
  drawPlate();
  return {
    nodes: [
      el("p", { class: "small" }, say("mend_photos")),
      isReport ? el("label", { class: "field" }, el("span", {}, say("mend_kind")), kind) : el("p", { class: "small" }, say("mend_again_kind")),
      plateHome,
      mapHome,
      el("div", { class: "three" }, Object.values(words).map((one) => one.node)),
      el("label", { class: "field" }, el("span", {}, say("note")), note),
    ],
    values: () => ({
      ...Object.fromEntries(Object.entries(words).map(([name, one]) => [name, one.input.value.trim()])),
      note: note.value.trim(),
      ...(plate && { plate: plateOf(about.draft) ?? "" }),
      ...(isReport && { issue_type: kind.value }),
      ...(pin && { pin }),
    }),
    problem: () => plate?.problem() ?? null,
    leave() {
      gone = true;
      map?.destroy();
    },
  };
}
