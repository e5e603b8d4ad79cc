// An unsaved drawing survives, a broken one does not come back, a full storage stops nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import { keeper, newId } from "./keep.js";

function memory() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
}

test("ids are version 4 and differ", () => {
  const ids = new Set(Array.from({ length: 200 }, newId));
  assert.equal(ids.size, 200);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a drawing comes back under its own zone only", () => {
  const storage = memory();
  const draft = { id: newId(), parts: [[[[0, 0], [1, 0], [1, 1], [0, 0]]]], rest: [], open: null, name: "示例小区036" };
  keeper(storage, "z1").write(draft);
  assert.deepEqual(keeper(storage, "z1").read(), draft);
  assert.equal(keeper(storage, null).read(), null);
  keeper(storage, "z1").forget();
  assert.equal(keeper(storage, "z1").read(), null);
});

test("half a ring or broken text is no drawing, and a full storage says false", () => {
  const storage = memory();
  storage.setItem("slg.zone-draft.new", '{"ring":[[0,0]]}');
  assert.equal(keeper(storage, null).read(), null);
  storage.setItem("slg.zone-draft.new", "{");
  assert.equal(keeper(storage, null).read(), null);
  const full = { getItem: () => { throw new Error("no"); }, setItem: () => { throw new Error("full"); }, removeItem: () => { throw new Error("no"); } };
  assert.equal(keeper(full, null).write({ ring: [] }), false);
  assert.equal(keeper(full, null).read(), null);
  keeper(full, null).forget();
});

test("a single ring of an older page comes back as a part, and a line that was never closed is kept", () => {
  const storage = memory();
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]];
  storage.setItem("slg.zone-draft.new", JSON.stringify({ id: "a", ring }));
  assert.deepEqual(keeper(storage, null).read().parts, [[ring]]);
  storage.setItem("slg.zone-draft.new", JSON.stringify({ id: "a", parts: [], open: { corners: [[0, 0], [1, 1]], isHole: false } }));
  assert.equal(keeper(storage, null).read().open.corners.length, 2);
  for (const bad of [{ parts: [] }, { parts: "x" }, { parts: [[ring]], rest: 5 }, { parts: [[ring]], rest: [[[]]] }]) {
    storage.setItem("slg.zone-draft.new", JSON.stringify(bad));
    assert.equal(keeper(storage, null).read(), null);
  }
});

test("the neighbours that moved along come back with the drawing; a broken line of one is no drawing", () => {
  const storage = memory();
  const ring = [[0, 0], [1, 0], [1, 1], [0, 0]];
  const draft = { id: newId(), parts: [[ring]], rest: [], open: null, beside: { shares: true, neighbours: [{ zone_id: "east", moved: true, parts: [[ring]] }] } };
  keeper(storage, "z2").write(draft);
  assert.deepEqual(keeper(storage, "z2").read(), draft);
  draft.beside.neighbours[0].parts = [[[[0, 0]]]];
  keeper(storage, "z2").write(draft);
  assert.equal(keeper(storage, "z2").read(), null);
});
