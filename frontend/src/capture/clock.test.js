// Times with an offset, and the time of a shutter.
import assert from "node:assert/strict";
import { test } from "node:test";

import { isoAt, takenAt } from "./clock.js";

test("a time keeps its instant and names an offset", () => {
  const text = isoAt(1_800_000_000_123);
  assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.123[+-]\d\d:\d\d$/);
  assert.equal(Date.parse(text), 1_800_000_000_123);
});

test("a camera file's own time counts between opening the camera and now", () => {
  const shutter = { source: "camera", opened_ms: 1000, now_ms: 9000 };
  assert.equal(takenAt({ ...shutter, fileTime_ms: 4000 }), 4000);
  assert.equal(takenAt({ ...shutter, fileTime_ms: 500 }), 9000);
  assert.equal(takenAt({ ...shutter, fileTime_ms: 9500 }), 9000);
  assert.equal(takenAt({ ...shutter, opened_ms: 0, fileTime_ms: 4000 }), 9000);
});

test("an album file keeps its past time, never a future one", () => {
  assert.equal(takenAt({ source: "gallery", fileTime_ms: 12, now_ms: 9000 }), 12);
  assert.equal(takenAt({ source: "gallery", fileTime_ms: 9001, now_ms: 9000 }), 9000);
  assert.equal(takenAt({ source: "gallery", fileTime_ms: Number.NaN, now_ms: 9000 }), 9000);
});
