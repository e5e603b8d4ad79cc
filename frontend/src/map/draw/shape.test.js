// Parts and holes come apart and together again; a hole finds its part; a tap finds its ring.
import assert from "node:assert/strict";
import { test } from "node:test";
import { geometryOf, isShape, partsOf, ringAt, ringList, ringUnder, withHole, withPart, withRing, without } from "./shape.js";

const square = (x, y, w) => [[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]];
const two = [[square(0, 0, 10), square(2, 2, 2)], [square(20, 0, 10)]];

test("one part is a Polygon, several are a MultiPolygon, none is nothing, and all come back as they were", () => {
  for (const parts of [two, [two[0]], [two[1]]]) assert.deepEqual(partsOf(geometryOf(parts)), parts);
  assert.equal(geometryOf([two[0]]).type, "Polygon");
  assert.equal(geometryOf(two).type, "MultiPolygon");
  assert.equal(geometryOf([]), null);
  assert.deepEqual(partsOf({ type: "Point", coordinates: [0, 0] }), []);
});

test("a new ring takes the place of the one under the pen and of no other", () => {
  const next = withRing(two, { part: 0, ring: 1 }, square(5, 5, 1));
  assert.deepEqual(next, [[two[0][0], square(5, 5, 1)], two[1]]);
  assert.deepEqual(two[0][1], square(2, 2, 2), "the old shape is as it was");
});

test("a hole goes to the part that holds it, and to the one under the pen when none does", () => {
  const inside = withHole(two, square(22, 2, 3), { part: 0, ring: 0 });
  assert.deepEqual(inside.at, { part: 1, ring: 1 });
  assert.deepEqual(ringAt(inside.parts, inside.at), square(22, 2, 3));
  assert.deepEqual(withHole(two, square(50, 50, 1), { part: 1, ring: 0 }).at, { part: 1, ring: 1 });
  assert.deepEqual(withHole(two, square(50, 50, 1), null).at, { part: 0, ring: 2 });
});

test("an outline takes its holes along, a hole goes alone", () => {
  assert.deepEqual(without(two, { part: 0, ring: 0 }), [two[1]]);
  assert.deepEqual(without(two, { part: 0, ring: 1 }), [[two[0][0]], two[1]]);
});

test("a tap means the smallest ring round it", () => {
  assert.deepEqual(ringUnder(two, [3, 3]), { part: 0, ring: 1 });
  assert.deepEqual(ringUnder(two, [8, 8]), { part: 0, ring: 0 });
  assert.deepEqual(ringUnder(two, [25, 5]), { part: 1, ring: 0 });
  assert.equal(ringUnder(two, [15, 5]), null);
});

test("every ring is listed with its corners", () => {
  assert.deepEqual(ringList(withPart(two, square(40, 0, 1))).map((each) => [each.part, each.ring, each.corners, each.isHole]),
    [[0, 0, 4, false], [0, 1, 4, true], [1, 0, 4, false], [2, 0, 4, false]]);
});

test("what is no shape is not restored", () => {
  assert.equal(isShape(two), true);
  for (const bad of [null, {}, [[]], [[[[0, 0]]]], [[[[0, 0], [1, 0], [NaN, 1], [0, 0]]]], [[[[0, 0], [1, null], [1, 1], [0, 0]]]]]) assert.equal(isShape(bad), false);
});
