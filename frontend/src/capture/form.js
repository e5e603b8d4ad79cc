// The form's one conductor: holds the draft, shows one screen at a time, and speaks for all of them.

import { el, fill, say, withSheet } from "../shared/dom.js";
import { missingShots, newDraft, nextStep, positionOf, shotsOf } from "./draft.js";
import { tabDrafts } from "./drafts.js";
import { fixGrade, POSITION_DEFAULTS, watchPosition } from "./fix.js";
import { locator } from "./place.js";
import { kindScreen } from "./screen-kind.js";
import { placeScreen } from "./screen-place.js";
import { sendScreen } from "./screen-send.js";
import { shotsScreen } from "./screen-shots.js";
import { httpSender } from "./sender.js";

const SCREENS = { kind: kindScreen, shots: shotsScreen, place: placeScreen, sending: sendScreen, done: sendScreen };

export function openForm(host, given) {
  let options = { api: "/api/v1", assets: {}, limits: {}, theme: "light", lang: "zh", ...given };
  const words = (key, facts) => say(options.words[key] ?? key, facts);
  const limits = { ...POSITION_DEFAULTS, ...options.position };
  const drafts = options.drafts ?? tabDrafts();
  const sender = options.sender ?? httpSender({ api: options.api });
  const owner = options.person?.id ?? options.person?.name ?? null;

  const live = el("div", { class: "offscreen", "aria-live": "polite", role: "status" });
  const alarm = el("div", { class: "offscreen", "aria-live": "assertive", role: "alert" });
  const stage = el("div", { class: "show" });
  const root = el("dialog", { class: "capture" }, stage, live, alarm);

  const screens = { ...SCREENS, ...options.screens };
  let step = "kind";
  let draft = newDraft({ id: uuid(), owner });
  let screen = null;
  const watch = watchPosition({ limits, onChange: () => screen?.update?.("position") });

  const form = {
    limits,
    watch,
    sender,
    say: words,
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
    locate: options.locate ?? locator({ api: options.api }),
    get options() {
      return options;
    },
    get draft() {
      return draft;
    },
    get step() {
      return step;
    },
    get type() {
      return typeOf(draft.issue_type);
    },
    get shots() {
      return shotsOf(typeOf(draft.issue_type), options.words);
    },
    /** What stands in the way of the last try: {field, detail}, shown beside its field until it is mended. */
    problem: options.problem ?? null,
    receipt: null,
    label: (thing, key = "") => thing?.[`${key}${options.lang === "en" ? "en" : "zh"}`] ?? thing?.[`${key}zh`] ?? "",
    position: () => positionOf(draft, watch.best()),
    grade: () => fixGrade(positionOf(draft, watch.best()), limits),
    /** Resolves when the draft is where it stays. A failed write of text alone is tried again by the next step. */
    change(next) {
      draft = { ...next, step };
      const kept = Promise.resolve(drafts.save(draft));
      kept.catch((error) => console.error(error));
      return kept;
    },
    go(event, facts = {}) {
      const before = step;
      const missing = missingShots(draft, form.shots);
      const known = {
        hasType: Boolean(form.type),
        hasPhotos: draft.photos.length > 0,
        isComplete: missing.length === 0,
      };
      step = nextStep(step, event, { ...known, ...facts });
      if (step === before) return false;
      if (["kind", "shots", "place"].includes(step)) form.change(draft);
      show({ focus: true });
      return true;
    },
    redraw: () => show({ focus: false }),
    announce: (text) => speak(live, text),
    warn: (text) => speak(alarm, text),
    forget: () => drafts.clear(draft.id),
    /** A fresh record; with same = true what is here stays under a new id (the old id is taken on the server). */
    renew({ same = false } = {}) {
      drafts.clear(draft.id);
      draft = same ? { ...draft, id: uuid(), settled: null } : newDraft({ id: uuid(), owner });
      if (same) drafts.save(draft);
      form.problem = null;
      form.receipt = null;
    },
    close: () => (options.onClose ? options.onClose() : location.assign(options.home ?? "/")),
  };

  function typeOf(code) {
    return options.catalogue.types.find((type) => type.code === code) ?? null;
  }

  function show({ focus }) {
    screen?.leave?.();
    screen = screens[step](form);
    root.dataset.step = step;
    fill(stage, screen.node);
    if (!focus) return;
    root.scrollTop = 0;
    if (!root.hasAttribute("data-covers")) root.scrollIntoView?.({ block: "start" });
    (stage.querySelector("[data-lead]") ?? stage).focus?.({ preventScroll: true });
  }

  function dress() {
    root.dataset.theme = options.theme === "dark" ? "dark" : "light";
    root.lang = options.lang === "en" ? "en" : "zh-CN";
    root.setAttribute("aria-label", words("new_record"));
  }

  const narrow = matchMedia("(max-width: 767px)");
  /** On a phone inside another page: a modal dialog, which lies over its bars and keeps readers and keys inside. */
  function cover() {
    const covers = Boolean(options.cover) && narrow.matches && Boolean(root.showModal);
    if (root.open && covers === root.hasAttribute("data-covers")) return;
    root.removeAttribute("open");
    root.toggleAttribute("data-covers", covers);
    root.setAttribute("role", covers ? "dialog" : "region");
    if (!covers) return root.setAttribute("open", "");
    root.showModal();
    stage.querySelector("[data-lead]")?.focus({ preventScroll: true });
  }
  // The phone's back gesture and Escape mean one step back, not losing the form.
  root.addEventListener("cancel", (event) => {
    if (event.target !== root) return; // a camera or an album that was left again says "cancel" too, and it bubbles
    event.preventDefault();
    if (screen?.back?.() || step === "sending" || form.go("back")) return;
    form.close();
  });
  root.addEventListener("close", () => root.isConnected && cover());

  const unsent = (event) => {
    if (options.keepsDrafts || !draft.photos.length || step === "done") return;
    event.preventDefault();
    event.returnValue = "";
  };
  const netChanged = () => screen?.update?.("net");
  const ticker = setInterval(() => {
    watch.keepFresh();
    screen?.update?.("clock");
  }, 1000);
  addEventListener("beforeunload", unsent);
  addEventListener("online", netChanged);
  addEventListener("offline", netChanged);
  narrow.addEventListener("change", cover);

  dress();
  root.hidden = true;
  host.append(root);
  const sheet = options.assets["capture.css"];
  (sheet ? withSheet(root, sheet) : Promise.resolve()).catch(() => {}).then(begin);

  async function begin() {
    const kept = await drafts.load(owner);
    if (kept && (kept.photos.length || kept.id === options.resume)) {
      draft = kept;
      step = stepOf(kept, form);
    }
    root.hidden = false;
    show({ focus: false });
    cover();
  }

  return {
    isOn: (id) => draft.id === id && step !== "sending" && step !== "done",
    /** News from the page around: "net", "sender", "record"; the screen that cares redraws itself. */
    tell: (what) => screen?.update?.(what),
    update(next) {
      const worded = next.words && JSON.stringify(next.words) !== JSON.stringify(options.words);
      const ruled = next.catalogue && next.catalogue !== options.catalogue;
      options = { ...options, ...next };
      dress();
      screen?.update?.("theme");
      if ((worded || ruled) && screen && ["kind", "shots", "place"].includes(step)) show({ focus: false });
    },
    close() {
      screen?.leave?.();
      watch.stop();
      clearInterval(ticker);
      removeEventListener("beforeunload", unsent);
      removeEventListener("online", netChanged);
      removeEventListener("offline", netChanged);
      narrow.removeEventListener("change", cover);
      root.remove();
    },
  };
}

/** Where a draft goes on: where it stood, unless a refusal names a photo, or a step that it is not ready for. */
function stepOf(draft, form) {
  if (!form.type) return "kind";
  const isRefusedShot = /^photos|^shots?/.test(form.problem?.field ?? "");
  const missing = missingShots(draft, form.shots).length > 0;
  if (isRefusedShot || missing) return "shots";
  return form.problem || draft.step === "place" ? "place" : "shots";
}

function speak(region, text) {
  // The same words twice are still news: an empty region in between makes a reader say them again.
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 30);
}

/** A version 4 UUID; crypto.randomUUID needs HTTPS, getRandomValues does not. */
export function uuid(random = (bytes) => crypto.getRandomValues(bytes)) {
  const bytes = random(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join("-");
}
