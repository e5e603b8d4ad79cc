// Marks on a photo as plain data, and how they are painted: arrow, circle, text. Coordinates are pixels of the sheet.

/** { tool: "arrow" | "circle", from: [x, y], to: [x, y] } or { tool: "text", at: [x, y], text } */
export const TOOLS = ["arrow", "circle", "text"];

const INK = "#E5331E";
const CASING = "#FFFFFF";

/** True when a finger only touched: too small to be meant. */
export function isTooSmall(mark, sheet) {
  if (mark.tool === "text") return !mark.text.trim();
  const [dx, dy] = [mark.to[0] - mark.from[0], mark.to[1] - mark.from[1]];
  return Math.hypot(dx, dy) < Math.max(sheet.width, sheet.height) * 0.015;
}

/** The three points of an arrow's head: its two barbs and, between them, its tip. */
export function barbs([ax, ay], [bx, by], length) {
  const angle = Math.atan2(by - ay, bx - ax);
  const at = (turn) => [bx - length * Math.cos(angle + turn), by - length * Math.sin(angle + turn)];
  return [at(0.5), [bx, by], at(-0.5)];
}

/** Paints all marks: a white casing under a red line, so that both a dark wall and snow show it. */
export function paint(pen, marks, sheet) {
  const width = Math.max(sheet.width, sheet.height) / 160;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  for (const mark of marks) {
    if (mark.tool === "text") {
      write(pen, mark, sheet);
      continue;
    }
    for (const [colour, size] of [
      [CASING, width * 2],
      [INK, width],
    ]) {
      pen.strokeStyle = colour;
      pen.lineWidth = size;
      pen.beginPath();
      if (mark.tool === "circle") {
        const [x, y] = [(mark.from[0] + mark.to[0]) / 2, (mark.from[1] + mark.to[1]) / 2];
        pen.ellipse(x, y, Math.abs(mark.to[0] - mark.from[0]) / 2, Math.abs(mark.to[1] - mark.from[1]) / 2, 0, 0, 2 * Math.PI);
      } else {
        pen.moveTo(...mark.from);
        pen.lineTo(...mark.to);
        const [left, tip, right] = barbs(mark.from, mark.to, width * 6);
        pen.moveTo(...left);
        pen.lineTo(...tip);
        pen.lineTo(...right);
      }
      pen.stroke();
    }
  }
}

function write(pen, { at: [x, y], text }, sheet) {
  const size = Math.max(sheet.width, sheet.height) / 26;
  pen.font = `600 ${size}px "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif`;
  pen.textBaseline = "middle";
  // A text that would leave the sheet is moved back onto it.
  const left = Math.max(size / 2, Math.min(x, sheet.width - pen.measureText(text).width - size / 2));
  pen.lineWidth = size / 4;
  pen.strokeStyle = CASING;
  pen.strokeText(text, left, y);
  pen.fillStyle = INK;
  pen.fillText(text, left, y);
}
