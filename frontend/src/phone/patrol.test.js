import assert from "node:assert/strict";
import { test } from "node:test";
import { isDue, isOver, isWorth, nextPart, sendTrack } from "./patrol.js";
import { NoAnswer } from "./server.js";

const at = (n, more = {}) => ({ n, owner: "a", patrol_id: "p", at_ms: n * 10_000, lon: 120.8 + n / 1000, lat: 29.6, accuracy_m: 8, part: null, ...more });

/** The phone's store as far as a track needs it. */
function fakeStore(points) {
  let kept = points;
  return {
    points: async (owner) => kept.filter((point) => point.owner === owner),
    beginPart: async (some, part) => (kept = kept.map((point) => (some.some((one) => one.n === point.n) ? { ...point, part } : point))),
    dropPoints: async (some) => (kept = kept.filter((point) => !some.some((one) => one.n === point.n))),
    all: () => kept,
  };
}

function counting() {
  let n = 0;
  return () => `id-${(n += 1)}`;
}

test("a point is worth keeping when one has walked, or stood for long; never a poor fix or a number that is none", () => {
  const last = at(0);
  const near = { ...last, lon: last.lon + 0.00001 };
  const far = { ...last, lon: last.lon + 0.001 };
  assert.ok(isWorth(last, null));
  assert.ok(!isWorth({ ...near, at_ms: 10_000 }, last));
  assert.ok(isWorth({ ...near, at_ms: 30_000 }, last));
  assert.ok(isWorth({ ...far, at_ms: 4_000 }, last));
  assert.ok(!isWorth({ ...far, at_ms: 1_000 }, last), "not every second");
  assert.ok(!isWorth({ ...far, at_ms: 60_000, accuracy_m: 900 }, last));
  assert.ok(!isWorth({ ...far, at_ms: 60_000, lat: NaN }, last));
});

test("a patrol ends by itself after twelve hours, or when the page was closed for an hour", () => {
  const hour = 3_600_000;
  assert.ok(!isOver({ since_ms: 0, last_ms: 11 * hour }, 11.5 * hour));
  assert.ok(isOver({ since_ms: 0, last_ms: 12 * hour }, 12.1 * hour));
  assert.ok(isOver({ since_ms: 0, last_ms: hour }, 2.1 * hour));
});

test("points go when they are many, old, or the patrol has ended", () => {
  const few = [at(1), at(2)];
  assert.ok(!isDue(few, { isOn: true, now_ms: 30_000 }));
  assert.ok(isDue(few, { isOn: true, now_ms: 140_000 }));
  assert.ok(isDue(few, { isOn: false, now_ms: 30_000 }));
  assert.ok(isDue(Array.from({ length: 100 }, (_, n) => at(n / 1000)), { isOn: true, now_ms: 0 }));
  assert.ok(isDue([at(1, { part: "x" })], { isOn: true, now_ms: 11_000 }), "what was begun goes on at once");
  assert.ok(!isDue([], { isOn: false, now_ms: 0 }));
});

test("a piece holds one patrol, a hundred points at most, and what was begun stays as it was", () => {
  const many = Array.from({ length: 130 }, (_, n) => at(n));
  assert.equal(nextPart(many, () => "new").points.length, 100);
  const two = [at(1), at(2), at(3, { patrol_id: "q" })];
  assert.deepEqual(nextPart(two, () => "new").points.map(({ n }) => n), [1, 2]);
  const begun = [at(1, { part: "old" }), at(2, { part: "old" }), at(3)];
  assert.deepEqual(nextPart(begun, () => "new"), { id: "old", points: begun.slice(0, 2) });
});

test("after a lost answer the same piece goes again under the same id, then the rest", async () => {
  const store = fakeStore([at(1), at(2)]);
  const newId = counting();
  const asked = [];
  const lost = async (method, path, { json }) => {
    asked.push(json);
    throw new NoAnswer("why_away");
  };
  const given = { store, owner: "a", isOn: false, newId, now: () => 99_000, iso: String };
  assert.equal(await sendTrack({ ...given, ask: lost }), null);
  assert.deepEqual(store.all().map(({ part }) => part), ["id-1", "id-1"]);
  const later = fakeStore([...store.all(), at(3)]);
  const taken = async (method, path, { json, owner }) => {
    asked.push(json);
    assert.deepEqual([method, path, owner], ["POST", "/tracks", "a"]);
    return { status: asked.length === 2 ? 200 : 201, body: { id: json.id } };
  };
  assert.equal(await sendTrack({ ...given, store: later, ask: taken }), null);
  assert.deepEqual(asked.map(({ id, points }) => [id, points.length]), [["id-1", 2], ["id-1", 2], ["id-2", 1]]);
  assert.deepEqual(asked[1].points, asked[0].points);
  assert.deepEqual(later.all(), []);
});

test("an ended login keeps every point; another's points are never sent", async () => {
  const store = fakeStore([at(1), at(2, { owner: "b" })]);
  const sent = [];
  const ask = async (method, path, { json }) => {
    sent.push(...json.points);
    return { status: 401, body: {} };
  };
  assert.equal(await sendTrack({ store, ask, owner: "a", isOn: false, newId: counting() }), "login");
  assert.equal(sent.length, 1);
  const given = { store, ask, owner: "a", isOn: false, newId: counting(), isTheirs: async () => false };
  assert.equal(await sendTrack(given), null);
  assert.equal(sent.length, 1, "somebody else is logged in by now");
  assert.equal(store.all().length, 2);
});

test("a stranger's 200 lets nothing go, a busy office neither; what the office will never take does not block", async () => {
  for (const [status, body, left] of [
    [200, { hello: "portal" }, 1],
    [503, { code: "busy" }, 1],
    [403, { code: "not_allowed" }, 1],
    [422, { code: "field_wrong" }, 0],
    [409, { code: "track_id_used" }, 0],
    [422, {}, 1],
  ]) {
    const store = fakeStore([at(1)]);
    const ask = async () => ({ status, body });
    assert.equal(await sendTrack({ store, ask, owner: "a", isOn: false, newId: counting() }), null);
    assert.equal(store.all().length, left, `${status} ${JSON.stringify(body)}`);
  }
});
