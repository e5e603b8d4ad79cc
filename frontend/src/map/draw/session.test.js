// One way back over everything: parts, holes, corners, splits; the pen always holds a ring that is there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { session } from "./session.js";

const square = (x, y, w) => [[x, y], [x + w, y], [x + w, y + w], [x, y + w], [x, y]];

test("a part, a hole, a second part, a moved corner: four steps back to nothing and four forward again", () => {
  const work = session();
  work.setRing(square(0, 0, 10));
  work.addHole(square(2, 2, 2));
  work.addPart(square(20, 0, 10));
  work.choose({ part: 0, ring: 1 });
  work.setRing(square(3, 3, 2));
  const done = work.geometry;
  assert.equal(done.coordinates.length, 2);
  for (let i = 0; i < 4; i++) work.undo();
  assert.equal(work.isEmpty, true);
  assert.equal(work.ring, null);
  assert.equal(work.canUndo, false);
  for (let i = 0; i < 4; i++) work.redo();
  assert.deepEqual(work.geometry, done);
  assert.equal(work.canRedo, false);
});

test("choosing another ring is no step", () => {
  const work = session([[square(0, 0, 10), square(2, 2, 2)]]);
  work.choose({ part: 0, ring: 1 });
  assert.deepEqual(work.ring, square(2, 2, 2));
  assert.equal(work.canUndo, false);
  work.choose({ part: 7, ring: 0 });
  assert.ok(work.ring, "an address that is not there falls back to one that is");
});

test("taking a hole out leaves the outline under the pen; the last outline leaves nothing", () => {
  const work = session([[square(0, 0, 10), square(2, 2, 2)]]);
  work.choose({ part: 0, ring: 1 });
  work.removeRing();
  assert.deepEqual(work.ring, square(0, 0, 10));
  work.removeRing();
  assert.equal(work.isEmpty, true);
  assert.equal(work.removeRing(), false);
  work.undo();
  work.undo();
  assert.equal(work.parts[0].length, 2);
});

test("a split is one step: undone, both halves are one again", () => {
  const whole = [[square(0, 0, 10)]];
  const work = session(whole);
  work.replace([[square(0, 0, 5)]], [[[square(5, 0, 5)]]]);
  assert.equal(work.rest.length, 1);
  work.undo();
  assert.deepEqual(work.parts, whole);
  assert.deepEqual(work.rest, []);
});

test("a merge is one step too: undone, the neighbour is taken in no more", () => {
  const work = session([[square(0, 0, 5)]]);
  work.replace([[square(0, 0, 10)]], work.rest, ["b"]);
  work.setRing(square(0, 0, 11));
  assert.deepEqual(work.taken, ["b"]);
  work.undo();
  work.undo();
  assert.deepEqual(work.taken, []);
  work.redo();
  assert.deepEqual(work.taken, ["b"]);
});

test("a zone in parts opens with all of them", () => {
  const work = session([[square(0, 0, 1)], [square(3, 0, 1), square(3.2, 0.2, 0.1)]]);
  assert.equal(work.geometry.type, "MultiPolygon");
  assert.deepEqual(work.at, { part: 0, ring: 0 });
});

test("a corner that took a neighbour's along comes back with it, and goes again with it", () => {
  const east = { zone_id: "east", obstacle: null, moved: false, parts: [[square(10, 0, 10)]] };
  const work = session([[square(0, 0, 10)]]);
  work.share({ shares: true, neighbours: [east] });
  const [ours, theirs] = [[[0, 0], [12, 0], [10, 10], [0, 10], [0, 0]], [[12, 0], [20, 0], [20, 10], [10, 10], [12, 0]]];
  work.setRing(ours, { shares: true, neighbours: [{ ...east, parts: [[theirs]], moved: true }] });
  work.undo();
  assert.deepEqual([work.ring, work.beside.neighbours[0], work.beside.shares], [square(0, 0, 10), east, true]);
  work.redo();
  assert.deepEqual([work.ring, work.beside.neighbours[0].parts], [ours, [[theirs]]]);
  work.undo();
  work.undo();
  assert.deepEqual(work.beside, { shares: false, neighbours: [] }, "the switch itself is a step");
});
