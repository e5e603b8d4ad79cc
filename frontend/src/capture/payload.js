// The body of POST /captures, built from a draft. Field by field as the intake reads it.

import { isoAt } from "./clock.js";
import { positionOf } from "./draft.js";
import { asPosition } from "./fix.js";
import { NO_PLATE, normalisePlate } from "./plate.js";

export const NOTE_MAX = 500;

/** draft: see draft.js; here: the best fix or null, at_ms: the time, both at the first try to send; sent_at is left out. */
export function capturePayload(draft, { here = null, at_ms, iso = isoAt }) {
  // Gallery photos may be days old; the record is made when its person stands there with the camera.
  const shutters = draft.photos.filter((photo) => photo.source === "camera" && !photo.derived_from).map((photo) => photo.taken_ms);
  return {
    schema: 1,
    id: draft.id,
    kind: draft.kind ?? "report",
    issue_type: draft.issue_type,
    subject_id: draft.subject?.id ?? null,
    captured_at: iso(shutters.length ? Math.max(...shutters) : at_ms),
    position: asPosition(positionOf(draft, here), iso),
    position_reason: reasonText(draft),
    pin: draft.pin ? { lon: draft.pin.lon, lat: draft.pin.lat } : null,
    location_text: { building: tidy(draft.building), unit: tidy(draft.unit), floor: tidy(draft.floor) },
    note: tidy(draft.note)?.slice(0, NOTE_MAX) ?? null,
    plate: plateOf(draft),
    catalogue_edition: draft.edition,
    photos: draft.photos.map((photo) => photoPayload(photo, iso)),
  };
}

function photoPayload(photo, iso) {
  return {
    sha256: photo.sha256,
    size: photo.size,
    media_type: photo.media_type,
    shot: photo.shot,
    source: photo.source,
    taken_at: iso(photo.taken_ms),
    position: asPosition(photo.position, iso),
    derived_from: photo.derived_from ?? null,
    preview: photo.preview,
  };
}

/** The plate of a draft as the office wants it; null without one. */
export function plateOf(draft) {
  if (!draft.plate_need || draft.plate_need === "none") return null;
  if (draft.has_no_plate) return NO_PLATE;
  // Plates of e-bikes follow no national series; they stay as they were typed.
  return draft.plate_series === "ebike" ? tidy(draft.plate) : normalisePlate(draft.plate) || null;
}

function reasonText(draft) {
  return draft.reason ? tidy(draft.reason === "other" ? draft.reason_text : draft.reason_label) : null;
}

function tidy(text) {
  return text?.trim() || null;
}
