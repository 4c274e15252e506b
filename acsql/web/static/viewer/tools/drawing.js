// Drawing of the canvas: the images of all panes, what lies over them, and the pixel that is read.

import { short } from "./chart.js";
import { outlined } from "./lettering.js";
import { apply, inverse } from "./placement.js";

const PANE_COLOUR = "#5b6b7a";
const CURSOR_COLOURS = [["#000", 3], ["#ffd34d", 1]]; // with the widths of lines in CSS pixels
// Zoom, in screen pixels, at which single pixels can be told apart.
const PIXELS_VISIBLE = 6;

export class Drawing {
  constructor(viewer) {
    this.viewer = viewer;
    this.context = viewer.view.context;
    this.requested = null;
    this.plain = false; // whether overlays and regions are left out
  }

  /**
   * Draw before the next repaint, once however often it is requested, and call `after`.
   * Return a promise that is kept when both are done.
   */
  request(after) {
    this.requested ??= new Promise((resolve) => {
      requestAnimationFrame(() => {
        this.requested = null;
        this.draw();
        after();
        resolve();
      });
    });
    return this.requested;
  }

  draw() {
    const { context, viewer } = this;
    viewer.view.clear();
    viewer.comparison.frames.forEach((frame, index) => {
      const corner = viewer.view.cornerOf(index);
      const { width, height } = viewer.view.screen;
      context.save();
      context.translate(corner.x, corner.y);
      context.beginPath();
      context.rect(0, 0, width, height);
      context.clip();
      this.drawFrame(frame);
      if (!this.plain) {
        viewer.overlays.draw(context, frame, corner);
        viewer.regions.draw(context);
        this.drawCursor();
      }
      if (index) this.drawLabel(frame);
      context.restore();
    });
  }

  /** Draw an image where its pixels lie among those of the frame that is shown. */
  drawFrame(frame) {
    const { context, viewer } = this;
    const { comparison, overlays, settings, view } = viewer;
    const { seen, zoom } = comparison.partOf(frame);
    context.save();
    view.countPixels();
    context.transform(...comparison.placementOf(frame));
    frame.paint(context, seen, zoom, viewer.lookOf(frame));
    if (overlays.has("flags") && !this.plain) frame.paintFlags(context, seen, zoom, settings.mask);
    context.restore();
  }

  /** The name of an image beside the one that is shown, its value at the cursor, and its frame. */
  drawLabel(frame) {
    const { context, viewer } = this;
    const { density, screen } = viewer.view;
    const { x, y } = apply(inverse(viewer.comparison.placementOf(frame)), viewer.readPosition());
    const value = frame.pyramid.read(Math.floor(x), Math.floor(y))?.value;
    const read = value === undefined || Number.isNaN(value) ? "–" : short(value);
    context.strokeStyle = PANE_COLOUR;
    context.lineWidth = density;
    context.strokeRect(0, 0, screen.width, screen.height);
    context.font = `${13 * density}px ui-monospace, monospace`;
    outlined(context, `${frame.file} ${read}`, 12 * density, 24 * density, "left", density);
  }

  /** Mark the pixel that is read if pixels can be told apart, or the keyboard moves the view. */
  drawCursor() {
    const { context, viewer } = this;
    const { view, elements } = viewer;
    const { zoom } = view.position;
    const byKeys = !viewer.cursor && document.activeElement === elements.canvas;
    if (zoom < PIXELS_VISIBLE && !byKeys) return;
    const { x, y } = viewer.readPosition();
    const corner = view.toScreen(Math.floor(x), Math.floor(y) + 1);
    const size = Math.max(zoom, 1);
    for (const [colour, width] of CURSOR_COLOURS) {
      context.strokeStyle = colour;
      context.lineWidth = width * Math.max(1, view.density);
      context.strokeRect(corner.x, corner.y, size, size);
      if (!byKeys || zoom >= PIXELS_VISIBLE) continue;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(corner.x + 6 * dx, corner.y + 6 * dy);
        context.lineTo(corner.x + 16 * dx, corner.y + 16 * dy);
      }
      context.stroke();
    }
  }
}
