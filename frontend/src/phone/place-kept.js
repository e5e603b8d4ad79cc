// Names a place without a network, out of the office's borders that this phone has kept.

import { contains } from "../map/shapes.js";

const KEEP_MS = 300_000; // parsed borders stay in memory while a person works at the place step

/**
 * placeKept({ read }) -> locate(point): what /locate would answer, as far as the kept borders tell; null without any.
 * read(name): FeatureCollection of "streets", "grids" or "zones" as kept, or null.
 */
export function placeKept({ read, now = Date.now }) {
  const parsed = new Map();

  async function layer(name) {
    const known = parsed.get(name);
    if (known && now() - known.at_ms < KEEP_MS) return known.features;
    const features = (await read(name))?.features ?? null;
    if (features) parsed.set(name, { features, at_ms: now() });
    return features;
  }

  return async function locate({ lon, lat }) {
    const [streets, grids, zones] = await Promise.all(["streets", "grids", "zones"].map(layer));
    if (!streets || !zones) return null;
    const here = (features) => (features ?? []).filter((feature) => contains(feature.geometry, [lon, lat]));
    const named = (feature) => (feature ? { id: feature.properties.id, name: feature.properties.name } : null);
    const street = here(streets)[0];
    const found = here(zones).filter((feature) => feature.properties.status === "in_force");
    const state = !street ? "outside_city" : found.length === 1 ? "settled" : found.length ? "two_zones" : "no_zone";
    return {
      state,
      street: named(street),
      grid: named(here(grids)[0]),
      community: null,
      zones: found.map(({ properties }) => ({ id: properties.id, name: properties.name, mode: properties.mode, kind: properties.kind })),
    };
  };
}

/** The service worker's copy of a layer. */
export async function readKept(name, api = "/api/v1") {
  if (!globalThis.caches) return null;
  const cache = await caches.open("slg-phone-layers");
  const answer = await cache.match(`${api}/${name}.geojson`);
  return answer ? answer.json() : null;
}
