// Keeps the form's draft on the phone as it grows: bytes once, the rest at every step, in order.

/**
 * The store that the form asks for (src/capture/drafts.js), over the phone's database.
 * resume: id of a draft to go on with, or null for a fresh one. onSaved(record) after each write.
 */
export function phoneDrafts({ store, owner, resume = null, now = Date.now, onSaved = () => {} }) {
  const written = new Map(); // record id -> hashes whose bytes lie in the store
  let last = Promise.resolve();
  let waiting = null;

  async function write(draft) {
    const known = written.get(draft.id) ?? new Set();
    const fresh = draft.photos.filter((photo) => photo.blob && !known.has(photo.sha256));
    const before = await store.record(draft.id);
    // A record that is on its way belongs to the sender: a late save of the form must not call it back.
    if (before && !isOpen(before)) return before;
    const record = {
      ...(before ?? { id: draft.id, owner, state: "draft", made_ms: now() }),
      changed_ms: now(),
      draft: withoutBytes(draft),
    };
    await store.save(record, fresh);
    written.set(draft.id, new Set([...known, ...fresh.map((photo) => photo.sha256)]));
    const gone = [...(written.get(draft.id) ?? [])].filter((sha) => draft.photos.every((p) => p.sha256 !== sha));
    for (const sha256 of gone) {
      await store.forgetOriginal(draft.id, sha256);
      written.get(draft.id).delete(sha256);
    }
    onSaved(record);
    return record;
  }

  return {
    async load() {
      const record = resume ? await store.record(resume) : null;
      if (!record || record.owner !== owner || !isOpen(record)) return null;
      const draft = await withBytes(store, record);
      written.set(record.id, new Set(draft.photos.map((photo) => photo.sha256)));
      return draft;
    },
    /** Resolves when the disk has it. Of several steps in a row that carry no new bytes only the last is written. */
    save(draft) {
      if (!isWorthKeeping(draft) && !written.has(draft.id)) return Promise.resolve();
      const mine = { draft };
      const carriesBytes = draft.photos.some((photo) => !written.get(draft.id)?.has(photo.sha256));
      if (waiting && !waiting.carriesBytes) waiting.skip = true;
      mine.carriesBytes = carriesBytes;
      waiting = mine;
      const turn = last.then(() => {
        if (waiting === mine) waiting = null;
        return mine.skip ? undefined : write(draft);
      });
      last = turn.catch(() => {});
      return turn;
    },
    settled: () => last,
    async clear(id) {
      await last;
      const record = await store.record(id);
      if (record && isOpen(record)) await store.remove(id);
      written.delete(id);
    },
  };
}

/** Drafts and refused records may be worked on; all others are the sender's. */
export function isOpen(record) {
  return record.state === "draft" || record.state === "refused";
}

function isWorthKeeping(draft) {
  return draft.photos.length > 0 || Boolean(draft.note || draft.subject_id);
}

export function withoutBytes(draft) {
  return { ...draft, photos: draft.photos.map(({ blob, preview, ...photo }) => photo) };
}

export async function withBytes(store, record) {
  const rows = new Map((await store.originals(record.id)).map((row) => [row.sha256, row]));
  const photos = record.draft.photos
    .map((photo) => ({ ...photo, blob: rows.get(photo.sha256)?.blob, preview: rows.get(photo.sha256)?.preview ?? null }))
    .filter((photo) => photo.blob);
  return { ...record.draft, photos };
}
