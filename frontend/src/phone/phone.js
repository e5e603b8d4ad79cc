// The app's one conductor: words, store, account, sender; and which screen stands.

import { el, fill, say as filled } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { uuid } from "../capture/form.js";
import { account as makeAccount, deviceName } from "./account.js";
import { isUnsent } from "./store.js";
import { newest } from "./newest.js";
import { screenOf } from "./route.js";
import { doorScreen } from "./screen-door.js";
import { mineScreen } from "./screen-mine.js";
import { newScreen } from "./screen-new.js";
import { outboxScreen } from "./screen-outbox.js";
import { sending } from "./sending.js";
import { server } from "./server.js";
import { askToKeep, originalsMayGo, spaceLeft } from "./space.js";
import { openStore } from "./store.js";
import { isInstalled, lackOf, webviewOf } from "./surroundings.js";

const SCREENS = { new: newScreen, outbox: outboxScreen, mine: mineScreen, map: (app) => app.mapScreen() };
const KEPT_DAYS = 7; // a record that the office has whole leaves the list after this

export async function phone(root, boot) {
  const lack = lackOf();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => (dark.matches ? "dark" : "light");
  let lang = remembered("slg-lang") ?? (navigator.language?.toLowerCase().startsWith("en") ? "en" : "zh");
  const wording = wordsIn(boot, lang);
  if (lack === "storage") return doorScreen({ root, words: (await wording).phone, why: "storage" });

  const store = await openStore();
  let words = await wording;
  let settings = (await store.fact("settings")) ?? { wifiOnly: false };
  let catalogue = await store.fact("catalogue");
  let screen = null;
  let records = [];
  let asked = false; // the first questions have been answered, or not
  let isBarred = false; // the post of this person reports nothing
  let track = null; // the keeper of a patrol's track, fetched when one is wanted or points wait; a promise
  let trackBar = null;
  let space = { left_bytes: null, isPromised: false, isLittle: false };

  const stage = el("main", { class: "stage" });
  const bars = el("div", { class: "bars" });
  const tabs = el("nav", { class: "tabs", hidden: true });
  const live = el("div", { class: "offscreen", role: "status", "aria-live": "polite" });
  const alarm = el("div", { class: "offscreen", role: "alert", "aria-live": "assertive" });
  const channel = globalThis.BroadcastChannel ? new BroadcastChannel("slg-phone") : null;

  const say = (key, facts) => filled(words.phone[key] ?? words.capture[key] ?? key, facts);
  let asks = null;
  const account = makeAccount({ store, asks: { ask: (...all) => asks.ask(...all) }, deviceName, onChange: personChanged });
  asks = server({ api: boot.api, token: account.token });

  const sender = sending({
    store,
    ask: asks.ask,
    owner: () => account.me?.person_id ?? null,
    mayIdentify: account.identify,
    originals: () => originalsMayGo({ wifiOnly: settings.wifiOnly, kind: navigator.connection?.type }),
    others: async (owner) => (await track?.catch(() => null))?.send(owner) ?? null,
    onState: (state) => {
      if (state.mode === "login") loginEnded();
      screen?.update?.("sender");
      app.tellBadge();
    },
    onRecord: (record) => {
      channel?.postMessage({ changed: record.id });
      recordChanged(record);
    },
  });

  const app = {
    boot,
    store,
    account,
    asks,
    sender,
    say,
    theme,
    icon,
    get lang() {
      return lang;
    },
    get words() {
      return words;
    },
    get catalogue() {
      return catalogue;
    },
    get settings() {
      return settings;
    },
    get records() {
      return records;
    },
    get space() {
      return space;
    },
    get isSample() {
      return Boolean(account.me?.is_sample);
    },
    type: (code) => catalogue?.types.find((type) => type.code === code) ?? null,
    label: (thing, key = "") => thing?.[`${key}${lang}`] ?? thing?.[`${key}zh`] ?? "",
    announce: (text) => speak(live, text),
    warn: (text) => speak(alarm, text),
    go,
    openDraft: (id) => go(`new/${id}`),
    left: () => records.filter((record) => ["queued", "received"].includes(record.state)).length,
    unsent: () => records.filter(isUnsent).length,
    reload: loadRecords,
    recordChanged,
    async setSettings(next) {
      settings = { ...settings, ...next };
      await store.keepFact("settings", settings);
      sender.nudge();
    },
    async setLang(next) {
      lang = next;
      remember("slg-lang", next);
      words = await wordsIn(boot, next);
      dress();
      show();
    },
    async queued(record) {
      await loadRecords();
      channel?.postMessage({ changed: record.id });
      askToKeep().then(lookAtSpace);
      sender.nudge();
    },
    /** The office has other content under this number: the same record and photos go under a new one. */
    async sendAsNew(record) {
      const id = uuid();
      await store.moveTo(record.id, { ...record, id, draft: { ...record.draft, id }, capture: { ...record.capture, id },
        state: "queued", kept: [], began: [], refusal: null, next_ms: 0 }); // prettier-ignore
      await loadRecords();
      sender.nudge();
    },
    /** The keeper of tracks; without a patrol it is not even fetched. */
    tracking() {
      track ??= import("./later.js").then(({ trackKeeper }) => trackKeeper(app, { onChange: drawBars }));
      track.then(drawBars, () => (track = null));
      return track;
    },
    get hasTrack() {
      return Boolean(trackBar);
    },
    /** Ends the patrol that is on and sends the rest; gives how many points could not go. */
    async endTrack() {
      const owner = account.me.person_id;
      if (!track && !(await store.countPoints(owner))) return 0;
      await (await app.tracking()).stop();
      await sender.sendNow();
      return store.countPoints(owner);
    },
    async logOut() {
      await account.logOut();
      await fetch("/logout", { method: "POST", credentials: "same-origin", redirect: "manual" }).catch(() => {});
      location.assign(app.loginHref());
    },
    removed(id) {
      records = records.filter((record) => record.id !== id);
      channel?.postMessage({ changed: id });
      screen?.update?.("records");
      app.tellBadge();
    },
    /** fetch as this account: by its token where there is one. */
    fetch(url, init = {}) {
      const token = account.token();
      if (!token) return fetch(url, init);
      return fetch(url, { ...init, credentials: "omit", headers: { ...init.headers, Authorization: `Bearer ${token}` } });
    },
    tellBadge() {
      const n = app.left();
      const badge = tabs.querySelector("[data-badge]");
      if (badge) {
        badge.hidden = !n;
        badge.textContent = n > 99 ? "99+" : String(n);
      }
      navigator.setAppBadge?.(n).catch?.(() => {});
    },
    loginHref: () => `/login?next=${encodeURIComponent("/capture/")}`,
    async mapScreen() {
      const { mapScreen } = await import("./later.js");
      return mapScreen(app);
    },
    drawBars,
  };

  function dress() {
    document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
    document.documentElement.dataset.theme = theme();
    document.title = say("app_name");
    fill(tabs, [
      tab("new", "camera", "tab_new"),
      tab("mine", "list-check", "tab_mine"),
      tab("outbox", "inbox", "tab_outbox", true),
      tab("map", "map-2", "tab_map"),
    ]);
    tabs.setAttribute("aria-label", say("tabs"));
  }

  function tab(to, sign, word, counts = false) {
    return el(
      "a",
      { href: `#/${to}`, "data-tab": to, "data-testid": `tab-${to}` },
      el("span", { class: "sign" }, icon(sign), counts && el("span", { class: "badge", "data-badge": true, hidden: true })),
      el("span", {}, say(word)),
    );
  }

  function go(path, { replace = false } = {}) {
    const hash = `#/${path}`;
    // A changed name of the same screen: what stands on it stays.
    if (replace) return void history.replaceState(null, "", hash);
    if (location.hash === hash) return show();
    location.hash = hash;
    return undefined;
  }

  let turn = 0;
  async function show() {
    const mine = (turn += 1);
    const { name, id } = screenOf(location.hash);
    if (!account.me || !catalogue) return door();
    const next = await SCREENS[name](app, id);
    if (mine !== turn) return next.leave?.();
    screen?.leave?.();
    screen = next;
    tabs.hidden = !next.hasTabs;
    document.body.classList.toggle("with-tabs", Boolean(next.hasTabs));
    for (const link of tabs.querySelectorAll("[data-tab]")) {
      if (link.dataset.tab === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    fill(stage, next.node);
    next.shown?.();
    app.tellBadge();
    scrollTo(0, 0);
    return undefined;
  }

  /** Nothing is known here yet: who, or what to report. Needs the network once. */
  function door() {
    screen?.leave?.();
    screen = null;
    tabs.hidden = true;
    const why = account.isOver ? "login" : isBarred ? "not_yours" : asked ? "away" : "first";
    fill(stage, doorScreen({ app, why, again: first }).node);
  }

  async function first() {
    asked = false;
    await show();
    const [state] = await Promise.all([account.check(), refreshCatalogue()]);
    if (state === "ok" && !catalogue) await refreshCatalogue();
    asked = true;
    await loadRecords();
    await show();
    if (account.me) sender.nudge();
    return state;
  }

  async function refreshCatalogue() {
    try {
      const { status, body } = await asks.ask("GET", "/catalogue");
      isBarred = status === 403;
      if (status !== 200 || !body.types?.length || body.edition === undefined) return;
      const changed = JSON.stringify(body) !== JSON.stringify(catalogue);
      catalogue = body;
      if (!changed) return;
      await store.keepFact("catalogue", body);
      screen?.update?.("catalogue");
    } catch {
      // The kept edition goes on; the record names which one it was judged under.
    }
  }

  async function loadRecords() {
    const owner = account.me?.person_id;
    const found = owner ? await store.records(owner) : [];
    const oldest = Date.now() - KEPT_DAYS * 86_400_000;
    records = [];
    for (const record of found) {
      if (!isUnsent(record) && record.changed_ms < oldest) await store.remove(record.id);
      else records.push(record);
    }
    app.others = owner ? await store.countOfOthers(owner) : 0;
    screen?.update?.("records");
    app.tellBadge();
  }

  function recordChanged(record) {
    if (record.owner !== account.me?.person_id) return;
    const before = records.find((one) => one.id === record.id);
    records = before ? records.map((one) => (one.id === record.id ? record : one)) : [...records, record];
    screen?.update?.("record", record);
    if (!before || before.state === record.state) return;
    const facts = { kind: app.label(app.type(record.draft.issue_type), "tile_"), number: record.receipt?.number ?? "" };
    if (record.state === "received" && before.state === "queued") app.announce(say("told_in", facts));
    if (record.state === "done") app.announce(say("told_done", { ...facts, n: record.draft.photos.length }));
    if (record.state === "refused") {
      app.warn(say("told_refused", { ...facts, why: record.refusal?.detail ?? "" }));
      refreshCatalogue(); // perhaps the office asks for more by now
    }
    app.tellBadge();
  }

  async function personChanged() {
    records = [];
    await Promise.all([...(await (globalThis.caches?.keys() ?? []))].filter((name) => name === "slg-phone-layers").map((name) => caches.delete(name)));
    if (!screen && !account.me) return;
    (await track?.catch(() => null))?.look();
    await loadRecords();
    if (screen) await show();
  }

  async function loginEnded() {
    if ((await account.ended()) === "ok") sender.nudge();
    else {
      screen?.update?.("sender");
      drawBars();
      app.warn(say("login_over"));
    }
  }

  async function lookAtSpace() {
    space = await spaceLeft();
    drawBars();
    screen?.update?.("space");
  }

  const version = newest({ onReady: drawBars });
  async function drawBars() {
    const chat = webviewOf();
    const had = trackBar;
    trackBar = (await track?.catch(() => null))?.bar() ?? null;
    if (had !== trackBar) screen?.update?.("track");
    fill(
      bars,
      trackBar,
      version.isReady &&
        bar("run", "refresh", say("new_version"), {
          word: say("take_new"),
          testid: "take-new",
          act: async () => {
            await screen?.settle?.();
            version.take();
          },
        }),
      chat && bar("warn", "external-link", say(`webview_${chat}`)),
      lack && bar("warn", "alert-triangle", say(`lack_${lack}`)),
      space.isLittle && bar("bad", "alert-triangle", say("space_little", { mb: Math.round(space.left_bytes / 1e6) })),
    );
  }

  function bar(tone, sign, text, more) {
    return el(
      "div",
      { class: `notice ${tone}` },
      icon(sign),
      el("span", { class: "grow" }, text),
      more && el("button", { class: "btn low", type: "button", "data-testid": more.testid, onclick: more.act }, more.word),
    );
  }

  dress();
  fill(root, bars, stage, tabs, live, alarm);
  new ResizeObserver(() => document.documentElement.style.setProperty("--bars", `${bars.offsetHeight}px`)).observe(bars);
  drawBars();

  addEventListener("hashchange", show);
  dark.addEventListener("change", () => {
    dress();
    screen?.update?.("theme");
  });
  channel?.addEventListener("message", () => loadRecords());
  const awake = () => {
    if (document.visibilityState !== "visible") return;
    screen?.update?.("net");
    sender.nudge();
    version.look();
  };
  addEventListener("online", awake);
  addEventListener("offline", () => screen?.update?.("net"));
  document.addEventListener("visibilitychange", awake);
  navigator.connection?.addEventListener?.("change", () => sender.nudge());
  setInterval(async () => {
    screen?.update?.("clock");
    (await track?.catch(() => null))?.tick();
  }, 1000);

  await account.open();
  if (account.me && catalogue) {
    await loadRecords();
    await show();
    sender.nudge();
    // Behind what already stands: whether the login holds, and a newer catalogue.
    account.check().then(async (state) => {
      if (state === "login") return void screen?.update?.("sender");
      await refreshCatalogue();
      sender.nudge();
    });
  } else await first();
  lookAtSpace();
  const owner = account.me?.person_id;
  if (owner && ((await store.fact("patrol")) || (await store.countPoints(owner)))) app.tracking().then(() => sender.nudge());
  if (!lack) version.register();
  app.isInstalled = isInstalled();
  return app;
}

async function wordsIn(boot, lang) {
  const answer = await fetch(boot.words[lang]);
  return answer.json();
}

function speak(region, text) {
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 30);
}

// A choice of language is needed before the database is open; nothing else lies here.
function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Private windows may refuse: the browser's language counts then.
  }
}
