// Remembers the states of a drawing so that any step can be taken back and taken again.

/** A state is plain data. `now` is what stands on the map. */
export function steps(first = null, most = 200) {
  let past = [];
  let future = [];
  let now = first;
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  return {
    get now() { return now; },
    get canUndo() { return past.length > 0; },
    get canRedo() { return future.length > 0; },
    /** A new state; the same state again is no step. */
    push(next) {
      if (same(next, now)) return false;
      past = [...past, now].slice(-most);
      now = next;
      future = [];
      return true;
    },
    undo() {
      if (!past.length) return now;
      future = [now, ...future];
      now = past.pop();
      return now;
    },
    redo() {
      if (!future.length) return now;
      past = [...past, now];
      [now, ...future] = future;
      return now;
    },
  };
}
