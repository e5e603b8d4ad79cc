// Finds the neighbour's corner or edge that a new corner should stand on. lon/lat degrees in and out, metres inside.
import { rings } from "../shapes.js";

/** The lines of a feature that may catch: rings of a polygon, a road's own line. */
function lines(geometry) {
  if (geometry?.type === "LineString") return [geometry.coordinates];
  return geometry?.type === "MultiLineString" ? geometry.coordinates : rings(geometry);
}

const METRES_PER_DEGREE = 111195;

/**
 * An index over the corners and edges of polygon and line features.
 * features: GeoJSON with `properties.name`; cell_m: width of an index cell.
 * snap([lon, lat], tolerance_m) -> { at: [lon, lat], kind: "corner" | "edge", name, far_m } or null.
 * A corner within reach always wins over an edge, however near: corners that agree leave no slivers.
 */
export function snappingIndex(features, { cell_m = 120 } = {}) {
  const cells = new Map();
  const begun = features.find((feature) => lines(feature.geometry)[0]?.length);
  const first = begun ? lines(begun.geometry)[0][0] : [0, 0];
  const eastScale = METRES_PER_DEGREE * Math.cos((first[1] * Math.PI) / 180);
  const toMetres = ([lon, lat]) => [(lon - first[0]) * eastScale, (lat - first[1]) * METRES_PER_DEGREE];
  const toDegrees = ([x, y]) => [first[0] + x / eastScale, first[1] + y / METRES_PER_DEGREE];
  const cell = (value) => Math.floor(value / cell_m);
  const keyOf = (i, j) => i * 1_000_003 + j; // two cells on one key would only be looked at together

  const keep = (edge) => {
    const [x1, y1] = edge.from;
    const [x2, y2] = edge.to;
    for (let i = cell(Math.min(x1, x2)); i <= cell(Math.max(x1, x2)); i++) {
      for (let j = cell(Math.min(y1, y2)); j <= cell(Math.max(y1, y2)); j++) {
        const key = keyOf(i, j);
        const known = cells.get(key);
        if (known) known.push(edge);
        else cells.set(key, [edge]);
      }
    }
  };
  let count = 0;
  for (const feature of features) {
    for (const ring of lines(feature.geometry)) {
      for (let i = 1; i < ring.length; i++) {
        keep({ from: toMetres(ring[i - 1]), to: toMetres(ring[i]), ends: [ring[i - 1], ring[i]], name: feature.properties?.name ?? "" });
        count += 1;
      }
    }
  }

  const near = ([x, y], reach) => {
    const found = new Set();
    for (let i = cell(x - reach); i <= cell(x + reach); i++) {
      for (let j = cell(y - reach); j <= cell(y + reach); j++) for (const edge of cells.get(keyOf(i, j)) ?? []) found.add(edge);
    }
    return found;
  };

  function snap(lonlat, tolerance_m) {
    const here = toMetres(lonlat);
    let corner = null;
    let edge = null;
    for (const each of near(here, tolerance_m)) {
      [each.from, each.to].forEach((end, k) => {
        const far = distance(here, end);
        if (far <= tolerance_m && (!corner || far < corner.far)) corner = { far, at: each.ends[k], kind: "corner", name: each.name };
      });
      const foot = footOn(each.from, each.to, here);
      const far = distance(here, foot);
      if (far <= tolerance_m && (!edge || far < edge.far)) edge = { far, at: toDegrees(foot), kind: "edge", name: each.name };
    }
    const best = corner ?? edge;
    return best && { at: [best.at[0], best.at[1]], kind: best.kind, name: best.name, far_m: best.far };
  }

  return { snap, count };
}

function distance([x1, y1], [x2, y2]) {
  return Math.hypot(x2 - x1, y2 - y1);
}

/** The nearest point to `p` on the stretch from `a` to `b`. */
function footOn([ax, ay], [bx, by], [px, py]) {
  const square = (bx - ax) ** 2 + (by - ay) ** 2;
  if (square === 0) return [ax, ay];
  const share = Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / square));
  return [ax + share * (bx - ax), ay + share * (by - ay)];
}
