// The state of one record, and of the sender, in words. Pure: facts in, { tone, icon, text } out.

import { missingShots, shotsOf } from "../capture/draft.js";
import { mb } from "../capture/photo.js";

/** tone: "" | "run" | "warn" | "bad" | "ok"; progress: 0..1 or null; action: what the person can do, or null. */
export function recordSaid(record, { say, label, type, words, sender, isOnline, originalsHeld }) {
  const total = record.draft.photos.length;
  const kept = record.kept?.length ?? 0;
  const isMine = sender?.record_id === record.id;
  switch (record.state) {
    case "draft": {
      if (!type) return { tone: "warn", icon: "pencil", text: say("draft_no_kind") };
      const missing = missingShots(record.draft, shotsOf(type, words)).map((shot) => label(shot));
      const text = missing.length ? say("draft_needs", { shots: missing.join(say("comma")) }) : say("draft_whole");
      return { tone: "warn", icon: "pencil", text };
    }
    case "refused":
      return { tone: "bad", icon: "alert-triangle", text: say("refused", { why: record.refusal?.detail || say("no_reason_given") }) };
    case "clash":
      return { tone: "bad", icon: "alert-triangle", text: record.refusal?.detail || say("clash") };
    case "queued":
      if (isMine && sender.mode === "sending") return { tone: "run", icon: "arrow-up", text: say("sending_record"), progress: 0 };
      return { tone: "", icon: "clock", text: say("queued") };
    case "received": {
      if (isMine && sender.mode === "sending" && sender.part === "original") {
        const text = say("sending_photo", { i: sender.index, n: sender.total, sent: mb(sender.sent), size: mb(sender.size) });
        const done = record.draft.photos.filter((photo) => record.kept?.includes(photo.sha256));
        const bytes = done.reduce((sum, photo) => sum + photo.size, 0) + sender.sent;
        const all = record.draft.photos.reduce((sum, photo) => sum + photo.size, 0) || 1;
        return { tone: "run", icon: "arrow-up", text, progress: bytes / all };
      }
      if (originalsHeld) return { tone: "", icon: "wifi", text: say("held_for_wifi", { kept, n: total }) };
      return { tone: "run", icon: isOnline ? "clock" : "cloud-off", text: say("received_part", { kept, n: total }), progress: kept / total };
    }
    case "partly":
      return { tone: "warn", icon: "alert-triangle", text: say("received", { kept, n: total }) };
    default:
      return { tone: "ok", icon: "circle-check", text: say("received", { kept, n: total }) };
  }
}

/** Why a try came to nothing, in words: a NoAnswer's own word, or the sentence that the server gave. */
export function whySaid(why, say) {
  const [, key, code = ""] = /^(why_[a-z]+)(?: (.*))?$/.exec(why) ?? [];
  return key ? say(key, { code }) : why;
}

/** What the banner over the outbox says: { tone, icon, title, text, action: "pause" | "now" | "login" | null }. */
export function senderSaid(sender, { say, left, isOnline, now_ms }) {
  const now = { action: "now" };
  if (sender.mode === "login") return { tone: "warn", icon: "lock", title: say("login_over"), action: "login" };
  if (sender.mode === "paused") return { tone: "warn", icon: "player-pause", title: say("paused", { n: left }), ...now };
  if (!left) return null;
  if (!isOnline) return { tone: "", icon: "cloud-off", title: say("offline_long"), ...now };
  if (sender.mode === "sending") {
    return { tone: "run", icon: "upload", title: say("sending_left", { n: left }), text: say("may_lock"), action: "pause" };
  }
  if (sender.mode === "waiting") {
    const s = Math.max(0, Math.ceil(((sender.until_ms ?? now_ms) - now_ms) / 1000));
    const title = say("waiting", { s, n: Math.max(1, sender.attempt ?? 1) });
    return { tone: "warn", icon: "cloud-off", title, text: sender.why ? say("last_error", { why: whySaid(sender.why, say) }) : null, ...now };
  }
  if (sender.mode === "held") return { tone: "", icon: "wifi", title: say("held_all", { n: left }), ...now };
  if (sender.mode === "elsewhere") return { tone: "run", icon: "upload", title: say("sending_elsewhere", { n: left }), action: null };
  return { tone: "", icon: "clock", title: say("left", { n: left }), ...now };
}

/** How many pictures of 3 MB still fit, in round numbers. */
export function photosLeft(bytes) {
  const n = Math.max(0, Math.floor(bytes / 3_000_000));
  return n < 20 ? n : n < 200 ? Math.floor(n / 10) * 10 : Math.floor(n / 100) * 100;
}
