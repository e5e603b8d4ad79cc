// The shape of a drawing: parts with holes, one ring of it under the pen. Pure; lon/lat degrees, GeoJSON order.
import { contains, signedArea } from "../shapes.js";

/** Parts of a GeoJSON Polygon or MultiPolygon: [[outline, hole, …], …], as MultiPolygon coordinates; [] for anything else. */
export function partsOf(geometry) {
  if (geometry?.type === "Polygon") return [geometry.coordinates];
  return geometry?.type === "MultiPolygon" ? geometry.coordinates : [];
}

/** The whole as GeoJSON: a Polygon for one part, a MultiPolygon for several, null for none. */
export function geometryOf(parts) {
  if (!parts.length) return null;
  return parts.length === 1 ? { type: "Polygon", coordinates: parts[0] } : { type: "MultiPolygon", coordinates: parts };
}

/** Every ring with its address: { part, ring, corners, isHole }, part by part. */
export function ringList(parts) {
  return parts.flatMap((rings, part) => rings.map((points, ring) => ({ part, ring, corners: points.length - 1, isHole: ring > 0 })));
}

/** The ring at an address, null when there is none. */
export function ringAt(parts, at) {
  return (at && parts[at.part]?.[at.ring]) ?? null;
}

export function withRing(parts, at, next) {
  return parts.map((rings, part) => (part === at.part ? rings.map((points, ring) => (ring === at.ring ? next : points)) : rings));
}

export function withPart(parts, outline) {
  return [...parts, [outline]];
}

/** { parts, at } with a hole in the part that holds most of its corners; in the part under the pen when none does. */
export function withHole(parts, hole, under) {
  const held = parts.map(([outline]) => hole.filter((point) => contains({ type: "Polygon", coordinates: [outline] }, point)).length);
  const most = Math.max(...held);
  const home = most > 0 ? held.indexOf(most) : Math.min(under?.part ?? 0, parts.length - 1);
  return { parts: parts.map((rings, part) => (part === home ? [...rings, hole] : rings)), at: { part: home, ring: parts[home].length } };
}

/** Without a ring: an outline takes its holes along. */
export function without(parts, at) {
  if (at.ring === 0) return parts.filter((_, part) => part !== at.part);
  return parts.map((rings, part) => (part === at.part ? rings.filter((_, ring) => ring !== at.ring) : rings));
}

/** The address of the ring that a tap means: the hole it falls into, else the outline round it; null beside everything. */
export function ringUnder(parts, point) {
  const inside = ringList(parts).filter((each) => contains({ type: "Polygon", coordinates: [parts[each.part][each.ring]] }, point));
  const smallest = inside.sort((a, b) => size(parts, a) - size(parts, b))[0];
  return smallest ? { part: smallest.part, ring: smallest.ring } : null;
}

const size = (parts, { part, ring }) => Math.abs(signedArea(parts[part][ring]));

/** Is this what a drawing may be restored from: parts of closed rings of finite numbers? */
export function isShape(parts) {
  const isPoint = (at) => Array.isArray(at) && at.length >= 2 && at.every(Number.isFinite);
  const isRing = (ring) => Array.isArray(ring) && ring.length >= 4 && ring.every(isPoint);
  return Array.isArray(parts) && parts.every((rings) => Array.isArray(rings) && rings.length > 0 && rings.every(isRing));
}
