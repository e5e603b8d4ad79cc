// The step to a new version: seen when it is ready, taken when the person says so.

/** newest({ onReady }) -> { register(), look(), take(), isReady } */
export function newest({ onReady, workers = navigator.serviceWorker, reload = () => location.reload() }) {
  let registration = null;
  let asked = false;
  const found = {
    get isReady() {
      // The very first worker waits for nobody: it is no news.
      return Boolean(registration?.waiting && workers.controller);
    },
    async register() {
      if (!workers) return;
      try {
        registration = await workers.register("/capture/sw.js", { scope: "/capture/" });
      } catch (error) {
        console.warn(error);
        return;
      }
      const watch = () => {
        const coming = registration.installing;
        coming?.addEventListener("statechange", () => coming.state === "installed" && onReady());
      };
      watch();
      registration.addEventListener("updatefound", watch);
      if (registration.waiting) onReady();
    },
    look: () => registration?.update().catch(() => {}),
    take() {
      asked = true;
      if (registration?.waiting) registration.waiting.postMessage("take over");
      else reload();
    },
  };
  workers?.addEventListener("controllerchange", () => {
    if (asked) reload();
    else onReady();
  });
  return found;
}
