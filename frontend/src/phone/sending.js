// The one sender of this phone: records first, oldest first, then their originals; patient, and never twice at once.

import { isoAt } from "../capture/clock.js";
import { pace as newPace, pauseFor } from "./pace.js";
import { isFinal, NoAnswer } from "./server.js";
import { LoginOver, OriginalRefused, Passing, RecordUnknown, upload } from "./upload.js";

const LOCK = "slg-outbox";
// What arrived is not what was sent: the office threw it away, and the whole goes again, a few times.
const SPOILT = new Set(["photo_hash_differs", "photo_size_differs"]);
const SPOILT_AT_MOST = 3;
const DEAF_MS = 90_000; // a tab that holds the lock and shows no sign of life for so long is asleep

/**
 * What comes next of these records (oldest first), or null. A record whose turn failed waits until its next_ms.
 * originals: "yes" | "no" — records always go; originals may have to wait for Wi-Fi.
 */
export function nextJob(records, { now_ms, originals = "yes" }) {
  const isDue = (record) => (record.next_ms ?? 0) <= now_ms;
  const record = records.find((one) => one.state === "queued" && isDue(one));
  if (record) return { part: "record", record };
  if (originals === "no") return null;
  for (const one of records) {
    if (one.state !== "received" || !isDue(one)) continue;
    const photo = originalsLeft(one)[0];
    if (photo) return { part: "original", record: one, photo };
  }
  return null;
}

/** Photos of a record that the office neither keeps nor has refused. */
export function originalsLeft(record) {
  const settled = new Set([...(record.kept ?? []), ...(record.refusals ?? []).map((one) => one.sha256)]);
  return record.draft.photos.filter((photo) => !settled.has(photo.sha256));
}

/** The record after the office said yes to its JSON. */
export function afterReceipt(record, receipt) {
  const kept = (receipt.photos ?? []).filter((photo) => photo.state === "kept").map((photo) => photo.sha256);
  return whole({ ...record, state: "received", receipt, kept: [...new Set([...(record.kept ?? []), ...kept])], tries: 0,
    next_ms: 0, trouble: null, refusal: null }); // prettier-ignore
}

export function afterKept(record, sha256) {
  return whole({ ...record, kept: [...new Set([...(record.kept ?? []), sha256])], tries: 0, next_ms: 0, trouble: null });
}

export function afterOriginalRefused(record, sha256, problem) {
  return whole({ ...record, refusals: [...(record.refusals ?? []), { sha256, detail: problem.detail ?? null }] });
}

/** 409: this id holds other content at the office. Everything else that is final: back to its person, with the reason. */
export function afterRefusal(record, problem) {
  const refusal = { status: problem.status, code: problem.code ?? null, field: problem.field ?? null, detail: problem.detail ?? null };
  return { ...record, state: problem.status === 409 ? "clash" : "refused", refusal, tries: 0, next_ms: 0, trouble: null };
}

export function afterTrouble(record, { now_ms, seconds, why }) {
  return { ...record, tries: (record.tries ?? 0) + 1, next_ms: now_ms + seconds * 1000, trouble: why };
}

function whole(record) {
  if (originalsLeft(record).length) return record;
  return { ...record, state: (record.refusals ?? []).length ? "partly" : "done" };
}

/**
 * sending({ store, ask, owner(), ... }) -> { nudge(), sendNow(), pause(), resume(), stop(), state() }.
 *
 * state(): { mode: "idle" | "sending" | "waiting" | "login" | "paused" | "elsewhere", record_id, part, index, total,
 *   sent, size, until_ms, attempt, why }. onState(state) at each change, onRecord(record) after each write.
 * mayIdentify(): resolves to true when the login is still that of owner(); asked before each record.
 * originals(): "yes" | "no" by the person's choice and the kind of network.
 * others(owner): sends what is no record, once no record waits; "login" when the login is over.
 */
export function sending({
  store,
  ask,
  owner,
  mayIdentify,
  originals = () => "yes",
  others = async () => null,
  locks = globalThis.navigator?.locks,
  now = Date.now,
  iso = isoAt,
  setTimer = (act, ms) => setTimeout(act, ms),
  clearTimer = (timer) => clearTimeout(timer),
  pace = newPace(),
  onState = () => {},
  onRecord = () => {},
  onBeat = () => {},
}) {
  let state = { mode: "idle" };
  let timer = null;
  let running = null;
  let again = false;
  let failures = 0; // in a row, of the network as a whole
  let held = false; // paused by the person
  let forced = false; // "send now": originals too, whatever the network costs
  let resumes = null;
  let stopper = new AbortController();
  let waitingForLock_ms = null;
  let closed = false;

  function tell(next) {
    state = next;
    onState(state);
  }

  async function keep(id, alter) {
    const record = await store.change(id, alter);
    if (record) onRecord(record);
    return record;
  }

  /** One pass under the lock; another tab that holds it sends for us. */
  async function turn() {
    if (closed || held) return;
    if (!locks) return pass();
    const steal = waitingForLock_ms !== null && now() - waitingForLock_ms > DEAF_MS;
    await locks
      .request(LOCK, steal ? { steal: true } : { ifAvailable: true }, async (lock) => {
        if (!lock) {
          waitingForLock_ms ??= now();
          tell({ mode: "elsewhere" });
          return rest(5);
        }
        waitingForLock_ms = null;
        return pass();
      })
      .catch((error) => {
        if (error.name !== "AbortError") throw error; // another tab took over
      });
  }

  async function pass() {
    for (;;) {
      if (closed || held) return;
      const who = owner();
      if (!who) return tell({ mode: "idle" });
      const records = await store.records(who);
      const job = nextJob(records, { now_ms: now(), originals: forced ? "yes" : originals() });
      if (!job) {
        if ((await others(who)) === "login") return loginOver();
        return restUntilDue(records);
      }
      onBeat();
      const outcome = await run(job, records);
      if (outcome) return outcome;
    }
  }

  /** Undefined to go on; anything else ends the pass. */
  async function run(job, records) {
    try {
      // Asked anew at each job: another tab may have logged out, and someone else in.
      const identity = await mayIdentify(job.record.owner);
      if (identity === "login") return loginOver();
      if (identity === "other") return tell({ mode: "idle" }) ?? "stop";
      if (job.part === "record") await sendRecord(job.record, records);
      else await sendOriginal(job.record, job.photo);
      failures = 0;
      return undefined;
    } catch (error) {
      if (stopper.signal.aborted) return "stop";
      if (error instanceof LoginOver) return loginOver();
      if (error instanceof NoAnswer) return networkTrouble(job, error.message);
      if (error instanceof Passing) return passingTrouble(job, error);
      if (error instanceof RecordUnknown) {
        await keep(job.record.id, (one) => ({ ...one, state: "queued", unknown: (one.unknown ?? 0) + 1,
          next_ms: (one.unknown ?? 0) > 1 ? now() + 600_000 : 0 })); // prettier-ignore
        return undefined;
      }
      if (error instanceof OriginalRefused) {
        const { record, photo } = job;
        const spoilt = record.spoilt?.[photo.sha256] ?? 0;
        if (SPOILT.has(error.problem.code) && spoilt < SPOILT_AT_MOST) {
          await keep(record.id, (one) => ({ ...one, spoilt: { ...one.spoilt, [photo.sha256]: spoilt + 1 } }));
          return passingTrouble(job, error);
        }
        await keep(record.id, (one) => afterOriginalRefused(one, photo.sha256, error.problem));
        return undefined;
      }
      // A fault of this phone (the store is full, a file cannot be read): said, and tried again later.
      console.error(error);
      return passingTrouble(job, { message: error.message, retryAfter_s: 30 });
    }
  }

  async function sendRecord(record, records) {
    const left = records.filter((one) => one.state === "queued" || one.state === "received").length;
    tell({ mode: "sending", part: "record", record_id: record.id, left });
    const previews = new Map((await store.originals(record.id)).map((row) => [row.sha256, row.preview]));
    const json = {
      ...record.capture,
      sent_at: iso(now()),
      photos: record.capture.photos.map((photo) => ({ ...photo, preview: previews.get(photo.sha256) ?? null })),
    };
    const size = JSON.stringify(json).length;
    const answer = await ask("POST", "/captures", { json, owner: record.owner, timeout_ms: 30_000 + size / 2, signal: stopper.signal });
    if (answer.status === 401) throw new LoginOver();
    if (answer.status === 200 || answer.status === 201) {
      // A stranger's page may answer 200 too: only a receipt for this very record counts.
      if (answer.body.id !== record.id || !answer.body.number) throw new NoAnswer(`why_stranger ${answer.status}`);
      await keep(record.id, (one) => afterReceipt(one, answer.body));
      return;
    }
    if (!isFinal(answer)) throw new Passing(answer);
    await keep(record.id, (one) => (one.state === "queued" ? afterRefusal(one, { status: answer.status, ...answer.body }) : null));
  }

  async function sendOriginal(record, photo) {
    const row = await store.original(record.id, photo.sha256);
    if (!row?.blob) {
      throw new OriginalRefused({ status: 0, detail: null });
    }
    const index = record.draft.photos.findIndex((one) => one.sha256 === photo.sha256) + 1;
    const path = `/captures/${record.id}/photos/${photo.sha256}`;
    const began = record.began?.includes(photo.sha256);
    if (!began) await keep(record.id, (one) => ({ ...one, began: [...(one.began ?? []), photo.sha256] }));
    await upload({
      ask: (method, where, how) => ask(method, where, { ...how, owner: record.owner }),
      path,
      blob: row.blob,
      type: photo.media_type,
      pace,
      resumes,
      isFresh: !began,
      onResumes: (known) => (resumes = known),
      confirm: () => isKeptThere(record.id, photo.sha256),
      onProgress: (sent) => {
        onBeat();
        tell({ mode: "sending", part: "original", record_id: record.id, index, total: record.draft.photos.length, sent, size: row.blob.size });
      },
      signal: stopper.signal,
      now,
    });
    await keep(record.id, (one) => afterKept(one, photo.sha256));
    await store.letGo(record.id, photo.sha256);
  }

  async function isKeptThere(id, sha256) {
    const answer = await ask("GET", `/records/${id}`, { signal: stopper.signal });
    return answer.status === 200 && Boolean(answer.body.photos?.some((one) => one.sha256 === sha256 && one.state === "kept"));
  }

  function loginOver() {
    tell({ mode: "login" });
    return "stop";
  }

  async function networkTrouble(job, why) {
    failures += 1;
    const seconds = pauseFor(failures);
    await keep(job.record.id, (one) => ({ ...one, trouble: why }));
    tell({ mode: "waiting", until_ms: now() + seconds * 1000, attempt: failures, why, record_id: job.record.id });
    rest(seconds);
    return "stop";
  }

  /** Trouble of one record: it waits, the others go on; a server that is busy for all slows everybody by its own pause. */
  async function passingTrouble(job, { message, retryAfter_s, status }) {
    const seconds = retryAfter_s ?? pauseFor((job.record.tries ?? 0) + 2);
    await keep(job.record.id, (one) => afterTrouble(one, { now_ms: now(), seconds, why: message }));
    if (status !== 429 && status !== 503) return undefined;
    failures += 1;
    const pause_s = Math.max(seconds, pauseFor(failures));
    tell({ mode: "waiting", until_ms: now() + pause_s * 1000, attempt: failures, why: message, record_id: job.record.id });
    rest(pause_s);
    return "stop";
  }

  function restUntilDue(records) {
    const next = records
      .filter((one) => (one.state === "queued" || one.state === "received") && (one.next_ms ?? 0) > now())
      .map((one) => one.next_ms);
    const isHeld = !forced && originals() === "no" && records.some((one) => one.state === "received" && originalsLeft(one).length);
    forced = false;
    if (!next.length) return tell({ mode: isHeld ? "held" : "idle" });
    const until_ms = Math.min(...next);
    tell({ mode: "waiting", until_ms, attempt: Math.max(...records.map((one) => one.tries ?? 0)), why: records.find((one) => one.trouble)?.trouble ?? null });
    return rest((until_ms - now()) / 1000);
  }

  function rest(seconds) {
    clearTimer(timer);
    timer = setTimer(nudge, Math.max(50, seconds * 1000));
  }

  /** Something may have changed: a new record, a network, a person looking. */
  function nudge() {
    if (closed || held) return running;
    clearTimer(timer);
    if (running) {
      again = true;
      return running;
    }
    running = turn()
      .catch((error) => {
        console.error(error);
        tell({ mode: "waiting", until_ms: now() + 30_000, attempt: failures, why: error.message });
        rest(30);
      })
      .finally(() => {
        running = null;
        if (again) {
          again = false;
          nudge();
        }
      });
    return running;
  }

  return {
    nudge,
    state: () => state,
    /** The person asks: no pause counts, originals go on any network. */
    async sendNow() {
      held = false;
      forced = true;
      failures = 0;
      for (const record of await store.records(owner())) {
        if (record.next_ms) await keep(record.id, (one) => ({ ...one, next_ms: 0 }));
      }
      return nudge();
    },
    pause() {
      held = true;
      clearTimer(timer);
      stopper.abort();
      stopper = new AbortController();
      tell({ mode: "paused" });
    },
    stop() {
      closed = true;
      clearTimer(timer);
      stopper.abort();
    },
  };
}
