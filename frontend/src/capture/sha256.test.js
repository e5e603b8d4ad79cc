// SHA-256: published vectors, and the plain code against Node's own at every length round the block edges.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { sha256Bytes, sha256Hex } from "./sha256.js";

const encode = (text) => new TextEncoder().encode(text);

test("vectors of FIPS 180-4 come out", () => {
  assert.equal(sha256Bytes(encode("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.equal(sha256Bytes(encode("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(
    sha256Bytes(encode("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

test("every length from 0 to 200 bytes agrees with the platform", () => {
  for (let length = 0; length <= 200; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
    assert.equal(sha256Bytes(bytes), createHash("sha256").update(bytes).digest("hex"), `length ${length}`);
  }
});

test("a view into a longer buffer hashes its own bytes only", () => {
  const long = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
  const part = long.subarray(7, 170);
  assert.equal(sha256Bytes(part), createHash("sha256").update(part).digest("hex"));
});

test("without crypto.subtle a photo still gets the same fingerprint", async () => {
  const blob = new Blob([Uint8Array.from({ length: 70_000 }, (_, index) => (index * 7) & 0xff)]);
  assert.equal(await sha256Hex(blob, null), await sha256Hex(blob));
});
