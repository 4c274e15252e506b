// The histogram of pixel values above the colour bar, on which the limits can be dragged.

import { request } from "../cutouts.js";

// How far the histogram reaches beyond each limit, as a part of their distance.
const BEYOND = 0.35;
const SETTLED_MS = 200;
const BAR_COLOUR = "#8fc7e8";
const OUTSIDE_COLOUR = "#4a5b6b";
const LIMIT_COLOUR = "#ffd34d";

export class Histogram {
  constructor(viewer) {
    this.viewer = viewer;
    this.canvas = viewer.elements.histogram;
    this.found = null; // the answer of the server: low, high, counts
    this.dragged = null; // "low" or "high" while that is dragged
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(kind, () => this.release());
    }
  }

  /** Draw with the limits as they are, and fetch the counts around them. */
  update() {
    const { frame } = this.viewer;
    const { shown } = frame;
    // Flags are no quantities.
    this.canvas.hidden = shown.flags;
    if (shown.flags) return;
    this.draw();
    if (this.dragged) return;
    const url = frame.partUrl("histogram", this.wanted());
    if (url === this.url) return;
    this.url = url;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.fetch(url), SETTLED_MS);
  }

  /** The range around the limits, within the values of the image. */
  wanted() {
    const { range, frame } = this.viewer;
    const [least, most] = frame.limits.minmax;
    const beyond = BEYOND * (range.high - range.low) || 1;
    const low = Math.max(range.low - beyond, Math.min(least, range.low));
    const high = Math.min(range.high + beyond, Math.max(most, range.high));
    return low < high ? { low, high } : { low: low - 0.5, high: high + 0.5 };
  }

  async fetch(url) {
    try {
      const found = await (await request(url, this.viewer.frame.abort.signal)).json();
      if (this.url !== url) return;
      this.found = found;
      this.draw();
    } catch (error) {
      this.url = null;
      if (error.name !== "AbortError") this.viewer.report(error);
    }
  }

  draw() {
    const { canvas, found } = this;
    const { width, height } = canvas;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    if (!found) return;
    const { range } = this.viewer;
    // Logarithmic, because the sky has a thousand times the pixels of a star.
    const most = Math.log1p(Math.max(...found.counts));
    found.counts.forEach((count, i) => {
      const value = found.low + ((i + 0.5) / found.counts.length) * (found.high - found.low);
      const inside = value >= range.low && value <= range.high;
      context.fillStyle = inside ? BAR_COLOUR : OUTSIDE_COLOUR;
      const size = most ? (Math.log1p(count) / most) * (height - 2) : 0;
      context.fillRect((i / found.counts.length) * width, height - size, 1, size);
    });
    context.fillStyle = LIMIT_COLOUR;
    for (const value of [range.low, range.high]) context.fillRect(this.toX(value) - 1, 0, 2, height);
  }

  toX(value) {
    const { low, high } = this.found;
    return ((value - low) / (high - low)) * this.canvas.width;
  }

  toValue(event) {
    const box = this.canvas.getBoundingClientRect();
    const { low, high } = this.found;
    const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return low + part * (high - low);
  }

  press(event) {
    if (!this.found) return;
    const { range } = this.viewer;
    const value = this.toValue(event);
    this.dragged = Math.abs(value - range.low) < Math.abs(value - range.high) ? "low" : "high";
    this.canvas.setPointerCapture(event.pointerId);
    this.move(event);
  }

  move(event) {
    if (!this.dragged) return;
    const { viewer } = this;
    const limits = { ...viewer.range, [this.dragged]: this.toValue(event) };
    const [low, high] = [limits.low, limits.high].sort((a, b) => a - b);
    Object.assign(viewer.stretch, { limits: "own", low, high });
    viewer.refresh();
  }

  release() {
    if (!this.dragged) return;
    this.dragged = null;
    this.viewer.refresh();
  }
}
