// One sitting at the drawing: the shape, the ring under the pen, and one way back and forth over everything that was done.
import { geometryOf, ringAt, ringList, withHole, withPart, withRing, without } from "./shape.js";
import { steps } from "./steps.js";

export const ALONE = { shares: false, neighbours: [] };

/**
 * session(parts, rest, taken, beside) -> the drawing. `parts`: see shape.js. `rest`: shapes that a split cut off; they are saved as drafts
 * of their own, one after the other. `taken`: ids of the zones that were merged into it. `beside`: whether the neighbours'
 * borders move along, and the neighbours with their lines (border.js). Every change is one step; choosing another ring is none.
 */
export function session(parts = [], rest = [], taken = [], beside = ALONE) {
  const history = steps({ parts, rest, taken, beside });
  let at = parts.length ? { part: 0, ring: 0 } : null;

  function go(next, to = at) {
    const isStep = history.push(next);
    settle(to);
    return isStep;
  }

  /** The ring under the pen must be there; else the last one is taken. */
  function settle(to) {
    const rings = ringList(history.now.parts);
    const last = rings[rings.length - 1];
    at = ringAt(history.now.parts, to) ? to : last ? { part: last.part, ring: last.ring } : null;
  }

  const change = (next, to) => go({ ...history.now, parts: next }, to);

  return {
    get parts() { return history.now.parts; },
    get rest() { return history.now.rest; },
    get taken() { return history.now.taken; },
    get beside() { return history.now.beside; },
    get at() { return at; },
    get ring() { return ringAt(history.now.parts, at); },
    get geometry() { return geometryOf(history.now.parts); },
    get isEmpty() { return history.now.parts.length === 0; },
    get canUndo() { return history.canUndo; },
    get canRedo() { return history.canRedo; },
    choose(to) { settle(to); },
    /** The ring under the pen as it is now, and the neighbours with it; without one, the first part. */
    setRing(ring, beside = history.now.beside) { return at ? go({ ...history.now, parts: withRing(history.now.parts, at, ring), beside }) : this.addPart(ring); },
    addPart(ring) { return change(withPart(history.now.parts, ring), { part: history.now.parts.length, ring: 0 }); },
    addHole(ring) {
      const next = withHole(history.now.parts, ring, at);
      return change(next.parts, next.at);
    },
    /** Takes the ring under the pen out; an outline takes its holes along. */
    removeRing() { return at ? change(without(history.now.parts, at), { part: Math.max(0, at.part - (at.ring ? 0 : 1)), ring: 0 }) : false; },
    /** A whole new shape, as one step: cleared, restored, clipped, merged or split. */
    replace(parts, rest = history.now.rest, taken = history.now.taken, beside = history.now.beside) { return go({ parts, rest, taken, beside }, { part: 0, ring: 0 }); },
    /** The neighbours' borders move along from now on, or no more; the line has the same corners as theirs. */
    share(beside, parts = history.now.parts) { return go({ ...history.now, parts, beside }); },
    undo() { const to = at; history.undo(); settle(to); },
    redo() { const to = at; history.redo(); settle(to); },
  };
}
