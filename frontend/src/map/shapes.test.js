// Borders drawn once, labels inside, boxes and distances.
import assert from "node:assert/strict";
import { test } from "node:test";
import { borders, box, contains, disc, labelPoint, metresBetween } from "./shapes.js";

const square = (x, y) => ({ geometry: { type: "Polygon", coordinates: [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]] } });

test("two neighbours share one inner border and have one rim", () => {
  const { inner, outer } = borders([square(0, 0), square(1, 0)]);
  assert.deepEqual(inner.coordinates.map((line) => line.length), [2]);
  const edges = outer.coordinates.reduce((sum, line) => sum + line.length - 1, 0);
  assert.equal(edges, 6);
});

test("a lonely square keeps its whole rim in one closed line", () => {
  const { inner, outer } = borders([square(0, 0)]);
  assert.equal(inner.coordinates.length, 0);
  assert.deepEqual(outer.coordinates.map((line) => line.length), [5]);
});

test("no edge is lost or doubled in a sheet of 5 x 5 squares", () => {
  const sheet = Array.from({ length: 25 }, (_, i) => square(i % 5, Math.floor(i / 5)));
  const { inner, outer } = borders(sheet);
  const count = (lines) => lines.coordinates.reduce((sum, line) => sum + line.length - 1, 0);
  assert.equal(count(inner), 40);
  assert.equal(count(outer), 20);
});

test("the label of a horseshoe lies on the shoe, not in the gap", () => {
  const shoe = { type: "Polygon", coordinates: [[[0, 0], [9, 0], [9, 9], [6, 9], [6, 3], [3, 3], [3, 9], [0, 9], [0, 0]]] };
  assert.ok(contains(shoe, labelPoint(shoe)));
});

test("the label of a zone in two parts goes to the larger part", () => {
  const parts = { type: "MultiPolygon", coordinates: [square(0, 0).geometry.coordinates, [[[5, 5], [9, 5], [9, 9], [5, 9], [5, 5]]]] };
  assert.ok(labelPoint(parts)[0] > 5);
});

test("a hole is outside", () => {
  const ring = { type: "Polygon", coordinates: [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]] };
  assert.equal(contains(ring, [2, 2]), false);
  assert.equal(contains(ring, [0.5, 0.5]), true);
});

test("boxes and an empty geometry", () => {
  assert.deepEqual(box(square(2, 3).geometry), [2, 3, 3, 4]);
  assert.equal(box({ type: "Polygon", coordinates: [] }), null);
  assert.equal(labelPoint({ type: "Polygon", coordinates: [] }), null);
});

test("the accuracy disc is as wide as it says", () => {
  const centre = [120.82, 29.58];
  for (const point of disc(centre, 80).coordinates[0]) assert.ok(Math.abs(metresBetween(centre, point) - 80) < 1);
});
