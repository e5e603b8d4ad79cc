// Plain geometry for drawing: borders without doubles, a good place for a label, boxes. lon/lat degrees, GeoJSON order.

/** Every ring of a Polygon or MultiPolygon; other geometries have none. */
export function rings(geometry) {
  if (geometry?.type === "Polygon") return geometry.coordinates;
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

/**
 * The borders of neighbouring polygons, each drawn once, so that a dash-dot line stays a dash-dot line.
 * Returns { inner, outer } MultiLineStrings: outer edges belong to one polygon only (the rim of the whole layer).
 */
export function borders(features) {
  const all = [];
  const edges = new Map(); // the lower corner -> the higher one -> edge
  const corner = cornersFrom(features);
  for (const feature of features) {
    for (const ring of rings(feature.geometry)) {
      let b = ring.length ? corner(ring[0]) : null;
      for (let i = 1; i < ring.length; i++) {
        const a = b;
        b = corner(ring[i]);
        if (a === b) continue;
        const [low, high] = a < b ? [a, b] : [b, a];
        if (!edges.has(low)) edges.set(low, new Map());
        const known = edges.get(low).get(high);
        if (known) {
          known.owners += 1;
          continue;
        }
        const edge = { from: ring[i - 1], to: ring[i], a, b, owners: 1 };
        edges.get(low).set(high, edge);
        all.push(edge);
      }
    }
  }
  return {
    inner: { type: "MultiLineString", coordinates: chains(all.filter((edge) => edge.owners > 1)) },
    outer: { type: "MultiLineString", coordinates: chains(all.filter((edge) => edge.owners === 1)) },
  };
}

/** Gives corners as numbers, equal for places that agree to 0.000001 degrees; exact within 30 degrees of the first corner. */
function cornersFrom(features) {
  const first = features.find((feature) => rings(feature.geometry)[0]?.length);
  const [east, north] = first ? rings(first.geometry)[0][0] : [0, 0];
  const [x, y] = [Math.round(east * 1e6), Math.round(north * 1e6)];
  return ([lon, lat]) => (Math.round(lon * 1e6) - x) * 2 ** 28 + Math.round(lat * 1e6) - y;
}

/** Joins single edges end to end into long lines; a corner where three meet ends a line. */
function chains(edges) {
  const at = new Map();
  for (const edge of edges) {
    for (const end of [edge.a, edge.b]) {
      if (at.has(end)) at.get(end).push(edge);
      else at.set(end, [edge]);
    }
  }
  const used = new Set();
  const lines = [];
  const walk = (edge, start) => {
    const line = [edge.a === start ? edge.from : edge.to];
    let here = start;
    for (let next = edge; next && !used.has(next); ) {
      used.add(next);
      const forwards = next.a === here;
      line.push(forwards ? next.to : next.from);
      here = forwards ? next.b : next.a;
      const meeting = at.get(here);
      next = meeting.length === 2 ? meeting.find((other) => !used.has(other)) : null;
    }
    lines.push(line);
  };
  for (const edge of edges) if (!used.has(edge) && at.get(edge.a).length !== 2) walk(edge, edge.a);
  for (const edge of edges) if (!used.has(edge) && at.get(edge.b).length !== 2) walk(edge, edge.b);
  for (const edge of edges) if (!used.has(edge)) walk(edge, edge.a); // closed loops
  return lines;
}

/** Twice the signed area of a ring in square degrees; only good for comparing. */
export function signedArea(ring) {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
  return sum;
}

/** A point well inside the largest part, for its label; null for an empty geometry. */
export function labelPoint(geometry) {
  return labelSpots(geometry)[0] ?? null;
}

/** All good places for a label in the largest part, the roomiest first; empty for an empty geometry. */
export function labelSpots(geometry) {
  const parts = geometry?.type === "MultiPolygon" ? geometry.coordinates : geometry?.type === "Polygon" ? [geometry.coordinates] : [];
  const part = parts.reduce((best, each) => (best && size(best) >= size(each) ? best : each), null);
  if (!part?.[0]?.length) return [];
  const [w, s, e, n] = box({ type: "Polygon", coordinates: part });
  // Of a few level cuts the one with the widest stretch inside, near the middle before near the rim.
  const spots = [];
  const cuts = [0.5, 0.42, 0.58, 0.34, 0.66, 0.25, 0.75].map((share) => ({ share, lat: s + (n - s) * share, crossings: [] }));
  for (const ring of part) addCrossings(ring, cuts);
  for (const { share, lat, crossings } of cuts) {
    crossings.sort((a, b) => a - b);
    for (let i = 1; i < crossings.length; i += 2) {
      const width = (crossings[i] - crossings[i - 1]) * (1 - Math.abs(share - 0.5));
      spots.push({ width, at: [(crossings[i] + crossings[i - 1]) / 2, lat] });
    }
  }
  if (!spots.length) return [[(w + e) / 2, (s + n) / 2]];
  return spots.sort((a, b) => b.width - a.width).map((spot) => spot.at);
}

const size = (part) => Math.abs(signedArea(part[0]));

/** Adds to each level cut { lat, crossings } where the ring crosses it; one walk round the ring for all of them. */
function addCrossings(ring, cuts) {
  for (let i = 1; i < ring.length; i++) {
    const from = ring[i - 1];
    const to = ring[i];
    for (const { lat, crossings } of cuts) {
      if (from[1] > lat !== to[1] > lat) crossings.push(from[0] + ((lat - from[1]) / (to[1] - from[1])) * (to[0] - from[0]));
    }
  }
}

/** True when the point lies inside; holes are outside. */
export function contains(geometry, [lon, lat]) {
  const cut = { lat, crossings: [] };
  for (const ring of rings(geometry)) addCrossings(ring, [cut]);
  return cut.crossings.filter((x) => x < lon).length % 2 === 1;
}

/** [west, south, east, north] of any GeoJSON geometry; null when it is empty. */
export function box(geometry) {
  let found = null;
  const visit = (part) => {
    if (typeof part?.[0] === "number") {
      const [lon, lat] = part;
      found = found
        ? [Math.min(found[0], lon), Math.min(found[1], lat), Math.max(found[2], lon), Math.max(found[3], lat)]
        : [lon, lat, lon, lat];
    } else for (const each of part ?? []) visit(each);
  };
  visit(geometry?.coordinates);
  return found;
}

/** The box of many features; null when there are none. */
export function boxOfAll(features) {
  return features.map((feature) => box(feature.geometry)).filter(Boolean).reduce((sum, b) => (sum
    ? [Math.min(sum[0], b[0]), Math.min(sum[1], b[1]), Math.max(sum[2], b[2]), Math.max(sum[3], b[3])]
    : b), null);
}

/** Metres on the ground between two lon/lat points (sphere of 6,371,008.8 m; good to 0.5 %, for notes only). */
export function metresBetween([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const h = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
    + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(h));
}

/** A ring of 48 points, `radius_m` round the centre, as a Polygon: the accuracy disc. */
export function disc([lon, lat], radius_m) {
  const north = radius_m / 111195;
  const east = north / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: 49 }, (_, i) => {
    const turn = (i / 48) * 2 * Math.PI;
    return [lon + east * Math.cos(turn), lat + north * Math.sin(turn)];
  });
  return { type: "Polygon", coordinates: [ring] };
}
