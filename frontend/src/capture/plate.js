// Vehicle plates as people type them, brought to one form and judged gently. The rules are those of
// domain/policy/plates.py (shape after GA 36), so that a plate that passes here is not refused there.

export const NO_PLATE = "NO_PLATE";
export const PROVINCES = "浙沪苏皖赣闽京津冀晋蒙辽吉黑鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";

const ORDINARY = /^.[A-Z][A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]$/;
// Small new-energy cars carry the energy letter first, large ones last.
const NEW_ENERGY = /^.[A-Z](?:[A-HJ-NP-Z][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJ-NP-Z])$/;

/** Upper case, half width, without spaces, dots and dashes: " 浙d·a1234 " gives "浙DA1234". */
export function normalisePlate(text) {
  return text
    .normalize("NFKC")
    .replace(/[\s.\-_·•・‧∙⋅—。]+/g, "")
    .toUpperCase();
}

/** "empty" | "no_province" | "no_letter" | "short" | "long" | "odd" | "ok" for a normalised plate. */
export function plateProblem(plate) {
  if (!plate) return "empty";
  if (!PROVINCES.includes(plate[0])) return "no_province";
  if (plate.length > 1 && !/[A-Z]/.test(plate[1])) return "no_letter";
  if (plate.length < 7) return "short";
  if (plate.length > 8) return "long";
  const fewLetters = (plate.slice(2).match(/[A-Z]/g) ?? []).length <= 2;
  return (ORDINARY.test(plate) && fewLetters) || NEW_ENERGY.test(plate) ? "ok" : "odd";
}
