// Vehicle plates as people type them, brought to one form and judged gently.
// Shape after GA 36-2018: province character, office letter, then five marks, or six for a new-energy plate;
// the letters I and O are not used on ordinary plates.

export const PROVINCES = "浙沪苏皖赣闽京津冀晋蒙辽吉黑鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";

const ORDINARY = /^[\u4e00-\u9fff][A-HJ-NP-Z](?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJ-NP-Z0-9]{6})$/;

/** Upper case, half width, without spaces, dots and dashes: " 浙d·a1234 " gives "浙DA1234". */
export function normalisePlate(text) {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s·•・.。\-—_]/g, "");
}

/** "empty" | "short" | "long" | "no_province" | "no_letter" | "odd" | "ok" for a normalised plate. */
export function plateProblem(plate) {
  if (!plate) return "empty";
  if (!PROVINCES.includes(plate[0])) return "no_province";
  if (plate.length > 1 && !/[A-Z]/.test(plate[1])) return "no_letter";
  if (plate.length < 7) return "short";
  if (plate.length > 8) return "long";
  return ORDINARY.test(plate) ? "ok" : "odd";
}
