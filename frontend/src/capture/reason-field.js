// Why the position is poor or missing: asked only then, answered by one press or a few words.

import { el, fill } from "../shared/dom.js";
import { columnsOf } from "./even.js";
import { sentence } from "./parts.js";

const REASONS = ["indoor", "blocked", "off", "other"];

/** Gives { node, update(), problem() }; problem() is a sentence that stands in the way of sending, or null. */
export function reasonField(form) {
  const { say } = form;
  const node = el("fieldset", { class: "field reasons", "data-field": "position_reason" });
  const isNeeded = () => ["poor", "none"].includes(form.grade());
  let drawnFor = null;

  const text = el("input", {
    value: form.draft.reason_text,
    maxlength: "100",
    "aria-label": say("reason_text"),
    placeholder: say("reason_text"),
    "data-testid": "reason-text",
    oninput: () => form.change({ ...form.draft, reason_text: text.value }),
  });
  const chips = REASONS.map((code) =>
    el(
      "button",
      { class: "pick", type: "button", "data-testid": `reason-${code}`, onclick: () => choose(code) },
      say(`reason_${code}`),
    ),
  );

  function choose(code) {
    form.change({ ...form.draft, reason: code, reason_label: code === "other" ? null : say(`reason_${code}`) });
    node.querySelector("[data-said]")?.remove();
    mark();
    if (code === "other") text.focus();
  }

  function mark() {
    for (const [index, chip] of chips.entries()) {
      const on = REASONS[index] === form.draft.reason;
      chip.setAttribute("aria-pressed", String(on));
      chip.classList.toggle("on", on);
    }
    text.hidden = form.draft.reason !== "other";
  }

  function update() {
    const needed = isNeeded();
    node.hidden = !needed;
    if (!needed && form.draft.reason) form.change({ ...form.draft, reason: null, reason_label: null });
    if (!needed || drawnFor === form.grade()) return;
    drawnFor = form.grade();
    const fix = form.position();
    const ask = fix ? say("weak_fix", { m: Math.round(fix.accuracy_m) }) : say("no_fix");
    fill(
      node,
      el("legend", { class: "offscreen" }, say("reason_ask")),
      sentence("warn", "alert-triangle", ask),
      el("div", { class: "chips", style: { "--columns": columnsOf(chips.length, [3, 2]) } }, chips),
      text,
    );
    mark();
  }

  update();
  return {
    node,
    update,
    problem() {
      if (!isNeeded()) return null;
      if (!form.draft.reason) return say("reason_missing");
      return form.draft.reason === "other" && !form.draft.reason_text.trim() ? say("reason_write") : null;
    },
  };
}
