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
  constructor(viewer) {
    this.viewer = viewer;
    this.known = new WeakMap(); // the grid of each image, and of which view it is
  }

  draw(context, view, frame, corner) {
    const { shown } = frame;
    const { overlays, elements } = this.viewer;
    const { width, height } = view.screen;
    const places = [view.toScreen(0, 0), view.toScreen(shown.width, 0)].map(({ x, y }) => [x, y]);
    const of = [places, width, height, corner.x, corner.y, overlays.chosen, elements.badge.textContent];
    const key = of.join();
    if (this.known.get(shown)?.key !== key) {
      const taken = overlays.taken(view, frame, corner);
      this.known.set(shown, { key, ...gridOf(view, shown, taken) });
    }
    const { path, labels } = this.known.get(shown);
    context.strokeStyle = COLOUR;
    context.lineWidth = view.density;
    context.stroke(path);
    for (const { text, x, y, align } of labels) {
      outlined(context, text, x, y, align, view.density, LABEL_COLOUR);
    }
  }
}

/** The lines on the screen as a path, and their labels, away from rectangles that are taken. */
function gridOf(view, shown, taken) {
  const grid = { path: new Path2D(), labels: [], taken };
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

/** Add a line on each chip, and its label at the first place along it that is free. */
function addLine({ path, labels, taken }, view, shown, region, text, placeAt) {
  const places = [];
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
      places.push(at);
    }
  }
  const free = places
    .map((at) => labelAt(view, at))
    .find((label) => ![...taken, ...labels].some((other) => overlap(label, other)));
  if (free) labels.push({ ...free, text });
}

/** A label beside a place on the screen, towards the middle, and the rectangle that it needs. */
function labelAt({ density, screen }, at) {
  const side = at.x > screen.width / 2 ? -1 : 1;
  const below = at.y > screen.height / 2 ? -1 : 1;
  const [x, y] = [at.x + 4 * side * density, at.y + 9 * below * density];
  const [across, up] = [LABEL.width * density, (LABEL.height * density) / 2];
  const [x0, x1] = side < 0 ? [x - across, x] : [x, x + across];
  return { x, y, x0, x1, y0: y - up, y1: y + up, align: side < 0 ? "right" : "left" };
}

function overlap(one, other) {
  return one.x0 < other.x1 && other.x0 < one.x1 && one.y0 < other.y1 && other.y0 < one.y1;
}
