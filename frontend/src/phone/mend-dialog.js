// Own mistakes: words of a record put right, or the record taken back, while nobody has accepted it. Always with a reason.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { uuid } from "../capture/form.js";
import { NoAnswer } from "./server.js";

/** what: "correct" | "withdraw". Asks the office at once: only a record that it already has can be mended there. */
export function mendDialog(app, item, what, home, onDone) {
  const { say } = app;
  const correction = uuid(); // a correction whose answer was lost is the same one when it is sent again
  const wrong = el("p", { class: "wrong", role: "alert", hidden: true, "data-testid": "mend-problem" });
  const reason = field("reason", "", { maxlength: "200", required: true });
  const words = { building: field("building", item.location_text.building ?? ""), unit: field("unit", item.location_text.unit ?? ""), floor: field("floor", item.location_text.floor ?? "") }; // prettier-ignore
  const note = el("textarea", { rows: "3", maxlength: "500", value: item.note ?? "", "data-testid": "mend-note" });
  const send = el("button", { class: `btn grow ${what === "withdraw" ? "bad" : "go"}`, type: "submit", "data-testid": "mend-send" }, say(`${what}_send`));

  const box = el(
    "dialog",
    { class: "ask", "aria-label": say(`${what}_title`) },
    el(
      "form",
      { onsubmit: submit },
      el("h2", {}, say(`${what}_title`)),
      el("p", { class: "mono small dim" }, item.number),
      what === "correct" && [
        el("div", { class: "three" }, Object.values(words).map((one) => one.node)),
        el("label", { class: "field" }, el("span", {}, say("note")), note),
      ],
      what === "withdraw" && el("p", { class: "small" }, say("withdraw_note")),
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
    if (!why) return tell(say("mend_reason_missing"));
    send.disabled = true;
    try {
      const answer = what === "correct" ? await correct(why) : await app.asks.ask("POST", `/records/${item.id}/withdraw`, { json: { reason: why } });
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
    const before = { ...item.location_text, note: item.note };
    const now = { ...Object.fromEntries(Object.entries(words).map(([name, one]) => [name, one.input.value.trim()])), note: note.value.trim() };
    const changed = Object.keys(now).filter((name) => now[name] !== (before[name] ?? ""));
    if (!changed.length) return { status: 422, body: { detail: say("mend_nothing") } };
    const fields = Object.fromEntries(changed.map((name) => [name, now[name] || null]));
    return app.asks.ask("PATCH", `/records/${item.id}`, { json: { id: correction, reason: why, ...fields } });
  }

  function tell(text) {
    wrong.hidden = false;
    fill(wrong, icon("alert-triangle"), " ", text);
  }

  box.addEventListener("close", () => box.remove());
  home.append(box);
  box.showModal();
}
