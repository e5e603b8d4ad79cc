// Who this phone works for: the person the server named last, and the token that speaks for nobody else.

import { NoAnswer } from "./server.js";

/**
 * account({ store, asks, onChange }) -> see the verbs below. asks: server() with token() reading this account.
 * The login of the browser wins over what the phone remembers: another person who logs in here is another account.
 */
export function account({ store, asks, deviceName, onChange = () => {} }) {
  let me = null; // { person_id, name, username, lang, is_sample, track_days, token, token_id }
  let over = false; // the server does not know us any more
  let making = Promise.resolve(); // the token under way; nobody waits for it to see the first screen

  async function keep(next) {
    const changed = me?.person_id !== next?.person_id;
    me = next;
    await store.keepFact("account", me);
    if (changed) onChange(me);
    return me;
  }

  /** "ok" | "login" | "away" (no answer: go on with what is known). Another person in the browser's login takes over. */
  async function check() {
    let answer;
    try {
      answer = await asks.ask("GET", "/me", { cookie: true, timeout_ms: 15_000 });
      if (answer.status === 401 && me?.token) answer = await asks.ask("GET", "/me", { timeout_ms: 15_000 });
    } catch {
      return "away";
    }
    if (answer.status === 200 && answer.body.person_id) return welcome(answer.body);
    if (answer.status !== 401) return "away";
    if (me?.token) await keep({ ...me, token: null, token_id: null });
    over = true;
    return "login";
  }

  async function welcome(found) {
    const same = me?.person_id === found.person_id;
    if (me && !same) {
      await endToken();
      await store.wipeCaches();
    }
    const { person_id, name, username, lang, is_sample, assignments = [], track_days } = found;
    const streets = assignments.filter((one) => one.scope_kind === "street").map((one) => one.scope_id);
    await keep({ ...(same ? me : {}), person_id, name, username, lang, streets, track_days, is_sample: Boolean(is_sample) });
    over = false;
    if (!me.token) making = makeToken(person_id);
    return "ok";
  }

  // A server without device tokens says 404: then each record asks first whose login this is.
  async function makeToken(owner) {
    try {
      const { status, body } = await asks.ask("POST", "/devices", { cookie: true, json: { name: deviceName() } });
      // Another login may have come in between, here or in the browser: a token speaks for the person it was made for.
      const isOurs = me?.person_id === owner && body.person_id === owner;
      if (status < 300 && body.token && isOurs) await keep({ ...me, token: body.token, token_id: body.id ?? null });
    } catch {
      // Without an answer there is no token yet; the next check tries again.
    }
  }

  /** By itself: the browser's login may be over, or another person's. Without an answer it ends by its date, or by its owner's word. */
  async function endToken() {
    const { token_id } = me ?? {};
    if (token_id) await asks.ask("DELETE", `/devices/${token_id}`).catch(() => {});
  }

  return {
    async open() {
      me = await store.fact("account");
      return me;
    },
    get me() {
      return me;
    },
    get isOver() {
      return over;
    },
    /** owner: whose record it is for, where it is for one. Asked at the last moment before a request leaves. */
    token(owner = null) {
      if (owner && me?.person_id !== owner) throw new NoAnswer("why_other");
      return me?.token ?? null;
    },
    check,
    /** Resolves when no token is being made. */
    made: () => making,
    /** For the sender: "same" | "other" | "login". With a token the request itself carries the name. */
    async identify(owner) {
      if (me?.person_id !== owner) return "other";
      if (me.token) return "same";
      const { status, body } = await asks.ask("GET", "/me", { cookie: true, timeout_ms: 15_000 });
      if (status === 401) return "login";
      if (status !== 200) return "same";
      if (body.person_id === owner) return "same";
      await welcome(body);
      return "other";
    },
    /** After a 401: the token is worthless; the browser's login may still stand. */
    async ended() {
      if (me?.token) await keep({ ...me, token: null, token_id: null });
      return check();
    },
    /** Call only when nothing is unsent. The server's session and the token end, caches are wiped. */
    async logOut() {
      await making;
      await endToken();
      await store.wipeCaches();
      await keep(null);
    },
  };
}

/** "Android Chrome", "iPhone Safari": enough to know it again on the list of devices. */
export function deviceName(agent = navigator.userAgent) {
  const systems = ["iPhone", "iPad", "HarmonyOS", "Android", "Windows", "Mac OS", "Linux"];
  const system = systems.find((name) => agent.includes(name)) ?? "";
  const browser = [
    [/MicroMessenger/, "WeChat"],
    [/Edg\//, "Edge"],
    [/Firefox\/|FxiOS/, "Firefox"],
    [/HuaweiBrowser/, "Huawei"],
    [/MiuiBrowser/, "MIUI"],
    [/Chrome\/|CriOS/, "Chrome"],
    [/Safari\//, "Safari"],
  ].find(([sign]) => sign.test(agent))?.[1];
  return [system, browser].filter(Boolean).join(" ") || "phone";
}
