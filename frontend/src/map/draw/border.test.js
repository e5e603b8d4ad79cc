// Neighbours follow corner by corner, whoever cannot follow holds the corner, and nobody else is touched.
import assert from "node:assert/strict";
import { test } from "node:test";
import { carried, movedLines } from "./border.js";

const ring = (...corners) => [...corners, corners[0]];
const zone = ring([0, 0], [10, 0], [10, 10], [0, 10]);
const east = { zone_id: "east", name: "东邻", base_version_id: "e1", obstacle: null, moved: false, parts: [[ring([10, 0], [20, 0], [20, 10], [10, 10])]] };
const north = { zone_id: "north", name: "北邻", base_version_id: "n1", obstacle: null, moved: false, parts: [[ring([0, 10], [10, 10], [20, 10], [20, 20], [0, 20])]] };
const west = { zone_id: "west", name: "西邻", base_version_id: "w1", obstacle: "“西邻”在别的街道。", moved: false, parts: [[ring([-10, 0], [0, 0], [0, 10], [-10, 10])]] };
const all = [east, north, west];

const outline = (neighbours, id) => neighbours.find((each) => each.zone_id === id).parts[0][0];

test("a corner where three zones meet moves in all three", () => {
  const { neighbours, held } = carried(zone, ring([0, 0], [10, 0], [11, 12], [0, 10]), all);
  assert.equal(held, null);
  assert.deepEqual(outline(neighbours, "east"), ring([10, 0], [20, 0], [20, 10], [11, 12]));
  assert.deepEqual(outline(neighbours, "north"), ring([0, 10], [11, 12], [20, 10], [20, 20], [0, 20]));
  assert.deepEqual(neighbours.map((each) => each.moved), [true, true, false]);
  assert.deepEqual(movedLines(neighbours).map((line) => [line.zone_id, line.base_version_id]), [["east", "e1"], ["north", "n1"]]);
});

test("the first corner of a ring is its last too, in the neighbour as well", () => {
  const { neighbours } = carried(ring([10, 10], [0, 10], [0, 0], [10, 0]), ring([9, 9], [0, 10], [0, 0], [10, 0]), [east]);
  assert.deepEqual(outline(neighbours, "east"), ring([10, 0], [20, 0], [20, 10], [9, 9]));
  const first = carried(ring([0, 0], [10, 0], [10, 10], [0, 10]), ring([0, 0], [12, 1], [10, 10], [0, 10]), [east]);
  assert.deepEqual(outline(first.neighbours, "east"), ring([12, 1], [20, 0], [20, 10], [10, 10]));
});

test("a corner set into a common edge is set in the neighbour, also across the end of the ring", () => {
  const { neighbours, held } = carried(zone, ring([0, 0], [10, 0], [13, 5], [10, 10], [0, 10]), all);
  assert.equal(held, null);
  assert.deepEqual(outline(neighbours, "east"), ring([10, 0], [20, 0], [20, 10], [10, 10], [13, 5]));
  assert.equal(neighbours[1], north);
});

test("a corner taken out goes in the neighbour that has it between the same two, and stays where more zones meet", () => {
  const bent = ring([0, 0], [10, 0], [13, 5], [10, 10], [0, 10]);
  const beside = { ...east, parts: [[ring([10, 0], [20, 0], [20, 10], [10, 10], [13, 5])]] };
  const { neighbours, held } = carried(bent, zone, [beside, north]);
  assert.equal(held, null);
  assert.deepEqual(outline(neighbours, "east"), ring([10, 0], [20, 0], [20, 10], [10, 10]));
  const refused = carried(zone, ring([0, 0], [10, 0], [0, 10]), [east, north]);
  assert.deepEqual([refused.held.zone_id, refused.isCrossing, refused.neighbours], ["east", true, [east, north]]);
});

test("a neighbour that cannot move holds its corners and edges, and nothing else", () => {
  assert.equal(carried(zone, ring([0, 0], [10, 0], [10, 10], [-1, 11]), all).held, west);
  assert.equal(carried(zone, ring([0, 0], [10, 0], [10, 10], [0, 10], [2, 5]), all).held, west);
  const free = carried(zone, ring([0, 0], [9, -1], [10, 10], [0, 10]), all);
  assert.equal(free.held, null);
  assert.equal(free.neighbours[2], west);
});

test("more than one corner at once is no move: the neighbours stay", () => {
  const { neighbours, held } = carried(zone, ring([0, 0], [11, 0], [11, 10], [0, 10]), all);
  assert.equal(neighbours, all);
  assert.equal(held, null);
});

test("holes and parts of a neighbour follow, and a corner dropped onto the next one leaves no double", () => {
  const round = { ...east, parts: [[ring([-5, -5], [25, -5], [25, 25], [-5, 25]), zone], [ring([10, 0], [30, 0], [30, -5])]] };
  const { neighbours } = carried(zone, ring([0, 0], [12, 0], [10, 10], [0, 10]), [round]);
  assert.deepEqual(neighbours[0].parts[0][1], ring([0, 0], [12, 0], [10, 10], [0, 10]));
  assert.deepEqual(neighbours[0].parts[1][0], ring([12, 0], [30, 0], [30, -5]));
  const dropped = carried(zone, ring([0, 0], [10, 0], [10, 0], [0, 10]), [east]);
  assert.deepEqual(outline(dropped.neighbours, "east"), ring([10, 0], [20, 0], [20, 10]));
});
