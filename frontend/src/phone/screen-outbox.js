// The outbox: everything on this phone that the office does not have whole, oldest first, and what became of the rest.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { netChip, person, rowFrame, sample } from "./parts.js";
import { photosLeft, recordSaid, senderSaid, whySaid } from "./said.js";
import { facts } from "./screen-stored.js";

const ROWS_A_TURN = 24;
const ROWS_A_BLOCK = 6; // what the browser skips together while it is off the screen: five hundred single rows are too many to ask

export function outboxScreen(app) {
  const { say } = app;
  const banner = el("div", { class: "banner-place" });
  const list = el("div", { class: "rows", role: "list", "data-testid": "outbox" });
  const others = el("p", { class: "others small", hidden: true });
  const foot = el("section", { class: "wifi" });
  const net = netChip(app);
  const rows = new Map(); // record id -> { block, node, sign, picture }
  let filling = 0;

  const node = el(
    "div",
    { class: "screen page" },
    el("header", { class: "bar" }, el("h1", { class: "grow", tabindex: "-1" }, say("outbox")), sample(app), net.node, person(app)),
    banner,
    list,
    others,
    foot,
  );

  function drawBanner() {
    const state = app.sender.state();
    const said = senderSaid(state, { say, left: app.left(), isOnline: navigator.onLine, now_ms: Date.now() });
    const signature = JSON.stringify(said);
    if (banner.dataset.is === signature) return;
    banner.dataset.is = signature;
    fill(
      banner,
      said &&
        el(
          "div",
          { class: `banner ${said.tone}`, "data-testid": "banner" },
          icon(said.icon),
          el("div", { class: "grow" }, el("b", {}, said.title), said.text && el("span", { class: "small" }, said.text)),
          said.action === "pause" && button("pause", "pause", () => app.sender.pause()),
          said.action === "now" && button("send_now", "send-now", () => app.sender.sendNow()),
          said.action === "login" && el("a", { class: "btn", href: app.loginHref(), "data-testid": "login-link" }, say("login")),
        ),
    );
  }

  const button = (word, testid, act) => el("button", { class: "btn", type: "button", "data-testid": testid, onclick: act }, say(word));

  function drawList() {
    const turn = (filling += 1);
    const all = app.records;
    rows.clear();
    others.hidden = !app.others;
    others.textContent = app.others ? say("others", { n: app.others }) : "";
    if (!all.length) return void fill(list, el("div", { class: "empty", role: "listitem" }, icon("inbox"), el("p", {}, say("outbox_empty"))));
    fill(list);
    let at = 0;
    // A long list grows in small turns, so that a finger is never kept waiting.
    const grow = () => {
      if (turn !== filling) return;
      for (const end = at + ROWS_A_TURN; at < Math.min(end, all.length); at += ROWS_A_BLOCK) list.append(blockOf(all.slice(at, at + ROWS_A_BLOCK)));
      if (at < all.length) (globalThis.requestIdleCallback ?? setTimeout)(grow);
    };
    grow();
  }

  function blockOf(records) {
    const block = el("div", { class: "row-block", role: "none" });
    for (const record of records) {
      const row = { block, node: el("div", { class: "row-item", role: "listitem", "data-id": record.id, "data-testid": `record-${record.id}` }) };
      rows.set(record.id, row);
      drawRow(record, row);
      block.append(row.node);
    }
    return block;
  }

  function drawRow(record, row) {
    const said = recordSaid(record, facts(app, record));
    const sign = JSON.stringify([said.tone, said.text, record.state, record.trouble, record.refusals, app.lang]);
    if (row.sign === sign) {
      const bar = row.node.querySelector(".progress i");
      if (bar && said.progress !== undefined) bar.style.inlineSize = `${Math.round(said.progress * 100)}%`;
      return;
    }
    row.sign = sign;
    row.node.dataset.state = record.state;
    const frame = rowFrame(app, record);
    // The same picture stays: a new one is decoded anew, and the row would blink at every step.
    row.picture ??= frame.picture(row.block);
    fill(
      row.node,
      row.picture,
      el(
        "div",
        { class: "grow" },
        frame.head,
        frame.where,
        el("p", { class: `said ${said.tone}`, "data-testid": "said" }, icon(said.icon), el("span", {}, said.text)),
        said.progress > 0 && said.progress < 1 && el("div", { class: "progress" }, el("i", { style: { "inline-size": `${Math.round(said.progress * 100)}%` } })),
        record.trouble && record.state !== "done" && el("p", { class: "note trouble", "data-testid": "trouble" }, say("last_error", { why: whySaid(record.trouble, say) })),
        (record.refusals ?? []).map((one) =>
          el("p", { class: "note trouble" }, say("photo_refused", { i: indexOf(record, one.sha256), why: one.detail || say("original_gone") })),
        ),
        record.receipt?.number && el("p", { class: "mono small" }, record.receipt.number),
        actions(record),
      ),
    );
  }

  const indexOf = (record, sha256) => record.draft.photos.findIndex((photo) => photo.sha256 === sha256) + 1;

  function actions(record) {
    const drop = el(
      "button",
      { class: "btn flat", type: "button", "data-testid": "drop", onclick: () => ask(record) },
      icon("trash"),
      say("drop"),
    );
    if (record.state === "draft") {
      return el(
        "div",
        { class: "row wrap acts" },
        el("a", { class: "btn", href: `#/new/${record.id}`, "data-testid": "go-on" }, icon("pencil"), say("go_on_draft")),
        drop,
      );
    }
    if (record.state === "refused") {
      const shot = /^photos|^shots?/.test(record.refusal?.field ?? "");
      return el(
        "div",
        { class: "row wrap acts" },
        el(
          "a",
          { class: "btn bad", href: `#/new/${record.id}`, "data-testid": "mend" },
          icon(shot ? "camera" : "pencil"),
          say(shot ? "mend_shot" : "mend"),
        ),
        drop,
      );
    }
    if (record.state === "clash") {
      return el(
        "div",
        { class: "row wrap acts" },
        el("button", { class: "btn bad", type: "button", "data-testid": "send-as-new", onclick: () => app.sendAsNew(record) }, say("send_as_new")),
        drop,
      );
    }
    return null;
  }

  /** Only a person's second word removes what the office does not have. */
  function ask(record) {
    const box = el(
      "dialog",
      { class: "ask", "aria-label": say("drop_ask") },
      el("p", {}, el("b", {}, say("drop_ask"))),
      el("p", { class: "small" }, say("drop_note", { n: record.draft.photos.length })),
      el(
        "div",
        { class: "row wrap" },
        el("button", { class: "btn grow", type: "button", onclick: () => box.close() }, say("keep_it")),
        el(
          "button",
          {
            class: "btn bad grow",
            type: "button",
            "data-testid": "drop-yes",
            onclick: async () => {
              box.close();
              await app.store.remove(record.id);
              app.removed(record.id);
            },
          },
          say("drop_yes"),
        ),
      ),
    );
    box.addEventListener("close", () => box.remove());
    node.append(box);
    box.showModal();
  }

  function drawFoot() {
    const kind = navigator.connection?.type;
    const toggle = el("input", {
      type: "checkbox",
      role: "switch",
      class: "switch",
      checked: app.settings.wifiOnly,
      "data-testid": "wifi-only",
      onchange: () => app.setSettings({ wifiOnly: toggle.checked }).then(drawFoot),
    });
    const { left_bytes, isPromised } = app.space;
    const room = left_bytes === null ? "" : say("room_for", { n: photosLeft(left_bytes).toLocaleString("en-US") });
    const unknown = app.settings.wifiOnly && !kind ? say("wifi_unknown") : say("records_first");
    fill(
      foot,
      el(
        "label",
        { class: "row" },
        el("span", { class: "grow" }, el("b", {}, say("wifi_only")), el("span", { class: "small dim" }, [unknown, room].filter(Boolean).join(say("semicolon")))),
        toggle,
      ),
      left_bytes !== null && !isPromised && app.unsent() > 0 && el("p", { class: "note" }, say("not_promised")),
    );
  }

  function draw() {
    drawBanner();
    drawList();
    drawFoot();
  }

  draw();
  return {
    node,
    hasTabs: true,
    update(what, record) {
      if (what === "records" || what === "catalogue") return draw();
      if (what === "net") net.draw();
      if (what === "space") return drawFoot();
      if (what === "record") {
        const row = rows.get(record.id);
        if (row) drawRow(record, row);
        else drawList();
        if (record.state === "done") drawFoot(); // perhaps nothing is left to worry about
      }
      if (what === "sender") {
        for (const [id, row] of rows) {
          const one = app.records.find((found) => found.id === id);
          if (one && ["queued", "received"].includes(one.state)) drawRow(one, row);
        }
      }
      drawBanner();
      return undefined;
    },
  };
}
