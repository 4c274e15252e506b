// Drawing of the canvas: the cutouts of the frame, and the pixel that is read.

import { short } from "./chart.js";
import { flaggedLook, pictureOf } from "./colours.js";
import { outlined } from "./lettering.js";
import { apply, inverse } from "./placement.js";

const BACKGROUND = "#0a0e13";
const PANE_COLOUR = "#5b6b7a";
const CURSOR_COLOURS = [["#000", 3], ["#ffd34d", 1]]; // with the widths of lines in CSS pixels
// Zoom, in screen pixels, at which single pixels can be told apart.
const PIXELS_VISIBLE = 6;

export class Drawing {
  constructor(viewer) {
    this.viewer = viewer;
    this.context = viewer.elements.canvas.getContext("2d", { alpha: false });
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
    const { canvas } = viewer.elements;
    context.fillStyle = BACKGROUND;
    context.fillRect(0, 0, canvas.width, canvas.height);
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
    const { width, chips } = frame.shown;
    const { comparison, overlays, settings } = viewer;
    const { seen, zoom } = comparison.partOf(frame);
    const look = viewer.lookOf(frame);
    context.save();
    this.transform(comparison.placementOf(frame));
    // The last bins may extend beyond the image, and there is nothing between chips.
    context.beginPath();
    for (const chip of chips) context.rect(0, chip.first_row, width, chip.height);
    context.clip();
    for (const tile of frame.tiles(seen, zoom)) this.drawTile(tile, look);
    if (overlays.has("flags") && !this.plain) {
      const flagged = flaggedLook(settings.mask);
      for (const tile of frame.flagTiles(seen, zoom)) this.drawTile(tile, flagged);
    }
    context.restore();
  }

  /** Let the context count in pixels of an image, upwards. */
  transform(placement) {
    const { view } = this.viewer;
    const { zoom } = view.position;
    const origin = view.toScreen(0, 0);
    this.context.transform(zoom, 0, 0, -zoom, origin.x, origin.y);
    this.context.transform(...placement);
  }

  drawTile(cutout, look) {
    const { context } = this;
    const { x0, y0, bin, width, height } = cutout;
    context.save();
    context.transform(bin, 0, 0, -bin, x0, y0 + height * bin);
    const { a, b } = context.getTransform();
    context.imageSmoothingEnabled = Math.hypot(a, b) < 1;
    context.drawImage(pictureOf(cutout, look), 0, 0);
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
