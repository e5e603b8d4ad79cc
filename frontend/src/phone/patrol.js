// The rules of a patrol's track: which fixes are worth a point, when a patrol is over, what goes in one piece.

import { isoAt } from "../capture/clock.js";
import { distance_m } from "../capture/place.js";
import { isFinal, NoAnswer } from "./server.js";

const APART_M = 10;
const AT_LEAST_MS = 3_000;
const STANDING_MS = 30_000; // who stands still leaves a point as often
const POOR_M = 200; // worse fixes name another street
const PATROL_MS = 12 * 3_600_000;
const AWAY_MS = 3_600_000; // closed for longer: nobody wants it to go on by itself
const PART = 100;
const WAIT_MS = 120_000;

/** fix, last: { lon, lat, accuracy_m, at_ms }; last null for the first. */
export function isWorth(fix, last) {
  if (![fix.lon, fix.lat, fix.accuracy_m].every(Number.isFinite) || fix.accuracy_m > POOR_M) return false;
  if (!last) return true;
  const passed_ms = fix.at_ms - last.at_ms;
  return passed_ms >= STANDING_MS || (passed_ms >= AT_LEAST_MS && distance_m(fix, last) >= APART_M);
}

/** patrol: { since_ms, last_ms }. */
export function isOver(patrol, now_ms) {
  return now_ms - patrol.since_ms > PATROL_MS || now_ms - patrol.last_ms > AWAY_MS;
}

/** Whether points that wait should go: many, old ones, or the patrol has ended. */
export function isDue(points, { isOn, now_ms }) {
  return points.length > 0 && (!isOn || points.length >= PART || points[0].part !== null || now_ms - points[0].at_ms > WAIT_MS);
}

/** The next piece of points of one patrol: what was begun before as it was, else the oldest ones under a new id. */
export function nextPart(points, newId) {
  const begun = points[0].part;
  if (begun) return { id: begun, points: points.filter((point) => point.part === begun) };
  const { patrol_id } = points[0];
  const end = points.findIndex((point) => point.part !== null || point.patrol_id !== patrol_id);
  return { id: newId(), points: points.slice(0, Math.min(PART, end < 0 ? points.length : end)) };
}

/**
 * Sends what is due, piece after piece; a piece keeps its id until the office has it, so it never counts twice.
 * Gives "login" when the login is over, else null; without an answer the points wait for the next time.
 * isTheirs(): whether the login is still the owner's, asked only when something is due.
 */
export async function sendTrack({ store, ask, owner, isOn, newId, isTheirs = async () => true, now = Date.now, iso = isoAt }) {
  for (;;) {
    const waiting = await store.points(owner);
    if (!isDue(waiting, { isOn, now_ms: now() })) return null;
    if (!(await isTheirs())) return null;
    const part = nextPart(waiting, newId);
    await store.beginPart(part.points, part.id);
    const json = {
      schema: 1,
      id: part.id,
      patrol_id: part.points[0].patrol_id,
      sent_at: iso(now()),
      points: part.points.map(({ at_ms, lon, lat, accuracy_m }) => ({ at: iso(at_ms), lon, lat, accuracy_m })),
    };
    let answer;
    try {
      answer = await ask("POST", "/tracks", { json, owner });
    } catch (error) {
      if (error instanceof NoAnswer) return null;
      throw error;
    }
    if (answer.status === 401) return "login";
    const isKept = (answer.status === 200 || answer.status === 201) && answer.body.id === part.id;
    // What the office will never take stands in the way of the rest.
    const isRefused = isFinal(answer) && [409, 422].includes(answer.status);
    if (isRefused) console.warn("track", answer.body);
    if (!isKept && !isRefused) return null;
    await store.dropPoints(part.points);
  }
}
