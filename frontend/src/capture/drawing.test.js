// Marks on a photo: what is meant, and where an arrow's head lies.
import assert from "node:assert/strict";
import { test } from "node:test";

import { barbs, isTooSmall, paint } from "./drawing.js";

const sheet = { width: 1000, height: 800 };

test("a touch is no mark, a stroke and a word are", () => {
  assert.ok(isTooSmall({ tool: "arrow", from: [10, 10], to: [20, 15] }, sheet));
  assert.ok(!isTooSmall({ tool: "circle", from: [10, 10], to: [60, 60] }, sheet));
  assert.ok(isTooSmall({ tool: "text", at: [0, 0], text: "  " }, sheet));
  assert.ok(!isTooSmall({ tool: "text", at: [0, 0], text: "裂缝" }, sheet));
});

test("an arrow's barbs lie behind its tip, one on each side", () => {
  const [left, tip, right] = barbs([0, 0], [100, 0], 20);
  assert.deepEqual(tip, [100, 0]);
  assert.ok(left[0] < 100 && right[0] < 100);
  assert.ok(Math.abs(left[1] + right[1]) < 1e-9 && left[1] !== 0);
});

test("every mark is painted twice: casing, then ink", () => {
  const strokes = [];
  const pen = new Proxy({}, {
    get: (_, name) => (name === "stroke" ? () => strokes.push(pen.colour) : name === "colour" ? pen.last : () => ({ width: 10 })),
    set: (target, name, value) => {
      if (name === "strokeStyle") strokes.last = value;
      return true;
    },
  }); // prettier-ignore
  paint(pen, [{ tool: "arrow", from: [0, 0], to: [50, 50] }, { tool: "circle", from: [0, 0], to: [50, 50] }], sheet);
  assert.equal(strokes.length, 4);
});
