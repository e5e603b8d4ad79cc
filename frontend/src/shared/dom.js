// Makes elements without markup: text from data only ever becomes text.

/**
 * el("button", { class: "btn", type: "button", onclick: save, "aria-label": name }, icon("x"), "存")
 * A property that starts with "on" is a listener; null, undefined and false leave an attribute out; true leaves it bare.
 * Children: nodes, strings, numbers, nested lists; null and false are skipped.
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) set(node, name, value);
  put(node, children);
  return node;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (name === "style" && typeof value === "object") {
    for (const [key, part] of Object.entries(value)) node.style.setProperty(key, part);
  } else if (name === "value" || name === "checked") node[name] = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Appends children; see `el` for what may stand among them. */
export function put(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(typeof child === "object" ? child : String(child));
  }
  return node;
}

/** Throws the old children out and puts the new ones in. */
export function fill(node, ...children) {
  node.replaceChildren();
  return put(node, children);
}

/** A sentence of i18n with its {facts} filled: say("重叠 {area}", { area: "0.34 公顷" }). */
export function say(sentence, facts = {}) {
  return String(sentence ?? "").replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

/** True when the reader asked for less motion. */
export function wantsStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Puts a style sheet once into the shadow root (or page) that holds `node`; resolves when it applies. */
export function withSheet(node, url) {
  const root = node.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  const old = [...home.querySelectorAll("link[rel=stylesheet]")].find((link) => link.getAttribute("href") === url);
  if (old) return old.ready ?? Promise.resolve();
  const link = el("link", { rel: "stylesheet", href: url });
  link.ready = new Promise((resolve, reject) => {
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => reject(new Error(`no style sheet at ${url}`)));
  });
  home.prepend(link);
  return link.ready;
}
