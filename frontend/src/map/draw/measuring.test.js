// Only the last line is measured, an older answer never overwrites a newer one.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { measuring } from "./measuring.js";

const settle = async () => { for (let i = 0; i < 5; i++) await Promise.resolve(); };

test("a flood of moves becomes one question about the last line", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ask = mock.fn(async (ring) => ({ area_m2: ring[0] }));
  const answers = [];
  const live = measuring({ ask, onAnswer: (answer) => answers.push(answer), onRefusal: assert.fail });
  for (const n of [1, 2, 3]) live.measure([n]);
  t.mock.timers.tick(149);
  assert.equal(ask.mock.callCount(), 0);
  t.mock.timers.tick(1);
  await settle();
  assert.deepEqual(answers, [{ ring: [3], measured: { area_m2: 3 } }]);
  live.measure([3]);
  t.mock.timers.tick(500);
  assert.equal(ask.mock.callCount(), 1);
});

test("the older question is broken off and its late answer is dropped", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const open = [];
  const ask = (ring, signal) => new Promise((resolve) => open.push({ ring, signal, resolve }));
  const answers = [];
  const live = measuring({ ask, onAnswer: ({ measured }) => answers.push(measured), onRefusal: assert.fail });
  live.measure([1]);
  t.mock.timers.tick(150);
  live.measure([2]);
  t.mock.timers.tick(150);
  assert.equal(open[0].signal.aborted, true);
  open[1].resolve("new");
  await settle();
  open[0].resolve("old");
  await settle();
  assert.deepEqual(answers, ["new"]);
});

test("a refusal is told once, an abort is not told at all", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const refusals = [];
  const live = measuring({
    ask: async (ring) => { throw ring[0] === 1 ? new DOMException("stop", "AbortError") : new Error("crosses itself"); },
    onAnswer: assert.fail,
    onRefusal: ({ refusal }) => refusals.push(refusal.message),
  });
  live.measure([1]);
  t.mock.timers.tick(150);
  await settle();
  live.measure([2]);
  t.mock.timers.tick(150);
  await settle();
  assert.deepEqual(refusals, ["crosses itself"]);
});
