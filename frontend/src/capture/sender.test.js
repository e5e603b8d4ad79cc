// The sender: order, patience, and what it never does. Time is a list of alarms that the test rings.
import assert from "node:assert/strict";
import { test } from "node:test";

import { httpSender, isPassing, pauseFor, PAUSES_S, Refused } from "./sender.js";

const capture = { id: "d1", photos: [] };
const originals = ["aa", "bb"].map((sha256) => ({ sha256, blob: new Blob([sha256]), media_type: "image/jpeg" }));
const receipt = {
  id: "d1",
  number: "R-1",
  photos: [
    { sha256: "aa", state: "expected" },
    { sha256: "bb", state: "expected" },
  ],
};

/** A sender over a script of answers: numbers are statuses, "lost" is no answer. Alarms ring at once and are noted. */
function rig(script, { keptAlready = [] } = {}) {
  const calls = [];
  const pauses = [];
  const events = [];
  let clock = 0;
  const transport = async (method, url, body) => {
    calls.push({ method, url, body });
    const next = script.shift() ?? 201;
    if (next === "lost") throw new TypeError("no answer");
    const { status, ...rest } = typeof next === "number" ? { status: next } : next;
    const photos = receipt.photos.map((photo) =>
      keptAlready.includes(photo.sha256) ? { ...photo, state: "kept" } : photo,
    );
    return {
      status,
      body: status < 300 && method === "POST" ? { ...receipt, photos } : {},
      retryAfter_s: null,
      ...rest,
    };
  };
  const alarm = (seconds) => {
    pauses.push(seconds);
    return { promise: Promise.resolve(), ring() {} };
  };
  const sender = httpSender({
    api: "/api",
    transport,
    alarm,
    wakeups: () => () => {},
    now: () => (clock += 1),
    iso: (ms) => `t${ms}`,
  });
  return {
    calls,
    pauses,
    events,
    send: (more) => sender.send({ capture, originals }, { onEvent: (event) => events.push(event), ...more }),
  };
}

test("the record goes first, then each original under its own hash", async () => {
  const { calls, send } = rig([]);
  const done = await send();
  assert.deepEqual(
    calls.map(({ method, url }) => `${method} ${url}`),
    ["POST /api/captures", "PUT /api/captures/d1/photos/aa", "PUT /api/captures/d1/photos/bb"],
  );
  assert.equal(calls[1].body, originals[0].blob);
  assert.deepEqual([done.kept, done.expected, done.number, done.refusals], [2, 2, "R-1", []]);
});

test("lost answers and passing troubles are tried again after 0.3, 2, 6, 15, 15 s", async () => {
  const { pauses, calls, events, send } = rig(["lost", 503, "lost", 429, 500, 201]);
  await send();
  assert.deepEqual(pauses, [0.3, 2, 6, 15, 15]);
  assert.equal(calls.filter(({ method }) => method === "POST").length, 6);
  assert.deepEqual(
    events.filter((event) => event.state === "waiting").map((event) => event.attempt),
    [1, 2, 3, 4, 5],
  );
});

test("every try of the record is the same but for the time of sending", async () => {
  const { calls, send } = rig(["lost", 201]);
  await send();
  const [first, second] = calls.slice(0, 2).map(({ body }) => JSON.parse(body));
  assert.notEqual(first.sent_at, second.sent_at);
  assert.deepEqual({ ...first, sent_at: 0 }, { ...second, sent_at: 0 });
});

test("each photo starts again with the short pause", async () => {
  const { pauses, send } = rig([201, "lost", "lost", 201, "lost", 201]);
  await send();
  assert.deepEqual(pauses, [0.3, 2, 0.3]);
});

test("an original that the server has already is not sent twice", async () => {
  const { calls, send } = rig([200], { keptAlready: ["aa"] });
  const done = await send();
  assert.deepEqual(
    calls.slice(1).map(({ url }) => url),
    ["/api/captures/d1/photos/bb"],
  );
  assert.equal(done.kept, 2);
});

test("an ended login keeps everything and goes on where it stood", async () => {
  const { calls, pauses, events, send } = rig([201, 401, 201, 201]);
  let asked = 0;
  const done = await send({ untilLogin: async () => (asked += 1) });
  assert.equal(asked, 1);
  assert.equal(done.kept, 2);
  assert.deepEqual(pauses, []);
  assert.equal(calls.filter(({ method }) => method === "POST").length, 1);
  assert.ok(events.some((event) => event.state === "login"));
});

test("a refusal of the record is final and carries the problem", async () => {
  const { calls, pauses, send } = rig([{ status: 422, body: { detail: "缺车牌", field: "plate" } }]);
  await assert.rejects(
    send(),
    (error) => error instanceof Refused && error.problem.field === "plate" && error.problem.status === 422,
  );
  assert.equal(calls.length, 1);
  assert.deepEqual(pauses, []);
});

test("a refused original does not hold up the others", async () => {
  const { send } = rig([201, { status: 422, body: { detail: "不一致" } }, 201]);
  const done = await send();
  assert.equal(done.kept, 1);
  assert.deepEqual(
    done.refusals.map(({ sha256, problem }) => [sha256, problem.detail]),
    [["aa", "不一致"]],
  );
});

test("stopping during a pause ends the sending", async () => {
  const stop = new AbortController();
  const { send } = rig(["lost", "lost"]);
  const sending = send({ signal: stop.signal, onEvent: (event) => event.state === "waiting" && stop.abort() });
  await assert.rejects(sending, (error) => error.name === "AbortError");
});

test("the server's own pause is kept to, and only passing troubles are tried again", () => {
  assert.equal(pauseFor(1, 9), 9);
  assert.equal(pauseFor(99), PAUSES_S.at(-1));
  assert.deepEqual(
    [400, 401, 404, 408, 409, 413, 422, 423, 425, 429, 500, 503].filter(isPassing),
    [408, 423, 425, 429, 500, 503],
  );
});
