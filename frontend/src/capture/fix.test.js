// The fix for a shutter: accurate first, never stale; and the watch behind it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { asPosition, bestFix, fixGrade, watchPosition } from "./fix.js";

const fix = (accuracy_m, at_ms) => ({ lon: 120.82, lat: 29.59, accuracy_m, at_ms });

test("an accurate fix wins over a newer, much weaker one", () => {
  assert.equal(bestFix([fix(5, 20_000), fix(40, 30_000)], 30_000, 30).accuracy_m, 5);
});

test("somebody who walks on is not held to the place of half a minute ago", () => {
  assert.equal(bestFix([fix(5, 5_000), fix(9, 30_000)], 30_000, 30).accuracy_m, 9);
});

test("a stale fix is never used, however accurate", () => {
  assert.equal(bestFix([fix(3, 0), fix(40, 30_000)], 30_001, 30).accuracy_m, 40);
  assert.equal(bestFix([fix(3, 0)], 30_001, 30), null);
});

test("of two equally accurate fixes the newer one is taken", () => {
  assert.equal(bestFix([fix(8, 2000), fix(8, 9000), fix(8, 4000)], 10_000, 30).at_ms, 9000);
});

test("grades follow the limits given", () => {
  const limits = { good_m: 15, poor_m: 50 };
  assert.deepEqual(
    [fix(15), fix(15.1), fix(50), fix(51), null].map((one) => fixGrade(one, limits)),
    ["good", "fair", "fair", "poor", "none"],
  );
});

test("a position carries degrees unshifted and one decimal of accuracy", () => {
  const position = asPosition({ lon: 120.8212345, lat: 29.5903, accuracy_m: 5.04, at_ms: 7 }, (ms) => `t${ms}`);
  assert.deepEqual(position, { lon: 120.8212345, lat: 29.5903, accuracy_m: 5, fixed_at: "t7" });
  assert.equal(asPosition(null, String), null);
});

function fakeGeolocation() {
  const source = { cleared: 0 };
  source.watchPosition = (good, bad) => {
    source.good = good;
    source.bad = bad;
    return 1;
  };
  source.clearWatch = () => {
    source.cleared += 1;
  };
  return source;
}

const reading = (accuracy, timestamp) => ({ coords: { longitude: 120.8, latitude: 29.6, accuracy }, timestamp });

test("the watch keeps fixes, names a refusal, and stops", () => {
  const geolocation = fakeGeolocation();
  let clock = 1_800_000_000_000;
  const watch = watchPosition({ geolocation, secure: true, now: () => clock });
  assert.equal(watch.best(), null);
  geolocation.good(reading(30, clock));
  geolocation.good(reading(9, clock));
  assert.equal(watch.best().accuracy_m, 9);
  clock += 31_000;
  assert.equal(watch.best(), null);
  assert.equal(watch.last().accuracy_m, 9);
  geolocation.bad({ code: 1 });
  assert.equal(watch.problem(), "denied");
  watch.stop();
  assert.equal(geolocation.cleared, 1);
});

test("a fix stamped with time since boot counts as now", () => {
  const geolocation = fakeGeolocation();
  const watch = watchPosition({ geolocation, secure: true, now: () => 1_800_000_000_000 });
  geolocation.good(reading(9, 123_456));
  assert.equal(watch.best().at_ms, 1_800_000_000_000);
});

test("somebody waiting for a fix is answered by the first one", async () => {
  const geolocation = fakeGeolocation();
  const watch = watchPosition({ geolocation, secure: true, now: () => 1_800_000_000_000 });
  const waited = watch.wait(60_000);
  geolocation.good(reading(12, 1_800_000_000_000));
  assert.equal((await waited).accuracy_m, 12);
});

test("a watch that fell silent is asked again, not more than every ten seconds, and never after a refusal", () => {
  const geolocation = fakeGeolocation();
  let clock = 1_800_000_000_000;
  let asked = 0;
  geolocation.getCurrentPosition = (good) => {
    asked += 1;
    good(reading(7, clock));
  };
  const watch = watchPosition({ geolocation, secure: true, now: () => clock });
  geolocation.good(reading(9, clock));
  clock += 9_000;
  watch.keepFresh();
  assert.equal(asked, 0);
  clock += 1_000;
  watch.keepFresh();
  watch.keepFresh();
  assert.equal(asked, 1);
  clock += 25_000;
  assert.equal(watch.best().accuracy_m, 7);
  geolocation.bad({ code: 1 });
  watch.keepFresh();
  assert.equal(asked, 1);
});

test("plain http has no position and says so", () => {
  assert.equal(watchPosition({ geolocation: fakeGeolocation(), secure: false }).problem(), "insecure");
});
