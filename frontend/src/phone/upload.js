// Sends one original: asks where the server stands, then piece after piece from there, until its hash is right.

import { isFinal, isPassing } from "./server.js";

const SLOWEST_BYTES_S = 2_000;
const TURNS_AT_MOST = 400; // 12 MB in the smallest pieces is 46; a server that moves backwards must not hold us for ever

/** The server will not take this original. */
export class OriginalRefused extends Error {
  constructor(problem) {
    super(problem.detail ?? String(problem.status));
    this.problem = problem;
  }
}

/** Another try can cure it: a passing status, with the server's own pause if it named one. */
export class Passing extends Error {
  constructor({ status, body, retryAfter_s }) {
    super(body?.detail ?? String(status));
    this.status = status;
    this.retryAfter_s = retryAfter_s;
  }
}

/** The login has ended. */
export class LoginOver extends Error {}

/** The server does not know the record (a backup was put back): it must be sent again. */
export class RecordUnknown extends Error {}

/**
 * upload({ ask, path, blob, type, pace, confirm, resumes, onProgress, signal, now }) -> "kept".
 * confirm(): asks whether the record lists this original as kept, when the server has every byte already.
 * resumes: what is known of this server: true, false (whole files only), or null (not asked yet).
 * onResumes(known) tells what was learnt. Throws NoAnswer, Passing, LoginOver, RecordUnknown, OriginalRefused.
 */
export async function upload({
  ask,
  path,
  blob,
  type,
  pace,
  confirm,
  resumes = null,
  onResumes = () => {},
  isFresh = false,
  onProgress = () => {},
  signal,
  now = Date.now,
}) {
  const size = blob.size;
  let at = 0;
  let inPieces = resumes !== false;
  // A fresh original on a server that is known to resume starts at 0; a wrong guess costs one 409.
  if (inPieces && !(isFresh && resumes)) {
    const found = await ask("HEAD", path, { signal });
    if (found.status === 200 && found.offset !== null) {
      at = found.offset;
      onResumes(true);
      if (found.isKept) return "kept";
      if (found.length !== null && at >= found.length) return finish({ ask, path, blob, type, signal, confirm });
    } else if (found.status === 401) throw new LoginOver();
    else if (found.status === 405 || found.status === 404 || found.status === 200) {
      // 404 may also mean an unknown record; the PUT that follows tells the two apart.
      inPieces = false;
      if (found.status === 405) onResumes(false);
    } else if (isPassing(found.status)) throw new Passing(found);
    else inPieces = false;
  }
  // A server that takes whole files only may have this one already and answer before it has read the body: its answer
  // is lost again and again then. Asking costs less than sending.
  if (!inPieces && !isFresh && (await confirm?.())) return "kept";
  for (let turn = 0; turn < TURNS_AT_MOST; turn += 1) {
    const end = inPieces ? Math.min(size, at + pace.piece()) : size;
    const whole = at === 0 && end === size;
    const piece = whole ? blob : blob.slice(at, end);
    onProgress(at);
    const start = now();
    let answer;
    try {
      answer = await ask("PUT", path, {
        body: piece,
        type,
        headers: whole ? {} : { "Content-Range": `bytes ${at}-${end - 1}/${size}` },
        timeout_ms: 30_000 + ((end - at) / SLOWEST_BYTES_S) * 1000,
        signal,
      });
    } catch (error) {
      pace.broke();
      throw error;
    }
    if (isKept(answer)) {
      pace.measured(end - at, now() - start);
      onProgress(size);
      return "kept";
    }
    if ((answer.status === 200 || answer.status === 204) && answer.offset !== null) {
      pace.measured(end - at, now() - start);
      if (answer.offset >= size) return finish({ ask, path, blob, type, signal, confirm });
      at = answer.offset;
    } else if ((answer.status === 409 || answer.status === 413) && answer.offset !== null) at = answer.offset;
    else throw troubleOf(answer);
  }
  throw new Passing({ status: 508, body: { detail: "the server does not come to an end" } });
}

// The server has every byte. Usually only its last answer was lost: the record says so, and nothing is sent twice.
async function finish({ ask, path, blob, type, signal, confirm }) {
  if (await confirm?.()) return "kept";
  const answer = await ask("PUT", path, {
    body: blob,
    type,
    timeout_ms: 30_000 + (blob.size / SLOWEST_BYTES_S) * 1000,
    signal,
  });
  if (isKept(answer)) return "kept";
  throw troubleOf(answer);
}

/** Only this lets bytes go: the server names the original and says it is kept. */
function isKept({ status, body }) {
  return (status === 200 || status === 201) && body.state === "kept";
}

function troubleOf(answer) {
  if (answer.status === 401) return new LoginOver();
  if (answer.status === 404) return new RecordUnknown();
  return isFinal(answer) ? new OriginalRefused({ status: answer.status, ...answer.body }) : new Passing(answer);
}
