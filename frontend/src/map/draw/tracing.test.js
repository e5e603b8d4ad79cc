// A traced stretch has the neighbour's own corners, goes the shorter way, and takes the place of the nearest stretch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { crossesItself } from "./ring.js";
import { borderPath, footOn, withPath } from "./tracing.js";

const at = (x, y) => [Number((120.82 + x / 1e5).toFixed(7)), Number((29.59 + y / 1e5).toFixed(7))];
const closed = (points) => [...points, points[0]];
const zone = (name, points) => ({ properties: { name }, geometry: { type: "Polygon", coordinates: [closed(points)] } });
const neighbour = zone("示例小区012", [at(0, 0), at(100, 0), at(120, 50), at(100, 100), at(0, 100)]);

test("the path runs the shorter way with the neighbour's own corners between its ends, in either direction", () => {
  const found = borderPath([neighbour], at(101, 2), at(101, 98), 20);
  assert.equal(found.name, "示例小区012");
  assert.deepEqual(found.path.slice(1, -1).filter((point) => point[0] === at(120, 50)[0]), [at(120, 50)]);
  assert.ok(found.path.every(([lon]) => lon >= at(99, 0)[0]));
  assert.deepEqual(borderPath([neighbour], at(101, 98), at(101, 2), 20).path, found.path.toReversed());
});

test("a place at a corner is that corner", () => {
  assert.deepEqual(footOn(neighbour.geometry.coordinates[0], at(101, -1)).at, at(100, 0));
});

test("two places that no one border joins give nothing", () => {
  const other = zone("b", [at(300, 0), at(400, 0), at(400, 100), at(300, 100)]);
  assert.equal(borderPath([neighbour, other], at(100, 0), at(300, 0), 20), null);
  assert.equal(borderPath([neighbour], at(100, 0), at(100, 0), 20), null);
  assert.equal(borderPath([], at(0, 0), at(1, 1), 20), null);
});

test("the traced stretch takes the place of the nearest one, whichever way the ring runs", () => {
  const ring = closed([at(106, 3), at(200, 0), at(200, 100), at(106, 97)]);
  const { path } = borderPath([neighbour], at(100, 0), at(100, 100), 20);
  for (const mine of [ring, ring.toReversed()]) {
    const next = withPath(mine, path);
    assert.deepEqual(next[0], next.at(-1));
    assert.equal(crossesItself(next), false);
    for (const corner of [at(100, 0), at(120, 50), at(100, 100), at(200, 0), at(200, 100)]) assert.ok(next.some((point) => point.join() === corner.join()), corner.join());
    assert.equal(next.length - 1, 5, "the two old corners beside the border are gone");
  }
});

test("an end within reach of a corner is that corner, and a ring's corner a hand's breadth beside the end goes with its stretch", () => {
  const { path } = borderPath([neighbour], at(97, 3), at(98, 96), 20);
  assert.deepEqual([path[0], path.at(-1)], [at(100, 0), at(100, 100)]);
  const ring = closed([at(106, -0.5), at(200, 0), at(200, 100), at(106, 100.5)]);
  assert.equal(withPath(ring, path).length - 1, 5);
});
