// A place named without a network.
import assert from "node:assert/strict";
import { test } from "node:test";

import { placeKept } from "./place-kept.js";

const square = (id, west, east, more = {}) => ({
  properties: { id, name: id, status: "in_force", mode: "professional", ...more },
  geometry: { type: "Polygon", coordinates: [[[west, 0], [east, 0], [east, 1], [west, 1], [west, 0]]] },
}); // prettier-ignore
const layers = {
  streets: { features: [square("street", 0, 10)] },
  grids: { features: [square("grid", 0, 5)] },
  zones: { features: [square("a", 0, 3), square("b", 2, 4), square("old", 6, 8, { status: "superseded" })] },
};
const locate = placeKept({ read: async (name) => layers[name] ?? null, now: () => 0 });

test("one zone, two, none, outside", async () => {
  assert.deepEqual([(await locate({ lon: 1, lat: 0.5 })).state, (await locate({ lon: 1, lat: 0.5 })).zones[0].name], ["settled", "a"]);
  assert.equal((await locate({ lon: 2.5, lat: 0.5 })).state, "two_zones");
  assert.equal((await locate({ lon: 7, lat: 0.5 })).state, "no_zone");
  assert.equal((await locate({ lon: 20, lat: 0.5 })).state, "outside_city");
  assert.equal((await locate({ lon: 1, lat: 0.5 })).grid.name, "grid");
});

test("nothing kept, nothing said", async () => {
  assert.equal(await placeKept({ read: async () => null })({ lon: 1, lat: 0.5 }), null);
});
