// So many buttons a line that none stands alone on the last one.

/** The first of `wanted` that leaves no single one over: 6 makes 4 and 2. Fewer than that all stand on one line. */
export function columnsOf(count, wanted = [5, 4, 3]) {
  const found = wanted.find((columns) => count <= columns || count % columns !== 1) ?? wanted[0];
  return Math.min(Math.max(count, 1), found);
}
