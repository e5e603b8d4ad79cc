// Asks the server and turns every failure into one plain sentence.
import { say } from "../shared/dom.js";

/** What went wrong: `sentence` for the reader, `status` (0 = no answer), `code`, `at` [lon, lat] or null, `field`, `other`: what it collides with. */
export class Refusal extends Error {
  constructor({ sentence, status = 0, code = "no_answer", at = null, field = null, other = null }) {
    super(sentence);
    Object.assign(this, { sentence, status, code, at, field, other });
  }

  get loginEnded() {
    return this.status === 401;
  }
}

/** office("/api/v1", words).get("/zones.geojson"); both verbs resolve to JSON or throw a Refusal (or AbortError). */
export function office(base, words) {
  async function call(path, init) {
    let answer;
    try {
      answer = await fetch(base + path, { credentials: "same-origin", ...init });
    } catch (failure) {
      if (failure.name === "AbortError") throw failure;
      throw new Refusal({ sentence: words.no_answer });
    }
    if (answer.ok) return answer.json();
    throw await refusalOf(answer, words);
  }
  return {
    get: (path, { signal } = {}) => call(path, { signal }),
    post: (path, body, { signal } = {}) =>
      call(path, { method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  };
}

async function refusalOf(answer, words) {
  if (answer.status === 401) return new Refusal({ sentence: words.login_ended, status: 401, code: "not_signed_in" });
  const odd = { sentence: say(words.odd_answer, { status: answer.status }), status: answer.status, code: "odd_answer" };
  try {
    const problem = await answer.json();
    return new Refusal({
      ...odd, sentence: problem.detail || problem.title || odd.sentence, code: problem.code ?? odd.code,
      at: Array.isArray(problem.at) ? problem.at : null, field: problem.field ?? null, other: problem.other ?? null,
    });
  } catch {
    return new Refusal(odd);
  }
}
