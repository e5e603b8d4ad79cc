// Times as the intake wants them: ISO 8601 with the phone's own offset, to the millisecond.

/** 1800000000000 gives "2027-01-15T16:00:00.000+08:00" on a phone in China. */
export function isoAt(ms) {
  const minutes = -new Date(ms).getTimezoneOffset();
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(minutes);
  const two = (value) => String(value).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/**
 * When a photo was taken, in ms. A camera file is written at the shutter, before the person confirms it: its own
 * time counts when it lies between opening the camera and now. A gallery file's time counts when it is past.
 */
export function takenAt({ source, fileTime_ms, opened_ms, now_ms }) {
  const possible = Number.isFinite(fileTime_ms) && fileTime_ms > 0 && fileTime_ms <= now_ms;
  if (source === "gallery") return possible ? fileTime_ms : now_ms;
  return possible && opened_ms && fileTime_ms >= opened_ms ? fileTime_ms : now_ms;
}
