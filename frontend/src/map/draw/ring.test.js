// Moving and removing corners keeps the ring closed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { metresBetween } from "../shapes.js";
import { crossesItself, moved, squareAt, without } from "./ring.js";

const ring = squareAt([120.82, 29.58], 0.002);

test("a moved first corner moves the closing one with it, by the metres asked", () => {
  const next = moved(ring, 0, 3, 4);
  assert.deepEqual(next[0], next.at(-1));
  assert.ok(Math.abs(metresBetween(ring[0], next[0]) - 5) < 0.01);
  assert.deepEqual(next[1], ring[1]);
});

test("a square can lose one corner, a triangle none", () => {
  const triangle = without(ring, 0);
  assert.equal(triangle.length, 4);
  assert.deepEqual(triangle[0], triangle.at(-1));
  assert.equal(without(triangle, 1), null);
});

test("the square is as wide as high on the ground", () => {
  const [a, b, , d] = ring;
  assert.ok(Math.abs(metresBetween(a, b) - metresBetween(a, d)) < 0.5);
});

test("a bow tie crosses itself, a square and a triangle do not", () => {
  assert.equal(crossesItself([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]), true);
  assert.equal(crossesItself(ring), false);
  assert.equal(crossesItself(without(ring, 2)), false);
});
