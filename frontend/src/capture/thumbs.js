// The photos of a record, small, in their corner ticks.

import { el } from "../shared/dom.js";
import { icon } from "../shared/icons.js";

export function thumbs(photos) {
  return el(
    "div",
    { class: "thumbs" },
    photos.map((photo) =>
      el(
        "span",
        { class: "thumb ticks" },
        photo.preview ? el("img", { src: `data:image/jpeg;base64,${photo.preview}`, alt: "" }) : icon("photo"),
      ),
    ),
  );
}
