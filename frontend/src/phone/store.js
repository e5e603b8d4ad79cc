// The phone's own store: records with every step of theirs, originals as bytes, and what is cached for reading offline.

import { openDB } from "idb";

const NAME = "slg-phone";
// "Saved" is said only after the disk has it: a strict write survives a killed browser and an empty battery.
const SURE = { durability: "strict" };

/**
 * records:   { id, owner, state, made_ms, changed_ms, draft (photos without bytes), capture, receipt, kept, … }
 * originals: { record_id, sha256, blob (null once the office has it), preview }
 * facts:     { key, value }: account, catalogue, settings, the list of own records
 * pictures:  { key, owner, blob, at_ms }: thumbnails for reading offline
 * points:    { n, owner, patrol_id, at_ms, lon, lat, accuracy_m, part (id of the piece they go in, or null) }: a track
 */
export async function openStore({ name = NAME, onBlocked = () => {} } = {}) {
  const db = await openDB(name, 2, {
    upgrade(fresh, version) {
      if (version < 1) {
        fresh.createObjectStore("records", { keyPath: "id" }).createIndex("owner", "owner");
        fresh.createObjectStore("originals", { keyPath: ["record_id", "sha256"] });
        fresh.createObjectStore("facts", { keyPath: "key" });
        fresh.createObjectStore("pictures", { keyPath: "key" }).createIndex("owner", "owner");
      }
      fresh.createObjectStore("points", { keyPath: "n", autoIncrement: true }).createIndex("owner", "owner");
    },
    blocked: onBlocked,
    // A newer version in another tab must not wait for this one.
    blocking: () => db.close(),
  });
  const ofRecord = (id) => IDBKeyRange.bound([id], [id, "\uffff"]);

  return {
    async records(owner) {
      const found = await db.getAllFromIndex("records", "owner", owner);
      return found.sort((a, b) => a.made_ms - b.made_ms || (a.id < b.id ? -1 : 1));
    },
    record: (id) => db.get("records", id),
    countOfOthers: async (owner) => {
      const all = await db.getAll("records");
      return all.filter((record) => record.owner !== owner && isUnsent(record)).length;
    },

    /** One transaction: the record and the bytes that are new with it. originals: [{ sha256, blob, preview }]. */
    async save(record, originals = []) {
      const work = db.transaction(["records", "originals"], "readwrite", SURE);
      work.objectStore("records").put(record);
      for (const { sha256, blob, preview } of originals) {
        work.objectStore("originals").put({ record_id: record.id, sha256, blob, preview });
      }
      await work.done;
    },

    /** Reads, changes and writes in one transaction, so that two tabs cannot undo each other. Gives the new record. */
    async change(id, alter) {
      const work = db.transaction("records", "readwrite", SURE);
      const now = await work.store.get(id);
      const next = now ? alter(now) : null;
      if (next) work.store.put(next);
      await work.done;
      return next ?? now ?? null;
    },

    original: (id, sha256) => db.get("originals", [id, sha256]),
    originals: (id) => db.getAll("originals", ofRecord(id)),

    /** The office has it: the bytes go, the preview stays for the list. */
    async letGo(id, sha256) {
      const work = db.transaction("originals", "readwrite");
      const row = await work.store.get([id, sha256]);
      if (row?.blob) work.store.put({ ...row, blob: null });
      await work.done;
    },
    forgetOriginal: (id, sha256) => db.delete("originals", [id, sha256]),

    async remove(id) {
      const work = db.transaction(["records", "originals"], "readwrite", SURE);
      work.objectStore("records").delete(id);
      work.objectStore("originals").delete(ofRecord(id));
      await work.done;
    },

    /** The same record under a new id, its originals with it, in one transaction. */
    async moveTo(oldId, record) {
      const work = db.transaction(["records", "originals"], "readwrite", SURE);
      for (const row of await work.objectStore("originals").getAll(ofRecord(oldId))) {
        work.objectStore("originals").put({ ...row, record_id: record.id });
      }
      work.objectStore("originals").delete(ofRecord(oldId));
      work.objectStore("records").delete(oldId);
      work.objectStore("records").put(record);
      await work.done;
    },

    /** A point and the patrol it belongs to, in one transaction. Null when that patrol is not on any more. */
    async addPoint(point) {
      const work = db.transaction(["facts", "points"], "readwrite");
      const patrol = (await work.objectStore("facts").get("patrol"))?.value;
      const isOn = patrol?.id === point.patrol_id;
      const { lon, lat, accuracy_m, at_ms } = point;
      const next = isOn ? { ...patrol, last_ms: at_ms, last: { lon, lat, accuracy_m, at_ms }, count: patrol.count + 1 } : null;
      if (next) {
        work.objectStore("points").add(point);
        work.objectStore("facts").put({ key: "patrol", value: next });
      }
      await work.done;
      return next;
    },
    points: (owner) => db.getAllFromIndex("points", "owner", owner),
    countPoints: (owner) => db.countFromIndex("points", "owner", owner),
    async beginPart(points, part) {
      const work = db.transaction("points", "readwrite");
      for (const point of points) work.store.put({ ...point, part });
      await work.done;
    },
    async dropPoints(points) {
      const work = db.transaction("points", "readwrite");
      for (const { n } of points) work.store.delete(n);
      await work.done;
    },
    /** Ends that patrol, and no other that began meanwhile; its points stay until they are sent. */
    async endPatrol(id) {
      const work = db.transaction("facts", "readwrite");
      if ((await work.store.get("patrol"))?.value?.id === id) work.store.delete("patrol");
      await work.done;
    },

    fact: async (key) => (await db.get("facts", key))?.value ?? null,
    keepFact: (key, value) => db.put("facts", { key, value }),

    picture: async (key) => (await db.get("pictures", key))?.blob ?? null,
    keepPicture: (key, owner, blob, at_ms) => db.put("pictures", { key, owner, blob, at_ms }),

    /** Everything that was only kept for reading; records and originals stay. */
    async wipeCaches() {
      const work = db.transaction(["facts", "pictures"], "readwrite");
      for (const key of await work.objectStore("facts").getAllKeys()) {
        if (!["account", "settings", "catalogue"].includes(key)) work.objectStore("facts").delete(key);
      }
      work.objectStore("pictures").clear();
      await work.done;
    },
    close: () => db.close(),
  };
}

/** A record that the office does not have whole. */
export function isUnsent(record) {
  return record.state !== "done";
}
