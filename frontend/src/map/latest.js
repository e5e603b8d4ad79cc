// What a map shows from one address: the newest answer alone counts, an older one that comes late is dropped.

/**
 * latest(frame, office, { urlOf(), mark, take(found, how) }) -> { load(how), stop() }.
 * take draws the answer; then the frame's data-MARK says which address stands on the map. A refusal is told on the map.
 */
export function latest(frame, office, { urlOf, mark, take }) {
  let loading = null;
  return {
    async load(how = {}) {
      const url = urlOf();
      loading?.abort();
      const mine = (loading = new AbortController());
      try {
        const found = await office.get(url, { signal: mine.signal });
        if (urlOf() !== url) return;
        frame.hush();
        take(found, how);
        frame.root.dataset[mark] = url;
      } catch (refusal) {
        if (refusal.name !== "AbortError") frame.tell(refusal.sentence ?? String(refusal), { kind: "bad", loud: true });
      }
    },
    stop: () => loading?.abort(),
  };
}
