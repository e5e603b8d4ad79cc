// The field for a number plate: province keys, a check while typing, and a way out for cars without one.

import { el } from "../shared/dom.js";
import { normalisePlate, plateProblem, PROVINCES } from "./plate.js";

/** Gives {node, problem()}; problem() is a sentence that stands in the way of sending, or null. */
export function plateField(form) {
  const { say } = form;
  const isRequired = form.draft.plate_need === "required";
  const isMotor = form.draft.plate_series !== "ebike";
  const hint = el("p", { class: "note", id: "plate-hint", "aria-live": "polite", "data-wrong-below": true });
  const input = el("input", {
    value: form.draft.plate,
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: "14",
    class: "plate-input",
    "aria-describedby": "plate-hint",
    "aria-label": say("plate"),
    "data-testid": "plate-input",
    oninput: () => keep(input.value),
    onblur: () => {
      if (isMotor) input.value = normalisePlate(input.value);
      keep(input.value);
    },
  });
  const none = el("input", {
    type: "checkbox",
    checked: form.draft.has_no_plate,
    "data-testid": "no-plate",
    onchange: () => {
      form.change({ ...form.draft, has_no_plate: none.checked });
      node.querySelector("[data-said]")?.remove();
      draw();
    },
  });
  const keys = el(
    "div",
    { class: "provinces", role: "group", "aria-label": say("province_keys") },
    PROVINCES.slice(0, 8).split("").map(key),
    el(
      "button",
      {
        class: "pick",
        type: "button",
        "aria-expanded": "false",
        onclick: (event) => {
          event.currentTarget.replaceWith(...PROVINCES.slice(8).split("").map(key));
          keys.querySelectorAll("button")[8].focus();
        },
      },
      say("more"),
    ),
  );
  const whole = el("div", { class: "plate-row" }, input, keys);
  const node = el(
    "div",
    { class: "field", "data-field": "plate" },
    el("span", {}, isRequired ? say("plate") : say("plate_optional")),
    whole,
    hint,
    el("label", { class: "check" }, none, say("no_plate")),
  );

  function key(sign) {
    return el(
      "button",
      {
        class: "pick",
        type: "button",
        onclick: () => {
          const rest = normalisePlate(input.value).replace(/^[\u4e00-\u9fff]/, "");
          input.value = sign + rest;
          keep(input.value);
          input.focus();
        },
      },
      sign,
    );
  }

  function keep(text) {
    form.change({ ...form.draft, plate: text });
    draw();
  }

  function draw() {
    whole.hidden = form.draft.has_no_plate;
    const problem = isMotor ? plateProblem(normalisePlate(form.draft.plate)) : "free";
    hint.textContent = form.draft.has_no_plate
      ? say("no_plate_note")
      : say(`plate_${problem}`, { n: normalisePlate(form.draft.plate).length });
    hint.classList.toggle("good", problem === "ok" && !form.draft.has_no_plate);
    keys.hidden = !isMotor || (problem !== "empty" && problem !== "no_province");
  }

  draw();
  return {
    node,
    problem() {
      if (form.draft.has_no_plate) return null;
      const plate = normalisePlate(form.draft.plate);
      const problem = plateProblem(plate);
      if (!isMotor) return isRequired && !form.draft.plate.trim() ? say("plate_missing") : null;
      if (problem === "ok" || (problem === "empty" && !isRequired)) return null;
      return say(problem === "empty" ? "plate_missing" : `plate_${problem}`, { n: plate.length });
    },
  };
}
