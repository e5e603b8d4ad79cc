// Undo and redo over rings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { steps } from "./steps.js";

test("steps go back and forth, and a new step forgets the undone ones", () => {
  const history = steps();
  history.push([1]);
  history.push([2]);
  assert.deepEqual(history.undo(), [1]);
  assert.equal(history.undo(), null);
  assert.equal(history.canUndo, false);
  assert.deepEqual(history.redo(), [1]);
  history.push([3]);
  assert.equal(history.canRedo, false);
  assert.deepEqual(history.undo(), [1]);
});

test("the same ring twice is one step, and old steps fall off", () => {
  const history = steps(null, 3);
  assert.equal(history.push([1]), true);
  assert.equal(history.push([1]), false);
  for (const n of [2, 3, 4, 5]) history.push([n]);
  let count = 0;
  while (history.canUndo) { history.undo(); count += 1; }
  assert.equal(count, 3);
  assert.deepEqual(history.now, [2]);
});
