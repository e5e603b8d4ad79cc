// The duplicate hint: nearest first, few, and silent when the office does not answer.
import assert from "node:assert/strict";
import { test } from "node:test";

import { nearbyRecords } from "./nearby.js";

const ask = (answer) => nearbyRecords({ api: "/api", fetch: answer, point: { lon: 120.8, lat: 29.6 }, issue_type: "zombie_vehicle" });
const row = (id, distance_m, more = {}) => ({ id, number: `R-${id}`, distance_m, age_days: 14.6, thumb: `/t/${id}`, ...more });

test("nearest first, at most three, whole days", async () => {
  let asked = "";
  const found = await ask(async (url) => {
    asked = url;
    return Response.json({ items: [row("d", 40), row("a", 18), row("c", 30), row("b", 20), row("odd", null)] });
  });
  assert.deepEqual(found.map((one) => one.id), ["a", "b", "c"]);
  assert.equal(found[0].age_days, 14);
  assert.equal(found[0].view, "/t/a");
  assert.equal(asked, "/api/nearby?lon=120.8000000&lat=29.6000000&issue_type=zombie_vehicle");
});

test("no answer, no such door, a portal's page: no hint", async () => {
  assert.deepEqual(await ask(async () => Promise.reject(new TypeError("away"))), []);
  assert.deepEqual(await ask(async () => new Response("{}", { status: 404 })), []);
  assert.deepEqual(await ask(async () => new Response("<html>", { status: 200 })), []);
});
