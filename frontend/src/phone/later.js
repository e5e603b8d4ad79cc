// What the first screen does without, in one file: each more would cut what it shares with the screen into more pieces.

export { mendDialog } from "./mend-dialog.js";
export { mapScreen } from "./screen-map.js";
export { trackKeeper } from "./track.js";
