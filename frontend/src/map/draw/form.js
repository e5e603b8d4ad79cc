// Name, kind and management mode of the zone being drawn; says which of them is still missing.
import { el } from "../../shared/dom.js";
import { GLYPHS, MODES } from "../colours.js";

const KINDS = ["ordinary_estate", "old_compound", "open_compound", "scattered_building"];
let count = 0;

/** form({ words, kinds, onChange }) -> { element, values(), fill(values), missing(), showWrong(), focusWrong() }.
 * kinds: the office's table, [{ code, zh, en }] or { kinds: [...] }; without it the four of the policy text. */
export function form({ words, kinds, lang, onChange }) {
  const id = `slg-zone-${(count += 1)}`;
  const given = kinds?.kinds ?? kinds ?? [];
  const choices = given.length ? given.map((kind) => ({ code: kind.code, name: kind[lang] ?? kind.zh ?? kind.name })) : KINDS.map((code) => ({ code, name: words[`kind_${code}`] }));
  const name = el("input", { id: `${id}-name`, type: "text", maxlength: "60", autocomplete: "off", "aria-describedby": `${id}-name-wrong`, oninput: changed });
  const kind = el("select", { id: `${id}-kind`, "aria-describedby": `${id}-kind-wrong`, onchange: changed },
    el("option", { value: "" }, words.form_choose), choices.map((choice) => el("option", { value: choice.code }, choice.name)));
  const radios = MODES.map((mode) => el("input", { type: "radio", name: `${id}-mode`, value: mode, onchange: changed }));
  const modes = el("fieldset", { class: "field", "aria-describedby": `${id}-mode-wrong` }, el("legend", {}, words.form_mode),
    el("div", { class: "mode-choice" }, MODES.map((mode, i) => el("label", {}, radios[i], el("span", { class: "mode", "data-mode": mode, "aria-hidden": "true" }, GLYPHS[mode]), words[`mode_${mode}`]))));
  const wrong = Object.fromEntries(["name", "kind", "mode"].map((field) => [field, el("div", { id: `${id}-${field}-wrong`, class: "wrong", hidden: true }, words[`need_${field}`])]));
  const element = el("form", { class: "zone-form", onsubmit: (event) => event.preventDefault() },
    el("div", { class: "field" }, el("label", { for: name.id }, words.form_name), name, wrong.name),
    el("div", { class: "field" }, el("label", { for: kind.id }, words.form_kind), kind, wrong.kind), modes, wrong.mode);
  let isTold = false;

  const values = () => ({ name: name.value.trim(), kind: kind.value, mode: radios.find((radio) => radio.checked)?.value ?? "" });
  const missing = () => Object.keys(wrong).filter((field) => !values()[field]);

  function changed() {
    if (isTold) showWrong();
    onChange(values());
  }

  function showWrong() {
    isTold = true;
    const lacking = missing();
    for (const field of Object.keys(wrong)) wrong[field].hidden = !lacking.includes(field);
    name.setAttribute("aria-invalid", String(lacking.includes("name")));
    kind.setAttribute("aria-invalid", String(lacking.includes("kind")));
    return lacking;
  }

  return {
    element, values, missing, showWrong,
    focusWrong() {
      const first = { name, kind, mode: radios[0] }[missing()[0]];
      first?.focus();
      first?.scrollIntoView({ block: "nearest" });
    },
    fill(next) {
      name.value = next.name ?? "";
      kind.value = next.kind ?? "";
      for (const radio of radios) radio.checked = radio.value === next.mode;
    },
  };
}
