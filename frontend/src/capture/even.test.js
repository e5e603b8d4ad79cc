import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf } from "./even.js";

test("no button stands alone on the last line, up to all the photos of a record", () => {
  for (const wanted of [[5, 4, 3], [3, 2, 4]]) {
    for (let count = 2; count <= 12; count += 1) assert.notEqual(count % columnsOf(count, wanted), 1, `${count} by ${wanted}`);
  }
  for (let count = 2; count <= 31; count += 1) {
    const columns = columnsOf(count);
    assert.ok(count % columns !== 1, String(count));
    assert.ok(columns >= 2 && columns <= 5);
  }
});

test("a few stand on one line", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 11].map((count) => columnsOf(count)), [1, 2, 3, 4, 5, 4, 5, 4]);
  assert.deepEqual([4, 5, 6].map((count) => columnsOf(count, [3, 2, 4])), [2, 3, 3]);
});
