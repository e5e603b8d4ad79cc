// What the map shows as a list to read and search, for a browser without WebGL2.
import { el, fill, say } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { modeSign, when } from "./plate.js";
import { grouped } from "./numbers.js";

const MOST = 200;

/** listInstead({ frame, words, data: layers(...), recordsQuery, onOpen }) fills the frame and resolves when the facts stand. */
export async function listInstead({ frame, words, data, recordsQuery, hasRecords, onOpen }) {
  const field = el("input", { type: "search", placeholder: words.search, "aria-label": words.search, oninput: draw });
  const body = el("div", { class: "list-body", "aria-live": "polite" });
  const sheet = el("div", { class: "list-instead" }, el("div", { class: "say warn" }, icon("map-2"), el("div", {}, words.list_reason)), el("div", { class: "field" }, field), body);
  frame.mapSide.replaceChildren(sheet);

  function draw() {
    const wanted = field.value.trim().toLowerCase();
    const fits = (...texts) => !wanted || texts.some((text) => String(text ?? "").toLowerCase().includes(wanted));
    const zones = data.kept.zones.features.map((zone) => zone.properties).filter((zone) => fits(zone.name, zone.code));
    const records = data.kept.records.features.map((record) => record.properties).filter((record) => fits(record.title, record.number, record.zone_name));
    fill(body,
      section(say(words.list_zones, { count: zones.length }), zones, (zone) => row(zone.name, [modeSign(zone.mode, words), say(words.households_count, { count: grouped(Number(zone.households)) }), zone.crosses && words.crosses], () => onOpen("zone", zone.id))),
      hasRecords && section(say(words.list_records, { count: records.length }), records, (record) => row(record.title || record.number, [record.number, words[`state_group_${record.group}`], record.zone_name, when(record.captured_at)], () => onOpen("record", record.id))));
  }

  function section(title, rows, draw_) {
    return el("section", {}, el("h3", {}, title), el("ul", {}, rows.slice(0, MOST).map(draw_)),
      rows.length > MOST && el("p", { class: "note" }, say(words.list_more, { count: rows.length - MOST })));
  }

  function row(name, parts, open) {
    return el("li", {}, el("button", { type: "button", onclick: open }, el("b", {}, name), el("span", { class: "note row wrap" }, parts.filter(Boolean).map((part) => el("span", {}, part)))));
  }

  await Promise.allSettled([data.loadAreas(), hasRecords ? data.loadRecords(recordsQuery) : null]);
  draw();
  frame.root.dataset.ready = "true";
}
