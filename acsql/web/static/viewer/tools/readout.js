// The readout: value, position and sky coordinates of the pixel under the cursor.

import { BLUE_PER_STEP, FLOATS, fetchCutout, valueAt } from "../cutouts.js";
import { chipAt, chipName, isOnChip } from "../geometry.js";
import { sexagesimal, skyOf } from "./sky.js";

const MAX_DIGITS = 7; // significant digits of a float32
// Milliseconds the cursor rests before exact values are fetched, and are announced.
const RESTING_MS = 90;
const ANNOUNCE_MS = 700;
// Exact values are fetched in square blocks: pixels per side, and the number of blocks kept.
const BLOCK = 64;
const MAX_BLOCKS = 64;
const NOTHING = "–";

export class Readout {
  constructor(viewer) {
    this.viewer = viewer;
    this.blocks = new Map();
  }

  update() {
    const { frame, view, section, elements } = this.viewer;
    const { shown } = frame;
    const position = this.viewer.readPosition();
    const [x, y] = [Math.floor(position.x), Math.floor(position.y)];
    const percent = (100 * view.position.zoom) / view.density;
    elements.atZoom.textContent = `${+percent.toPrecision(3)} %`;
    const { atChip, atPixel, atValue, atSky, atDegrees } = elements;
    if (!isOnChip(shown, x, y)) {
      elements.atBin.textContent = "";
      for (const element of [atChip, atPixel, atValue, atSky, atDegrees]) {
        element.textContent = NOTHING;
      }
      section.dataset.read = "outside";
      return;
    }
    const chip = chipAt(shown, y);
    const row = y - chip.first_row;
    atChip.textContent = chipName(chip);
    atPixel.textContent = `${x + 1}, ${row + 1}`;
    this.updateSky(chip.projection, x + 1, row + 1);
    this.updateValue(x, y);
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => this.announce(), ANNOUNCE_MS);
  }

  updateValue(x, y) {
    const { frame, section, elements } = this.viewer;
    const cutout = this.block(x, y)?.cutout || frame.pyramid.read(x, y)?.tile;
    if (!cutout) return;
    const binned = cutout.bin > 1;
    elements.atBin.textContent = binned ? `of ${cutout.bin} × ${cutout.bin} pixels` : "";
    elements.atValue.textContent = this.format(valueAt(cutout, x, y), cutout.step);
    section.dataset.read = binned ? "binned" : "exact";
    clearTimeout(this.resting);
    // A cutout of fewer pixels has a smaller range, and so more digits of each.
    if (binned || (cutout.step !== 1 && cutout.step !== FLOATS)) {
      this.resting = setTimeout(() => this.fetchBlock(x, y), RESTING_MS);
    }
  }

  updateSky(projection, x, y) {
    const { atSky, atDegrees } = this.viewer.elements;
    if (!projection) {
      atSky.textContent = atDegrees.textContent = "not in the header";
      return;
    }
    const [ra, dec] = skyOf(projection, x, y);
    const sign = dec < 0 ? "" : "+";
    atSky.textContent = `${sexagesimal(ra / 15, 3, 24)} ${sign}${sexagesimal(dec, 2)}`;
    atDegrees.textContent = `${ra.toFixed(6)} ${sign}${dec.toFixed(6)}`;
  }

  /** A value with its unit, or with the names of its flags. */
  format(value, step) {
    if (Number.isNaN(value)) return "no value";
    const { shown, description } = this.viewer.frame;
    if (!shown.flags) return `${significant(value, step / BLUE_PER_STEP)} ${shown.unit}`.trim();
    const set = Object.entries(description.flags).filter(([bit]) => value & bit);
    return `${value} ${set.length ? set.map(([, meaning]) => meaning).join(", ") : "good"}`;
  }

  /** Announce the pixel to screen readers while the keyboard moves the view. */
  announce() {
    const { elements, cursor } = this.viewer;
    if (document.activeElement !== elements.canvas || cursor) return;
    const [pixel, value, bin, sky] = ["atPixel", "atValue", "atBin", "atSky"].map(
      (id) => elements[id].textContent,
    );
    elements.spoken.textContent = `Pixel ${pixel}: ${[value, bin].join(" ").trim()}; ${sky}`;
  }

  block(x, y) {
    return this.blocks.get(this.blockKey(x, y));
  }

  blockKey(x, y) {
    const { name, shown } = this.viewer.frame;
    const [column, row] = [x, y].map((value) => Math.floor(value / BLOCK));
    return [name, shown.extname, shown.extver, column, row].join();
  }

  /** Fetch the unbinned pixels around the one that is read. */
  async fetchBlock(x, y) {
    const { frame } = this.viewer;
    const key = this.blockKey(x, y);
    if (this.blocks.has(key)) return;
    const block = {};
    this.blocks.set(key, block);
    if (this.blocks.size > MAX_BLOCKS) this.blocks.delete(this.blocks.keys().next().value);
    const [x0, y0] = [x, y].map((value) => Math.floor(value / BLOCK) * BLOCK);
    const region = { x0, x1: x0 + BLOCK, y0, y1: y0 + BLOCK };
    try {
      const url = frame.cutoutUrl(frame.shown, region, 1);
      block.cutout = await fetchCutout(url, frame.abort.signal);
      this.update();
    } catch (error) {
      this.blocks.delete(key);
      if (error.name !== "AbortError") this.viewer.report(error);
    }
  }
}

/** A number with the digits that its precision supports. */
function significant(number, precision) {
  const magnitude = (size) => Math.floor(Math.log10(size));
  const digits = magnitude(Math.abs(number)) - magnitude(precision || Number.MIN_VALUE);
  return String(+number.toPrecision(Math.min(Math.max(digits, 1), MAX_DIGITS)));
}
