// Nine tiles, and a search that finds the rest.
import assert from "node:assert/strict";
import { test } from "node:test";

import { commonKinds, searchKinds } from "./kinds.js";

const type = (code, more = {}) => ({ code, zh: code, en: code, definition_zh: "", definition_en: "", ...more });

test("tiles follow the edition's numbers, then its order, and stop at nine", () => {
  const types = [
    type("a"),
    type("b", { common: 2 }),
    type("c", { common: 1 }),
    ..."defghij".split("").map((code) => type(code)),
  ];
  assert.deepEqual(
    commonKinds(types).map(({ code }) => code),
    ["c", "b", "a", "d", "e", "f", "g", "h", "i"],
  );
});

test("names come before definitions, in either language, with other names too", () => {
  const types = [
    type("smoke", { zh: "餐饮油烟", definition_zh: "餐馆排烟" }),
    type("shop", { zh: "占用经营", definition_zh: "摆摊产生油烟" }),
    type("car", { zh: "僵尸车", en: "Abandoned vehicle", also: ["废弃车", "dead car"] }),
  ];
  const found = (text) => searchKinds(types, text).map(({ code }) => code);
  assert.deepEqual(found("油烟"), ["smoke", "shop"]);
  assert.deepEqual(found("ABANDONED"), ["car"]);
  assert.deepEqual(found("废弃"), ["car"]);
  assert.deepEqual(found("  "), ["smoke", "shop", "car"]);
  assert.deepEqual(found("没有这种"), []);
});
