// From a chosen file to an evidence photo: what it is, its fingerprint, and a small preview beside it.

import { sha256Hex } from "./sha256.js";

// Base64 grows by a third: 36,000 bytes are 48,000 characters.
export const PREVIEW_BYTES = 36_000;
// What the intake takes: domain/capture.py.
export const PHOTO_BYTES = 12_000_000;
export const PHOTOS_AT_MOST = 30;

/** A photo could not be taken in; code: "too_large" | "empty" | "not_image" | "twice" | "unreadable" | "many"
 *  | "no_space". */
export class PhotoRefused extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

/** The media type by the first bytes, or null. The name and the browser's guess are not asked: both can lie. */
export function mediaTypeOf(bytes) {
  const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  if (bytes[0] === 0x89 && text(1, 4) === "PNG") return "image/png";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp";
  if (text(4, 8) === "ftyp") {
    const brand = text(8, 12);
    if (["heic", "heix", "hevc", "hevx", "heim", "heis"].includes(brand)) return "image/heic";
    if (["mif1", "msf1"].includes(brand)) return "image/heif";
  }
  return null;
}

/**
 * Reads a file once. Gives {blob, sha256, size, media_type, preview}; preview is base64 JPEG or null when this
 * browser cannot decode the picture (HEIC on Android): the original is kept all the same.
 */
export async function readPhoto(file, { max_bytes, known = [], makePreview = previewOf, subtle } = {}) {
  if (file.size === 0) throw new PhotoRefused("empty");
  if (file.size > max_bytes) throw new PhotoRefused("too_large", { mb: mb(file.size), max: mb(max_bytes) });
  let bytes;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new PhotoRefused("unreadable");
  }
  const media_type = mediaTypeOf(bytes);
  if (!media_type) throw new PhotoRefused("not_image");
  // A copy in memory: the phone may clear the camera's temporary file before it is sent.
  const blob = new Blob([bytes], { type: media_type });
  const sha256 = await sha256Hex(blob, subtle);
  if (known.includes(sha256)) throw new PhotoRefused("twice");
  return { blob, sha256, size: blob.size, media_type, preview: await makePreview(blob) };
}

/** A JPEG of at most PREVIEW_BYTES as base64, or null. Shown until the original has arrived, never sent as one. */
export async function previewOf(blob) {
  let picture;
  try {
    picture = await decoded(blob);
  } catch {
    return null;
  }
  try {
    for (const [side, quality] of [
      [640, 0.7],
      [560, 0.6],
      [480, 0.5],
      [360, 0.45],
      [240, 0.4],
    ]) {
      const small = await drawn(picture, side, quality);
      if (small && small.size <= PREVIEW_BYTES) return base64(new Uint8Array(await small.arrayBuffer()));
    }
    return null;
  } finally {
    picture.close?.();
  }
}

async function decoded(blob) {
  if (globalThis.createImageBitmap) {
    try {
      return await createImageBitmap(blob, { imageOrientation: "from-image" });
    } catch {
      // Older Safari knows no options; the element below turns by EXIF on its own.
    }
  }
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    return image;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function drawn(picture, side, quality) {
  const width = picture.naturalWidth ?? picture.width;
  const height = picture.naturalHeight ?? picture.height;
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

export function mb(bytes) {
  return (bytes / 1_000_000).toFixed(1);
}
