// A new corner lands on the neighbour's corner before its edge, and on nothing that is too far.
import assert from "node:assert/strict";
import { test } from "node:test";
import { metresBetween } from "../shapes.js";
import { snappingIndex } from "./snapping.js";

const zone = (name, ring) => ({ properties: { name }, geometry: { type: "Polygon", coordinates: [ring] } });
const west = 120.82;
const south = 29.58;
const neighbour = zone("示例小区012", [
  [west, south], [west + 0.004, south], [west + 0.004, south + 0.003], [west, south + 0.003], [west, south],
]);
const index = snappingIndex([neighbour]);

test("a corner in reach wins over a nearer edge", () => {
  const found = index.snap([west + 0.00008, south + 0.00001], 12);
  assert.equal(found.kind, "corner");
  assert.deepEqual(found.at, [west, south]);
  assert.equal(found.name, "示例小区012");
});

test("along the edge the point lands on the edge itself", () => {
  const found = index.snap([west + 0.002, south - 0.00005], 12);
  assert.equal(found.kind, "edge");
  assert.ok(Math.abs(found.at[1] - south) < 1e-9);
  assert.ok(Math.abs(found.at[0] - (west + 0.002)) < 1e-6);
});

test("out of reach nothing is caught", () => {
  assert.equal(index.snap([west + 0.002, south - 0.0005], 12), null);
  assert.equal(index.snap([0, 0], 12), null);
  assert.equal(snappingIndex([]).snap([west, south], 12), null);
});

test("the index finds what a walk over all edges finds", () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const many = Array.from({ length: 60 }, (_, i) => {
    const [x, y] = [west + random() * 0.03, south + random() * 0.03];
    return zone(`z${i}`, [[x, y], [x + 0.002 * random(), y], [x + 0.001, y + 0.002 * random()], [x, y]]);
  });
  const small = snappingIndex(many, { cell_m: 40 });
  const whole = snappingIndex(many, { cell_m: 1e7 });
  let hits = 0;
  for (let i = 0; i < 1500; i++) {
    const here = [west + random() * 0.03, south + random() * 0.03];
    const [a, b] = [small.snap(here, 60), whole.snap(here, 60)];
    assert.equal(a?.kind, b?.kind);
    if (a) {
      hits += 1;
      assert.ok(metresBetween(a.at, b.at) < 0.001);
      assert.ok(metresBetween(here, a.at) < 60.4);
    }
  }
  assert.ok(hits > 50);
});
