// Terra Draw as a pen for one simple ring: draw, drag corners, snap; it reports rings and knows nothing of the server.
import { TerraDraw, TerraDrawModeUndoRedo, TerraDrawPolygonMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";

const CATCH_PX = 24; // half of 48: what a finger catches; the corner itself is drawn 14 px wide
const DIGITS = 9;

/**
 * pen({ map, c, snap, onRing, onStep, onTool }).
 * snap([lon, lat]) -> [lon, lat] or undefined; onRing(ring, { isOpen }) on every move; onStep(ring, { isNew }) when a change is done.
 * ring: closed lon/lat list, or null. Tools: "move", "draw", "edit".
 */
export function pen({ map, c, snap, onRing, onStep, onTool }) {
  const snapping = { toCustom: ({ lng, lat }) => snap([lng, lat])?.map(rounded) };
  const corner = (prefix, width = 7) => ({
    [`${prefix}PointWidth`]: width, [`${prefix}PointColor`]: "#ffffff", [`${prefix}PointOutlineColor`]: c.ink, [`${prefix}PointOutlineWidth`]: 2.5,
  });
  // The dashed border and the tints are layers of our own (marks.js); Terra Draw shows nothing but corners.
  const unseen = { fillOpacity: 0, outlineOpacity: 0, outlineWidth: 0, fillColor: c.primary, outlineColor: c.ink };
  const terra = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: DIGITS, minPixelDragDistanceDrawing: 8, minPixelDragDistanceSelecting: 2 }),
    modes: [
      new TerraDrawPolygonMode({
        pointerDistance: CATCH_PX, snapping, showCoordinatePoints: true, keyEvents: { cancel: null, finish: "Enter" },
        styles: { ...unseen, ...corner("coordinate"), ...corner("closing", 8), ...corner("snapping", 6), ...corner("edited") },
      }),
      new TerraDrawSelectMode({
        pointerDistance: CATCH_PX, allowManualDeselection: false, keyEvents: null,
        flags: { polygon: { feature: { draggable: false, coordinates: { draggable: true, midpoints: true, deletable: true, snappable: snapping } } } },
        styles: {
          selectedPolygonFillOpacity: 0, selectedPolygonOutlineOpacity: 0, selectedPolygonOutlineWidth: 0, selectedPolygonColor: c.primary,
          selectedPolygonOutlineColor: c.ink,
          selectionPointWidth: 7, selectionPointColor: "#ffffff", selectionPointOutlineColor: c.ink, selectionPointOutlineWidth: 2.5,
          midPointWidth: 4.5, midPointColor: c.primary, midPointOutlineColor: "#ffffff", midPointOutlineWidth: 2,
        },
      }),
    ],
    undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
  });
  let tool = "move";
  let quiet = false;
  terra.start();
  terra.setMode("static");

  const drawn = () => terra.getSnapshot().filter((feature) => feature.geometry.type === "Polygon" && feature.properties.mode === "polygon");
  const isDrawing = () => terra.getMode() === "polygon" && terra.getModeState() === "drawing";
  const ring = () => drawn()[0]?.geometry.coordinates[0] ?? null;

  const tellRing = () => { if (!quiet) onRing(ring(), { isOpen: isDrawing() }); };
  terra.on("change", () => {
    tellRing();
    // Of a line's first corner Terra Draw tells before it calls itself drawing.
    if (tool === "draw" && !isDrawing()) queueMicrotask(tellRing);
  });
  terra.on("finish", () => {
    const done = ring();
    const isNew = tool === "draw";
    // Terra Draw is still inside its own handler: change the mode after it.
    setTimeout(() => {
      if (isNew) setTool("edit");
      onStep(done, { isNew });
    });
  });

  function quietly(work) {
    quiet = true;
    work();
    quiet = false;
  }

  function setTool(next) {
    tool = next;
    quietly(() => {
      if (next === "draw") {
        terra.setMode("static");
        terra.clear();
        terra.setMode("polygon");
      } else if (next === "edit" && drawn().length) {
        terra.setMode("select");
        terra.selectFeature(drawn()[0].id);
      } else terra.setMode("static");
    });
    onTool(next);
  }

  return {
    setTool,
    get tool() { return tool; },
    isDrawing,
    ring,
    /** Puts a whole ring there (undo, restore, keyboard) without calling onStep. */
    setRing(next) {
      quietly(() => {
        terra.setMode("static");
        terra.clear();
        if (next) terra.addFeatures([{ type: "Feature", geometry: { type: "Polygon", coordinates: [next.map((at) => at.map(rounded))] }, properties: { mode: "polygon" } }]);
      });
      setTool(next ? (tool === "draw" ? "edit" : tool) : "move");
      onRing(ring(), { isOpen: false });
    },
    /** The corners that are set of an open line, without the one that follows the pointer. */
    openCorners() {
      const feature = isDrawing() ? drawn()[0] : null;
      return feature ? feature.geometry.coordinates[0].slice(0, feature.properties.committedCoordinateCount ?? 0) : [];
    },
    /** Takes back the last corner of an open line; false when there is none. */
    undoCorner() {
      return isDrawing() && terra.canUndo() ? terra.undo() : false;
    },
    redoCorner() {
      return terra.getMode() === "polygon" && terra.canRedo() ? terra.redo() : false;
    },
    stop() {
      try { terra.stop(); } catch { /* the map's style went first */ }
    },
  };
}

function rounded(degree) {
  return Number(degree.toFixed(DIGITS));
}
