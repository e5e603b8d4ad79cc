// Whether the browser promises to keep what lies here, and how much still fits.

const LITTLE_BYTES = 150_000_000;

/** Asks for a promise (once a visit; the browser may say no without a word). Gives true when it stands. */
export async function askToKeep(storage = navigator.storage) {
  try {
    return (await storage?.persisted?.()) || ((await storage?.persist?.()) ?? false);
  } catch {
    return false;
  }
}

/** { left_bytes (null: unknown), isPromised, isLittle } */
export async function spaceLeft(storage = navigator.storage) {
  try {
    const [{ quota = null, usage = 0 } = {}, isPromised] = await Promise.all([storage.estimate(), storage.persisted?.() ?? false]);
    const left_bytes = quota === null ? null : Math.max(0, quota - usage);
    return { left_bytes, isPromised, isLittle: left_bytes !== null && left_bytes < LITTLE_BYTES };
  } catch {
    return { left_bytes: null, isPromised: false, isLittle: false };
  }
}

/** "yes" | "no": whether originals may go now. kind: navigator.connection.type, undefined where the browser hides it. */
export function originalsMayGo({ wifiOnly, kind }) {
  if (!wifiOnly) return "yes";
  return ["wifi", "ethernet"].includes(kind) ? "yes" : "no";
}
