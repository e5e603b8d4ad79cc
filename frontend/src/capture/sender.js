// Sends one record: the JSON first, so that it exists, then each original. Tries again until told otherwise.
// A sender has one verb: send(parcel, {onEvent, signal}) -> receipt. The offline outbox brings its own.

import { isoAt } from "./clock.js";

/** Pauses in seconds before the next try; the last one repeats. */
export const PAUSES_S = [0.3, 2, 6, 15];

/** The server said no. problem: {status, code, detail, field} of application/problem+json. */
export class Refused extends Error {
  constructor(problem, sha256 = null) {
    super(problem.detail ?? problem.title ?? String(problem.status));
    this.problem = problem;
    this.sha256 = sha256;
  }
}

export function pauseFor(attempt, retryAfter_s = null) {
  return retryAfter_s ?? PAUSES_S[Math.min(attempt - 1, PAUSES_S.length - 1)];
}

/**
 * api: base address. transport(method, url, body, {type, onProgress, signal}) -> {status, body, retryAfter_s},
 * rejecting only when no answer came. alarm(seconds) -> {promise, ring()}: a pause that can be cut short.
 *
 * sent_at is the one field that differs from try to try: the server tells a wrong clock by it.
 *
 * Events: {state:"sending", part:"record"} · {state:"sending", part:"photo", index, total, loaded, size}
 *   · {state:"waiting", seconds, attempt} · {state:"login"} · {state:"received", receipt}
 *   · {state:"kept", kept, expected}
 */
export function httpSender({
  api,
  transport = xhr,
  alarm = browserAlarm,
  wakeups = browserWakeups,
  now = Date.now,
  iso = isoAt,
}) {
  return {
    async send({ capture, originals }, { onEvent = () => {}, signal, untilLogin } = {}) {
      const post = (step) => persist(step, { onEvent, signal, alarm, wakeups, untilLogin });

      onEvent({ state: "sending", part: "record" });
      const answer = await post(() =>
        transport("POST", `${api}/captures`, JSON.stringify({ ...capture, sent_at: iso(now()) }), {
          type: "application/json",
          signal,
        }),
      );
      const receipt = answer.body;
      onEvent({ state: "received", receipt });

      const already = new Set(receipt.photos?.filter((photo) => photo.state === "kept").map((photo) => photo.sha256));
      const total = originals.length;
      let kept = already.size;
      const refusals = [];
      for (const [index, { sha256, blob, media_type }] of originals.entries()) {
        if (already.has(sha256)) continue;
        const tell = (loaded) =>
          onEvent({ state: "sending", part: "photo", index: index + 1, total, loaded, size: blob.size, kept });
        tell(0);
        try {
          await post(() =>
            transport("PUT", `${api}/captures/${capture.id}/photos/${sha256}`, blob, {
              type: media_type,
              onProgress: tell,
              signal,
            }),
          );
          kept += 1;
          onEvent({ state: "kept", kept, expected: total });
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          refusals.push({ sha256, index, problem: error.problem });
        }
      }
      return { ...receipt, kept, expected: total, refusals };
    },
  };
}

async function persist(step, { onEvent, signal, alarm, wakeups, untilLogin }) {
  for (let attempt = 1; ; attempt += 1) {
    let answer = null;
    try {
      answer = await step();
    } catch (error) {
      if (signal?.aborted) throw error;
    }
    signal?.throwIfAborted?.();
    if (answer && answer.status >= 200 && answer.status < 300) return answer;
    if (answer?.status === 401 && untilLogin) {
      onEvent({ state: "login" });
      await untilLogin();
      attempt = 0;
      continue;
    }
    if (answer && !isPassing(answer.status)) throw new Refused({ status: answer.status, ...answer.body });
    const seconds = pauseFor(attempt, answer?.retryAfter_s);
    onEvent({ state: "waiting", seconds, attempt });
    await pause(seconds, { signal, alarm, wakeups });
  }
}

/** Statuses that another try can cure. */
export function isPassing(status) {
  return status >= 500 || [408, 423, 425, 429].includes(status);
}

async function pause(seconds, { signal, alarm, wakeups }) {
  const clock = alarm(seconds);
  const quiet = wakeups(clock.ring);
  signal?.addEventListener("abort", clock.ring, { once: true });
  try {
    await clock.promise;
  } finally {
    quiet();
    signal?.removeEventListener("abort", clock.ring);
  }
  signal?.throwIfAborted?.();
}

function browserAlarm(seconds) {
  let ring;
  const promise = new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    ring = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  return { promise, ring };
}

// "online" can fire before the network works; a try that fails then simply starts the next pause.
function browserWakeups(ring) {
  const seen = () => document.visibilityState === "visible" && ring();
  addEventListener("online", ring);
  document.addEventListener("visibilitychange", seen);
  return () => {
    removeEventListener("online", ring);
    document.removeEventListener("visibilitychange", seen);
  };
}

// fetch cannot tell how much of a body has gone up, so this stays with XMLHttpRequest.
function xhr(method, url, body, { type, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Content-Type", type);
    request.setRequestHeader("Accept", "application/json");
    request.timeout = 120_000;
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () =>
      resolve({ status: request.status, body: parsed(request.responseText), retryAfter_s: seconds(request) });
    request.onerror = request.ontimeout = () => reject(new TypeError("no answer"));
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function seconds(request) {
  const value = Number(request.getResponseHeader("Retry-After"));
  return Number.isFinite(value) && value > 0 ? Math.min(value, 120) : null;
}
