// Turns the server's measurement into the rows of the panel: whose share counts, which tint, how wide its bar.
import { percent } from "../numbers.js";

/**
 * Rows in the server's order: { grid_id, name, tint: 1 | 2 | 0, share, shareText, width, areaText, buildings, households, piece }.
 * Shares go by households as the office counts; where nobody lives yet they go by area. tint 0 = outside every grid.
 * The bar's widths are percent of the whole and sum to 100; a piece that is there keeps at least 1.5.
 */
export function shareRows(measured, words) {
  const grids = measured?.grids ?? [];
  const byHouseholds = grids.some((grid) => grid.households > 0);
  const whole = grids.reduce((sum, grid) => sum + (byHouseholds ? grid.households : grid.area_m2), 0);
  let tinted = 0;
  const rows = grids.map((grid) => {
    const inGrid = grid.grid_id !== null && grid.grid_id !== undefined;
    const share = whole > 0 ? (byHouseholds ? grid.households : grid.area_m2) / whole : 0;
    return {
      grid_id: grid.grid_id ?? null,
      name: inGrid ? grid.grid_name || grid.grid_code : words.outside_grids,
      tint: inGrid ? (tinted++ % 2) + 1 : 0,
      share,
      shareText: percent(share),
      areaText: percent(grid.share),
      buildings: grid.buildings,
      households: grid.households,
      isSliver: Boolean(grid.is_sliver),
      piece: grid.piece ?? null,
    };
  });
  return { byHouseholds, rows: withWidths(rows) };
}

function withWidths(rows) {
  const least = 1.5;
  const widths = rows.map((row) => (row.share > 0 ? Math.max(least, row.share * 100) : 0));
  const sum = widths.reduce((all, width) => all + width, 0);
  return rows.map((row, i) => ({ ...row, width: sum > 0 ? (widths[i] / sum) * 100 : 0 }));
}

/** How many grids the zone really lies in: slivers and the part outside every grid do not count. */
export function gridCount(rows) {
  return rows.filter((row) => row.grid_id !== null && !row.isSliver).length;
}
