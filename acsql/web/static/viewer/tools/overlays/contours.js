// Contours of the image: lines at levels between the limits, which the server computes.

import { SCALES } from "../../colours.js";
import { request } from "../../cutouts.js";
import { within } from "../../geometry.js";

const LEVELS = 6;
// Screen pixels along a bin: finer lines would follow the noise.
const BIN = 2;
const COLOUR = "#6cf0c2";
// Halvings with which the inverse of a scale is found to a float32.
const HALVINGS = 24;

export default class Contours {
  constructor(viewer) {
    this.viewer = viewer;
    this.url = null;
    this.path = null; // the lines in pixels of the image
    this.of = null; // the extension to which they belong
  }

  /** Values that are equally far apart in the grey levels of the stretch. */
  levels() {
    const { range, stretch } = this.viewer;
    const scale = SCALES[stretch.scale];
    return Array.from({ length: LEVELS }, (_, index) => {
      const grey = (index + 0.5) / LEVELS;
      let [least, most] = [0, 1];
      for (let i = 0; i < HALVINGS; i += 1) {
        const middle = (least + most) / 2;
        if (scale(middle) < grey) least = middle;
        else most = middle;
      }
      return range.low + least * (range.high - range.low);
    });
  }

  /** Fetch the lines of what is on the screen, unless they are there. */
  async fetch() {
    const { frame, view } = this.viewer;
    const { shown } = frame;
    const region = within(view.seen(), shown);
    const { low, high } = this.viewer.range;
    // Flags are no quantities, and between equal limits there is no level.
    if (!region || shown.flags || !(low < high)) {
      this.path = this.url = null;
      return;
    }
    const bin = Math.max(1, Math.ceil((BIN * view.density) / view.position.zoom));
    const levels = this.levels().map((level) => +level.toPrecision(6));
    const parameters = levels.map((level) => `&levels=${level}`).join("");
    const url = frame.partUrl("contours", { ...region, bin }) + parameters;
    if (url === this.url) return;
    const contours = await this.request(url, frame.abort.signal);
    const path = new Path2D();
    for (const line of contours.flatMap(({ lines }) => lines)) {
      path.moveTo(line[0], line[1]);
      for (let i = 2; i < line.length; i += 2) path.lineTo(line[i], line[i + 1]);
    }
    Object.assign(this, { url, path, of: shown });
  }

  async request(url, signal) {
    const { contourNote } = this.viewer.elements;
    try {
      const { contours } = await (await request(url, signal)).json();
      contourNote.textContent = "";
      return contours;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      contourNote.textContent = error.message;
      return [];
    }
  }

  /**
   * Draw the lines of the image that is shown, also while those of another place are fetched, and
   * over the images beside it, to compare them.
   */
  draw(context) {
    const { view, frame } = this.viewer;
    if (!this.path || this.of !== frame.shown) return;
    const { zoom } = view.position;
    const origin = view.toScreen(0, 0);
    context.save();
    context.transform(zoom, 0, 0, -zoom, origin.x, origin.y);
    context.strokeStyle = COLOUR;
    context.lineWidth = (1.2 * view.density) / zoom;
    context.stroke(this.path);
    context.restore();
  }
}
