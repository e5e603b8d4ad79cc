// Where the phone is: a running watch, and the choice of one fix for a shutter.
// A fix is {lon, lat, accuracy_m, at_ms}: WGS 84 degrees as the browser gives them, never shifted.

export const POSITION_DEFAULTS = { good_m: 15, poor_m: 50, max_age_s: 30 };

// A fix loses worth with age: its person may have walked on.
const WALK_M_PER_S = 1.4;

// A phone that lies still may fall silent after its first fix (iPhones do): older than this, it is asked again.
const ASK_AGAIN_MS = 10_000;

/**
 * The fix that says best where the phone is at now_ms: least accuracy plus the way walked since. Fixes older than
 * max_age_s do not count; of equals the newest; null when there is none.
 */
export function bestFix(fixes, now_ms, max_age_s = POSITION_DEFAULTS.max_age_s) {
  const doubt_m = (fix) => fix.accuracy_m + (WALK_M_PER_S * Math.max(0, now_ms - fix.at_ms)) / 1000;
  const fresh = fixes.filter((fix) => now_ms - fix.at_ms <= max_age_s * 1000);
  return fresh.sort((a, b) => doubt_m(a) - doubt_m(b) || b.at_ms - a.at_ms)[0] ?? null;
}

/** "good" | "fair" | "poor" | "none" for a fix or null. Poor and none ask the person for a reason. */
export function fixGrade(fix, limits = POSITION_DEFAULTS) {
  if (!fix) return "none";
  if (fix.accuracy_m <= limits.good_m) return "good";
  return fix.accuracy_m <= limits.poor_m ? "fair" : "poor";
}

/** A fix as the intake wants it: {lon, lat, accuracy_m, fixed_at}, speed_m_s where the phone knows it; or null. */
export function asPosition(fix, isoAt) {
  if (!fix) return null;
  const speed = fix.speed_m_s === undefined ? {} : { speed_m_s: Math.round(fix.speed_m_s * 10) / 10 };
  const accuracy_m = Math.round(fix.accuracy_m * 10) / 10;
  return { lon: fix.lon, lat: fix.lat, accuracy_m, fixed_at: isoAt(fix.at_ms), ...speed };
}

/**
 * Watch the position. Returns {best(now), last(), problem(), keepFresh(), wait(ms), stop()}.
 * problem: null | "denied" | "unavailable" | "insecure". onChange is called after each fix or problem.
 */
export function watchPosition({
  geolocation = globalThis.navigator?.geolocation,
  secure = globalThis.isSecureContext !== false,
  limits = POSITION_DEFAULTS,
  now = Date.now,
  onChange = () => {},
} = {}) {
  let fixes = [];
  let trouble = null;
  let handle = null;
  let asked_ms = now();
  const waiting = new Set();

  function take(reading) {
    const { longitude, latitude, accuracy, speed } = reading.coords;
    if (![longitude, latitude, accuracy].every(Number.isFinite)) return;
    // Some phones stamp fixes with the time since boot; such a stamp is years off and is replaced by now.
    const stamped = Math.abs(now() - reading.timestamp) < 86_400_000 ? Math.min(reading.timestamp, now()) : now();
    const oldest = now() - limits.max_age_s * 1000;
    fixes = [
      ...fixes.filter((fix) => fix.at_ms >= oldest),
      { lon: longitude, lat: latitude, accuracy_m: accuracy, at_ms: stamped, ...(Number.isFinite(speed) && { speed_m_s: speed }) },
    ];
    trouble = null;
    for (const answer of waiting) answer();
    onChange();
  }

  function refuse(error) {
    trouble = error?.code === 1 ? "denied" : "unavailable";
    if (trouble === "denied") for (const answer of waiting) answer();
    onChange();
  }

  if (!geolocation || !secure) trouble = secure ? "unavailable" : "insecure";
  else
    handle = geolocation.watchPosition(take, refuse, { enableHighAccuracy: true, maximumAge: 5000, timeout: 20_000 });

  const best = (at = now()) => bestFix(fixes, at, limits.max_age_s);
  return {
    best,
    last: () => fixes[fixes.length - 1] ?? null,
    problem: () => trouble,
    /** Called by a ticking clock: asks once more when the watch has been silent. A silent answer changes nothing. */
    keepFresh() {
      const heard_ms = fixes[fixes.length - 1]?.at_ms ?? 0;
      if (handle === null || trouble === "denied" || now() - Math.max(heard_ms, asked_ms) < ASK_AGAIN_MS) return;
      asked_ms = now();
      geolocation.getCurrentPosition?.(take, () => {}, { enableHighAccuracy: true, maximumAge: 0, timeout: 9000 });
    },
    /** A usable fix now or within ms (the watch sleeps while the native camera is open), else null. */
    wait(ms) {
      const here = best();
      if (here || handle === null || trouble === "denied") return Promise.resolve(here);
      return new Promise((resolve) => {
        const answer = () => {
          clearTimeout(timer);
          waiting.delete(answer);
          resolve(best());
        };
        const timer = setTimeout(answer, ms);
        waiting.add(answer);
      });
    },
    stop() {
      if (handle !== null) geolocation.clearWatch(handle);
      handle = null;
      for (const answer of waiting) answer();
    },
  };
}
