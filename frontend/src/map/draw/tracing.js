// Traces a neighbour's border between two places and sets that stretch into the ring under the pen. lon/lat degrees.
import { metresBetween, rings } from "../shapes.js";

const AT_CORNER_M = 1; // a stretch of the ring that ends so near to a corner ends in it

/**
 * The border of one feature from near `a` to near `b`, the shorter way round: { path, name }, corners exactly as they are stored;
 * an end within reach of a corner is that corner, which leaves no slivers. null when no single border runs within `reach_m` of both.
 */
export function borderPath(features, a, b, reach_m) {
  let best = null;
  for (const feature of features) {
    for (const ring of rings(feature.geometry)) {
      const from = endOn(ring, a, reach_m);
      const to = endOn(ring, b, reach_m);
      if (Math.max(from.far_m, to.far_m) > reach_m) continue;
      const far_m = from.far_m + to.far_m;
      if (!best || far_m < best.far_m) best = { far_m, name: feature.properties?.name ?? "", path: shorter(walk(ring, from, to), walk(ring, to, from).reverse()) };
    }
  }
  return best && best.path.length > 1 ? { path: best.path, name: best.name } : null;
}

/** A ring whose stretch between the places nearest to the path's ends is the path; of the two stretches the shorter one goes. */
export function withPath(ring, path) {
  const [from, to] = [path[0], path.at(-1)].map((end) => endOn(ring, footOn(ring, end).at, AT_CORNER_M));
  const there = walk(ring, from, to);
  const back = walk(ring, to, from);
  // What stays is the longer stretch, without its two ends: they are the path's now.
  const next = length(there) <= length(back) ? [...path, ...back.slice(1, -1)] : [...[...path].reverse(), ...there.slice(1, -1)];
  return [...next, next[0]];
}

/** The nearest place on a ring: which edge, how far along it (0 to 1), where, how many metres away. A corner is that corner. */
export function footOn(ring, [lon, lat]) {
  const narrow = Math.cos((lat * Math.PI) / 180);
  let best = null;
  for (let i = 0; i < ring.length - 1; i++) {
    const [ax, ay] = [(ring[i][0] - lon) * narrow, ring[i][1] - lat];
    const [bx, by] = [(ring[i + 1][0] - lon) * narrow, ring[i + 1][1] - lat];
    const square = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = square === 0 ? 0 : Math.max(0, Math.min(1, -(ax * (bx - ax) + ay * (by - ay)) / square));
    const far = Math.hypot(ax + t * (bx - ax), ay + t * (by - ay));
    if (best && far >= best.far) continue;
    const at = t === 0 ? ring[i] : t === 1 ? ring[i + 1] : [0, 1].map((k) => Number((ring[i][k] + t * (ring[i + 1][k] - ring[i][k])).toFixed(7)));
    best = { edge: i, t, at, far, far_m: metresBetween([lon, lat], at) };
  }
  return best;
}

/** The corner within reach, else the nearest place. */
function endOn(ring, at, reach_m) {
  const corners = ring.slice(0, -1).map((corner, edge) => ({ edge, t: 0, at: corner, far_m: metresBetween(at, corner) }));
  const nearest = corners.sort((one, two) => one.far_m - two.far_m)[0];
  return nearest?.far_m <= reach_m ? nearest : footOn(ring, at);
}

/** Along the ring, in its own direction: the place `from`, the corners between, the place `to`. */
function walk(ring, from, to) {
  const edges = ring.length - 1;
  const path = [from.at];
  const isAhead = to.edge > from.edge || (to.edge === from.edge && to.t >= from.t);
  const steps = isAhead ? to.edge - from.edge : to.edge - from.edge + edges;
  for (let k = 1; k <= steps; k++) path.push(ring[(from.edge + k) % edges]);
  path.push(to.at);
  return path.filter((at, i) => i === 0 || at[0] !== path[i - 1][0] || at[1] !== path[i - 1][1]);
}

function length(path) {
  return path.slice(1).reduce((sum, at, i) => sum + metresBetween(path[i], at), 0);
}

const shorter = (one, two) => (length(one) <= length(two) ? one : two);
