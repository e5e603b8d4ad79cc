// Asks the server for shares while a line is drawn: waits a moment, drops the older question, keeps the last answer.

/**
 * ask(ring, signal) -> promise of the measurement; onAnswer({ ring, measured }), onRefusal({ ring, refusal }), onBusy(bool).
 * measure(ring) may be called on every mouse move; null forgets everything. now(ring) does not wait.
 */
export function measuring({ ask, onAnswer, onRefusal, onBusy = () => {}, pause_ms = 150 }) {
  let timer = null;
  let running = null;
  let lastKey = null;

  function stop() {
    clearTimeout(timer);
    running?.abort();
    timer = running = null;
    onBusy(false);
  }

  async function start(ring) {
    running?.abort();
    const mine = (running = new AbortController());
    onBusy(true);
    try {
      const measured = await ask(ring, mine.signal);
      if (running === mine) onAnswer({ ring, measured });
    } catch (refusal) {
      if (running !== mine || refusal?.name === "AbortError") return;
      lastKey = null; // the same ring may be asked again
      onRefusal({ ring, refusal });
    } finally {
      if (running === mine) {
        running = null;
        onBusy(false);
      }
    }
  }

  return {
    measure(ring) {
      const key = ring ? JSON.stringify(ring) : null;
      if (key === lastKey) return;
      lastKey = key;
      clearTimeout(timer);
      if (!ring) stop();
      else timer = setTimeout(() => start(ring), pause_ms);
    },
    now(ring) {
      clearTimeout(timer);
      lastKey = JSON.stringify(ring);
      return start(ring);
    },
    stop,
  };
}
