// Keeps an unsaved drawing on this device until the server has it; the id stays the same for every try.
import { isShape } from "./shape.js";

const PREFIX = "slg.zone-draft.";

/** A random UUID, version 4, also where the page has no secure context. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, hex);
}

/**
 * keeper(storage, zoneId) -> { read(), write(draft), forget() }. draft: { id, parts, rest, beside, open, name, kind, mode, at }: `open`
 * is a line that was not closed yet, { corners, isHole } or null. What is kept and no shape, or too broken to read, is nothing.
 * A full or forbidden storage is no reason to stop drawing: write answers false.
 */
export function keeper(storage, zoneId) {
  const key = PREFIX + (zoneId ?? "new");
  return {
    read() {
      try {
        const kept = JSON.parse(storage.getItem(key));
        if (!kept) return null;
        const draft = { rest: [], open: null, ...kept, parts: kept.parts ?? [[kept.ring]] }; // a single ring was kept once
        const isSomething = draft.parts.length > 0 || draft.open?.corners?.length > 0;
        const lines = [...draft.rest, ...(draft.beside?.neighbours ?? []).map((each) => each.parts)];
        return isSomething && isShape(draft.parts) && lines.every(isShape) ? draft : null;
      } catch {
        return null;
      }
    },
    write(draft) {
      try {
        storage.setItem(key, JSON.stringify(draft));
        return true;
      } catch {
        return false;
      }
    },
    forget() {
      try { storage.removeItem(key); } catch { /* nothing was kept */ }
    },
  };
}
