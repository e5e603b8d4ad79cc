// How long to wait between tries, and how much to send in one piece: both by what the network has shown.

/** Pauses in seconds after each failure in a row; the last one repeats. */
export const PAUSES_S = [0.3, 2, 6, 15, 30, 60, 120, 300];

export function pauseFor(failures, retryAfter_s = null) {
  return retryAfter_s ?? PAUSES_S[Math.min(Math.max(failures, 1), PAUSES_S.length) - 1];
}

const STEP = 64 * 1024;
export const PIECE_AT_LEAST = 256 * 1024;
export const PIECE_AT_MOST = 1024 * 1024;
// A break costs the piece under way: three seconds of sending is what one may lose.
const PIECE_S = 3;

/** pace().piece() -> bytes for the next piece; measured(bytes, ms) after each one; broke() after a break. */
export function pace() {
  let size = PIECE_AT_LEAST;
  const keep = (bytes) => {
    size = Math.min(PIECE_AT_MOST, Math.max(PIECE_AT_LEAST, Math.round(bytes / STEP) * STEP));
  };
  return {
    piece: () => size,
    measured: (bytes, ms) => keep((bytes / Math.max(ms, 1)) * 1000 * PIECE_S),
    broke: () => keep(size / 2),
  };
}
