// The switch that lets neighbours' borders move along, who moves and how much, and who cannot and why.
import { el, fill, say } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { area, grouped, spoken } from "../numbers.js";
import { movedLines } from "./border.js";
import { partsOf } from "./shape.js";

/**
 * sharing({ office, words, shape(), zoneId(), onSewn(parts, neighbours), onOff(), onNone(), onRefusal(refusal) }) ->
 * { element, show({ beside, changes, canShare }), held(neighbour, isCrossing) }. changes: what the server says of the
 * neighbours that moved. held: the sentence for a corner that stays.
 */
export function sharing({ office, words, shape, zoneId, onSewn, onOff, onNone, onRefusal }) {
  const flip = el("input", { type: "checkbox", role: "switch", onchange: () => (flip.checked ? sew() : onOff()) });
  const list = el("ul", { "aria-live": "polite" });
  const element = el("section", { class: "border-share" }, el("label", { class: "row" }, flip, icon("link"), el("span", { class: "grow" }, words.border_switch)), list);
  let isAsking = false;

  async function sew() {
    isAsking = flip.disabled = true;
    const { geometry, beside, taken } = shape();
    const lines = movedLines(beside.neighbours);
    try {
      take(await office.post("/zones/edit", { edit: "sew", geometry, zone_id: zoneId(), takes_in: taken, neighbours: lines }).finally(() => { isAsking = false; }), lines);
    } catch (refusal) {
      onRefusal(refusal);
    }
  }

  /** What had moved before counts as moved while nobody made a newer version of it. */
  function take(found, lines) {
    const isMoved = (each) => lines.some((line) => line.zone_id === each.zone_id && line.base_version_id === each.base_version_id);
    const neighbours = found.neighbours.map(({ geometry, ...each }) => ({ ...each, parts: partsOf(geometry), moved: isMoved(each) }));
    if (neighbours.length) onSewn(partsOf(found.shape), neighbours);
    else onNone();
  }

  function row(sign, text, kind) {
    return el("li", { class: `row ${kind}` }, icon(sign), el("span", { class: "grow" }, text));
  }

  function changed({ name, gained_m2, lost_m2, gained, lost }) {
    const size = (m2) => spoken(area(m2, words));
    const homes = (moved, word) => moved?.buildings > 0 && say(word, { buildings: grouped(moved.buildings), households: grouped(moved.households) });
    return [say(words.border_change, { name, gained: size(gained_m2), lost: size(lost_m2) }), homes(gained, words.border_homes_in), homes(lost, words.border_homes_out)].filter(Boolean).join("");
  }

  return {
    element,
    show({ beside, changes, canShare }) {
      flip.checked = beside.shares;
      flip.disabled = isAsking || !(canShare || beside.shares);
      const said = new Map(changes.map((change) => [change.zone_id, change]));
      const waiting = beside.neighbours.filter((each) => !each.obstacle && !said.has(each.zone_id)).map((each) => each.name);
      fill(list,
        !beside.shares && el("li", { class: "note" }, words.border_note),
        changes.map((change) => row("hand-move", changed(change), "")),
        changes.flatMap(({ name, overlaps }) => overlaps.map((other) => row("alert-triangle", say(words.border_overlap, { name, other: other.name, area: spoken(area(other.area_m2, words)) }), "bad"))),
        beside.shares && waiting.length > 0 && row("link", say(words.border_waiting, { names: waiting.join("、") }), ""),
        beside.shares && beside.neighbours.filter((each) => each.obstacle).map((each) => row("lock", say(words.border_stuck, { reason: each.obstacle }), "warn")));
    },
    held: (neighbour, isCrossing) => (isCrossing ? words.border_crossing : say(words.border_held, { reason: neighbour.obstacle })),
  };
}
