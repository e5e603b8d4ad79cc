// The form's draft on its way to the disk: bytes once, text often, never over a record that is being sent.
import assert from "node:assert/strict";
import { test } from "node:test";

import { newDraft } from "../capture/draft.js";
import { phoneDrafts } from "./drafts.js";

function memory() {
  const records = new Map();
  const originals = new Map();
  const writes = [];
  return {
    writes,
    records,
    originals: async (id) => [...originals.values()].filter((row) => row.record_id === id),
    record: async (id) => records.get(id),
    async save(record, fresh = []) {
      writes.push({ note: record.draft.note, bytes: fresh.length });
      records.set(record.id, record);
      for (const row of fresh) originals.set(`${record.id}/${row.sha256}`, { record_id: record.id, ...row });
    },
    forgetOriginal: async (id, sha256) => originals.delete(`${id}/${sha256}`),
    async remove(id) {
      records.delete(id);
      for (const key of originals.keys()) if (key.startsWith(`${id}/`)) originals.delete(key);
    },
    bytes: originals,
  };
}

const draftWith = (...shas) => ({
  ...newDraft({ id: "d1", owner: "p1" }),
  photos: shas.map((sha256) => ({ key: sha256, sha256, shot: "panorama", blob: new Blob([sha256]), preview: "p" })),
});

test("bytes are written once and never stand in the record", async () => {
  const store = memory();
  const drafts = phoneDrafts({ store, owner: "p1", now: () => 5 });
  await drafts.save(draftWith("a"));
  await drafts.save({ ...draftWith("a"), note: "x" });
  assert.deepEqual(store.writes.map(({ bytes }) => bytes), [1, 0]);
  const record = store.records.get("d1");
  assert.deepEqual(Object.keys(record.draft.photos[0]).sort(), ["key", "sha256", "shot"]);
  assert.deepEqual([record.owner, record.state, record.made_ms], ["p1", "draft", 5]);
});

test("of quick text steps only the last is written; a photo is never skipped", async () => {
  const store = memory();
  const drafts = phoneDrafts({ store, owner: "p1" });
  await drafts.save(draftWith("a"));
  await Promise.all(["1", "2", "3"].map((note) => drafts.save({ ...draftWith("a"), note })));
  assert.deepEqual(store.writes.map(({ note }) => note), ["", "3"]);
  await Promise.all([drafts.save(draftWith("a", "b")), drafts.save({ ...draftWith("a", "b"), note: "4" })]);
  assert.deepEqual([...store.bytes.keys()], ["d1/a", "d1/b"]);
});

test("an empty form leaves nothing behind; a removed photo takes its bytes with it", async () => {
  const store = memory();
  const drafts = phoneDrafts({ store, owner: "p1" });
  await drafts.save(newDraft({ id: "d1", owner: "p1" }));
  assert.equal(store.records.size, 0);
  await drafts.save(draftWith("a", "b"));
  await drafts.save(draftWith("b"));
  assert.deepEqual([...store.bytes.keys()], ["d1/b"]);
});

test("a draft comes back with its bytes, only to its owner, and not once it is on its way", async () => {
  const store = memory();
  await phoneDrafts({ store, owner: "p1" }).save(draftWith("a"));
  const back = await phoneDrafts({ store, owner: "p1", resume: "d1" }).load();
  assert.equal(await back.photos[0].blob.text(), "a");
  assert.equal(await phoneDrafts({ store, owner: "p2", resume: "d1" }).load(), null);
  store.records.set("d1", { ...store.records.get("d1"), state: "queued" });
  assert.equal(await phoneDrafts({ store, owner: "p1", resume: "d1" }).load(), null);
});

test("a late save of the form never calls a sent record back", async () => {
  const store = memory();
  const drafts = phoneDrafts({ store, owner: "p1" });
  await drafts.save(draftWith("a"));
  store.records.set("d1", { ...store.records.get("d1"), state: "queued" });
  await drafts.save({ ...draftWith("a"), note: "late" });
  await drafts.clear("d1");
  assert.equal(store.records.get("d1").state, "queued");
  assert.equal(store.records.get("d1").draft.note, "");
});

test("a full phone says so and keeps what was there", async () => {
  const store = memory();
  const drafts = phoneDrafts({ store, owner: "p1" });
  await drafts.save(draftWith("a"));
  const save = store.save;
  store.save = async () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  await assert.rejects(drafts.save(draftWith("a", "b")), (error) => error.name === "QuotaExceededError");
  store.save = save;
  await drafts.save(draftWith("a"));
  assert.deepEqual(store.records.get("d1").draft.photos.map((one) => one.sha256), ["a"]);
});
