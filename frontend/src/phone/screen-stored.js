// After the last step: the record lies on the phone for good, and this is how far the office has it.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { mark, sampleTag, sentence } from "../capture/parts.js";
import { capturePayload } from "../capture/payload.js";
import { thumbs } from "../capture/thumbs.js";
import { withoutBytes } from "./drafts.js";
import { recordSaid, senderSaid } from "./said.js";

export function storedScreen(app, form, drafts) {
  const { say } = app;
  const id = form.draft.id;
  const head = el("h2", { class: "stored-head", tabindex: "-1", "data-lead": true }, say("storing"));
  const line = el("p", { class: "stored-line", "data-testid": "stored-line" });
  const bar = el("div", { class: "progress", hidden: true }, el("i", {}));
  const number = el("p", { class: "number mono", "data-testid": "record-number", hidden: true });
  const news = el("div", { class: "news" });
  const foot = el("footer", { class: "foot two" });
  const node = el(
    "div",
    { class: "screen" },
    el(
      "header",
      { class: "bar" },
      mark(),
      el("h1", { class: "grow clip" }, form.label(form.type, "tile_") || form.label(form.type)),
      sampleTag(form),
    ),
    el("section", { class: "body done" }, thumbs(form.draft.photos), head, line, bar, number, news),
    foot,
  );

  async function keep() {
    await drafts.settled();
    const settled = form.draft.settled ?? { here: form.watch.best(), at_ms: Date.now() };
    const capture = capturePayload(form.draft, settled);
    // Previews lie beside their originals; the record stays small.
    const light = { ...capture, photos: capture.photos.map(({ preview, ...photo }) => photo) };
    const draft = { ...withoutBytes(form.draft), settled };
    try {
      const record = await app.store.change(id, (one) => ({
        ...one,
        draft,
        capture: light,
        state: "queued",
        changed_ms: Date.now(),
        refusal: null,
        tries: 0,
        next_ms: 0,
        trouble: null,
      }));
      if (!record) throw new Error("the draft is not in the store");
      await app.queued(record);
      drawStored();
    } catch (error) {
      console.error(error);
      form.problem = { field: null, detail: say(error.name === "QuotaExceededError" ? "store_full" : "store_failed", { why: error.message }) };
      form.go("refused", {});
    }
  }

  function drawStored() {
    fill(head, icon("circle-check"), say("stored"));
    app.announce(say("stored"));
    fill(
      foot,
      el(
        "button",
        {
          class: "btn go big",
          type: "button",
          "data-testid": "again",
          onclick: () => {
            app.go("new", { replace: true });
            form.renew();
            form.go("again");
          },
        },
        icon("camera"),
        say("again"),
      ),
      el("a", { class: "btn big", href: "#/outbox", "data-testid": "to-outbox" }, say("to_outbox"), icon("arrow-right")),
    );
    draw();
  }

  function draw() {
    const record = app.records.find((one) => one.id === id);
    if (!record || record.state === "draft") return;
    const said = recordSaid(record, facts(app, record));
    const whole = senderSaid(app.sender.state(), { say, left: app.left(), isOnline: navigator.onLine, now_ms: Date.now() });
    const isSettled = ["done", "partly", "refused", "clash"].includes(record.state);
    const shown = !isSettled && whole && whole.tone !== "run" ? { tone: whole.tone, icon: whole.icon, text: whole.title } : said;
    line.className = `stored-line ${shown.tone}`;
    fill(line, icon(shown.icon), el("span", {}, shown.text));
    bar.hidden = !(said.progress > 0 && said.progress < 1 && shown === said);
    bar.firstChild.style.inlineSize = `${Math.round((said.progress ?? 0) * 100)}%`;
    number.hidden = !record.receipt?.number;
    number.textContent = record.receipt?.number ?? "";
    fill(
      news,
      app.sender.state().mode === "login" &&
        el("a", { class: "btn", href: app.loginHref(), "data-testid": "login-link" }, icon("login"), say("login")),
      record.state === "refused" &&
        sentence(
          "bad",
          "alert-triangle",
          el("button", { class: "btn", type: "button", onclick: () => app.openDraft(id) }, say("mend")),
        ),
    );
  }

  queueMicrotask(keep);
  return { node, back: () => true, update: draw };
}

/** What recordSaid needs of the app. */
export function facts(app, record) {
  return {
    say: app.say,
    label: app.label,
    type: app.type(record.draft.issue_type),
    words: app.words.capture,
    sender: app.sender.state(),
    isOnline: navigator.onLine,
    originalsHeld: app.sender.state().mode === "held",
  };
}
