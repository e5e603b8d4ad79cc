// The hidden file inputs, two for each shot (camera and album), and the way from a chosen file into the draft.

import { el } from "../shared/dom.js";
import { takenAt } from "./clock.js";
import { withPhoto } from "./draft.js";
import { PHOTO_BYTES, PhotoRefused, PHOTOS_AT_MOST, readPhoto } from "./photo.js";

const SHUTTER_WAIT_MS = 2000;
const LATE_FIX_MS = 8000;

/**
 * Gives { node, open(code, source, replaces) }; replaces: key of the photo that is taken again. onStart(shot) when a file was chosen; then either onTaken(photo, shot), the photo
 * being in the draft by then, or onRefused(sentence).
 */
export function photoInputs(form, { choices, onStart, onTaken, onRefused }) {
  const { say } = form;
  const node = el("div", { hidden: true });
  let opened_ms = 0;
  let retaken = null;

  const idOf = (code, source) => `${source === "camera" ? "shot" : "gallery"}-input-${code}`;
  for (const shot of choices) {
    for (const source of ["camera", "gallery"]) {
      node.append(
        el("input", {
          type: "file",
          accept: "image/*",
          capture: source === "camera" ? "environment" : null,
          tabindex: "-1",
          "aria-label": `${form.label(shot)} ${say(source)}`,
          "data-testid": idOf(shot.code, source),
          onchange: (event) => chosen(event.target, shot, source),
        }),
      );
    }
  }

  async function chosen(input, shot, source) {
    const file = input.files[0];
    const now_ms = Date.now();
    input.value = "";
    if (!file) return;
    const replaces = retaken;
    retaken = null;
    onStart(shot);
    try {
      const photo = await read(file, shot, source, now_ms, replaces);
      await keep(photo, replaces);
      if (source === "camera" && !photo.position) lateFix(photo.key);
      onTaken(photo, shot);
    } catch (error) {
      if (!(error instanceof PhotoRefused)) console.error(error);
      onRefused(error instanceof PhotoRefused ? say(`photo_${error.code}`, error.facts) : say("photo_unreadable"));
    }
  }

  // "Taken" is said only once it is kept. A full phone gets a sentence, and the draft as it was before.
  async function keep(photo, replaces) {
    const before = form.draft.photos;
    try {
      await form.change(withPhoto(form.draft, photo, { replaces }));
    } catch (error) {
      await form.change({ ...form.draft, photos: before }).catch(() => {});
      if (error?.name === "QuotaExceededError") throw new PhotoRefused("no_space");
      throw error;
    }
  }

  async function read(file, shot, source, now_ms, replaces) {
    const { photos } = form.draft;
    const replaced = photos.find((photo) => photo.key === replaces);
    if (!replaced && photos.length >= PHOTOS_AT_MOST) throw new PhotoRefused("many", { n: PHOTOS_AT_MOST });
    const known = photos.filter((photo) => photo !== replaced).map((photo) => photo.sha256);
    const max_bytes = Math.min(form.options.limits.photo_bytes ?? PHOTO_BYTES, PHOTO_BYTES);
    const [facts, position] = await Promise.all([
      readPhoto(file, { max_bytes, known }),
      // Where the phone is now says nothing about where an album photo was taken.
      source === "camera" ? form.watch.wait(SHUTTER_WAIT_MS) : null,
    ]);
    const taken_ms = takenAt({ source, fileTime_ms: file.lastModified, opened_ms, now_ms });
    return { ...facts, key: `${facts.sha256}-${now_ms}`, shot: shot.code, source, taken_ms, position };
  }

  // A photo taken before the first fix gets the one that comes within seconds; its own time says how late it was.
  async function lateFix(key) {
    const position = await form.watch.wait(LATE_FIX_MS);
    if (!position || !form.draft.photos.some((photo) => photo.key === key && !photo.position)) return;
    const photos = form.draft.photos.map((photo) => (photo.key === key ? { ...photo, position } : photo));
    form.change({ ...form.draft, photos });
  }

  return {
    node,
    open(code, source, replaces = null) {
      opened_ms = Date.now();
      retaken = replaces;
      node.querySelector(`[data-testid="${idOf(code, source)}"]`).click();
    },
  };
}
