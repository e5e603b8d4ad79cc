// Where this page was opened: a browser, the home screen, or a chat app's webview that cannot do the work.

/** "wechat" | "dingtalk" (浙政钉 is built on it) | null */
export function webviewOf(agent = navigator.userAgent) {
  if (/MicroMessenger/i.test(agent)) return "wechat";
  if (/DingTalk|TaurusApp|ZZD|zwdd/i.test(agent)) return "dingtalk";
  return null;
}

/** What the work needs and this browser lacks: "storage" | "worker" | "https", or null when all is there. */
export function lackOf(scope = globalThis) {
  if (!scope.indexedDB) return "storage";
  if (scope.isSecureContext === false) return "https";
  if (!scope.navigator?.serviceWorker) return "worker";
  return null;
}

export function isInstalled(scope = globalThis) {
  return Boolean(scope.matchMedia?.("(display-mode: standalone)").matches || scope.navigator?.standalone);
}

export function isApple(agent = navigator.userAgent) {
  return /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1);
}
