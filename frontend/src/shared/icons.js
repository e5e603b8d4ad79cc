// Draws one of the chosen Tabler icons (icons.txt and the catalogue of problems); hidden from screen readers.
import bodies from "virtual:icons";

const SVG = "http://www.w3.org/2000/svg";

/** icon("magnet") -> <svg class="i">; an unknown name draws an empty one, so that a new catalogue never breaks a screen. */
export function icon(name, className = "") {
  // The bodies come out of the package at build time, never out of data.
  const text = `<svg xmlns="${SVG}" viewBox="0 0 24 24">${bodies[name] ?? ""}</svg>`;
  const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
  svg.setAttribute("class", `i ${className}`.trim());
  svg.setAttribute("aria-hidden", "true");
  return svg;
}
