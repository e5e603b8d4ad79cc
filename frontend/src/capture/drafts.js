// Where unfinished records stay. The online page keeps them for the life of the tab; the offline app brings a
// store of the same shape: {load(owner), save(draft), clear(id)}, each may answer with a promise.

const kept = new Map();

/** Outlives a remount of the form (a page change inside the app), not a reload: that one is warned about. */
export function tabDrafts(store = kept) {
  return {
    async load(owner) {
      return [...store.values()].filter((draft) => draft.owner === owner).pop() ?? null;
    },
    async save(draft) {
      store.set(draft.id, draft);
    },
    async clear(id) {
      store.delete(id);
    },
  };
}
