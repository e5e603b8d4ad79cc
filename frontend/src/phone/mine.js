// One's own recent records: the office's list, kept with its thumbnails for reading without a network.

const KEPT_MS = 7 * 86_400_000;

/**
 * { items, at_ms, isFresh, why } of the signed-in person; items: id, number, issue_type, state, captured_at, place, point,
 * plate, thumb, photos_kept, photos_expected, may_correct, may_withdraw. Older servers know the list under another address.
 */
export async function ownRecords({ asks, store, me, now = Date.now }) {
  const kept = await store.fact("mine");
  const mine = kept?.owner === me.person_id && now() - kept.at_ms < KEPT_MS ? kept : null;
  try {
    let answer = await asks.ask("GET", "/my/records?limit=50");
    if (answer.status === 404) answer = await asks.ask("GET", "/records?mine=true&limit=50");
    if (answer.status !== 200) return { ...(mine ?? { items: [], at_ms: null }), isFresh: false, why: answer.body.detail ?? String(answer.status), status: answer.status };
    const items = (answer.body.items ?? []).map(itemOf);
    const fresh = { owner: me.person_id, items, at_ms: now() };
    await store.keepFact("mine", fresh);
    return { ...fresh, isFresh: true, why: null };
  } catch (error) {
    return { ...(mine ?? { items: [], at_ms: null }), isFresh: false, why: error.message };
  }
}

export async function keptRecords({ store, me, now = Date.now }) {
  const kept = await store.fact("mine");
  return kept?.owner === me.person_id && now() - kept.at_ms < KEPT_MS ? { ...kept, isFresh: false } : null;
}

/** One row, from either address. */
export function itemOf(row) {
  const photo = row.cover_photo_id;
  return {
    id: row.id,
    number: row.number,
    kind: row.kind ?? "report",
    issue_type: row.issue_type,
    state: row.state,
    captured_at: row.captured_at,
    place: row.place ?? row.zone?.name ?? null,
    location_text: row.location_text ?? {},
    note: row.note ?? "",
    plate: row.plate ?? "",
    point: Number.isFinite(row.lon) && Number.isFinite(row.lat) ? { lon: row.lon, lat: row.lat } : null,
    photos_kept: row.photos_kept ?? 0,
    photos_expected: row.photos_expected ?? 0,
    thumb: row.thumb ?? (photo ? `/api/v1/photos/${photo}/thumb` : null),
    may_correct: Boolean(row.may_correct),
    may_withdraw: Boolean(row.may_withdraw ?? row.may_correct),
    url: row.url ?? `/one_record?id=${row.number}`,
  };
}

/** An object URL of a thumbnail: from the phone, else from the office and then kept. Null when there is neither. */
export async function thumbOf(address, { store, me, fetch }) {
  const kept = await store.picture(address);
  if (kept) return URL.createObjectURL(kept);
  try {
    const answer = await fetch(address);
    if (!answer.ok) return null;
    const blob = await answer.blob();
    if (!blob.type.startsWith("image/")) return null;
    await store.keepPicture(address, me.person_id, blob, Date.now()).catch(() => {});
    return URL.createObjectURL(blob);
  } catch {
    return null;
  }
}

/** What a correction changes: of `values` those that differ from the record. An emptied text is null; a pin counts as moved. */
export function changesOf(item, values) {
  const { pin, issue_type = item.issue_type, ...texts } = values;
  const before = { ...item.location_text, note: item.note, plate: item.plate };
  const changed = Object.entries(texts).filter(([name, text]) => text !== (before[name] ?? ""));
  return {
    ...Object.fromEntries(changed.map(([name, text]) => [name, text || null])),
    ...(issue_type !== item.issue_type && { issue_type }),
    ...(pin && { pin }),
  };
}
