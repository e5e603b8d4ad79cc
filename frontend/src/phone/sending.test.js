// The sender over a store in memory and a scripted office: order, patience, and what it never does.
import assert from "node:assert/strict";
import { test } from "node:test";

import { nextJob, originalsLeft, sending } from "./sending.js";
import { NoAnswer } from "./server.js";

const photo = (sha256) => ({ sha256, size: 4, media_type: "image/jpeg", shot: "panorama" });

function recordOf(id, made_ms, { owner = "p1", state = "queued", shas = [`${id}-a`, `${id}-b`], ...more } = {}) {
  const photos = shas.map(photo);
  return { id, owner, state, made_ms, draft: { id, photos }, capture: { id, photos }, ...more };
}

function memory(list) {
  const records = new Map(list.map((record) => [record.id, record]));
  const blobs = new Map(list.flatMap((r) => r.draft.photos.map((p) => [`${r.id}/${p.sha256}`, new Blob(["abcd"])])));
  return {
    blobs,
    get: (id) => records.get(id),
    records: async (owner) => [...records.values()].filter((one) => one.owner === owner).sort((a, b) => a.made_ms - b.made_ms),
    async change(id, alter) {
      const next = records.has(id) ? alter(records.get(id)) : null;
      if (next) records.set(id, next);
      return next ?? records.get(id) ?? null;
    },
    originals: async (id) => [...blobs].filter(([key]) => key.startsWith(`${id}/`)).map(([key]) => ({ sha256: key.split("/")[1], preview: "pre" })),
    original: async (id, sha256) => ({ blob: blobs.get(`${id}/${sha256}`) ?? null }),
    letGo: async (id, sha256) => blobs.delete(`${id}/${sha256}`),
  };
}

/** answer(call, n) may return an answer, "lost", or undefined for the office's usual yes. */
function rig(list, { answer = () => undefined, identity = async () => "same", originals = () => "yes", locks = null } = {}) {
  const store = memory(list);
  const calls = [];
  const states = [];
  const timers = [];
  let clock = 1_000_000;
  async function ask(method, path, { json, headers } = {}) {
    const call = { method, path, json, range: headers?.["Content-Range"] };
    calls.push(call);
    const said = answer(call, calls.length);
    if (said === "lost") throw new NoAnswer("why_away");
    if (said) return { body: {}, offset: null, ...said };
    if (method === "HEAD") return { status: 405, body: {}, offset: null };
    if (method === "POST") return { status: 201, body: { id: json.id, number: `R-${json.id}`, photos: [] }, offset: null };
    return { status: 201, body: { state: "kept" }, offset: null };
  }
  const sender = sending({
    store,
    ask,
    owner: () => "p1",
    mayIdentify: identity,
    originals,
    locks,
    now: () => clock,
    iso: (ms) => `t${ms}`,
    setTimer: (act, ms) => timers.push({ act, ms }),
    clearTimer: () => {},
    onState: (state) => states.push(state),
  });
  return { sender, store, calls, states, timers, pass: (ms) => (clock += ms), short: () => calls.map(({ method, path }) => `${method} ${path.replace("/captures", "").replace("/photos", "")}`) };
}

test("every record goes before any original, oldest first in both", async () => {
  const { sender, calls, store } = rig([recordOf("new", 2), recordOf("old", 1)]);
  await sender.nudge();
  const order = calls.filter(({ method }) => method !== "HEAD").map(({ method, path, json }) => json?.id ?? `${method} ${path.split("/").pop()}`);
  assert.deepEqual(order, ["old", "new", "PUT old-a", "PUT old-b", "PUT new-a", "PUT new-b"]);
  assert.equal(store.get("old").state, "done");
  assert.equal(store.blobs.size, 0);
});

test("the record carries its previews and the time of sending", async () => {
  const { sender, calls } = rig([recordOf("a", 1)]);
  await sender.nudge();
  assert.equal(calls[0].json.photos[0].preview, "pre");
  assert.equal(calls[0].json.sent_at, "t1000000");
});

test("no answer: everything stays, a growing pause, the browser's words kept", async () => {
  const { sender, store, timers, states } = rig([recordOf("a", 1)], { answer: () => "lost" });
  await sender.nudge();
  await sender.nudge();
  await sender.nudge();
  assert.deepEqual(timers.map(({ ms }) => ms), [300, 2000, 6000]);
  assert.equal(store.get("a").state, "queued");
  assert.equal(store.get("a").trouble, "why_away");
  assert.equal(states.at(-1).attempt, 3);
  assert.equal(store.blobs.size, 2);
});

test("a receipt for another record, or a page that says 200, is no receipt", async () => {
  const { sender, store } = rig([recordOf("a", 1)], { answer: ({ method }) => method === "POST" && { status: 200, body: { id: "b", number: "R" } } });
  await sender.nudge();
  assert.equal(store.get("a").state, "queued");
});

test("a refusal goes back to its person and does not hold up the others", async () => {
  const { sender, store } = rig([recordOf("a", 1), recordOf("b", 2)], {
    answer: ({ json }) => json?.id === "a" && { status: 422, body: { detail: "缺近景", field: "photos", code: "shot_missing" } },
  });
  await sender.nudge();
  assert.equal(store.get("a").state, "refused");
  assert.deepEqual([store.get("a").refusal.detail, store.get("a").refusal.field], ["缺近景", "photos"]);
  assert.equal(store.get("b").state, "done");
});

test("409 is a clash of its own; nothing is dropped", async () => {
  const { sender, store } = rig([recordOf("a", 1)], { answer: ({ method }) => method === "POST" && { status: 409, body: { code: "capture_clash" } } });
  await sender.nudge();
  assert.equal(store.get("a").state, "clash");
  assert.equal(store.blobs.size, 2);
});

test("one record's 500 waits alone; the others go on", async () => {
  const { sender, store } = rig([recordOf("a", 1), recordOf("b", 2)], { answer: ({ json }) => json?.id === "a" && { status: 500, body: { detail: "出了点问题" } } });
  await sender.nudge();
  assert.equal(store.get("a").state, "queued");
  assert.ok(store.get("a").next_ms > 1_000_000);
  assert.equal(store.get("a").trouble, "出了点问题");
  assert.equal(store.get("b").state, "done");
});

test("a busy server slows everybody by its own pause", async () => {
  const { sender, calls, timers } = rig([recordOf("a", 1), recordOf("b", 2)], { answer: () => ({ status: 503, body: {}, retryAfter_s: 20 }) });
  await sender.nudge();
  assert.equal(calls.length, 1);
  assert.equal(timers.at(-1).ms, 20_000);
});

test("an ended login stops and keeps; another person's login sends nothing", async () => {
  const ended = rig([recordOf("a", 1)], { answer: () => ({ status: 401, body: {} }) });
  await ended.sender.nudge();
  assert.equal(ended.states.at(-1).mode, "login");
  assert.equal(ended.store.get("a").state, "queued");
  const other = rig([recordOf("a", 1)], { identity: async () => "other" });
  await other.sender.nudge();
  assert.deepEqual(other.calls, []);
});

test("only the signed-in person's records are looked at", async () => {
  const { sender, calls } = rig([recordOf("a", 1, { owner: "p2" })]);
  await sender.nudge();
  assert.deepEqual(calls, []);
});

test("without Wi-Fi the record goes and its originals wait; the person's word sends them", async () => {
  const { sender, store, states } = rig([recordOf("a", 1)], { originals: () => "no" });
  await sender.nudge();
  assert.equal(store.get("a").state, "received");
  assert.equal(states.at(-1).mode, "held");
  await sender.sendNow();
  assert.equal(store.get("a").state, "done");
});

test("an original that the office refuses is told and kept on the phone", async () => {
  const { sender, store } = rig([recordOf("a", 1)], { answer: ({ method, path }) => method === "PUT" && path.endsWith("a-a") && { status: 422, body: { detail: "不是照片", code: "photo_unreadable" } } });
  await sender.nudge();
  assert.equal(store.get("a").state, "partly");
  assert.deepEqual(store.get("a").refusals, [{ sha256: "a-a", detail: "不是照片" }]);
  assert.deepEqual([...store.blobs.keys()], ["a/a-a"]);
});

test("a server that lost the record gets it again", async () => {
  let lost = true;
  const { sender, store, short } = rig([recordOf("a", 1, { shas: ["x"] })], {
    answer: ({ method }) => {
      if (method !== "PUT" || !lost) return undefined;
      lost = false;
      return { status: 404, body: {} };
    },
  });
  await sender.nudge();
  assert.equal(store.get("a").state, "done");
  assert.equal(short().filter((one) => one.startsWith("POST")).length, 2);
});

test("a lock that another tab holds leaves everything to it", async () => {
  const locks = { request: async (name, how, act) => act(null) };
  const { sender, calls, states } = rig([recordOf("a", 1)], { locks });
  await sender.nudge();
  assert.deepEqual(calls, []);
  assert.equal(states.at(-1).mode, "elsewhere");
});

test("the plan: due records first, originals when they may, nothing for what waits", () => {
  const received = recordOf("r", 1, { state: "received", kept: ["r-a"] });
  assert.deepEqual(originalsLeft(received).map((one) => one.sha256), ["r-b"]);
  assert.equal(nextJob([received], { now_ms: 0, originals: "no" }), null);
  assert.equal(nextJob([received, recordOf("q", 2)], { now_ms: 0 }).record.id, "q");
  assert.equal(nextJob([recordOf("q", 2, { next_ms: 10 })], { now_ms: 9 }), null);
  assert.equal(nextJob([recordOf("d", 1, { state: "draft" }), recordOf("x", 1, { state: "refused" })], { now_ms: 0 }), null);
});

test("an original that arrived spoilt goes again from nothing, and is refused only after some tries", async () => {
  const spoilt = { status: 422, body: { detail: "对不上", code: "photo_hash_differs" } };
  for (const [times, state] of [
    [2, "done"],
    [9, "partly"],
  ]) {
    let left = times;
    const { sender, store, pass } = rig([recordOf("a", 1, { shas: ["x"] })], { answer: ({ method }) => method === "PUT" && left-- > 0 && spoilt });
    for (let turn = 0; turn < 12; turn += 1) {
      await sender.nudge();
      pass(3_600_000);
    }
    assert.equal(store.get("a").state, state);
    assert.equal(store.blobs.size, state === "done" ? 0 : 1);
  }
});

test("two requests for one original at once are no refusal", async () => {
  const { sender, store, pass } = rig([recordOf("a", 1, { shas: ["x"] })], {
    answer: ({ method }, n) => method === "PUT" && n < 4 && { status: 423, body: { code: "upload_held" }, offset: 2, retryAfter_s: 2 },
  });
  await sender.nudge();
  assert.equal(store.get("a").state, "received");
  pass(3_600_000);
  await sender.nudge();
  assert.equal(store.get("a").state, "done");
});
