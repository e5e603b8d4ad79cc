// Borders that zones share: a corner moved, set or taken out in the ring under the pen is so in every neighbour too. Pure.
import { geometryOf } from "./shape.js";

/**
 * carried(before, after, neighbours) -> { neighbours, held, isCrossing }. before, after: the ring under the pen, closed.
 * neighbours: [{ zone_id, name, parts, obstacle, moved }], sewn to the drawing: common corners are the same numbers.
 * held: a neighbour that the change touches and that cannot follow, or null; nothing is carried then. isCrossing: it cannot
 * because more zones meet in the corner that was taken out.
 */
export function carried(before, after, neighbours) {
  const change = difference(before, after);
  if (!change) return { neighbours, held: null, isCrossing: false };
  const next = neighbours.map((each) => (touches(each, change) ? { ...each, parts: each.parts.map((rings) => rings.map((ring) => follow(ring, change))), moved: true } : each));
  const touched = neighbours.filter((each, i) => next[i] !== each);
  const held = touched.find((each) => each.obstacle);
  if (held) return { neighbours, held, isCrossing: false };
  const crossing = change.to ? null : touched.find((each) => has(next[neighbours.indexOf(each)], change.from));
  return crossing ? { neighbours, held: crossing, isCrossing: true } : { neighbours: next, held: null, isCrossing: false };
}

/** The neighbours that moved, as the server takes them. */
export function movedLines(neighbours) {
  return neighbours.filter((each) => each.moved).map(({ zone_id, base_version_id, parts }) => ({ zone_id, base_version_id, geometry: geometryOf(parts) }));
}

/** What one step did to a ring: { from, to, last, next }: `from` became `to` between the corners `last` and `next`. from null: a
 * corner was set; to null: one was taken out. null when nothing or more than one corner changed. */
function difference(before, after) {
  const [old, now] = [before.slice(0, -1), after.slice(0, -1)];
  if (Math.abs(old.length - now.length) > 1) return null;
  const most = Math.min(old.length, now.length);
  let start = 0;
  while (start < most && isSame(old[start], now[start])) start += 1;
  let end = 0;
  while (end < most - start && isSame(old[old.length - 1 - end], now[now.length - 1 - end])) end += 1;
  const [gone, come] = [old.slice(start, old.length - end), now.slice(start, now.length - end)];
  if (gone.length > 1 || come.length > 1 || gone.length + come.length === 0) return null;
  return { from: gone[0] ?? null, to: come[0] ?? null, last: old.at(start - 1), next: old[(old.length - end) % old.length] };
}

const isSame = (a, b) => Math.abs(a[0] - b[0]) < 1e-9 && Math.abs(a[1] - b[1]) < 1e-9;

function touches(neighbour, { from, last, next }) {
  return from ? has(neighbour, from) : neighbour.parts.flat().some((ring) => edgeAt(ring, last, next) >= 0);
}

const has = (neighbour, corner) => neighbour.parts.flat().some((ring) => ring.some((at) => isSame(at, corner)));

/** The index of the edge between two corners, whichever way it runs; -1 for none. */
function edgeAt(ring, a, b) {
  return ring.findIndex((at, i) => i < ring.length - 1 && ((isSame(at, a) && isSame(ring[i + 1], b)) || (isSame(at, b) && isSame(ring[i + 1], a))));
}

function follow(ring, change) {
  const open = ring.slice(0, -1);
  if (!change.from) {
    const edge = edgeAt(ring, change.last, change.next);
    return edge < 0 ? ring : closed([...open.slice(0, edge + 1), change.to, ...open.slice(edge + 1)]);
  }
  if (change.to) return closed(open.map((at) => (isSame(at, change.from) ? change.to : at)));
  return closed(open.filter((at, i) => !isSame(at, change.from) || !isBetween(open, i, change)));
}

/** Only a corner between the same two may go with ours; where three zones meet it is still wanted. */
function isBetween(open, i, { last, next }) {
  const [a, b] = [open.at(i - 1), open[(i + 1) % open.length]];
  return (isSame(a, last) && isSame(b, next)) || (isSame(a, next) && isSame(b, last));
}

/** Closed again, a corner that fell onto the one after it left out. */
function closed(open) {
  const ring = open.filter((at, i) => !isSame(at, open[(i + 1) % open.length]));
  return [...ring, ring[0]];
}
