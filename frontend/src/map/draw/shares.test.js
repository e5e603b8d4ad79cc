// The share bar and its table: by households, by area where nobody lives, slivers kept visible.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gridCount, shareRows } from "./shares.js";

const words = { outside_grids: "不在任何网格" };
const grid = (id, area_m2, share, households, more = {}) => ({
  grid_id: id, grid_code: id, grid_name: id && `第${id}网格`, area_m2, share, buildings: 1, households, is_sliver: false, ...more,
});

test("two grids share by households, the table says area", () => {
  const { byHouseholds, rows } = shareRows({ grids: [grid("三", 509, 0.509, 216), grid("四", 491, 0.491, 180)] }, words);
  assert.equal(byHouseholds, true);
  assert.deepEqual(rows.map((row) => row.shareText), ["54.5%", "45.5%"]);
  assert.deepEqual(rows.map((row) => row.areaText), ["50.9%", "49.1%"]);
  assert.deepEqual(rows.map((row) => row.tint), [1, 2]);
});

test("where nobody lives the share goes by area", () => {
  const { byHouseholds, rows } = shareRows({ grids: [grid("三", 750, 0.75, 0), grid("四", 250, 0.25, 0)] }, words);
  assert.equal(byHouseholds, false);
  assert.deepEqual(rows.map((row) => row.shareText), ["75.0%", "25.0%"]);
});

test("the part outside every grid has its own row without a tint, the third grid takes the first tint again", () => {
  const { rows } = shareRows({ grids: [grid("一", 1, 0.25, 5), grid(null, 1, 0.25, 5), grid("二", 1, 0.25, 5), grid("三", 1, 0.25, 5)] }, words);
  assert.deepEqual(rows.map((row) => row.tint), [1, 0, 2, 1]);
  assert.equal(rows[1].name, "不在任何网格");
  assert.equal(gridCount(rows), 3);
});

test("widths fill the bar and a sliver stays to be seen", () => {
  const { rows } = shareRows({ grids: [grid("一", 99999, 0.99999, 9999), grid("二", 1, 0.00001, 1, { is_sliver: true })] }, words);
  assert.ok(Math.abs(rows[0].width + rows[1].width - 100) < 1e-9);
  assert.ok(rows[1].width > 1);
  assert.equal(gridCount(rows), 1);
});

test("nothing measured gives no rows", () => {
  assert.deepEqual(shareRows(null, words).rows, []);
  assert.deepEqual(shareRows({ grids: [] }, words).rows, []);
});
