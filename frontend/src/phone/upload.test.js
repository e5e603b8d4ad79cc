// One original against a server that keeps offsets, one that does not, and one that misbehaves.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pace } from "./pace.js";
import { NoAnswer } from "./server.js";
import { LoginOver, OriginalRefused, Passing, RecordUnknown, upload } from "./upload.js";

const SIZE = 700 * 1024;
const bytes = Uint8Array.from({ length: SIZE }, (_, i) => i % 251);
const blob = new Blob([bytes]);

/** A server of the contract. breaks: numbers of PUTs whose answer is lost (the bytes arrive all the same). */
function office({ knowsOffsets = true, breaks = [], have = 0, script = {} } = {}) {
  let held = Buffer.from(bytes.subarray(0, have));
  let isKept = false;
  let puts = 0;
  const calls = [];
  async function ask(method, path, { body, headers = {} } = {}) {
    calls.push(`${method} ${headers["Content-Range"] ?? (body ? "whole" : "")}`.trim());
    if (script[calls.length]) return script[calls.length];
    if (method === "HEAD") {
      if (!knowsOffsets) return { status: 405, body: {}, offset: null };
      return { status: 200, body: {}, offset: held.length, length: SIZE, isKept };
    }
    puts += 1;
    const came = new Uint8Array(await body.arrayBuffer());
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers["Content-Range"] ?? "");
    if (range) {
      if (Number(range[1]) !== held.length) return { status: 409, body: {}, offset: held.length };
      held = Buffer.concat([held, came]);
    } else held = Buffer.from(came);
    if (held.length === SIZE) isKept = held.equals(bytes);
    if (breaks.includes(puts)) throw new NoAnswer("lost");
    if (isKept) return { status: 201, body: { state: "kept" }, offset: SIZE };
    return { status: 204, body: {}, offset: held.length };
  }
  return { ask, calls, isKept: () => isKept };
}

const send = (server, more = {}) =>
  upload({ ask: server.ask, path: "/p", blob, type: "image/jpeg", pace: pace(), now: () => 0, ...more });

test("pieces follow one another to the end", async () => {
  const server = office();
  const steady = { piece: () => 256 * 1024, measured() {}, broke() {} };
  assert.equal(await send(server, { pace: steady }), "kept");
  assert.deepEqual(server.calls, [
    "HEAD",
    "PUT bytes 0-262143/716800",
    "PUT bytes 262144-524287/716800",
    "PUT bytes 524288-716799/716800",
  ]);
  assert.ok(server.isKept());
});

test("after a break it goes on where the server stands, also inside a piece", async () => {
  const server = office({ have: 300_001 });
  assert.equal(await send(server), "kept");
  assert.equal(server.calls[1], "PUT bytes 300001-562144/716800");
});

test("a lost answer costs nothing twice: the next try finds the original kept", async () => {
  const server = office({ breaks: [3] });
  const steady = { piece: () => 256 * 1024, measured() {}, broke() {} };
  await assert.rejects(send(server, { pace: steady }), NoAnswer);
  const before = server.calls.length;
  assert.equal(await send(server, { pace: steady }), "kept");
  assert.deepEqual(server.calls.slice(before), ["HEAD"]);
});

test("a wrong offset is answered with the right one, and taken", async () => {
  const server = office({ have: 1000 });
  assert.equal(await send(server, { isFresh: true, resumes: true }), "kept");
  assert.match(server.calls[0], /^PUT bytes 0-/);
  assert.match(server.calls[1], /^PUT bytes 1000-/);
});

test("a server without offsets gets the whole file, and is not asked again", async () => {
  const server = office({ knowsOffsets: false });
  const learnt = [];
  assert.equal(await send(server, { onResumes: (known) => learnt.push(known) }), "kept");
  assert.deepEqual(server.calls, ["HEAD", "PUT whole"]);
  assert.deepEqual(learnt, [false]);
  const again = office({ knowsOffsets: false });
  await send(again, { resumes: false });
  assert.deepEqual(again.calls, ["PUT whole"]);
});

test("a whole file that was tried before is asked for first", async () => {
  const server = office({ knowsOffsets: false });
  assert.equal(await send(server, { resumes: false, confirm: async () => true }), "kept");
  assert.deepEqual(server.calls, []);
  await send(server, { resumes: false, isFresh: true, confirm: async () => true });
  assert.deepEqual(server.calls, ["PUT whole"]);
});

test("all bytes there but not said to be kept: the record is asked, then the whole file goes", async () => {
  const script = { 1: { status: 200, body: {}, offset: SIZE, length: SIZE, isKept: false } };
  const asked = office({ script });
  assert.equal(await send(asked, { confirm: async () => true }), "kept");
  assert.deepEqual(asked.calls, ["HEAD"]);
  const again = office({ script });
  assert.equal(await send(again, { confirm: async () => false }), "kept");
  assert.deepEqual(again.calls, ["HEAD", "PUT whole"]);
});

test("a 201 that does not say kept lets no bytes go", async () => {
  const script = { 1: { status: 201, body: {}, offset: null } };
  await assert.rejects(send(office({ script }), { resumes: false }), Passing);
});

test("401, 404, 503 and 422 are told apart, and a no without a reason is not the office's", async () => {
  const first = (status, body) => ({ script: { 1: { status, body, offset: null } } });
  for (const [status, code, kind] of [
    [401, "login_over", LoginOver],
    [404, "not_found", RecordUnknown],
    [503, "busy", Passing],
    [423, "upload_held", Passing],
    [422, "photo_unreadable", OriginalRefused],
    [413, "photo_longer", OriginalRefused],
    [403, null, Passing],
  ]) {
    await assert.rejects(send(office(first(status, code ? { code } : {})), { resumes: false }), kind, String(status));
  }
});
