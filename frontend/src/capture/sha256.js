// The fingerprint of an original, taken on the phone before anything is sent.

const K = constants();

/** SHA-256 of a Blob as 64 hex digits. Uses the browser's own where it may (HTTPS), else the code below. */
export async function sha256Hex(blob, subtle = globalThis.crypto?.subtle) {
  const bytes = await blob.arrayBuffer();
  if (subtle) return hex(new Uint8Array(await subtle.digest("SHA-256", bytes)));
  return sha256Bytes(new Uint8Array(bytes));
}

/** SHA-256 of a Uint8Array as 64 hex digits, in plain JavaScript. Source: FIPS 180-4, section 6.2. */
export function sha256Bytes(message) {
  const state = Uint32Array.of(
    0x6a09e667,
    0xbb67ae85,
    0x3c6ef372,
    0xa54ff53a,
    0x510e527f,
    0x9b05688c,
    0x1f83d9ab,
    0x5be0cd19,
  );
  const schedule = new Uint32Array(64);
  const whole = message.length - (message.length % 64);
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at < whole; at += 64) mix(state, view, at, schedule);

  const tail = padded(message.subarray(whole), message.length);
  const tailView = new DataView(tail.buffer);
  for (let at = 0; at < tail.length; at += 64) mix(state, tailView, at, schedule);

  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => digest.setUint32(index * 4, word));
  return hex(new Uint8Array(digest.buffer));
}

// The last bytes, a one bit, zeros, and the length in bits as 64-bit big-endian.
function padded(rest, totalBytes) {
  const tail = new Uint8Array(rest.length < 56 ? 64 : 128);
  tail.set(rest);
  tail[rest.length] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(totalBytes / 0x20000000));
  view.setUint32(tail.length - 4, (totalBytes << 3) >>> 0);
  return tail;
}

function mix(state, view, at, w) {
  for (let i = 0; i < 16; i += 1) w[i] = view.getUint32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
    const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i += 1) {
    const sum1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const sum0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] += word;
  });
}

function turn(word, by) {
  return (word >>> by) | (word << (32 - by));
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// First 32 bits of the fractional parts of the cube roots of the first 64 primes. A double's cube root carries
// 53 bits, of which at most 3 stand before the point, so the 32 after it are exact.
function constants() {
  const primes = [];
  for (let n = 2; primes.length < 64; n += 1) if (primes.every((p) => n % p)) primes.push(n);
  return Uint32Array.from(primes, (p) => Math.floor((Math.cbrt(p) % 1) * 2 ** 32));
}
