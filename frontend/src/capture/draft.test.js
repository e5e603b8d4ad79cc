// The record in the making: shots asked for, retakes, labels, and the one legal next step.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  EXTRA,
  missingShots,
  moved,
  newDraft,
  nextStep,
  photoOf,
  positionOf,
  relabelled,
  shotsOf,
  withDrawing,
  withoutPhoto,
  withPhoto,
  withType,
} from "./draft.js";

const words = {
  first_panorama: "全景",
  first_closeup: "近景",
  first_panorama_hint: "退后",
  first_closeup_hint: "走近",
};
const car = {
  code: "zombie_vehicle",
  plate: "required",
  shots: [
    { code: "panorama", zh: "全景", required: true },
    { code: "closeup", zh: "近景", required: true },
    { code: "plate", zh: "车牌", required: true },
    { code: "detail", zh: "特写", required: false },
    { code: "after", zh: "整改后", required: false },
  ],
};
const photo = (key, shot, more = {}) => ({ key, shot, sha256: key, position: null, ...more });
const fresh = () => newDraft({ id: "d1", owner: "p1" });
const keys = (draft) => draft.photos.map((one) => one.key);
const codes = (list) => list.map((one) => one.code ?? one.shot);

test("a kind asks for its required shots, and never for those of a later visit", () => {
  const shots = shotsOf(car, words);
  assert.deepEqual(codes(shots.required), ["panorama", "closeup", "plate"]);
  assert.deepEqual(codes(shots.optional), ["detail"]);
});

test("photos first: two shots are asked for, and both count once the kind is chosen", () => {
  let draft = fresh();
  const first = shotsOf(null, words);
  draft = withPhoto(draft, photo("a", first.required[0].code));
  draft = withPhoto(draft, photo("b", first.required[1].code));
  draft = withType(draft, car, "e1");
  assert.deepEqual(codes(missingShots(draft, shotsOf(car, words))), ["plate"]);
  assert.equal(draft.plate_need, "required");
});

test("a shot that the chosen kind does not know stays as an extra photo", () => {
  const draft = withPhoto(fresh(), photo("a", "closeup"));
  const lift = { code: "lift", plate: "none", shots: [{ code: "detail", required: true }] };
  assert.deepEqual(codes(withType(draft, lift, "e1").photos), [EXTRA]);
});

test("a retake takes the place of its photo, another of the same shot is kept beside it", () => {
  let draft = withPhoto(fresh(), photo("a", "panorama"));
  draft = withPhoto(draft, photo("c", "detail"));
  draft = withPhoto(draft, photo("b", "panorama"), { replaces: "a" });
  draft = withPhoto(draft, photo("d", "panorama"));
  assert.deepEqual(keys(draft), ["b", "c", "d"]);
  assert.deepEqual(keys(withoutPhoto(draft, "c")), ["b", "d"]);
  assert.equal(photoOf(draft, "panorama").key, "b");
});

test("an extra photo can be called the plate; the old plate photo stays one too", () => {
  let draft = withPhoto(fresh(), photo("a", "plate"));
  draft = withPhoto(draft, photo("b", EXTRA));
  draft = relabelled(draft, "b", "plate");
  assert.deepEqual(codes(draft.photos), ["plate", "plate"]);
});

test("a drawing stands behind its photo, counts for no shot, travels with it and goes with it", () => {
  let draft = ["a", "b"].reduce((now, key) => withPhoto(now, photo(key, "detail")), fresh());
  draft = withDrawing(draft, photo("x", "panorama", { derived_from: "a" }));
  draft = withDrawing(draft, photo("y", "panorama", { derived_from: "a" }));
  assert.deepEqual(keys(draft), ["a", "y", "b"]);
  assert.deepEqual(codes(missingShots(draft, shotsOf(car, words))), ["panorama", "closeup", "plate"]);
  assert.deepEqual(keys(moved(draft, "b", -1)), ["b", "a", "y"]);
  assert.deepEqual(keys(moved(draft, "a", -1)), ["a", "y", "b"]);
  assert.equal(relabelled(draft, "a", "closeup").photos[1].shot, "closeup");
  assert.deepEqual(keys(withoutPhoto(draft, "a")), ["b"]);
  assert.deepEqual(keys(withPhoto(draft, photo("z", "detail"), { replaces: "a" })), ["z", "b"]);
});

test("the record stands where the most accurate shutter was, else where the phone is", () => {
  const here = { lon: 1, lat: 1, accuracy_m: 3 };
  const draft = {
    ...fresh(),
    photos: [
      photo("a", "panorama", { position: { accuracy_m: 30 } }),
      photo("b", "plate", { position: { accuracy_m: 8 } }),
      photo("c", EXTRA),
    ],
  };
  assert.equal(positionOf(draft, here).accuracy_m, 8);
  assert.equal(positionOf(fresh(), here), here);
  assert.equal(positionOf(fresh(), null), null);
});

test("every event leads one legal step further, or nowhere", () => {
  const ready = { hasType: true, hasPhotos: true, isComplete: true };
  const walk = (start, ...events) => events.reduce((step, event) => nextStep(step, event, ready), start);
  assert.equal(walk("kind", "shoot", "onward", "submit", "received", "again"), "kind");
  assert.equal(nextStep("shots", "onward", { hasType: true, hasPhotos: true, isComplete: false }), "shots");
  assert.equal(nextStep("shots", "onward", { hasType: false, hasPhotos: true, isComplete: true }), "kind");
  assert.equal(nextStep("shots", "onward", { hasType: false, hasPhotos: false }), "shots");
  assert.equal(nextStep("kind", "chosen", { hasPhotos: true, isComplete: false }), "shots");
  assert.equal(nextStep("kind", "chosen", ready), "place");
  assert.equal(nextStep("place", "submit", { hasType: true, isComplete: false }), "place");
  assert.equal(nextStep("place", "back", ready), "shots");
  assert.equal(nextStep("sending", "back", ready), "sending");
  assert.equal(nextStep("sending", "refused", { refusedShot: true }), "shots");
  assert.equal(nextStep("sending", "refused", {}), "place");
  assert.equal(nextStep("sending", "again", ready), "kind");
  assert.equal(nextStep("done", "submit", ready), "done");
});
