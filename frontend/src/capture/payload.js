// The body of POST /captures, built from a draft. Field by field as the intake reads it.

import { isoAt } from "./clock.js";
import { positionOf } from "./draft.js";
import { asPosition } from "./fix.js";
import { NO_PLATE, normalisePlate } from "./plate.js";

export const NOTE_MAX = 500;

/** draft: see draft.js; here: the best fix now or null; now_ms: the time of sending. */
export function capturePayload(draft, { here = null, now_ms, iso = isoAt }) {
  const shutters = draft.photos.map((photo) => photo.taken_ms);
  const position = positionOf(draft, here);
  return {
    schema: 1,
    id: draft.id,
    kind: "report",
    issue_type: draft.issue_type,
    subject_id: null,
    // Gallery photos may be days old; the record is made when its person stands there.
    captured_at: iso(Math.max(...shutters.filter((_, index) => draft.photos[index].source === "camera"), 0) || now_ms),
    sent_at: draft.sent_at ?? iso(now_ms),
    position: asPosition(position, iso),
    position_reason: reasonText(draft),
    pin: draft.pin ? { lon: draft.pin.lon, lat: draft.pin.lat } : null,
    location_text: { building: tidy(draft.building), unit: tidy(draft.unit), floor: tidy(draft.floor) },
    note: tidy(draft.note)?.slice(0, NOTE_MAX) ?? null,
    plate: draft.has_no_plate ? NO_PLATE : normalisePlate(draft.plate) || null,
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
    derived_from: null,
    preview: photo.preview,
  };
}

function reasonText(draft) {
  return tidy([draft.reason_label, draft.reason_text].filter(Boolean).join("："));
}

function tidy(text) {
  return text?.trim() || null;
}
