// What may come in as a photo, told by its bytes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { mediaTypeOf, PhotoRefused, readPhoto } from "./photo.js";

const bytes = (...parts) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...part].map((sign) => sign.charCodeAt(0)) : [part])),
  );
const jpeg = bytes(0xff, 0xd8, 0xff, 0xe0, "rest of a picture");
const read = (file, more) => readPhoto(file, { max_bytes: 1000, makePreview: async () => "cHJl", ...more });
const code = (wanted) => (error) => error instanceof PhotoRefused && error.code === wanted;

test("types are told by the first bytes, whatever the name says", () => {
  assert.equal(mediaTypeOf(jpeg), "image/jpeg");
  assert.equal(mediaTypeOf(bytes(0x89, "PNG")), "image/png");
  assert.equal(mediaTypeOf(bytes("RIFF____WEBP")), "image/webp");
  assert.equal(mediaTypeOf(bytes(0, 0, 0, 24, "ftypheic")), "image/heic");
  assert.equal(mediaTypeOf(bytes(0, 0, 0, 24, "ftypmif1")), "image/heif");
  assert.equal(mediaTypeOf(bytes(0, 0, 0, 24, "ftypisom")), null);
  assert.equal(mediaTypeOf(bytes("<html>")), null);
});

test("the original's bytes stay as they are and carry their fingerprint", async () => {
  const photo = await read(new Blob([jpeg], { type: "text/html" }));
  assert.deepEqual(new Uint8Array(await photo.blob.arrayBuffer()), jpeg);
  assert.equal(photo.sha256, createHash("sha256").update(jpeg).digest("hex"));
  assert.deepEqual([photo.size, photo.media_type, photo.preview], [jpeg.length, "image/jpeg", "cHJl"]);
});

test("empty, too large, no photo, and the same photo twice are refused by name", async () => {
  await assert.rejects(read(new Blob([])), code("empty"));
  await assert.rejects(read(new Blob([jpeg]), { max_bytes: 5 }), code("too_large"));
  await assert.rejects(read(new Blob(["<html>"])), code("not_image"));
  const known = [createHash("sha256").update(jpeg).digest("hex")];
  await assert.rejects(read(new Blob([jpeg]), { known }), code("twice"));
});

test("a file that the phone took back is refused in words, not by a crash", async () => {
  const gone = {
    size: 10,
    arrayBuffer: async () => {
      throw new DOMException("gone", "NotFoundError");
    },
  };
  await assert.rejects(read(gone), code("unreadable"));
});
