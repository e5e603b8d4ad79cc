// The duplicate hint on the screen: a card a record, the large photo on a press, and "this one again".

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { nearbyRecords } from "./nearby.js";

/** Gives { node, look(point), leave() }. A chosen one makes the draft a sighting of it. */
export function nearbyCards(form) {
  const { say } = form;
  const node = el("div", { class: "nearby", role: "group", "aria-label": say("nearby") });
  const urls = [];
  let found = [];
  let turn = 0;

  async function look(point) {
    if (!point || !form.draft.issue_type) return;
    const mine = (turn += 1);
    const next = await nearbyRecords({ api: form.options.api, fetch: form.fetch, point, issue_type: form.draft.issue_type });
    if (mine !== turn) return;
    const isNews = JSON.stringify(next) !== JSON.stringify(found);
    found = next;
    if (isNews) draw();
    if (isNews && next.length) form.announce(say("nearby_said", { n: next.length }));
  }

  function draw() {
    const { subject } = form.draft;
    const shown = subject && !found.some((one) => one.id === subject.id) ? [{ ...subject, thumb: null, view: null }, ...found] : found;
    fill(node, subject ? shown.filter((one) => one.id === subject.id).map(card) : shown.map(card));
  }

  function card(one) {
    const isChosen = form.draft.subject?.id === one.id;
    const face = el("span", { class: "face" }, icon("photo"));
    picture(one.thumb, face);
    const where = one.distance_m === undefined ? "" : say("nearby_where", { m: Math.round(one.distance_m), age: age(one.age_days) });
    return el(
      "div",
      { class: `near-card ${isChosen ? "on" : ""}`, "data-testid": `near-${one.number}` },
      el(
        "button",
        { class: "face-button", type: "button", "aria-label": say("nearby_large"), disabled: !one.view, onclick: () => large(one) },
        face,
      ),
      el("div", { class: "grow" }, el("b", {}, isChosen ? say("again_chosen") : say("nearby_ask")), el("span", { class: "small" }, where), one.number && el("span", { class: "mono note" }, one.number)),
      el("button", { class: "btn", type: "button", "aria-pressed": String(isChosen), "data-testid": "this-again", onclick: () => choose(isChosen ? null : one) }, say(isChosen ? "again_not" : "this_again")),
    );
  }

  const age = (days) => (days < 1 ? say("age_today") : say("age_days", { n: days }));

  function choose(one) {
    const subject = one ? { id: one.id, number: one.number, distance_m: one.distance_m, age_days: one.age_days } : null;
    form.change({ ...form.draft, subject, kind: subject ? "sighting" : "report" });
    form.announce(say(one ? "again_said" : "again_off", { number: one?.number ?? "" }));
    draw();
  }

  /** Pictures come through the form's own way of asking, which knows who is logged in. */
  async function picture(address, home) {
    if (!address) return;
    try {
      const answer = await form.fetch(address, { credentials: "same-origin" });
      if (!answer.ok) return;
      const url = URL.createObjectURL(await answer.blob());
      urls.push(url);
      fill(home, el("img", { src: url, alt: "" }));
    } catch {
      // The card says distance and age without it.
    }
  }

  function large(one) {
    const home = el("div", { class: "large" }, icon("photo"));
    const box = el(
      "dialog",
      { class: "near-large", "aria-label": say("nearby_large") },
      home,
      el("p", {}, el("b", {}, say("nearby_where", { m: Math.round(one.distance_m ?? 0), age: age(one.age_days ?? 0) }))),
      el(
        "div",
        { class: "row wrap" },
        el("button", { class: "btn grow", type: "button", onclick: () => box.close() }, say("nearby_other")),
        el(
          "button",
          {
            class: "btn go grow",
            type: "button",
            "data-testid": "this-again-large",
            onclick: () => {
              choose(one);
              box.close();
            },
          },
          say("this_again"),
        ),
      ),
    );
    picture(one.view, home);
    box.addEventListener("close", () => box.remove());
    node.append(box);
    box.showModal();
  }

  draw();
  return {
    node,
    look,
    leave() {
      turn += 1;
      for (const url of urls) URL.revokeObjectURL(url);
    },
  };
}
