// Finds an estate, building or road: a text field with a list below it that the arrow keys walk.
import { el, fill, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

let count = 0;

/** searchBox({ office, words, onPick(item) }) -> element. Items as GET /search gives them. */
export function searchBox({ office, words, onPick }) {
  const id = `slg-search-${(count += 1)}`;
  let items = [];
  let marked = -1;
  let timer = null;
  let running = null;

  const field = el("input", {
    type: "search", class: "search-field", placeholder: words.search, "aria-label": words.search, autocomplete: "off", enterkeyhint: "search",
    role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", oninput: later, onkeydown: walk,
  });
  const list = el("ul", { id, role: "listbox", "aria-label": words.search, class: "search-list", hidden: true });
  const spoken = el("div", { class: "offscreen", role: "status", "aria-live": "polite" });
  const clear = el("button", { type: "button", class: "tool-btn", "aria-label": words.search_clear, hidden: true, onclick: () => { field.value = ""; close(); field.focus(); } }, icon("x"));
  const box = el("div", { class: "search plate-look", role: "search" }, el("div", { class: "search-row" }, icon("search"), field, clear), list, spoken);
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) list.hidden = true; });

  function later() {
    clearTimeout(timer);
    clear.hidden = !field.value;
    if (!field.value.trim()) return close();
    timer = setTimeout(ask, 200);
  }

  async function ask() {
    running?.abort();
    const mine = (running = new AbortController());
    const q = field.value.trim();
    try {
      const answer = await office.get(`/search?q=${encodeURIComponent(q)}`, { signal: mine.signal });
      if (running === mine) show(answer.items ?? [], q);
    } catch (refusal) {
      if (refusal.name !== "AbortError") say_(refusal.sentence ?? String(refusal));
    }
  }

  function say_(sentence) {
    items = [];
    fill(list, el("li", { class: "search-none", role: "option", "aria-disabled": "true" }, sentence));
    open();
  }

  function show(found, q) {
    items = found;
    marked = -1;
    if (!items.length) return say_(say(words.search_none, { q }));
    fill(list, items.map((item, i) => el("li", { id: `${id}-${i}`, role: "option", "aria-selected": "false", onmousedown: (event) => event.preventDefault(), onclick: () => pick(i) },
      icon({ zone: "polygon", building: "building", road: "road", grid: "grid-4x4", street: "map-2", community: "home" }[item.kind] ?? "map-pin"),
      el("span", { class: "grow" }, el("b", {}, item.name), el("span", { class: "note" }, [words[`kind_${item.kind}`], item.where].filter(Boolean).join(" · "))))));
    spoken.textContent = say(words.search_count, { count: items.length });
    open();
  }

  function open() {
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }

  function close() {
    running?.abort();
    items = [];
    marked = -1;
    list.hidden = true;
    clear.hidden = !field.value;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function walk(event) {
    if (event.key === "Escape") return close();
    if (event.key === "Enter") {
      event.preventDefault();
      if (items.length) pick(Math.max(0, marked));
      else if (field.value.trim()) { clearTimeout(timer); ask(); }
      return;
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !items.length) return;
    event.preventDefault();
    marked = (marked + by + items.length) % items.length;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === marked)));
    list.children[marked].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", `${id}-${marked}`);
  }

  function pick(i) {
    const item = items[i];
    field.value = item.name;
    close();
    onPick(item);
  }

  return box;
}
