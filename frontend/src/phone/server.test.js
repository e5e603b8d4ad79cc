// An answer is only an answer when it is ours.
import assert from "node:assert/strict";
import { test } from "node:test";

import { NoAnswer, server } from "./server.js";

const answering = (body, { status = 200, headers = {} } = {}) => {
  const calls = [];
  const fetch = async (url, init) => {
    calls.push({ url, ...init });
    return new Response(status === 204 ? null : body, { status, headers });
  };
  return { calls, fetch };
};

test("a portal's page is no answer, whatever its status says", async () => {
  const { fetch } = answering("<html>please log in to the hotel</html>");
  await assert.rejects(server({ api: "/api", fetch }).ask("POST", "/captures", { json: {} }), (error) => error instanceof NoAnswer && error.message === "why_stranger 200");
});

test("with a token no cookie travels, without one the cookie does, and /me can ask for the cookie", async () => {
  const { calls, fetch } = answering("{}");
  let token = "slgd_1";
  const asks = server({ api: "/api", token: () => token, fetch });
  await asks.ask("GET", "/me");
  await asks.ask("GET", "/me", { cookie: true });
  token = null;
  await asks.ask("GET", "/me");
  assert.deepEqual(calls.map((one) => one.credentials), ["omit", "same-origin", "same-origin"]);
  assert.equal(calls[0].headers.Authorization, "Bearer slgd_1");
  assert.equal(calls[1].headers.Authorization, undefined);
});

test("offsets and pauses are read, odd ones are none", async () => {
  const headers = { "Upload-Offset": "12", "Upload-Length": "odd", "Upload-Complete": "?1", "Retry-After": "9999" };
  const { fetch } = answering("", { headers });
  const found = await server({ api: "", fetch }).ask("HEAD", "/x");
  assert.deepEqual([found.offset, found.length, found.isKept, found.retryAfter_s], [12, null, true, 300]);
});

test("a broken line has a word of ours, not the engine's sentence; a late answer another; a stop stays a stop", async () => {
  const fetch = async () => {
    throw new TypeError("Failed to fetch");
  };
  await assert.rejects(server({ api: "", fetch }).ask("GET", "/x"), (error) => error instanceof NoAnswer && error.message === "why_away");
  const never = (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await assert.rejects(server({ api: "", fetch: never }).ask("GET", "/x", { timeout_ms: 1 }), (error) => error.message === "why_late");
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(server({ api: "", fetch }).ask("GET", "/x", { signal: stop.signal }), (error) => error.name === "AbortError");
});
