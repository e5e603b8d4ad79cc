// Fix, pin, and the answers of /locate.
import assert from "node:assert/strict";
import { test } from "node:test";

import { distance_m, locator, looksShifted } from "./place.js";

const fix = { lon: 120.8212, lat: 29.5903 };
const east = (metres) => ({ lon: fix.lon + metres / (111_195 * Math.cos((fix.lat * Math.PI) / 180)), lat: fix.lat });

test("a thousandth of a degree of latitude is 111.2 m", () => {
  assert.ok(Math.abs(distance_m(fix, { lon: fix.lon, lat: fix.lat + 0.001 }) - 111.195) < 0.01);
  assert.equal(distance_m(fix, fix), 0);
});

test("a pin as far off as the GCJ-02 shift is pointed out; nearer and farther ones are not", () => {
  assert.deepEqual(
    [11, 340, 360, 494, 690, 720].map((metres) => looksShifted(fix, east(metres))),
    [false, false, true, true, true, false],
  );
  assert.equal(looksShifted(null, fix), false);
  assert.equal(looksShifted(fix, null), false);
});

test("points within 10 m share one question; a farther one asks anew; a refusal is not kept", async () => {
  const asked = [];
  let status = 200;
  const fetch = async (url) => {
    asked.push(url);
    return { ok: status === 200, status, json: async () => ({ state: "settled", n: asked.length }) };
  };
  const locate = locator({ api: "/api/v1", fetch });
  assert.equal((await locate(fix)).n, 1);
  assert.equal((await locate(east(6))).n, 1);
  assert.equal((await locate(east(14))).n, 2);
  assert.match(asked[0], /^\/api\/v1\/locate\?lon=120\.8212000&lat=29\.5903000$/);
  status = 401;
  await assert.rejects(locate(east(40)));
  status = 200;
  assert.equal((await locate(east(40))).n, 4);
});
