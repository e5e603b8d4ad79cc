// Split by a line, merge with a neighbour, clip to neighbours: the server makes the shapes, the hand sees them before it takes them.
import { say } from "../../shared/dom.js";
import { area, spoken } from "../numbers.js";
import { partsOf } from "./shape.js";

/**
 * editing({ office, frame, words, shown(), shape(), zoneId(), onTake(parts, rest), onChange }) ->
 * { tool, start(tool), stop(), tap(at, zone), undoTap(), clip(), points }. tool: null, "cut" or "join".
 * A cut is asked about after every tap; its button is there only while the server says that the line cuts.
 */
export function editing({ office, frame, words, shown, shape, zoneId, onTake, onChange }) {
  let tool = null;
  let points = [];
  let running = null;

  const size = (m2) => spoken(area(m2, words));

  async function ask(body) {
    running?.abort();
    const mine = (running = new AbortController());
    const answer = await office.post("/zones/edit", { geometry: shape().geometry, zone_id: zoneId(), ...body }, { signal: mine.signal });
    return running === mine ? answer : null;
  }

  /** One sentence, the shapes on the map, and two buttons. */
  function propose(answer, sentence, word) {
    shown().proposal(answer.shapes);
    frame.tell(sentence, { actions: [{ word, run: () => take(answer) }, { word: words.drop_edit, run: stop }] });
  }

  function take({ shapes }) {
    const [first, ...rest] = shapes.map(partsOf);
    const isCut = rest.length > 0;
    stop();
    onTake(first, isCut ? [...rest, ...shape().rest] : shape().rest);
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
      if (answer) propose(answer, say(words.join_ask, { name: zone.name, area: size(answer.areas_m2[0]) }), words.join_now);
    } catch (refusal) {
      refuse(refusal);
    }
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
      frame.tell(next === "cut" ? words.hint_cut : words.hint_join);
    },
    stop,
    /** zone: the properties of the zone in force under the tap, if any. */
    tap(at, zone) {
      if (tool === "join") return tryJoin(zone);
      points = [...points, at];
      onChange();
      return tryCut();
    },
    /** Takes the last tap of a cut back; false when there is none. */
    undoTap() {
      if (tool !== "cut" || !points.length) return false;
      points = points.slice(0, -1);
      tryCut();
      return true;
    },
    async clip(before_m2) {
      try {
        const answer = await ask({ edit: "clip" });
        if (answer) propose(answer, say(words.clip_ask, { area: size(answer.areas_m2[0]), before: size(before_m2) }), words.clip_now);
      } catch (refusal) {
        refuse(refusal);
      }
    },
  };
}
