// Draws the map's patterns and plates on a canvas: hatches, mode glyphs, the 跨 plate, kind icons. Registered on the map.
import bodies from "virtual:icons";
import { GLYPHS, MODES, PALE_MODES } from "./colours.js";

const RATIO = 2;

/** Registers all images; call again after every style change. Existing ones are replaced. */
export function registerImages(map, c) {
  const add = (name, canvas) => {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: RATIO });
  };
  add("hatch-unmanaged", hatch(c["g-block"], c.modes.unmanaged, 5, 8, 1));
  add("hatch-overlap", hatch(c["danger-soft"], c.danger, 4, 10, -1));
  add("hatch-gap", hatch(c["warn-soft"], c["warn-mark"], 4, 10, 1));
  for (const mode of MODES) {
    add(`glyph-${mode}`, plates([[GLYPHS[mode], c.modes[mode], glyphInk(mode, c)]], c));
    add(`glyph-${mode}-crosses`, plates([[GLYPHS[mode], c.modes[mode], glyphInk(mode, c)], ["跨", c.ink, c.surface]], c));
  }
  add("glyph-none", plates([["?", c["ink-3"], c.surface]], c));
}

function glyphInk(mode, c) {
  if (mode === "unmanaged") return c["on-mode"];
  return PALE_MODES.has(mode) ? c["on-mode-pale"] : c["on-mode"];
}

/** Registers the kind icon of a record once, in `ink` on nothing; an unknown name registers none and answers false. */
export function registerKindIcon(map, icon, ink) {
  const name = `kind-${icon}`;
  if (map.hasImage(name)) return true;
  const body = bodies[icon];
  if (!body) return false;
  const [canvas, pen] = sheet(16, 16);
  pen.scale(16 / 24, 16 / 24);
  pen.strokeStyle = ink;
  pen.lineWidth = 2;
  pen.lineCap = pen.lineJoin = "round";
  for (const [, path] of body.matchAll(/\sd="([^"]+)"/g)) pen.stroke(new Path2D(path));
  map.addImage(name, pen.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: RATIO });
  return true;
}

function sheet(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * RATIO);
  canvas.height = Math.round(height * RATIO);
  const pen = canvas.getContext("2d");
  pen.scale(RATIO, RATIO);
  return [canvas, pen];
}

/** Stripes at 45 degrees, `stripe` px of every `step`; lean 1 rises to the right, -1 falls. Repeats without a seam. */
function hatch(ground, ink, stripe, step, lean) {
  const size = 12; // the pattern's period along x; whole pixels repeat cleanly
  const [canvas, pen] = sheet(size, size);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = ink;
  pen.lineCap = "butt";
  pen.lineWidth = (size * Math.SQRT1_2 * stripe) / step;
  for (const shift of [-size, 0, size, 2 * size]) {
    pen.beginPath();
    pen.moveTo(shift - size, lean > 0 ? size * 2 : -size);
    pen.lineTo(shift + size * 2, lean > 0 ? -size : size * 2);
    pen.stroke();
  }
  return canvas;
}

/** One or two square plates of 22 px side by side: [[text, ground, ink], ...]. */
function plates(list, c) {
  const side = 22;
  const gap = 2;
  const [canvas, pen] = sheet(list.length * side + (list.length - 1) * gap, side);
  list.forEach(([text, ground, ink], i) => {
    const x = i * (side + gap);
    rounded(pen, x + 0.75, 0.75, side - 1.5, side - 1.5, 3.5);
    pen.fillStyle = ground;
    pen.fill();
    pen.strokeStyle = c["g-halo"];
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.fillStyle = ink;
    pen.font = `600 13px ${c.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    pen.fillText(text, x + side / 2, side / 2 + 4.6);
  });
  return canvas;
}

function rounded(pen, x, y, width, height, r) {
  pen.beginPath();
  pen.moveTo(x + r, y);
  pen.arcTo(x + width, y, x + width, y + height, r);
  pen.arcTo(x + width, y + height, x, y + height, r);
  pen.arcTo(x, y + height, x, y, r);
  pen.arcTo(x, y, x + width, y, r);
  pen.closePath();
}
