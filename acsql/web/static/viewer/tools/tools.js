// The tools of the viewer, which are loaded when the first picture is there.

import { Address, parseTools } from "./address.js";
import { Comparison } from "./comparison.js";
import { Controls } from "./controls.js";
import { Drawing } from "./drawing.js";
import { Exports } from "./exports.js";
import { Histogram } from "./histogram.js";
import { pressKey } from "./keyboard.js";
import { Overlays } from "./overlays.js";
import { Pointers } from "./pointers.js";
import { Readout } from "./readout.js";
import { RegionPanel } from "./region_panel.js";
import { RegionTools } from "./region_tools.js";

/** Add the tools to a viewer that shows its first picture; returns what takes events of input. */
export function addTools(viewer) {
  const { settings, elements } = viewer;
  Object.assign(settings, parseTools(window.location.hash));
  viewer.address = new Address(viewer);
  viewer.drawing = new Drawing(viewer);
  viewer.readout = new Readout(viewer);
  viewer.controls = new Controls(viewer);
  viewer.histogram = new Histogram(viewer);
  viewer.overlays = new Overlays(viewer);
  viewer.regions = new RegionTools(viewer);
  viewer.regions.list = settings.regions;
  viewer.regionPanel = new RegionPanel(viewer);
  viewer.comparison = new Comparison(viewer);
  viewer.exports = new Exports(viewer);
  for (const part of [elements.buttons, elements.panel]) part.hidden = false;
  viewer.present(viewer.own);
  new ResizeObserver(() => viewer.resize()).observe(elements.stage);
  for (const kind of ["focus", "blur"]) {
    elements.canvas.addEventListener(kind, () => viewer.draw());
  }
  const pointers = new Pointers(viewer);
  return (event) => {
    if (event.type === "keydown") pressKey(viewer, event);
    else pointers.take(event);
  };
}
