// Asks the office's server. An answer is only an answer when it is ours: hotel portals and proxies also say 200.

/**
 * No answer came, or one that is not ours. The message is a word of ours, with what a stranger said behind it:
 * every engine has its own sentence for a broken line ("Load failed"), in English, and none is for an inspector.
 */
export class NoAnswer extends Error {}

/**
 * server({ api, token() }).ask(method, path, { json, body, type, headers, timeout_ms, signal })
 *   -> { status, body, offset, length, isKept, retryAfter_s }; throws NoAnswer.
 * token(owner): a device token or null, a refusal when this phone works for somebody else by now; with one, no cookie goes along, so a record never travels under another login.
 */
export function server({ api, token = () => null, fetch = globalThis.fetch.bind(globalThis) }) {
  async function ask(method, path, { json, body, type, headers = {}, timeout_ms = 30_000, signal, cookie = false, owner = null } = {}) {
    const control = new AbortController();
    const stop = () => control.abort();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      control.abort();
    }, timeout_ms);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    const bearer = cookie ? null : token(owner);
    let answer;
    let text;
    try {
      answer = await fetch(api + path, {
        method,
        body: json === undefined ? body : JSON.stringify(json),
        credentials: bearer ? "omit" : "same-origin",
        cache: "no-cache",
        redirect: "error",
        headers: {
          Accept: "application/json",
          ...(json !== undefined && { "Content-Type": "application/json" }),
          ...(type && { "Content-Type": type }),
          ...(bearer && { Authorization: `Bearer ${bearer}` }),
          ...headers,
        },
        signal: control.signal,
      });
      text = method === "HEAD" || answer.status === 204 ? "" : await answer.text();
    } catch (error) {
      if (signal?.aborted) throw new DOMException("stopped", "AbortError");
      console.info(method, path, error);
      throw new NoAnswer(isLate ? "why_late" : "why_away");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
    const found = parsed(text);
    if (found === undefined) throw new NoAnswer(`why_stranger ${answer.status}`);
    const number = (name) => {
      const value = answer.headers.get(name);
      return value === null || !/^\d+$/.test(value) ? null : Number(value);
    };
    return {
      status: answer.status,
      body: found,
      offset: number("Upload-Offset"),
      length: number("Upload-Length"),
      isKept: answer.headers.get("Upload-Complete") === "?1",
      retryAfter_s: Math.min(number("Retry-After") ?? 0, 300) || null,
    };
  }
  return { ask };
}

/** JSON, {} for no body at all, undefined for what is not ours. */
function parsed(text) {
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Statuses that another try can cure. 423: an earlier request of this phone is still being written there. */
export function isPassing(status) {
  return status >= 500 || [408, 423, 425, 429].includes(status);
}

/** A no for good names its reason; one without comes from something on the way. */
export function isFinal({ status, body }) {
  return status >= 400 && !isPassing(status) && Boolean(body?.code);
}
