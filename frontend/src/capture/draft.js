// A record in the making: what was chosen, taken and written, and the one legal next step.
// Plain data (Blobs included), so a store can keep it as it is.

export const EXTRA = "extra";
// Before a kind is chosen these two are asked for; nearly every kind needs them.
export const FIRST_SHOTS = ["panorama", "closeup"];
// Shots of a later visit. They belong to a check, never to a report.
const LATER_SHOTS = new Set(["after", "notice"]);

export function newDraft({ id, owner = null }) {
  return {
    id,
    owner,
    issue_type: null,
    photos: [],
    pin: null,
    reason: null,
    reason_label: null,
    reason_text: "",
    building: "",
    unit: "",
    floor: "",
    note: "",
    plate: "",
    has_no_plate: false,
    plate_need: null,
    plate_series: null,
    edition: null,
    settled: null,
  };
}

/** {required, optional} shots of a kind, without those of a later visit; before a kind is chosen, a first pair. */
export function shotsOf(type, words) {
  if (!type) {
    return {
      required: FIRST_SHOTS.map((code) => ({ code, ...firstWords(code, words), required: true })),
      optional: [],
    };
  }
  const now = type.shots.filter((shot) => shot.required || !LATER_SHOTS.has(shot.code));
  return { required: now.filter((shot) => shot.required), optional: now.filter((shot) => !shot.required) };
}

function firstWords(code, words) {
  const zh = words[`first_${code}`];
  const hint = words[`first_${code}_hint`];
  return { zh, en: zh, hint_zh: hint, hint_en: hint };
}

export function photoOf(draft, shot) {
  return draft.photos.find((photo) => photo.shot === shot) ?? null;
}

export function missingShots(draft, shots) {
  return shots.required.filter((shot) => !photoOf(draft, shot.code));
}

/** Puts a photo in; a required shot holds one photo, so a retake replaces it. */
export function withPhoto(draft, photo, shots) {
  const single = shots.required.some((shot) => shot.code === photo.shot);
  const kept = single ? draft.photos.filter((one) => one.shot !== photo.shot) : draft.photos;
  return { ...draft, photos: [...kept, photo] };
}

export function withoutPhoto(draft, key) {
  return { ...draft, photos: draft.photos.filter((photo) => photo.key !== key) };
}

/** Says what an extra photo shows; the photo that held a required shot before becomes an extra one. */
export function relabelled(draft, key, shot, shots) {
  const single = shots.required.some((one) => one.code === shot);
  const photos = draft.photos.map((photo) => {
    if (photo.key === key) return { ...photo, shot };
    return single && photo.shot === shot ? { ...photo, shot: EXTRA } : photo;
  });
  return { ...draft, photos };
}

/** Chooses a kind; photos whose shot this kind does not know stay, as extra ones. */
export function withType(draft, type, edition) {
  const known = new Set(type.shots.map((shot) => shot.code));
  const photos = draft.photos.map((photo) => (known.has(photo.shot) ? photo : { ...photo, shot: EXTRA }));
  return {
    ...draft,
    issue_type: type.code,
    plate_need: plateNeed(type),
    plate_series: type.plate_series ?? "motor",
    edition,
    photos,
  };
}

/** "required" | "optional" | "none": whether this kind wants a number plate. */
export function plateNeed(type) {
  return type.plate ?? (type.needs_plate ? "required" : "none");
}

/** The most accurate fix at a shutter of this record; else the one given. */
export function positionOf(draft, here) {
  const found = draft.photos.map((photo) => photo.position).filter(Boolean);
  return found.sort((a, b) => a.accuracy_m - b.accuracy_m)[0] ?? here;
}

/**
 * One step further, or the same step when the event does not fit.
 * Steps: kind, shots, place, sending, done. facts: {hasType, hasPhotos, isComplete, refusedShot}.
 */
export function nextStep(step, event, facts = {}) {
  const table = {
    kind: {
      shoot: "shots",
      chosen: facts.hasPhotos ? (facts.isComplete ? "place" : "shots") : "kind",
    },
    shots: {
      back: "kind",
      onward: facts.hasType ? (facts.isComplete ? "place" : "shots") : facts.hasPhotos ? "kind" : "shots",
    },
    place: { back: "shots", submit: facts.isComplete && facts.hasType ? "sending" : "place" },
    sending: { received: "done", refused: facts.refusedShot ? "shots" : "place" },
    done: { again: "kind" },
  };
  return table[step]?.[event] ?? step;
}
