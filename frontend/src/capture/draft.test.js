// The record in the making: shots asked for, retakes, labels, and the one legal next step.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  EXTRA,
  missingShots,
  newDraft,
  nextStep,
  photoOf,
  positionOf,
  relabelled,
  shotsOf,
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
const codes = (list) => list.map((one) => one.code ?? one.shot);

test("a kind asks for its required shots, and never for those of a later visit", () => {
  const shots = shotsOf(car, words);
  assert.deepEqual(codes(shots.required), ["panorama", "closeup", "plate"]);
  assert.deepEqual(codes(shots.optional), ["detail"]);
});

test("photos first: two shots are asked for, and both count once the kind is chosen", () => {
  let draft = fresh();
  const first = shotsOf(null, words);
  draft = withPhoto(draft, photo("a", "panorama"), first);
  draft = withPhoto(draft, photo("b", "closeup"), first);
  draft = withType(draft, car, "e1");
  assert.deepEqual(codes(missingShots(draft, shotsOf(car, words))), ["plate"]);
  assert.equal(draft.plate_need, "required");
});

test("a shot that the chosen kind does not know stays as an extra photo", () => {
  const draft = withPhoto(fresh(), photo("a", "closeup"), shotsOf(null, words));
  const lift = { code: "lift", plate: "none", shots: [{ code: "detail", required: true }] };
  assert.deepEqual(codes(withType(draft, lift, "e1").photos), [EXTRA]);
});

test("a retake replaces a required shot; extra photos pile up", () => {
  const shots = shotsOf(car, words);
  let draft = withPhoto(fresh(), photo("a", "panorama"), shots);
  draft = withPhoto(draft, photo("b", "panorama"), shots);
  draft = withPhoto(draft, photo("c", "detail"), shots);
  draft = withPhoto(draft, photo("d", "detail"), shots);
  assert.deepEqual(
    draft.photos.map((one) => one.key),
    ["b", "c", "d"],
  );
  assert.deepEqual(
    withoutPhoto(draft, "c").photos.map((one) => one.key),
    ["b", "d"],
  );
});

test("an extra photo can be called the plate; the old plate photo is kept as extra", () => {
  const shots = shotsOf(car, words);
  let draft = withPhoto(fresh(), photo("a", "plate"), shots);
  draft = withPhoto(draft, photo("b", EXTRA), shots);
  draft = relabelled(draft, "b", "plate", shots);
  assert.equal(photoOf(draft, "plate").key, "b");
  assert.equal(photoOf(draft, EXTRA).key, "a");
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
  assert.equal(nextStep("done", "submit", ready), "done");
});
