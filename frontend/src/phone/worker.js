// The service worker of /capture/: the app opens without a network, in one whole version at a time.
// The server puts `self.SHELL = { version, files }` in front of this file.

const { version, files } = self.SHELL;
const APP = `slg-phone-${version}`;
const LATER = "slg-phone-later"; // map and drawing, kept when first opened
const LAYERS = "slg-phone-layers"; // the office's borders, for reading offline; wiped at logout
const LAYER = /^\/api\/v1\/(streets|grids|zones)\.geojson$/;

self.addEventListener("install", (event) => {
  // All or nothing. Hashed names come from the browser's own cache when the page has just loaded them.
  const wanted = files.map((url) => new Request(url, { cache: url.startsWith("/assets/") ? "default" : "no-cache" }));
  event.waitUntil(caches.open(APP).then((cache) => cache.addAll(wanted)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith("slg-phone-") && ![APP, LATER, LAYERS].includes(name));
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

// Only at a person's word: the page asks after its draft is on the disk.
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/capture/") event.respondWith(fromApp("/capture/", request));
  } else if (url.pathname.startsWith("/capture/")) event.respondWith(fromApp(url.pathname + url.search, request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
  else if (LAYER.test(url.pathname)) event.respondWith(layer(request));
});

async function fromApp(key, request) {
  const cache = await caches.open(APP);
  return (await cache.match(key)) ?? fetch(request);
}

async function asset(request) {
  const found = (await (await caches.open(APP)).match(request)) ?? (await (await caches.open(LATER)).match(request));
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    const cache = await caches.open(LATER);
    await forgetOlder(cache, request.url);
    await cache.put(request, answer.clone()).catch(() => {}); // a full disk costs the map, never a record
  }
  return answer;
}

/** map.HASH.js replaces the map.HASH.js of an older version; parts without a name of their own are left to the browser. */
async function forgetOlder(cache, url) {
  const stem = (address) => /([\w-]+)\.[0-9A-Z]+\.(\w+)$/.exec(address)?.slice(1).join(".");
  const mine = stem(url);
  if (!mine || mine.startsWith("part.")) return;
  for (const kept of await cache.keys()) if (stem(kept.url) === mine) await cache.delete(kept);
}

/** The network's copy when there is one; else the last one. A 401 is no copy. */
async function layer(request) {
  const cache = await caches.open(LAYERS);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(request.url, answer.clone()).catch(() => {});
    if (answer.ok || answer.status === 304) return answer;
    return (await cache.match(request.url)) ?? answer;
  } catch (error) {
    const kept = await cache.match(request.url);
    if (kept) return kept;
    throw error;
  }
}
