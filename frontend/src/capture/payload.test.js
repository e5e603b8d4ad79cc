// The body of POST /captures, field by field.
import assert from "node:assert/strict";
import { test } from "node:test";

import { newDraft } from "./draft.js";
import { capturePayload } from "./payload.js";

const iso = (ms) => `t${ms}`;
const fix = { lon: 120.8212, lat: 29.5903, accuracy_m: 5.21, at_ms: 900 };
const photo = {
  key: "k",
  sha256: "ab",
  size: 10,
  media_type: "image/jpeg",
  shot: "plate",
  source: "camera",
  taken_ms: 1000,
  position: fix,
  preview: "cHJl",
  blob: new Blob(["x"]),
};
const draft = (more) => ({
  ...newDraft({ id: "d1" }),
  issue_type: "zombie_vehicle",
  plate_need: "required",
  plate_series: "motor",
  edition: "e1",
  photos: [photo],
  ...more,
});
const built = (more, given = {}) => capturePayload(draft(more), { here: null, at_ms: 5000, iso, ...given });

test("a whole capture has every field of the contract and none of the form's own", () => {
  assert.deepEqual(built({ pin: { lon: 1, lat: 2, other: 3 }, plate: "浙d·a1234", building: " 3 幢 ", note: "  " }), {
    schema: 1,
    id: "d1",
    kind: "report",
    issue_type: "zombie_vehicle",
    subject_id: null,
    captured_at: "t1000",
    position: { lon: 120.8212, lat: 29.5903, accuracy_m: 5.2, fixed_at: "t900" },
    position_reason: null,
    pin: { lon: 1, lat: 2 },
    location_text: { building: "3 幢", unit: null, floor: null },
    note: null,
    plate: "浙DA1234",
    catalogue_edition: "e1",
    photos: [
      {
        sha256: "ab",
        size: 10,
        media_type: "image/jpeg",
        shot: "plate",
        source: "camera",
        taken_at: "t1000",
        position: { lon: 120.8212, lat: 29.5903, accuracy_m: 5.2, fixed_at: "t900" },
        derived_from: null,
        preview: "cHJl",
      },
    ],
  });
});

test("without a fix anywhere the position is null and the reason goes along", () => {
  const body = built({
    photos: [{ ...photo, position: null }],
    reason: "other",
    reason_label: null,
    reason_text: " 电梯井里 ",
  });
  assert.equal(body.position, null);
  assert.equal(body.position_reason, "电梯井里");
  assert.equal(
    built({ reason: "indoor", reason_label: "室内或地下", reason_text: "旧的" }).position_reason,
    "室内或地下",
  );
  assert.equal(built({ reason: null, reason_text: "旧的" }).position_reason, null);
});

test("album photos alone: the record is made now, whatever their age", () => {
  assert.equal(
    built({ photos: [{ ...photo, source: "gallery", taken_ms: 7, position: null }] }).captured_at,
    "t5000",
  );
});

test("a car without a plate says so; a kind without plates sends none; an e-bike's stays as typed", () => {
  assert.equal(built({ has_no_plate: true, plate: "浙D" }).plate, "NO_PLATE");
  assert.equal(built({ plate_need: "none", plate: "浙DA1234" }).plate, null);
  assert.equal(built({ plate_series: "ebike", plate: " 绍兴 012345 " }).plate, "绍兴 012345");
  assert.equal(built({ plate_need: "optional", plate: "" }).plate, null);
});

test("a note is cut at 500 signs", () => {
  assert.equal(built({ note: "长".repeat(600) }).note.length, 500);
});

test("the same draft settled once gives the same body at every try", () => {
  const settled = { here: fix, at_ms: 5000 };
  assert.deepEqual(capturePayload(draft(), settled), capturePayload(draft(), settled));
});
