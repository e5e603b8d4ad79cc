// Screen 4: sending, in words, and then the number. Nothing taken is let go before the office has it.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { mark, nameOf, sampleTag, sentence, trail } from "./parts.js";
import { capturePayload } from "./payload.js";
import { mb } from "./photo.js";
import { Refused } from "./sender.js";
import { thumbs } from "./thumbs.js";

export function sendScreen(form) {
  return form.step === "done" ? doneScreen(form) : sendingScreen(form);
}

function sendingScreen(form) {
  const { say } = form;
  const stop = new AbortController();
  const total = form.draft.photos.length;
  const head = el("h2", { tabindex: "-1", "data-lead": true }, say("sending"));
  const line = el("p", { class: "dim", "data-testid": "send-line" });
  const bar = el(
    "div",
    {
      class: "progress",
      role: "progressbar",
      "aria-label": say("sending"),
      "aria-valuemin": "0",
      "aria-valuemax": "100",
    },
    el("i", {}),
  );
  const news = el("div", { class: "news" });
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
    el("section", { class: "body send" }, thumbs(form.draft.photos), head, line, bar, news),
  );
  let countdown = null;

  const all_bytes = form.draft.photos.reduce((sum, photo) => sum + photo.size, 0) || 1;
  let done_bytes = 0;

  function progress(bytes) {
    const share = Math.min(100, Math.round((bytes / all_bytes) * 100));
    bar.firstChild.style.inlineSize = `${share}%`;
    bar.setAttribute("aria-valuenow", String(share));
  }

  function onEvent(event) {
    clearInterval(countdown);
    if (event.state !== "received" && event.state !== "kept") fill(news);
    if (event.state === "sending" && event.part === "record") line.textContent = say("sending_record");
    if (event.state === "sending" && event.part === "photo") {
      line.textContent = say("sending_photo", {
        i: event.index,
        n: event.total,
        sent: mb(event.loaded),
        size: mb(event.size),
      });
      const before = form.draft.photos.slice(0, event.index - 1).reduce((sum, photo) => sum + photo.size, 0);
      done_bytes = before + event.loaded;
      progress(done_bytes);
    }
    if (event.state === "received") {
      form.receipt = event.receipt;
      head.textContent = say("record_in", { number: event.receipt.number });
      form.announce(head.textContent);
    }
    if (event.state === "kept") form.announce(say("kept_of", { kept: event.kept, n: event.expected }));
    if (event.state === "waiting") waiting(event);
  }

  function waiting({ seconds, attempt }) {
    let left = Math.ceil(seconds);
    const text = el("span", {});
    const tell = () =>
      (text.textContent = navigator.onLine ? say("waiting", { s: left, n: attempt }) : say("waiting_offline"));
    tell();
    fill(news, sentence("warn", "cloud-off", text, el("p", { class: "small" }, say("all_kept"))));
    if (attempt === 2) form.announce(text.textContent);
    countdown = setInterval(() => {
      left = Math.max(0, left - 1);
      tell();
    }, 1000);
  }

  function untilLogin() {
    return new Promise((resolve) => {
      const again = () => {
        document.removeEventListener("visibilitychange", seen);
        resolve();
      };
      // Coming back from the login tab goes on by itself; the button is for those who stayed.
      const seen = () => document.visibilityState === "visible" && again();
      document.addEventListener("visibilitychange", seen);
      fill(
        news,
        sentence(
          "warn",
          "lock",
          el("p", {}, say("login_over")),
          el(
            "div",
            { class: "row wrap" },
            el(
              "a",
              {
                class: "btn",
                href: form.options.login ?? "/login",
                target: "_blank",
                rel: "noopener",
                "data-testid": "login-link",
              },
              icon("login"),
              say("login"),
            ),
            el(
              "button",
              { class: "btn go", type: "button", "data-testid": "login-done", onclick: again },
              say("go_on"),
            ),
          ),
        ),
      );
      form.warn(say("login_over"));
    });
  }

  async function run() {
    // Settled at the first try and kept: a repeated request must be the same request.
    const settled = form.draft.settled ?? { here: form.watch.best(), at_ms: Date.now() };
    form.change({ ...form.draft, settled });
    const capture = capturePayload(form.draft, settled);
    const originals = form.draft.photos.map(({ sha256, blob, media_type }) => ({ sha256, blob, media_type }));
    try {
      form.receipt = await form.sender.send({ capture, originals }, { onEvent, signal: stop.signal, untilLogin });
      await form.forget();
      form.go("received");
      const { id, number, url } = form.receipt;
      form.options.onFinished?.({ id, number, url });
    } catch (error) {
      if (error.name === "AbortError") return;
      refused(error);
    }
  }

  function refused(error) {
    clearInterval(countdown);
    if (!(error instanceof Refused)) console.error(error);
    const problem = error.problem ?? {};
    if (problem.status === 409) return clash(problem);
    form.change({ ...form.draft, settled: null });
    form.problem = {
      field: problem.field ?? null,
      detail: say("refused", { why: problem.detail || say("no_reason_given") }),
    };
    form.go("refused", { refusedShot: /^photos|^shots?/.test(problem.field ?? "") });
  }

  // The number of this draft was used for something else: the photos go under a new one, at the person's word.
  function clash(problem) {
    fill(
      news,
      sentence(
        "bad",
        "alert-circle",
        el("p", {}, problem.detail || say("clash")),
        el(
          "button",
          {
            class: "btn go",
            type: "button",
            onclick: () => {
              form.renew({ same: true });
              form.redraw();
            },
          },
          say("send_as_new"),
        ),
      ),
    );
    form.warn(problem.detail || say("clash"));
  }

  progress(0);
  line.textContent = say("sending_record");
  queueMicrotask(run);
  fill(news, total > 0 && el("p", { class: "small dim" }, say("keep_open")));
  return {
    node,
    leave() {
      clearInterval(countdown);
      if (form.step !== "done") stop.abort();
    },
  };
}

function doneScreen(form) {
  const { say, receipt } = form;
  const where = [receipt.zone, receipt.grid, receipt.street].map(nameOf).filter(Boolean);
  const short = receipt.kept < receipt.expected;
  const again = () => {
    form.renew();
    form.go("again");
  };
  return {
    node: el(
      "div",
      { class: "screen" },
      el(
        "header",
        { class: "bar" },
        mark(),
        el("h1", { class: "grow" }, form.label(form.type, "tile_") || form.label(form.type)),
        sampleTag(form),
      ),
      el(
        "section",
        { class: "body done" },
        thumbs(form.draft.photos),
        el(
          "h2",
          { class: `received ${short ? "short" : ""}`, tabindex: "-1", "data-lead": true },
          icon(short ? "alert-triangle" : "circle-check"),
          say("received", { kept: receipt.kept, n: receipt.expected }),
        ),
        el("p", { class: "number mono", "data-testid": "record-number" }, receipt.number),
        el("p", { class: "where", "data-testid": "record-place" }, where.length ? trail(where) : say("place_open")),
        receipt.place_state && receipt.place_state !== "settled"
          ? el("p", { class: "small dim" }, say("settled_later"))
          : null,
        (receipt.refusals ?? []).map(({ index, problem }) =>
          sentence(
            "bad",
            "alert-circle",
            say("photo_refused", { i: index + 1, why: problem.detail || say("no_reason_given") }),
          ),
        ),
      ),
      el(
        "footer",
        { class: "foot two" },
        el(
          "button",
          { class: "btn go big", type: "button", "data-testid": "again", onclick: again },
          icon("camera"),
          say("again"),
        ),
        el(
          "a",
          {
            class: "btn big",
            href: receipt.url,
            "data-testid": "open-record",
          },
          say("open_record"),
          icon("arrow-right"),
        ),
      ),
    ),
  };
}
