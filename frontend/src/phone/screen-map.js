// The map of the inspector's street: the same map as on the pages, fetched when first opened and kept after that.

import { el, fill } from "../shared/dom.js";
import { icon } from "../shared/icons.js";
import { boxOfAll } from "../map/shapes.js";
import { sentence } from "../capture/parts.js";
import { netChip, person, sample } from "./parts.js";

export function mapScreen(app) {
  const { say } = app;
  const home = el("div", { class: "map-home" });
  const net = netChip(app);
  const node = el(
    "div",
    { class: "screen page map-page" },
    el("header", { class: "bar" }, el("h1", { class: "grow", tabindex: "-1" }, say("tab_map")), sample(app), net.node, person(app)),
    home,
  );
  let map = null;
  let gone = false;

  let bounds = null;

  /** The box of one's own streets: that is the map an inspector walks with. Null for the whole city. */
  async function ownStreets() {
    const mine = new Set(app.account.me.streets ?? []);
    if (!mine.size) return null;
    try {
      const { features } = await (await app.fetch(`${app.boot.api}/streets.geojson`)).json();
      const [west, south, east, north] = boxOfAll(features.filter((one) => mine.has(one.properties.id)));
      return [
        [west, south],
        [east, north],
      ];
    } catch {
      return null;
    }
  }

  const options = () => ({
    mode: "view",
    bounds,
    lang: app.lang,
    words: app.words.map,
    sample: app.isSample,
    theme: app.theme(),
    api: app.boot.api,
    assets: app.boot.assets,
    records_query: navigator.onLine ? "?mine=true" : null,
    height: "100%",
    onOpen: (kind, id) => kind === "record" && location.assign(`/one_record?id=${encodeURIComponent(id)}`),
  });

  async function open() {
    fill(home, el("p", { class: "empty" }, say("map_opening")));
    try {
      const [bundle, box] = await Promise.all([import(new URL(app.boot.assets["map.js"], location.href).href), ownStreets()]);
      bounds = box;
      if (gone) return;
      // A root of its own: the map's sheet and this app's share class names, and the later one would win everywhere.
      const inside = el("div", { class: "map-root" });
      fill(home, inside);
      map = bundle.mountMap(inside.attachShadow({ mode: "open" }), options());
    } catch (error) {
      console.warn(error);
      fill(
        home,
        el(
          "div",
          { class: "map-away" },
          sentence("warn", "cloud-off", say("map_away")),
          el("button", { class: "btn", type: "button", onclick: open }, icon("refresh"), say("door_again")),
        ),
      );
    }
  }

  return {
    node,
    hasTabs: true,
    shown: open,
    update(what) {
      if (what === "net") net.draw();
      if (what === "theme") map?.update(options());
    },
    leave() {
      gone = true;
      map?.destroy();
    },
  };
}
