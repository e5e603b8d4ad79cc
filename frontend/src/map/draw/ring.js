// Changes of one closed ring of corners: move one, take one out, start with a square. lon/lat degrees.

const METRES_PER_DEGREE = 111195;

/** A ring with corner `i` moved by metres; the closing corner follows the first. */
export function moved(ring, i, east_m, north_m) {
  const open = ring.slice(0, -1).map((at) => [...at]);
  const [lon, lat] = open[i];
  open[i] = [lon + east_m / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)), lat + north_m / METRES_PER_DEGREE];
  return [...open, open[0]];
}

/** A ring without corner `i`; null when fewer than three would be left. */
export function without(ring, i) {
  const open = ring.slice(0, -1).filter((_, k) => k !== i);
  return open.length < 3 ? null : [...open, open[0]];
}

/** A square round the centre, `side` degrees of latitude wide, to start from without a pointer. */
export function squareAt([lon, lat], side) {
  const [x, y] = [side / 2 / Math.cos((lat * Math.PI) / 180), side / 2];
  return [[lon - x, lat - y], [lon + x, lat - y], [lon + x, lat + y], [lon - x, lat + y], [lon - x, lat - y]];
}

/** True when two edges that are not neighbours cross; touching ends count too. */
export function crossesItself(ring) {
  const side = ([ax, ay], [bx, by], [px, py]) => Math.sign((bx - ax) * (py - ay) - (by - ay) * (px - ax));
  const last = ring.length - 1;
  for (let i = 0; i < last; i++) {
    for (let j = i + 2; j < last; j++) {
      if (i === 0 && j === last - 1) continue;
      const [a, b, p, q] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
      if (side(a, b, p) * side(a, b, q) <= 0 && side(p, q, a) * side(p, q, b) <= 0) return true;
    }
  }
  return false;
}
