// Which kinds stand on the nine tiles, and how typing finds the others.

/** At most nine kinds: those an edition numbers as common, in that order; else its first ones. */
export function commonKinds(types) {
  const numbered = types.filter((type) => type.common).sort((a, b) => a.common - b.common);
  const rest = types.filter((type) => !type.common);
  return [...numbered, ...rest].slice(0, 9);
}

/** Kinds whose names or definition hold every word typed; names before definitions; nothing typed gives all. */
export function searchKinds(types, text) {
  const asked = plain(text).split(" ").filter(Boolean);
  if (!asked.length) return types;
  const holds = (type, fields) => {
    const hay = plain(fields.map((field) => type[field] ?? "").join(" "));
    return asked.every((word) => hay.includes(word));
  };
  const names = ["zh", "en", "tile_zh", "tile_en", "code", "also"];
  const byName = types.filter((type) => holds(type, names));
  const byMeaning = types.filter(
    (type) => !byName.includes(type) && holds(type, [...names, "definition_zh", "definition_en"]),
  );
  return [...byName, ...byMeaning];
}

function plain(text) {
  return String(text)
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[_,\s]+/g, " ")
    .trim();
}
