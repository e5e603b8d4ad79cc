// Screen 1: what was seen. Nine tiles, a search over every kind, or photos first and the kind later.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { withType } from "./draft.js";
import { mark, placeNames, positionWords, sampleTag, steps, trail } from "./parts.js";
import { commonKinds, searchKinds } from "./kinds.js";

export function kindScreen(form) {
  const { say } = form;
  const types = form.options.catalogue.types;
  const common = commonKinds(types);
  const net = el("span", { class: "net", hidden: navigator.onLine }, icon("cloud-off"), say("offline"));
  const spot = el("div", { class: "spot", "data-testid": "position-line" });
  const foot = el("footer", { class: "foot" });
  const body = el("section", { class: "body kind" });
  let searching = false;
  let place = null;
  let placeAsked = 0;

  const node = el(
    "div",
    { class: "screen" },
    el(
      "header",
      { class: "bar" },
      mark(),
      el("h1", { class: "grow" }, say("new_record")),
      net,
      el(
        "button",
        { class: "btn flat sq", type: "button", "aria-label": say("close"), onclick: form.close },
        icon("x"),
      ),
    ),
    steps(form, "kind"),
    body,
    foot,
  );

  function choose(type) {
    form.change(withType(form.draft, type, form.options.catalogue.edition));
    form.announce(say("chosen", { kind: form.label(type) }));
    if (searching) {
      searching = false;
      drawBody();
    } else {
      for (const tile of body.querySelectorAll("[data-code]")) {
        const on = tile.dataset.code === type.code;
        tile.setAttribute("aria-pressed", String(on));
        tile.classList.toggle("on", on);
      }
      body.querySelector(".other-kind")?.remove();
    }
    drawFoot();
  }

  function tile(type) {
    const on = form.draft.issue_type === type.code;
    return el(
      "button",
      {
        class: `tile ${on ? "on" : ""}`,
        type: "button",
        "aria-pressed": String(on),
        "data-code": type.code,
        "data-testid": `tile-${type.code}`,
        title: form.label(type),
        onclick: () => choose(type),
      },
      icon(type.icon),
      el("span", {}, form.label(type, "tile_") || form.label(type)),
      icon("check", "tick"),
    );
  }

  function drawBody({ focus = null } = {}) {
    foot.hidden = searching;
    fill(body, searching ? searchPart() : tilesPart());
    if (focus) body.querySelector(focus)?.focus();
  }

  function tilesPart() {
    const chosen = form.type;
    const hasPhotos = form.draft.photos.length > 0;
    return [
      el(
        "div",
        { class: "row between" },
        el("h2", { tabindex: "-1", "data-lead": true }, say(hasPhotos ? "what_is_it" : "what_seen")),
        sampleTag(form),
      ),
      !hasPhotos && (form.options.notice?.() ?? appLine()),
      el("div", { class: "tiles", role: "group", "aria-label": say("what_seen") }, common.map(tile)),
      chosen && !common.includes(chosen) && el("div", { class: "other-kind" }, tile(chosen)),
      el(
        "div",
        { class: "other-ways" },
        el(
          "button",
          {
            class: "btn find",
            type: "button",
            "data-testid": "find-kind",
            onclick: () => {
              searching = true;
              drawBody({ focus: "input" });
            },
          },
          icon("search"),
          el("span", { class: "grow" }, say("find_all", { n: types.length })),
        ),
        !hasPhotos &&
          el(
            "button",
            {
              class: "btn find",
              type: "button",
              "data-testid": "photo-first",
              onclick: () => {
                form.change({ ...form.draft, issue_type: null });
                form.go("shoot");
              },
            },
            icon("camera"),
            el("span", { class: "grow" }, say("photo_first")),
          ),
      ),
    ];
  }

  /** On the online page: the same form is also an app that works without a network. */
  function appLine() {
    if (!form.options.app_href) return null;
    return el(
      "a",
      { class: "app-line", href: form.options.app_href, "data-testid": "to-app" },
      icon("device-mobile"),
      el("span", { class: "grow" }, say("app_line")),
      icon("chevron-right"),
    );
  }

  function searchPart() {
    const list = el("ul", { class: "kinds" });
    const count = el("p", { class: "note", "aria-live": "polite" });
    const draw = (text) => {
      const found = searchKinds(types, text);
      count.textContent = found.length ? say("found", { n: found.length }) : say("found_none");
      fill(
        list,
        found.map((type) => el("li", {}, kindRow(type))),
      );
    };
    const input = el("input", {
      type: "search",
      "aria-label": say("find_label"),
      placeholder: say("find_hint"),
      autocomplete: "off",
      "data-testid": "find-input",
      oninput: () => draw(input.value),
      onkeydown: (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        leaveSearch();
      },
    });
    draw("");
    return [
      el(
        "div",
        { class: "row" },
        el(
          "button",
          { class: "btn flat sq", type: "button", "aria-label": say("find_close"), onclick: leaveSearch },
          icon("arrow-left"),
        ),
        el("div", { class: "field grow" }, input),
      ),
      count,
      list,
    ];
  }

  function leaveSearch() {
    searching = false;
    drawBody({ focus: ".find" });
  }

  function kindRow(type) {
    return el(
      "button",
      { class: "kind-row", type: "button", "data-testid": `tile-${type.code}`, onclick: () => choose(type) },
      icon(type.icon),
      el(
        "span",
        { class: "grow" },
        el("b", {}, form.label(type)),
        el("span", { class: "small dim" }, form.label(type, "definition_")),
      ),
      form.draft.issue_type === type.code ? icon("check") : icon("chevron-right"),
    );
  }

  function drawFoot() {
    const chosen = form.type;
    const hasPhotos = form.draft.photos.length > 0;
    const { required } = form.shots;
    const need =
      chosen &&
      say("need_shots", { n: required.length, shots: required.map((shot) => form.label(shot)).join(say("comma")) });
    fill(
      foot,
      spot,
      el(
        "p",
        { class: "need" },
        chosen
          ? [el("b", {}, form.label(chosen, "tile_") || form.label(chosen)), " ", el("span", { class: "dim" }, need)]
          : el("span", { class: "dim" }, say("choose_first")),
      ),
      el(
        "button",
        {
          class: "btn go big",
          type: "button",
          disabled: !chosen,
          "data-testid": "start-shots",
          onclick: () => form.go(hasPhotos ? "chosen" : "shoot"),
        },
        icon(hasPhotos ? "arrow-right" : "camera"),
        say(hasPhotos ? "go_on" : "start_shots"),
      ),
    );
  }

  async function drawSpot() {
    const position = form.watch.best();
    const { grade, text } = positionWords(form, position);
    const names =
      position && place
        ? [
            nameless(place),
            ...placeNames(place)
              .filter((_, i, all) => i === 0 || i === all.length - 1)
              .reverse(),
          ].filter(Boolean)
        : [];
    fill(
      spot,
      el("span", { class: `sign ${grade}` }, icon(grade === "none" ? "current-location-off" : "current-location")),
      el("span", {}, el("b", {}, text), names.length ? el("span", { class: "dim" }, trail(names)) : null),
    );
    if (!position || Date.now() - placeAsked < 4000) return;
    placeAsked = Date.now();
    try {
      const found = await form.locate(position);
      if (found !== place) {
        place = found;
        drawSpot();
      }
    } catch {
      // The line says less without the server; the record does not need it here.
    }
  }

  function nameless(found) {
    return found.state === "outside_city" ? say("outside_city_short") : "";
  }

  drawBody();
  drawFoot();
  drawSpot();
  return {
    node,
    back() {
      if (!searching) return false;
      leaveSearch();
      return true;
    },
    update(what) {
      if (what === "net") net.hidden = navigator.onLine;
      if (what === "position") drawSpot();
    },
  };
}
