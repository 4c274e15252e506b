// Drawing of the canvas: the cutouts of the frame, and the pixel that is read.

import { pictureOf } from "./colours.js";

const BACKGROUND = "#0a0e13";
const CURSOR_COLOURS = [["#000", 3], ["#ffd34d", 1]]; // with the widths of lines in CSS pixels
// Zoom, in screen pixels, at which single pixels can be told apart.
const PIXELS_VISIBLE = 6;

export class Drawing {
  constructor(viewer) {
    this.viewer = viewer;
    this.context = viewer.elements.canvas.getContext("2d", { alpha: false });
    this.requested = null;
  }

  /** Draw before the next repaint, once however often it is requested, and call `after`. */
  request(after) {
    this.requested ??= requestAnimationFrame(() => {
      this.requested = null;
      this.draw();
      after();
    });
  }

  draw() {
    const { context } = this;
    const { frame, view, look } = this.viewer;
    const { width, height } = view.screen;
    context.fillStyle = BACKGROUND;
    context.fillRect(0, 0, width, height);
    const corner = view.toScreen(0, frame.shown.height);
    const opposite = view.toScreen(frame.shown.width, 0);
    context.save();
    // The last bins may extend beyond the image.
    context.beginPath();
    context.rect(corner.x, corner.y, opposite.x - corner.x, opposite.y - corner.y);
    context.clip();
    for (const cutout of [frame.overview, frame.detail]) {
      if (cutout) this.drawCutout(cutout, view, look);
    }
    context.restore();
    this.viewer.overlays.draw(context);
    this.viewer.regions.draw(context);
    this.drawCursor();
  }

  drawCutout(cutout, view, look) {
    const { x0, y0, bin, width, height } = cutout;
    const scale = bin * view.position.zoom;
    const top = view.toScreen(x0, y0 + height * bin);
    this.context.imageSmoothingEnabled = scale < 1;
    this.context.drawImage(pictureOf(cutout, look), top.x, top.y, width * scale, height * scale);
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
