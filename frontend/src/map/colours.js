// Reads the colours of the map from the style sheet's tokens, so that page, legend and canvas agree in light and dark.

export const MODES = ["professional", "soe_backstop", "self_managed", "trusteeship", "community_trust", "unmanaged"];
export const GLYPHS = {
  professional: "专", soe_backstop: "国", self_managed: "自", trusteeship: "代", community_trust: "托", unmanaged: "无",
};
export const PALE_MODES = new Set(["soe_backstop", "trusteeship"]);

/** Case states by the group that shares colour and word on the map; an unknown state counts as reported. */
export const STATE_GROUPS = {
  reported: ["draft", "reported", "verifying", "accepted", "to_settle", "received"],
  running: ["filed", "dispatched", "in_progress"],
  waiting: ["feedback", "checking", "suspended", "ext_requested", "returned"],
  rework: ["rework"],
  closed: ["closed", "evaluated"],
  ended: ["rejected", "merged", "void"],
};
const GROUP_TOKENS = { reported: "ink-3", running: "primary", waiting: "warn", rework: "danger", closed: "ok", ended: "edge" };

export function stateGroup(state) {
  return Object.keys(STATE_GROUPS).find((group) => STATE_GROUPS[group].includes(state)) ?? "reported";
}

/** Every colour that style.js and images.js use, as #RRGGBB strings. `node` stands inside the themed element. */
export function colours(node) {
  const style = getComputedStyle(node);
  const token = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["paper", "surface", "line", "edge", "ink", "ink-2", "ink-3", "primary", "danger", "danger-soft", "on-danger", "warn",
    "warn-mark", "warn-soft", "ok", "on-mode", "on-mode-pale", "piece-1", "piece-2", "on-piece-1", "on-piece-2", "g-land", "g-block", "g-road",
    "g-casing", "g-building", "g-building-edge", "g-label", "g-halo"];
  const found = Object.fromEntries(names.map((name) => [name, token(name)]));
  found.modes = Object.fromEntries(MODES.map((mode) => [mode, token(`m-${mode}`)]));
  found.states = Object.fromEntries(Object.entries(GROUP_TOKENS).map(([group, name]) => [group, token(name)]));
  found.font = token("font") || "sans-serif";
  return found;
}
