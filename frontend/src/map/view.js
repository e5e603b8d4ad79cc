// The map to look at: layers, legend, search, "where am I", and a plate for what was pressed.
import { el, say } from "../shared/dom.js";
import { footLine, makeCanvas, zoomButtons } from "./canvas.js";
import { canDraw } from "./frame.js";
import { layers } from "./layers.js";
import { legend } from "./legend.js";
import { listInstead } from "./list.js";
import { plate } from "./plate.js";
import { searchBox } from "./search.js";
import { box, boxOfAll, contains } from "./shapes.js";
import { GROUPS } from "./style.js";
import { showFix, whereButton } from "./where.js";

/** view(frame, office, options) -> { update(options), destroy() }. options: see mountMap. */
export function view(frame, office, options) {
  const { words } = options;
  let current = options;
  let canvas = null;
  let fix = null;
  let selected = null;
  const off = new Set();
  const data = layers({ office, words, kindIcons: () => kindIcons(office), onRefusal: refuse });
  const info = plate({ words, onOpen: (kind, id) => current.onOpen?.(kind, id), onClose: () => select(null) });
  const hasRecords = options.records_query !== null;
  const key = legend({ words, hasRecords, hasBasemap: Boolean(options.basemap), onSwitch: switchGroup });

  function refuse(sentence, refusal) {
    const actions = refusal.loginEnded ? [{ word: words.log_in, href: "/login" }] : [{ word: words.try_again, run: load }];
    frame.tell(sentence, { kind: "bad", actions, loud: true });
  }

  async function load() {
    frame.tell(words.loading);
    const [areas] = await Promise.allSettled([data.loadAreas(), hasRecords ? data.loadRecords(current.records_query) : null]);
    if (areas.status === "rejected") return;
    frame.hush();
    if (canvas && !current.bounds && !current.center && !load.wasFitted) {
      load.wasFitted = true;
      const whole = boxOfAll(data.kept.zones.features.length ? data.kept.zones.features : data.kept.streets.features);
      if (whole) canvas.map.fitBounds(whole, { padding: 40, duration: 0 });
    }
    count();
    if (current.selected) pickById(current.selected);
  }

  async function start() {
    await frame.ready;
    if (!canDraw()) return listInstead({ frame, words, data, hasRecords, recordsQuery: options.records_query, onOpen: (kind, id) => current.onOpen?.(kind, id) });
    canvas = await makeCanvas(frame, options, { points: hasRecords, refill });
    const { map } = canvas;
    data.attach(map, () => canvas.colours().surface);
    frame.corners.topLeft.append(searchBox({ office, words, onPick: pickFound }));
    frame.corners.topRight.append(whereButton({ frame, words, onFix: setFix }), zoomButtons(canvas, words, () => canvas.fly({ bounds: boxOfAll(data.kept.zones.features) ?? map.getBounds() })));
    frame.corners.bottomLeft.append(key.element);
    frame.corners.bottomRight.append(footLine(canvas, options));
    frame.onSize((size) => {
      key.setOpen(size === "wide");
      key.unfold(frame.root.clientHeight >= (size === "wide" ? 800 : 760));
      if (size === "wide") frame.corners.topRight.append(info.element);
      else frame.corners.bottomLeft.prepend(info.element);
    });
    map.on("click", press);
    map.on("moveend", count);
    map.on("mousemove", (event) => { map.getCanvas().style.cursor = hit(event.point) ? "pointer" : ""; });
    await load();
    frame.readyWith(map);
  }

  function refill() {
    data.refill();
    if (fix) showFix(canvas.map, canvas.colours(), fix);
    for (const group of off) switchGroup(group, false);
    if (selected) select(selected);
  }

  function switchGroup(group, isOn) {
    if (isOn) off.delete(group);
    else off.add(group);
    for (const id of GROUPS[group]) if (canvas?.map.getLayer(id)) canvas.map.setLayoutProperty(id, "visibility", isOn ? "visible" : "none");
  }

  function setFix(next) {
    fix = next;
    showFix(canvas.map, canvas.colours(), fix);
    canvas.fly({ center: [fix.lon, fix.lat] });
  }

  function count() {
    if (!canvas) return;
    const b = canvas.map.getBounds();
    const inView = data.kept.zones.features.filter((zone) => {
      const z = (zone.box ??= box(zone.geometry));
      return z && z[0] <= b.getEast() && z[2] >= b.getWest() && z[1] <= b.getNorth() && z[3] >= b.getSouth();
    });
    key.count(inView, data.kept.zones.features.length);
  }

  /** What lies under the pointer, records before buildings before zones; a finger gets 12 px of grace. */
  function hit({ x, y }) {
    const near = (layerIds, reach) => canvas.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: layerIds.filter((id) => canvas.map.getLayer(id)) })[0];
    return near(["record-cluster", "record-point"], 12) ?? near(["building-fill"], 1) ?? near(["zone-fill", "zone-hatch", "zone-draft-fill"], 1);
  }

  async function press({ point, lngLat }) {
    const found = hit(point);
    if (!found) return info.hide();
    const p = found.properties;
    if (found.layer.id === "record-cluster") {
      const zoom = await canvas.map.getSource("records").getClusterExpansionZoom(p.cluster_id);
      return canvas.fly({ center: found.geometry.coordinates, zoom: Math.min(zoom, 19) });
    }
    if (found.source === "records") return pick("record", p, { type: "Point", coordinates: found.geometry.coordinates });
    if (found.source === "buildings") {
      const zone = data.kept.zones.features.find((each) => each.properties.id === p.zone_id);
      return pick("building", p, whole("buildings", p.id) ?? found.geometry, { zoneName: zone?.properties.name });
    }
    const here = [lngLat.lng, lngLat.lat];
    const zone = data.kept.zones.features.find((each) => each.properties.id === p.id && contains(each.geometry, here));
    pick("zone", zone?.properties ?? p, zone?.geometry ?? found.geometry);
  }

  const whole = (layer, id) => data.kept[layer].features.find((each) => each.properties.id === id)?.geometry;

  function pick(kind, properties, geometry, more) {
    select(geometry);
    info.show(kind, properties, more);
  }

  function select(geometry) {
    selected = geometry;
    canvas?.map.getSource("selection")?.setData({ type: "Feature", properties: {}, geometry: geometry ?? { type: "MultiLineString", coordinates: [] } });
  }

  function pickById({ layer, id }) {
    const kept = data.kept[`${layer}s`]?.features.find((each) => String(each.properties.id) === String(id));
    if (!kept) return;
    pick(layer, kept.properties, kept.geometry);
    canvas.fly(kept.geometry.type === "Point" ? { center: kept.geometry.coordinates } : { bounds: box(kept.geometry) });
  }

  function pickFound(item) {
    canvas.fly(item.bbox ? { bounds: item.bbox } : { center: [item.lon, item.lat] });
    const geometry = whole(`${item.kind}s`, item.id);
    const kept = item.kind === "zone" && data.kept.zones.features.find((each) => each.properties.id === item.id);
    if (kept) pick("zone", kept.properties, kept.geometry);
    else {
      info.hide();
      select(geometry ?? null);
      frame.tell([item.name, item.where].filter(Boolean).join(" · "));
    }
  }

  start().catch((failure) => {
    if (!canvas) return listInstead({ frame, words, data, hasRecords, recordsQuery: options.records_query, onOpen: (kind, id) => current.onOpen?.(kind, id) });
    frame.tell(say(words.cannot_load, { layer: words.aria_map, reason: failure.sentence ?? failure.message }), { kind: "bad", loud: true });
  });

  return {
    update(next) {
      const before = current;
      current = next;
      if (before.theme !== next.theme) canvas?.restyle();
      if (hasRecords && before.records_query !== next.records_query) data.loadRecords(next.records_query).catch(() => {});
      if (JSON.stringify(before.bounds) !== JSON.stringify(next.bounds) && next.bounds) canvas?.fly({ bounds: next.bounds });
      if (JSON.stringify(before.selected) !== JSON.stringify(next.selected) && next.selected) pickById(next.selected);
    },
    destroy() {
      data.stop();
      canvas?.map.remove();
    },
  };
}

/** Tabler icon by issue type, asked once; without a catalogue every record wears the plain sign. */
async function kindIcons(office) {
  kindIcons.asked ??= office.get("/catalogue").then(({ types = [] }) => Object.fromEntries(types.map((type) => [type.code, type.icon]))).catch(() => {
    kindIcons.asked = null;
    return {};
  });
  return kindIcons.asked;
}
