// Split by a line, merge with a neighbour, clip to neighbours (the server makes the shapes), trace a border: seen before it is taken.
import { say } from "../../shared/dom.js";
import { area, spoken } from "../numbers.js";
import { movedLines } from "./border.js";
import { geometryOf, partsOf, withRing } from "./shape.js";
import { borderPath, withPath } from "./tracing.js";

const HINTS = { cut: "hint_cut", join: "hint_join", trace: "hint_trace" };

/**
 * editing({ office, frame, words, catcher, shown(), shape(), zoneId(), onTake(parts, rest, taken), onChange }) ->
 * { tool, start(tool), stop(), tap(at, zone), undoTap(), clip(), points }. tool: null, "cut", "join" or "trace".
 * A cut is asked about after every tap; its button is there only while the server says that the line cuts.
 */
export function editing({ office, frame, words, catcher, shown, shape, zoneId, onTake, onChange }) {
  let tool = null;
  let points = [];
  let running = null;

  const size = (m2) => spoken(area(m2, words));

  async function ask(body) {
    running?.abort();
    const mine = (running = new AbortController());
    const { geometry, taken, beside } = shape();
    const answer = await office.post("/zones/edit", { geometry, zone_id: zoneId(), takes_in: taken, neighbours: movedLines(beside.neighbours), ...body }, { signal: mine.signal });
    return running === mine ? answer : null;
  }

  /** One sentence, the shapes on the map, and two buttons. */
  function propose(answer, sentence, word) {
    shown().proposal(answer.shapes);
    frame.tell(sentence, { actions: [{ word, run: () => take(answer) }, { word: words.drop_edit, run: stop }] });
  }

  function take({ shapes, taken = [] }) {
    const [first, ...rest] = shapes.map(partsOf);
    const isCut = rest.length > 0;
    stop();
    onTake(first, isCut ? [...rest, ...shape().rest] : shape().rest, [...shape().taken, ...taken]);
    frame.tell(isCut ? words.cut_done : words.edit_done);
  }

  function refuse(refusal) {
    if (refusal.name === "AbortError") return;
    shown().proposal([]);
    frame.tell(refusal.sentence ?? refusal.message, { kind: "warn", loud: true });
  }

  async function tryCut() {
    shown().cut(points);
    shown().proposal([]);
    if (points.length < 2) return frame.tell(words.hint_cut);
    try {
      const answer = await ask({ edit: "split", line: points });
      if (answer) propose(answer, say(words.cut_ready, { one: size(answer.areas_m2[0]), two: size(answer.areas_m2[1]) }), words.cut_now);
    } catch (refusal) {
      refuse(refusal);
    }
  }

  async function tryJoin(zone) {
    if (!zone) return frame.tell(words.join_none, { kind: "warn" });
    if (zone.id === zoneId()) return frame.tell(words.join_itself, { kind: "warn" });
    try {
      const answer = await ask({ edit: "merge", with_zone: zone.id });
      if (answer) propose({ ...answer, taken: [zone.id] }, say(words.join_ask, { name: zone.name, area: size(answer.areas_m2[0]) }), words.join_now);
    } catch (refusal) {
      refuse(refusal);
    }
  }

  /** Two taps on one neighbour's border: the stretch between them becomes the stretch of the ring that lies nearest. */
  function tryTrace() {
    shown().cut(points);
    shown().proposal([]);
    if (points.length < 2) return frame.tell(words.hint_trace_on);
    const found = borderPath(catcher.features(), ...points, catcher.reach_m(points[1]));
    points = [];
    if (!found) {
      shown().cut([]);
      return frame.tell(words.trace_none, { kind: "warn" });
    }
    shown().cut(found.path);
    const { parts, at, ring } = shape();
    propose({ shapes: [geometryOf(withRing(parts, at, withPath(ring, found.path)))] }, say(words.trace_ask, { name: found.name, count: found.path.length }), words.trace_now);
  }

  function stop() {
    running?.abort();
    running = null;
    if (tool || points.length) {
      tool = null;
      points = [];
    }
    shown()?.cut([]);
    shown()?.proposal([]);
    frame.hush();
    onChange();
  }

  return {
    get tool() { return tool; },
    get points() { return points; },
    start(next) {
      tool = next;
      points = [];
      shown().cut([]);
      shown().proposal([]);
      frame.tell(words[HINTS[next]]);
    },
    stop,
    /** zone: the properties of the zone in force under the tap, if any. */
    tap(at, zone) {
      if (tool === "join") return tryJoin(zone);
      points = [...points, at];
      onChange();
      return tool === "trace" ? tryTrace() : tryCut();
    },
    /** Takes the last tap of a cut back; false when there is none. */
    undoTap() {
      if (!tool || !points.length) return false;
      points = points.slice(0, -1);
      if (tool === "trace") tryTrace();
      else tryCut();
      return true;
    },
    async clip(before_m2) {
      try {
        const answer = await ask({ edit: "clip" });
        if (answer) propose(answer, say(words.clip_ask, { area: size(answer.areas_m2[0]), before: size(before_m2) }), words.clip_take);
      } catch (refusal) {
        refuse(refusal);
      }
    },
  };
}
