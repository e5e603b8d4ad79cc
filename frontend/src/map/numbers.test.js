// Figures that people read: hectares, metres, shares, the scale bar.
import assert from "node:assert/strict";
import { test } from "node:test";
import { area, grouped, length, niceLength, percent, scale } from "./numbers.js";

const words = { hectare: "公顷", square_metre: "平方米", metre: "米", kilometre: "公里" };

test("an area below a hectare stays in square metres", () => {
  assert.deepEqual(area(9999.4, words), { figure: "9,999", unit: "平方米" });
  assert.deepEqual(area(49400, words), { figure: "4.94", unit: "公顷" });
});

test("a perimeter turns to kilometres at ten of them", () => {
  assert.deepEqual(length(1092.3, words), { figure: "1,092", unit: "米" });
  assert.deepEqual(length(12345, words), { figure: "12.3", unit: "公里" });
});

test("unknown is a dash, minus nothing is nothing", () => {
  assert.equal(grouped(null), "—");
  assert.equal(grouped(NaN), "—");
  assert.equal(grouped(-0.004, 2), "0.00");
  assert.equal(grouped(-1234.5, 1), "-1,234.5");
});

test("a sliver is not rounded away and the rest is not rounded up to all", () => {
  assert.equal(percent(0.545), "54.5%");
  assert.equal(percent(0.00004), "<0.1%");
  assert.equal(percent(0.99996), ">99.9%");
  assert.equal(percent(1), "100.0%");
  assert.equal(percent(0), "0.0%");
});

test("the scale bar is round and fits its room", () => {
  for (const metres of [1.2, 7, 99, 137, 499, 2600]) {
    assert.ok(niceLength(metres) <= metres && niceLength(metres) > metres / 2.6);
  }
  const bar = scale(29.59, 16, 140, words);
  assert.ok(bar.width_px <= 140);
  assert.equal(bar.text, `${bar.metres} 米`);
});
