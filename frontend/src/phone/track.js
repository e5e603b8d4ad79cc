// The track of a patrol: its inspector switches it on, it is seen while it is on, and only the open page notes it.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { uuid } from "../capture/form.js";
import { isOver, isWorth, sendTrack } from "./patrol.js";

const LOCK = "slg-patrol"; // one tab notes, the others look on
const LOOK_MS = 5_000;

/**
 * trackKeeper(app, { home, onChange }) -> { bar(), isOn(), ask(), stop(), send(owner), look(), tick() }.
 * The patrol is a fact of the store: { id, owner, since_ms, last_ms, last (point), count }; null when none is on.
 */
export async function trackKeeper(app, { onChange }) {
  const { store, say } = app;
  const bar = el("div", { class: "notice run", "data-testid": "track-bar" });
  const text = el("span", { class: "grow" });
  let patrol = null;
  let watch = null;
  let trouble = null;
  let looked_ms = Date.now();
  let release = () => {};

  const end = el("button", { class: "btn low", type: "button", "data-testid": "track-stop", onclick: stop });
  fill(bar, icon("route"), text, end);

  function draw() {
    if (!patrol) return;
    const minutes = Math.floor((Date.now() - patrol.since_ms) / 60_000);
    const said = say(trouble ? `track_${trouble}` : "track_on", { minutes, n: patrol.count });
    if (text.textContent !== said) text.textContent = said;
    end.textContent = say("track_stop");
    bar.classList.toggle("warn", Boolean(trouble));
  }

  /** What the store says: another tab may have begun or ended it, another person may have come. */
  async function look() {
    looked_ms = Date.now();
    const kept = await store.fact("patrol");
    const isMine = kept && kept.owner === app.account.me?.person_id;
    if (isMine && isOver(kept, Date.now())) await store.endPatrol(kept.id);
    const next = isMine && !isOver(kept, Date.now()) ? kept : null;
    const changed = next?.id !== patrol?.id;
    patrol = next;
    draw();
    if (!changed) return;
    if (patrol) note();
    else rest();
    onChange();
  }

  /** Waits for its turn among the tabs, then notes until the patrol ends. */
  function note() {
    const mine = patrol.id;
    const hold = () =>
      new Promise((resolve) => {
        if (patrol?.id !== mine) return void resolve();
        release = resolve;
        if (!navigator.geolocation) return void refuse({ code: 2 });
        watch = navigator.geolocation.watchPosition(take, refuse, { enableHighAccuracy: true, maximumAge: 0, timeout: 60_000 });
      });
    if (navigator.locks) navigator.locks.request(LOCK, hold).catch((error) => console.warn(error));
    else hold();
  }

  function rest() {
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    trouble = null;
    release();
    release = () => {};
  }

  let last = null;
  async function take({ coords }) {
    if (trouble) {
      trouble = null;
      draw();
    }
    const fix = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy, at_ms: Date.now() };
    if (!patrol || !isWorth(fix, last?.patrol_id === patrol.id ? last : (patrol.last ?? null))) return;
    last = { ...fix, patrol_id: patrol.id };
    const next = await store.addPoint({ ...last, owner: patrol.owner, part: null });
    if (!next) return look(); // it was ended elsewhere
    patrol = next;
    draw();
    return app.sender.nudge();
  }

  function refuse(error) {
    trouble = error.code === 1 ? "denied" : "blind";
    draw();
  }

  async function start() {
    const now = Date.now();
    await store.keepFact("patrol", { id: uuid(), owner: app.account.me.person_id, since_ms: now, last_ms: now, last: null, count: 0 });
    await look();
    app.announce(say("track_on", { minutes: 0, n: 0 }));
  }

  async function stop() {
    if (!patrol) return;
    const { id, count } = patrol;
    await store.endPatrol(id);
    await look();
    app.announce(say("track_done", { n: count }));
    app.sender.nudge();
  }

  /** What it is, before the first point is noted. */
  function ask() {
    if (patrol) return;
    const box = el(
      "dialog",
      { class: "ask", "aria-label": say("track_ask") },
      el("h2", {}, say("track_ask")),
      el("p", {}, say("track_only_open")),
      el("p", {}, say("track_who_sees", { days: app.account.me.track_days })),
      el(
        "div",
        { class: "row wrap" },
        el("button", { class: "btn grow", type: "button", onclick: () => box.close() }, say("track_not")),
        el(
          "button",
          {
            class: "btn go grow",
            type: "button",
            "data-testid": "track-go",
            onclick: () => {
              box.close();
              start();
            },
          },
          say("track_go"),
        ),
      ),
    );
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
  }

  await look();
  return {
    bar: () => (patrol ? bar : null),
    ask,
    stop,
    look,
    tick() {
      draw();
      if (Date.now() - looked_ms > LOOK_MS) look();
    },
    /** "login" when the login is over; whatever else happens, the points wait and the records go on. */
    async send(owner) {
      const isTheirs = async () => (await app.account.identify(owner)) === "same";
      try {
        return await sendTrack({ store, ask: app.asks.ask, owner, isOn: patrol?.owner === owner, newId: uuid, isTheirs });
      } catch (error) {
        console.error(error);
        return null;
      }
    },
  };
}
