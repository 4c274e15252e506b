// The grid of right ascension and declination, with the distortion of each chip.

import { outlined } from "../lettering.js";
import { pixelOf, sexagesimal, skyAt } from "../sky.js";

const COLOUR = "rgb(120 220 255 / 70%)";
const LABEL_COLOUR = "#9be4ff";
const MOST_LINES = 6; // of each kind on the screen
const SAMPLES = 9; // places per side of the screen from which the range of coordinates is found
const STEPS = 32; // parts of a line, which is curved
const LABEL = { width: 72, height: 14 }; // CSS pixels that a label needs
// Steps of declination in arcseconds, and of right ascension in seconds.
const DEC_STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 18000, 36000];
const RA_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600];

/** Draws the grid; it computes the lines anew only where the view has changed. */
export default class Grid {
  draw(context, view, { shown }) {
    const { width, height } = view.screen;
    const { position } = view;
    const known = this.known || {};
    // Positions are replaced, never changed.
    if (known.position !== position || known.shown !== shown || known.size !== width * height) {
      this.known = { position, shown, size: width * height, ...gridOf(view, shown) };
    }
    const { path, labels } = this.known;
    context.strokeStyle = COLOUR;
    context.lineWidth = view.density;
    context.stroke(path);
    for (const { text, x, y, align } of labels) {
      outlined(context, text, x, y, align, view.density, LABEL_COLOUR);
    }
  }
}

/** The lines on the screen as a path, and their labels. */
function gridOf(view, shown) {
  const grid = { path: new Path2D(), labels: [] };
  const seen = view.seen();
  const region = {
    x0: Math.max(seen.x0, 0),
    x1: Math.min(seen.x1, shown.width),
    y0: Math.max(seen.y0, 0),
    y1: Math.min(seen.y1, shown.height),
  };
  const range = skyRange(shown, region);
  if (!range) return grid;
  for (const ra of multiples(range.ra, RA_STEPS, 1 / 240)) {
    const label = sexagesimal((((ra.value / 15) % 24) + 24) % 24, ra.decimals, 24);
    addLine(grid, view, shown, region, label, (t) => [ra.value, between(range.dec, t)]);
  }
  for (const dec of multiples(range.dec, DEC_STEPS, 1 / 3600)) {
    const label = `${dec.value < 0 ? "" : "+"}${sexagesimal(dec.value, dec.decimals)}`;
    addLine(grid, view, shown, region, label, (t) => [between(range.ra, t), dec.value]);
  }
  return grid;
}

const between = ([low, high], t) => low + t * (high - low);

/** The coordinates on the screen in degrees; right ascensions may be below 0 or above 360. */
function skyRange(shown, { x0, x1, y0, y1 }) {
  const middle = skyAt(shown, (x0 + x1) / 2, (y0 + y1) / 2);
  if (!middle) return null;
  const [ras, decs] = [[], []];
  for (let i = 0; i < SAMPLES; i += 1) {
    for (let k = 0; k < SAMPLES; k += 1) {
      const x = between([x0, x1], i / (SAMPLES - 1));
      const y = between([y0, y1], k / (SAMPLES - 1));
      const [ra, dec] = skyAt(shown, x, Math.min(y, shown.height - 0.001)) || middle;
      ras.push(middle[0] + ((ra - middle[0] + 540) % 360) - 180);
      decs.push(dec);
    }
  }
  const range = (values) => [Math.min(...values), Math.max(...values)];
  return { ra: range(ras), dec: range(decs) };
}

/** The lines within a range: their values in degrees, and the decimals that their steps need. */
function multiples([low, high], steps, unit) {
  const step = steps.find((each) => (high - low) / (each * unit) <= MOST_LINES) ?? steps.at(-1);
  const size = step * unit;
  const decimals = step < 0.1 ? 2 : step < 1 ? 1 : 0;
  const first = Math.ceil(low / size);
  const count = Math.min(Math.floor(high / size) - first + 1, 4 * MOST_LINES);
  return Array.from({ length: Math.max(count, 0) }, (_, i) => ({ value: (first + i) * size, decimals }));
}

/** Add a line on each chip, and its label where it first enters the screen, if that is free. */
function addLine({ path, labels }, view, shown, region, label, placeAt) {
  let start = null;
  for (const chip of shown.chips) {
    if (!chip.projection) continue;
    const top = chip.first_row + chip.height;
    let pen = false;
    for (let i = 0; i <= STEPS; i += 1) {
      const pixel = pixelOf(chip.projection, ...placeAt(i / STEPS));
      const [x, y] = pixel ? [pixel[0] - 0.5, pixel[1] - 0.5 + chip.first_row] : [NaN, NaN];
      const on = x >= region.x0 && x <= region.x1 && y >= chip.first_row && y <= top;
      if (!on || y < region.y0 || y > region.y1) {
        pen = false;
        continue;
      }
      const at = view.toScreen(x, y);
      if (pen) path.lineTo(at.x, at.y);
      else path.moveTo(at.x, at.y);
      pen = true;
      start ??= at;
    }
  }
  if (!start) return;
  const { density, screen } = view;
  const side = start.x > screen.width / 2 ? -1 : 1;
  const below = start.y > screen.height / 2 ? -1 : 1;
  const [x, y] = [start.x + 4 * side * density, start.y + 9 * below * density];
  const [dx, dy] = [LABEL.width * density, LABEL.height * density];
  const covers = (other) => Math.abs(other.x - x) < dx && Math.abs(other.y - y) < dy;
  if (labels.some(covers)) return;
  labels.push({ text: label, x, y, align: side < 0 ? "right" : "left" });
}
