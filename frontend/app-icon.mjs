// Draws the icons of the offline app out of ui/mark.svg: the mark in white on azurite, as PNG, without a dependency.

import { crc32, deflateSync } from "node:zlib";

const GROUND = [0x14, 0x56, 0x7a];
const INK = [0xff, 0xff, 0xff];
const BOX = 28; // the mark's own sheet, without the name beside it
const TIMES = 4; // samples a pixel and direction

/** {lines, half, shape}: the four corner ticks as polylines with half their stroke, and the pin as one outline. */
export function markOf(svg) {
  const [ticks, pin] = [...svg.matchAll(/\bd="([^"]+)"/g)].map(([, d]) => d);
  const width = Number(/stroke-width="([\d.]+)"/.exec(svg)[1]);
  return { lines: outlines(ticks), half: width / 2, shape: outlines(pin)[0] };
}

/** share: how much of the side the mark fills; a maskable icon is cut to a circle of 80 %, so there it is smaller. */
export function appIcon({ lines, half, shape }, { size, share }) {
  const scale = (size * share) / BOX;
  const shift = (size - BOX * scale) / 2;
  const isInk = (x, y) => lines.some((line) => nearLine(line, x, y, half)) || inside(shape, x, y);
  const rows = Buffer.alloc(size * (size * 3 + 1));
  const at = (pixel) => (pixel - shift) / scale;
  // A pixel whose corners agree is flat: only edges are looked at closely.
  const corner = (row) => Array.from({ length: size + 1 }, (_, column) => isInk(at(column), at(row)));
  let above = corner(0);
  for (let row = 0; row < size; row += 1) {
    const below = corner(row + 1);
    for (let column = 0; column < size; column += 1) {
      const four = [above[column], above[column + 1], below[column], below[column + 1]];
      let hits = four[0] ? TIMES * TIMES : 0;
      if (four.some((one) => one !== four[0])) {
        hits = 0;
        for (let i = 0; i < TIMES * TIMES; i += 1) {
          const x = at(column + ((i % TIMES) + 0.5) / TIMES);
          const y = at(row + (Math.floor(i / TIMES) + 0.5) / TIMES);
          if (isInk(x, y)) hits += 1;
        }
      }
      const part = hits / (TIMES * TIMES);
      for (let c = 0; c < 3; c += 1) {
        rows[row * (size * 3 + 1) + 1 + column * 3 + c] = Math.round(GROUND[c] + (INK[c] - GROUND[c]) * part);
      }
    }
    above = below;
  }
  return png(size, rows);
}

/** The subset of SVG paths that the mark is drawn in: M V H h v s a C z, circles only, curves in 24 straight steps. */
function outlines(d) {
  const found = [];
  let line = null;
  let [x, y] = [0, 0];
  let bend = null; // the last control point, which "s" mirrors
  for (const [, letter, rest] of d.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
    const n = (rest.match(/-?\d*\.?\d+/g) ?? []).map(Number);
    const to = (nx, ny) => {
      [x, y] = [nx, ny];
      line.push([x, y]);
    };
    const curve = (ax, ay, bx, by, ex, ey) => {
      const [sx, sy] = [x, y];
      for (let i = 1; i <= 24; i += 1) {
        const t = i / 24;
        const u = 1 - t;
        const at = (s, a, b, e) => u ** 3 * s + 3 * u * u * t * a + 3 * u * t * t * b + t ** 3 * e;
        to(at(sx, ax, bx, ex), at(sy, ay, by, ey));
      }
      bend = [bx, by];
    };
    const before = bend;
    bend = null;
    if (letter === "M") {
      found.push((line = []));
      to(n[0], n[1]);
    } else if (letter === "H") to(n[0], y);
    else if (letter === "V") to(x, n[0]);
    else if (letter === "h") to(x + n[0], y);
    else if (letter === "v") to(x, y + n[0]);
    else if (letter === "C") curve(...n);
    else if (letter === "s") {
      const [ax, ay] = before ? [2 * x - before[0], 2 * y - before[1]] : [x, y];
      curve(ax, ay, x + n[0], y + n[1], x + n[2], y + n[3]);
    } else if (letter === "a") {
      // A half circle, drawn clockwise: its middle is halfway to its end.
      const [cx, cy] = [x + n[5] / 2, y + n[6] / 2];
      const start = Math.atan2(y - cy, x - cx);
      for (let i = 1; i <= 24; i += 1) {
        const turn = start + (Math.PI * i) / 24;
        to(cx + n[0] * Math.cos(turn), cy + n[1] * Math.sin(turn));
      }
    } else if (letter !== "z") throw new Error(`app-icon.mjs does not draw "${letter}"`);
  }
  return found;
}

/** Whether a point lies on a stroked polyline along the axes: butt ends, square corners. */
function nearLine(line, x, y, half) {
  return line.slice(1).some(([bx, by], i) => {
    const [ax, ay] = line[i];
    const [before, after] = [i > 0 ? half : 0, i < line.length - 2 ? half : 0];
    const along = (from, to, at) => {
      const [low, high] = from < to ? [from - before, to + after] : [to - after, from + before];
      return at >= low && at <= high;
    };
    if (ax === bx) return Math.abs(x - ax) <= half && along(ay, by, y);
    return Math.abs(y - ay) <= half && along(ax, bx, x);
  });
}

function inside(ring, x, y) {
  let is = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [ring[i], ring[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) is = !is;
  }
  return is;
}

function png(size, rows) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}
