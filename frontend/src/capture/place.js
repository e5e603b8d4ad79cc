// What is at a point: distances between fix and pin, and the zone and grid the server names.

const EARTH_M = 6_371_008.8; // mean radius, IUGG

/** Great-circle distance in metres between two {lon, lat} in degrees (haversine). */
export function distance_m(a, b) {
  const rad = Math.PI / 180;
  const dLat = (b.lat - a.lat) * rad;
  const dLon = (b.lon - a.lon) * rad;
  const s = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(s)));
}

/**
 * Whether a pin stands from the fix about as far as GCJ-02 stands from WGS 84: some 494 m at Shengzhou, 350 to 700 m
 * over the country. Nothing is shifted for it; the person is only asked to look again.
 */
export function looksShifted(fix, pin) {
  if (!fix || !pin) return false;
  const apart_m = distance_m(fix, pin);
  return apart_m >= 350 && apart_m <= 700;
}

/** Asks /locate, keeps the last answer, and does not ask again for a point within 10 m. */
export function locator({ api, fetch = globalThis.fetch.bind(globalThis), near_m = 10 }) {
  let asked = null;
  let answer = null;
  let running = null;
  return async function locate(point) {
    if (asked && answer && distance_m(asked, point) < near_m) return answer;
    running?.abort();
    const control = new AbortController();
    running = control;
    const query = `lon=${point.lon.toFixed(7)}&lat=${point.lat.toFixed(7)}`;
    const response = await fetch(`${api}/locate?${query}`, { signal: control.signal, credentials: "same-origin" });
    if (!response.ok) throw new Error(`locate answered ${response.status}`);
    const found = await response.json();
    if (running === control) {
      asked = point;
      answer = found;
    }
    return found;
  };
}
