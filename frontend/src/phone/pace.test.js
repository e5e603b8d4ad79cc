// Pauses grow, pieces follow the speed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pace, pauseFor, PAUSES_S, PIECE_AT_LEAST, PIECE_AT_MOST } from "./pace.js";

test("pauses grow to the last one and the server's own pause wins", () => {
  assert.deepEqual([1, 2, 3].map((n) => pauseFor(n)), PAUSES_S.slice(0, 3));
  assert.equal(pauseFor(99), PAUSES_S.at(-1));
  assert.equal(pauseFor(1, 9), 9);
});

test("a fast network gets megabyte pieces, a slow one quarter megabytes, a break halves", () => {
  const size = pace();
  assert.equal(size.piece(), PIECE_AT_LEAST);
  size.measured(256 * 1024, 100);
  assert.equal(size.piece(), PIECE_AT_MOST);
  size.broke();
  assert.equal(size.piece(), PIECE_AT_MOST / 2);
  size.measured(256 * 1024, 60_000);
  assert.equal(size.piece(), PIECE_AT_LEAST);
});
