// Plates: what people type, and what comes out.
import assert from "node:assert/strict";
import { test } from "node:test";

import { normalisePlate, plateProblem, PROVINCES } from "./plate.js";

test("typing habits come to one form", () => {
  assert.equal(normalisePlate(" 浙d·a1234 "), "浙DA1234");
  assert.equal(normalisePlate("浙Ｄ－Ａ１２３４"), "浙DA1234");
  assert.equal(normalisePlate("浙d d12345"), "浙DD12345");
});

test("ordinary, trailer, learner and new-energy plates are fine", () => {
  for (const plate of ["浙DA1234", "浙D12345", "浙DA123挂", "浙DA123学", "浙DD12345", "浙D12345D"]) {
    assert.equal(plateProblem(plate), "ok", plate);
  }
});

test("each slip is named", () => {
  assert.equal(plateProblem(""), "empty");
  assert.equal(plateProblem("DA12345"), "no_province");
  assert.equal(plateProblem("浙1A2345"), "no_letter");
  assert.equal(plateProblem("浙DA12"), "short");
  assert.equal(plateProblem("浙DA1234567"), "long");
  assert.equal(plateProblem("浙DAO234"), "odd");
  assert.equal(plateProblem("浙DABC12"), "odd");
  assert.equal(plateProblem("浙D1234567".slice(0, 8)), "odd");
});

test("all 31 provinces are there, once each", () => {
  assert.equal(PROVINCES.length, 31);
  assert.equal(new Set(PROVINCES).size, 31);
});
