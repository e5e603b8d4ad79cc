// What a person reads about one record and about the sender.
import assert from "node:assert/strict";
import { test } from "node:test";

import { photosLeft, recordSaid, senderSaid, whySaid } from "./said.js";
import { originalsMayGo, spaceLeft } from "./space.js";
import { screenOf } from "./route.js";
import { webviewOf } from "./surroundings.js";

const say = (key, facts) => (facts ? `${key} ${Object.values(facts).join(" ")}` : key);
const type = { shots: [{ code: "panorama", zh: "全景", required: true }, { code: "closeup", zh: "近景", required: true }] };
const record = (state, more = {}) => ({ id: "r", state, draft: { photos: [{ sha256: "a", shot: "panorama", size: 1e6 }, { sha256: "b", shot: "x", size: 1e6 }] }, ...more });
const base = { say, label: (shot) => shot.zh, type, words: {}, sender: { mode: "idle" }, isOnline: true, originalsHeld: false };
const said = (one, more = {}) => recordSaid(one, { ...base, ...more });

test("each state has its words, its tone and its sign", () => {
  assert.equal(said(record("draft")).text, "draft_needs 近景");
  assert.equal(said(record("draft"), { type: null }).text, "draft_no_kind");
  assert.equal(said(record("queued")).text, "queued");
  assert.deepEqual([said(record("refused", { refusal: { detail: "缺近景" } })).text, said(record("refused")).tone], ["refused 缺近景", "bad"]);
  assert.equal(said(record("received", { kept: ["a"] })).text, "received_part 1 2");
  assert.equal(said(record("received", { kept: ["a"] }), { originalsHeld: true }).text, "held_for_wifi 1 2");
  assert.deepEqual([said(record("done", { kept: ["a", "b"] })).text, said(record("done")).tone], ["received 2 2", "ok"]);
});

test("under way: which original, how far, and the share of all bytes", () => {
  const sender = { mode: "sending", part: "original", record_id: "r", index: 2, total: 2, sent: 500_000, size: 1_000_000 };
  const found = said(record("received", { kept: ["a"] }), { sender });
  assert.equal(found.text, "sending_photo 2 2 0.5 1.0");
  assert.equal(found.progress, 0.75);
});

test("the banner: login before all, then offline, then what the sender does; nothing left says nothing", () => {
  const facts = { say, left: 2, isOnline: true, now_ms: 0 };
  assert.equal(senderSaid({ mode: "login" }, { ...facts, left: 0 }).action, "login");
  assert.equal(senderSaid({ mode: "idle" }, { ...facts, left: 0 }), null);
  assert.equal(senderSaid({ mode: "sending" }, { ...facts, isOnline: false }).title, "offline_long");
  assert.equal(senderSaid({ mode: "sending" }, facts).action, "pause");
  assert.equal(senderSaid({ mode: "waiting", until_ms: 14_200, attempt: 3, why: "x" }, facts).title, "waiting 15 3");
  assert.equal(senderSaid({ mode: "waiting", until_ms: 0, why: "why_away" }, facts).text, "last_error why_away ");
  assert.equal(senderSaid({ mode: "held" }, facts).title, "held_all 2");
});

test("why a try failed: our own word with what the stranger said, or the server's sentence as it is", () => {
  assert.equal(whySaid("why_stranger 502", say), "why_stranger 502");
  assert.equal(whySaid("why_away", (key) => ({ why_away: "没连上服务器" })[key]), "没连上服务器");
  assert.equal(whySaid("这几分钟人多，稍后再试", say), "这几分钟人多，稍后再试");
});

test("room is told in round numbers, Wi-Fi only where the browser says so", async () => {
  assert.deepEqual([1e9, 3e8, 3e7, 0].map(photosLeft), [300, 100, 10, 0]);
  assert.equal(originalsMayGo({ wifiOnly: false, kind: "cellular" }), "yes");
  assert.equal(originalsMayGo({ wifiOnly: true, kind: "wifi" }), "yes");
  assert.equal(originalsMayGo({ wifiOnly: true, kind: undefined }), "no");
  const storage = { estimate: async () => ({ quota: 200e6, usage: 100e6 }), persisted: async () => true };
  assert.deepEqual(await spaceLeft(storage), { left_bytes: 100e6, isPromised: true, isLittle: true });
  assert.equal((await spaceLeft(undefined)).left_bytes, null);
});

test("an address names a screen; an odd one is the new record", () => {
  assert.deepEqual(screenOf("#/outbox"), { name: "outbox", id: null });
  assert.deepEqual(screenOf("#/new/0b-1"), { name: "new", id: "0b-1" });
  assert.deepEqual([screenOf(""), screenOf("#/nowhere"), screenOf("#/../x")].map((one) => one.name), ["new", "new", "new"]);
});

test("chat apps are known by their own sign", () => {
  assert.equal(webviewOf("Mozilla/5.0 (iPhone) MicroMessenger/8.0.49"), "wechat");
  assert.equal(webviewOf("Mozilla/5.0 (Linux; Android) AliApp(DingTalk/7.0) TaurusApp"), "dingtalk");
  assert.equal(webviewOf("Mozilla/5.0 (Linux; Android 14) Chrome/131"), null);
});
