// One's own page: recent records (read offline too), own mistakes put right, and this phone's account.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { keptRecords, ownRecords, thumbOf } from "./mine.js";
import { clock, netChip, sample, whenNear } from "./parts.js";
import { accountPart } from "./account-part.js";
import { whySaid } from "./said.js";

export function mineScreen(app) {
  const { say } = app;
  const me = app.account.me;
  const age = el("p", { class: "small dim age", role: "status" });
  const list = el("ul", { class: "rows", "data-testid": "my-records" });
  const net = netChip(app);
  const account = accountPart(app);
  let gone = false;

  const node = el(
    "div",
    { class: "screen page" },
    el("header", { class: "bar" }, el("h1", { class: "grow", tabindex: "-1" }, say("mine")), sample(app), net.node),
    account.line,
    age,
    list,
    account.rest,
  );

  function draw(found) {
    age.textContent = found?.at_ms && !found.isFresh ? say("as_of", { time: clock(found.at_ms) }) : "";
    age.hidden = !age.textContent;
    if (!found) return void fill(list, el("li", { class: "empty" }, el("p", { class: "dim" }, say("mine_asking"))));
    if (!found.items.length) {
      const text = found.isFresh ? say("mine_empty") : say("mine_unknown", { why: navigator.onLine ? whySaid(found.why ?? "", say) : "" });
      return void fill(list, el("li", { class: "empty" }, icon(found.isFresh ? "camera" : "cloud-off"), el("p", {}, text)));
    }
    fill(list, found.items.map(rowOf));
  }

  function rowOf(item) {
    const type = app.type(item.issue_type);
    const box = el("span", { class: "cover" }, icon("photo"));
    if (item.thumb) {
      whenNear(box, async () => {
        const url = await thumbOf(item.thumb, { store: app.store, me, fetch: app.fetch });
        if (!url) return;
        const picture = el("img", { src: url, alt: "" });
        picture.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
        fill(box, picture);
      });
    }
    const isWhole = item.photos_kept >= item.photos_expected;
    return el(
      "li",
      { class: "row-item", "data-testid": `mine-${item.number}` },
      box,
      el(
        "div",
        { class: "grow" },
        el(
          "div",
          { class: "row between top" },
          el("b", { class: "grow" }, type ? app.label(type, "tile_") || app.label(type) : item.issue_type),
          el("span", { class: "small" }, clock(Date.parse(item.captured_at))),
        ),
        item.place && el("p", { class: "dim" }, item.place),
        el(
          "p",
          { class: `said ${isWhole ? "ok" : "warn"}` },
          icon(isWhole ? "circle-check" : "clock"),
          el("span", {}, `${stateOf(item)} · ${say("originals", { kept: item.photos_kept, n: item.photos_expected })}`),
        ),
        el("a", { class: "mono small number-link", href: item.url }, item.number),
        (item.may_correct || item.may_withdraw) &&
          el(
            "div",
            { class: "row wrap acts" },
            item.may_correct && act("correct", "pencil", item),
            item.may_withdraw && act("withdraw", "arrow-back-up", item),
          ),
      ),
    );
  }

  const act = (what, sign, item) =>
    el(
      "button",
      { class: "btn", type: "button", "data-testid": `${what}-${item.number}`, onclick: () => mend(what, item) },
      icon(sign),
      say(what),
    );

  /** The form comes only when it is wanted; the first screen does without it. */
  async function mend(what, item) {
    const { mendDialog } = await import("./later.js");
    if (!gone) mendDialog(app, item, what, node, refresh);
  }

  function stateOf(item) {
    return app.words.state[item.state] ?? item.state;
  }

  async function refresh() {
    const found = await ownRecords({ asks: app.asks, store: app.store, me });
    if (!gone) draw(found);
  }

  return {
    node,
    hasTabs: true,
    async shown() {
      draw(await keptRecords({ store: app.store, me }));
      refresh();
    },
    update(what) {
      if (what === "net") {
        net.draw();
        if (navigator.onLine) refresh();
      }
      if (["record", "records", "sender", "track"].includes(what)) account.draw();
    },
    leave: () => (gone = true),
  };
}
