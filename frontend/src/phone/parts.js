// Pieces that the app's lists share: the network's chip, a row's frame, the way to the account.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

export function netChip(app) {
  const node = el("span", { class: "net", "data-testid": "net" });
  const draw = () => fill(node, icon(navigator.onLine ? "wifi" : "cloud-off"), app.say(navigator.onLine ? "online" : "offline"));
  draw();
  return { node, draw };
}

export function sample(app) {
  return app.isSample ? el("span", { class: "sample" }, app.say("sample")) : null;
}

/** The button to one's own page; on that page itself it stands no more. */
export function person(app) {
  return el("a", { class: "btn flat sq", href: "#/mine", "aria-label": app.say("tab_mine") }, icon("user"));
}

/** "09:12" today, "11-23 09:12" before. */
export function clock(ms, now_ms = Date.now()) {
  const at = new Date(ms);
  const two = (value) => String(value).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  const isToday = new Date(now_ms).toDateString() === at.toDateString();
  return isToday ? time : `${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** { picture(block), head, where } of a record on this phone. A made picture loads when the block of its row is near the screen. */
export function rowFrame(app, record) {
  const type = app.type(record.draft.issue_type);
  const name = type ? app.label(type, "tile_") || app.label(type) : app.say("no_kind");
  const zone = record.receipt?.zone?.name ?? record.draft.zone_name ?? null;
  const spot = [record.draft.building, record.draft.unit, record.draft.floor].filter(Boolean).join(" ");
  const where = [zone, spot].filter(Boolean).join(" · ");
  return {
    picture: (block) => cover(app, record, block),
    head: el("div", { class: "row between top" }, el("b", { class: "grow" }, name), el("span", { class: "small" }, clock(record.made_ms))),
    where: where ? el("p", { class: "dim" }, where) : null,
  };
}

function cover(app, record, block) {
  const box = el("span", { class: "cover" });
  const first = record.draft.photos[0];
  if (!first) return fill(box, icon("photo")) && box;
  whenNear(block, async () => {
    const row = await app.store.original(record.id, first.sha256);
    fill(box, row?.preview ? el("img", { src: `data:image/jpeg;base64,${row.preview}`, alt: "", decoding: "async" }) : icon("photo"));
  });
  return box;
}

let watcher = null;
const acts = new WeakMap();

/** Calls `act` once when `node` comes near the screen; many may wait for one node. */
export function whenNear(node, act) {
  watcher ??= new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        watcher.unobserve(entry.target);
        const waiting = acts.get(entry.target) ?? [];
        acts.delete(entry.target);
        for (const act of waiting) act();
      }
    },
    { rootMargin: "300px" },
  );
  if (acts.has(node)) return void acts.get(node).push(act);
  acts.set(node, [act]);
  watcher.observe(node);
}
