// What stands when the phone knows nobody yet: log in, or wait for a network once.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { mark, sentence } from "../capture/parts.js";

/** why: "first" (nothing asked yet) | "login" | "away" | "not_yours" | "storage". */
export function doorScreen({ app, root, words, why, again }) {
  if (why === "storage") {
    // Without a store nothing can be promised: the page says so and offers nothing.
    fill(root, el("main", { class: "door" }, sentence("bad", "alert-triangle", words.lack_storage)));
    return { node: root };
  }
  const { say } = app;
  const body = el("div", { class: "door-body", "aria-live": "polite" });
  const node = el(
    "div",
    { class: "door" },
    el("div", { class: "brand" }, mark(), el("h1", {}, say("app_name"))),
    body,
  );

  fill(
    body,
    why === "first" && el("p", { class: "dim" }, say("door_asking")),
    why === "login" && [
      el("p", {}, say("door_login")),
      el("a", { class: "btn go big", href: app.loginHref(), "data-testid": "door-login" }, icon("login"), say("login")),
    ],
    why === "not_yours" && sentence("warn", "lock", say("door_not_yours", { name: app.account.me?.name ?? "" })),
    why === "away" && sentence("warn", "cloud-off", say("door_away")),
    (why === "away" || why === "not_yours") &&
      el("button", { class: "btn big", type: "button", onclick: again, "data-testid": "door-again" }, icon("refresh"), say("door_again")),
  );
  return { node };
}
