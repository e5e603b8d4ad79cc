// This phone's account: whose it is, its language and the way out in one line; below, how to keep the app at hand.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { sentence } from "../capture/parts.js";
import { isApple, isInstalled } from "./surroundings.js";

let offered = null; // the browser's offer to install, kept until the person wants it
globalThis.addEventListener?.("beforeinstallprompt", (event) => {
  event.preventDefault();
  offered = event;
});

/** { line, rest, draw() }: the line stands over the list, where a thumb finds it; the rest below it. */
export function accountPart(app) {
  const { say } = app;
  const line = el("section", { class: "account-line", "aria-label": say("this_phone") });
  const rest = el("section", { class: "account" });
  const said = el("div", { class: "said-place" });

  function draw() {
    const me = app.account.me;
    if (!me) return;
    fill(
      line,
      el("b", { class: "grow" }, me.name),
      el(
        "button",
        { class: "btn flat", type: "button", lang: app.lang === "en" ? "zh-CN" : "en", "data-testid": "language", onclick: () => app.setLang(app.lang === "en" ? "zh" : "en") },
        say("other_language"),
      ),
      el("button", { class: "btn flat", type: "button", "data-testid": "log-out", onclick: leave }, icon("logout"), say("log_out")),
      said,
      me.track_days && !app.hasTrack && el("button", { class: "btn flat track-on", type: "button", "data-testid": "track-start", onclick: () => app.tracking().then((track) => track.ask()) }, icon("route"), say("track_start")),
      app.account.isOver || app.sender.state().mode === "login"
        ? sentence("warn", "lock", el("p", {}, say("login_over")), el("a", { class: "btn", href: app.loginHref(), "data-testid": "login-link" }, say("login")))
        : null,
    );
    fill(
      rest,
      el("h2", {}, say("this_phone")),
      el("a", { class: "btn big", href: "/" }, icon("home"), say("to_pages")),
      me.track_days && el("a", { class: "btn big", href: "/track" }, icon("route"), say("track_own")),
      !isInstalled() && installPart(),
      el("p", { class: "note" }, say("version", { version: app.boot.version })),
    );
  }

  function installPart() {
    if (offered) {
      return el(
        "button",
        {
          class: "btn big",
          type: "button",
          "data-testid": "install",
          onclick: async () => {
            offered.prompt();
            await offered.userChoice;
            offered = null;
            draw();
          },
        },
        icon("device-mobile"),
        say("install"),
      );
    }
    return sentence("", "device-mobile", el("b", {}, say("install")), el("p", { class: "small" }, say(isApple() ? "install_apple" : "install_android")));
  }

  /** With something unsent nobody logs out: the next login on this phone could not send it. */
  async function leave() {
    await app.reload();
    const left = app.unsent();
    const points = left ? 0 : await app.endTrack();
    if (points) {
      fill(said, sentence("warn", "alert-triangle", el("p", { "data-testid": "log-out-track" }, say("log_out_track", { n: points }))));
      return app.warn(say("log_out_track", { n: points }));
    }
    if (left) {
      fill(
        said,
        sentence(
          "warn",
          "alert-triangle",
          el("p", { "data-testid": "log-out-refused" }, say("log_out_unsent", { n: left })),
          el(
            "div",
            { class: "row wrap" },
            el("a", { class: "btn go", href: "#/outbox" }, say("to_outbox")),
            el("button", { class: "btn", type: "button", onclick: () => app.sender.sendNow() }, say("send_now")),
          ),
        ),
      );
      return app.warn(say("log_out_unsent", { n: left }));
    }
    await app.logOut();
    return undefined;
  }

  draw();
  return { line, rest, draw };
}
