// Says areas, lengths and shares the way the office does; the words come from i18n.
import { say } from "../shared/dom.js";

/** 49_400 m2 -> { figure: "4.94", unit: "公顷" }; under one hectare in square metres. */
export function area(m2, words) {
  if (m2 >= 10000) return { figure: grouped(m2 / 10000, 2), unit: words.hectare };
  return { figure: grouped(m2, 0), unit: words.square_metre };
}

/** 1092.4 -> { figure: "1,092", unit: "米" }; from 10 km on in kilometres. */
export function length(metres, words) {
  if (metres >= 10000) return { figure: grouped(metres / 1000, 1), unit: words.kilometre };
  return { figure: grouped(metres, 0), unit: words.metre };
}

/** A figure with its unit in one string: "4.94 公顷". */
export function spoken({ figure, unit }) {
  return `${figure} ${unit}`;
}

/** 12345.678 -> "12,345.68"; never "NaN": an unknown number is a dash. */
export function grouped(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  const [whole, rest] = Math.abs(value).toFixed(digits).split(".");
  const signed = value < 0 && Number(value.toFixed(digits)) !== 0 ? "-" : "";
  return signed + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
}

/** 0.545 -> "54.5%". A piece that is there never reads 0.0%, and one of several never reads 100.0%. */
export function percent(share) {
  if (share === null || share === undefined || !Number.isFinite(share)) return "—";
  if (share > 0 && share < 0.0005) return "<0.1%";
  if (share < 1 && share > 0.9995) return ">99.9%";
  return `${(share * 100).toFixed(1)}%`;
}

/** The longest round length that fits: niceLength(137) -> 100. */
export function niceLength(metres) {
  const power = 10 ** Math.floor(Math.log10(metres));
  return ([5, 2].find((step) => step * power <= metres) ?? 1) * power;
}

/** The scale bar at this place: { metres, width_px, text }. 512 px tiles; widest `room_px`. */
export function scale(lat, zoom, room_px, words) {
  const metresPerPixel = (40075016.686 * Math.cos((lat * Math.PI) / 180)) / (512 * 2 ** zoom);
  const metres = niceLength(metresPerPixel * room_px);
  const text = metres >= 1000 ? `${metres / 1000} ${words.kilometre}` : `${metres} ${words.metre}`;
  return { metres, width_px: metres / metresPerPixel, text };
}

/** "定位偏差约 {accuracy} 米" with the number rounded. */
export function accuracy(metres, words) {
  return say(words.accuracy, { accuracy: grouped(metres, 0) });
}
