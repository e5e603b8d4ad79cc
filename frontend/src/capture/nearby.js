// Open records of the same kind close by, as the office knows them: the hint that this one may be there already.

/** The nearest few, or [] without an answer: a hint must never stand in the way. picture: address of a large view. */
export async function nearbyRecords({ api, fetch, point, issue_type, at_most = 3 }) {
  const query = new URLSearchParams({ lon: point.lon.toFixed(7), lat: point.lat.toFixed(7), issue_type });
  try {
    const answer = await fetch(`${api}/nearby?${query}`, { credentials: "same-origin" });
    if (!answer.ok) return [];
    const { items = [] } = await answer.json();
    return items
      .filter((one) => one.id && Number.isFinite(one.distance_m))
      .sort((a, b) => a.distance_m - b.distance_m)
      .slice(0, at_most)
      .map((one) => ({
        id: one.id,
        number: one.number ?? "",
        distance_m: one.distance_m,
        age_days: Math.max(0, Math.floor(one.age_days ?? 0)),
        place: one.place ?? null,
        thumb: one.thumb ?? null,
        view: one.view ?? one.thumb ?? null,
      }));
  } catch {
    return [];
  }
}
