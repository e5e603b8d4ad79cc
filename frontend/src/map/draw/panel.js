// The panel beside the drawing: figures, shares over the grids, warnings with the place they mean.
import { el, fill, say } from "../../shared/dom.js";
import { icon } from "../../shared/icons.js";
import { area, grouped, length, spoken } from "../numbers.js";
import { gridCount } from "./shares.js";

const GAPS_SHOWN = 3;
const GRIDS_SHOWN = 6;

/** panel({ words, onGoTo(geometry | [lon, lat]), onClip() }) -> { element, slots, show(state), setBusy(isBusy) }. */
export function panel({ words, onGoTo, onClip }) {
  const figures = el("dl", { class: "figures" });
  const shares = el("section", { class: "shares" });
  const warnings = el("section", { class: "warnings", "aria-live": "polite" });
  const busy = el("span", { class: "note" });
  const more = el("button", { class: "sheet-toggle", type: "button", "aria-expanded": "false", onclick: () => setOpen(element.dataset.open !== "true") });
  const form = el("div", {});
  const corners = el("div", {});
  const borders = el("div", { class: "borders" });
  const element = el("aside", { class: "draw-panel", "aria-label": words.draw_title, "data-open": "false" }, more, figures, shares, borders, warnings, form, corners);

  function setOpen(isOpen) {
    element.dataset.open = String(isOpen);
    more.setAttribute("aria-expanded", String(isOpen));
    fill(more, icon(isOpen ? "chevron-down" : "chevron-up"), isOpen ? words.panel_less : words.panel_more);
  }
  setOpen(false);

  function figure(word, { figure: value, unit }) {
    return el("div", {}, el("dt", {}, word), el("dd", {}, value, el("span", { class: "unit" }, ` ${unit}`)));
  }

  /** state: { measured, share: shareRows(), refusal, hint, hasRing }; measured null = nothing yet. */
  function show({ measured, share, refusal, hint, hasRing }) {
    const none = { figure: "—", unit: "" };
    fill(figures,
      figure(words.area, measured ? area(measured.area_m2, words) : none),
      figure(words.perimeter, measured ? length(measured.perimeter_m, words) : none),
      figure(words.buildings, measured ? { figure: grouped(measured.buildings), unit: words.buildings_unit } : none),
      figure(words.households, measured ? { figure: grouped(measured.households), unit: words.households_unit } : none));
    fill(shares, sharePart(share, hasRing, words, busy));
    fill(warnings,
      hint && el("div", { class: "say run" }, icon("info-circle"), el("div", {}, hint)),
      refusal && plate("bad", "alert-triangle", refusal.at ? refusal.sentence : say(words.measure_failed, { reason: refusal.sentence }), null, refusal.at && goTo(refusal.at)),
      (measured?.problems ?? []).map((problem) => plate("bad", "alert-triangle", problem.sentence, null, problem.at && goTo(problem.at))),
      [...(measured?.overlaps ?? [])].sort((a, b) => b.area_m2 - a.area_m2).map((overlap) => plate("bad", "alert-triangle",
        say(words.overlap_title, { name: overlap.name, area: spoken(area(overlap.area_m2, words)) }),
        say(words.overlap_body, { buildings: grouped(overlap.buildings), households: grouped(overlap.households) }), [clip(), goTo(overlap.piece)])),
      measured?.lost?.buildings > 0 && plate("warn", "alert-circle", say(words.lost_title, { buildings: grouped(measured.lost.buildings), households: grouped(measured.lost.households) }), words.lost_body, goTo({ type: "MultiPoint", coordinates: measured.lost.points })),
      measured?.gained?.buildings > 0 && plate("run", "info-circle", say(words.gained_title, { buildings: grouped(measured.gained.buildings), households: grouped(measured.gained.households) }), null, goTo({ type: "MultiPoint", coordinates: measured.gained.points })),
      (measured?.gaps ?? []).slice(0, GAPS_SHOWN).map((gap) => plate("warn", "alert-circle",
        say(words[`gap_${gap.kind}`], { area: spoken(area(gap.area_m2, words)) }),
        gap.buildings > 0 && say(words.gap_body, { buildings: grouped(gap.buildings), households: grouped(gap.households) }), [gap.kind === "narrow" && clip(), goTo(gap.piece)])),
      measured?.gaps?.length > GAPS_SHOWN && el("div", { class: "note" }, say(words.gaps_more, { count: measured.gaps.length - GAPS_SHOWN })),
      measured?.crosses_grids && plate("warn", "file-description", words.cross_title, words.cross_body));
  }

  const clip = () => el("button", { class: "btn go", type: "button", onclick: onClip }, words.clip_now);
  const goTo = (place) => el("button", { class: "btn", type: "button", onclick: () => onGoTo(place) }, words.go_see);

  return {
    element,
    slots: { form, corners, borders },
    show,
    setOpen,
    setBusy(isBusy) {
      busy.textContent = isBusy ? words.live_busy : words.live;
      element.dataset.busy = String(isBusy);
    },
  };
}

function plate(kind, sign, title, body, action) {
  return el("div", { class: `say ${kind}` }, icon(sign), el("div", { class: "grow" }, el("b", {}, title), body && el("div", { class: "small dim" }, body), action && el("div", { class: "row acts" }, action)));
}

/** Bar and table. `share` = { byHouseholds, rows }. */
function sharePart({ byHouseholds, rows }, hasRing, words, busy) {
  if (!rows.length) return hasRing ? [] : [el("b", {}, words.grids_none)];
  const count = gridCount(rows);
  const spokenList = rows.map((row) => say(words.share_item, { name: row.name, share: row.shareText })).join("，");
  const bar = el("div", { class: "share-bar", role: "img", "aria-label": say(words.share_bar, { list: spokenList }) }, rows.map((row) => row.width > 0
    && el("span", { "data-tint": row.tint, style: { width: `${row.width}%` } }, row.width >= 14 && row.shareText)));
  // Many grids must not push the form out of reach: the smallest wait behind one line.
  const shownRows = rows.length > GRIDS_SHOWN + 1 ? rows.slice(0, GRIDS_SHOWN) : rows;
  const rest = rows.slice(shownRows.length);
  const head = [words.col_grid, words.col_area, words.col_buildings, words.col_households];
  const table = el("table", {}, el("thead", {}, el("tr", {}, head.map((word, i) => el("th", { scope: "col", class: i ? "num" : "" }, word)))),
    el("tbody", {}, shownRows.map((row) => el("tr", {},
      el("td", {}, el("span", { class: "row" }, el("i", { class: "tint", "data-tint": row.tint, "aria-hidden": "true" }), el("span", {}, row.name, row.isSliver && el("span", { class: "note" }, ` ${words.sliver}`)))),
      el("td", { class: "num" }, row.areaText), el("td", { class: "num" }, grouped(row.buildings)), el("td", { class: "num" }, grouped(row.households))))));
  return [
    el("div", { class: "row between wrap" }, el("b", {}, count > 1 ? say(words.grids_many, { count }) : words.grids_one), busy),
    bar, el("div", { class: "note" }, byHouseholds ? words.by_households : words.by_area), table,
    rest.length > 0 && el("div", { class: "note" }, say(words.grids_more, { count: rest.length, list: rest.map((row) => row.name).slice(0, 4).join("、"), households: grouped(rest.reduce((sum, row) => sum + row.households, 0)) })),
  ];
}
