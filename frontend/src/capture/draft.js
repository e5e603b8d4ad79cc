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
    kind: "report",
    subject: null, // { id, number } of the record that is seen again, for a sighting
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

/** The first photo of a shot; drawings on a photo are no shots. */
export function photoOf(draft, shot) {
  return photosOf(draft, shot)[0] ?? null;
}

export function photosOf(draft, shot) {
  return draft.photos.filter((photo) => photo.shot === shot && !photo.derived_from);
}

export function missingShots(draft, shots) {
  return shots.required.filter((shot) => !photoOf(draft, shot.code));
}

/** Puts a photo in at the end, or in the place of the one it retakes; drawings on that one go with it. */
export function withPhoto(draft, photo, { replaces = null } = {}) {
  const old = replaces && draft.photos.find((one) => one.key === replaces);
  if (!old) return { ...draft, photos: [...draft.photos, photo] };
  const photos = draft.photos.filter((one) => one.derived_from !== old.sha256);
  return { ...draft, photos: photos.map((one) => (one.key === replaces ? photo : one)) };
}

/** A drawing stands right behind its photo, one a photo: drawing again replaces it. */
export function withDrawing(draft, drawing) {
  const others = draft.photos.filter((one) => one.derived_from !== drawing.derived_from);
  const at = others.findIndex((one) => one.sha256 === drawing.derived_from);
  return { ...draft, photos: [...others.slice(0, at + 1), drawing, ...others.slice(at + 1)] };
}

/** Takes a photo out, and the drawing on it. */
export function withoutPhoto(draft, key) {
  const gone = draft.photos.find((photo) => photo.key === key);
  const photos = draft.photos.filter((photo) => photo !== gone && !(gone && photo.derived_from === gone.sha256));
  return { ...draft, photos };
}

/** Says what a photo shows; its drawing follows. */
export function relabelled(draft, key, shot) {
  const named = draft.photos.find((photo) => photo.key === key);
  const photos = draft.photos.map((photo) =>
    photo === named || photo.derived_from === named?.sha256 ? { ...photo, shot } : photo,
  );
  return { ...draft, photos };
}

/** One place earlier (-1) or later (1) among the photos; drawings travel with their photo. */
export function moved(draft, key, by) {
  const groups = draft.photos
    .filter((photo) => !photo.derived_from)
    .map((photo) => [photo, ...draft.photos.filter((one) => one.derived_from === photo.sha256)]);
  const from = groups.findIndex(([photo]) => photo.key === key);
  const to = from + by;
  if (from < 0 || to < 0 || to >= groups.length) return draft;
  [groups[from], groups[to]] = [groups[to], groups[from]];
  return { ...draft, photos: groups.flat() };
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
    sending: { received: "done", refused: facts.refusedShot ? "shots" : "place", again: "kind" },
    done: { again: "kind" },
  };
  return table[step]?.[event] ?? step;
}
