// What is drawn over the image by choice: compass, scale bar and colour bar, and overlays with modules
// of their own.

import { short, ticks } from "./chart.js";
import { INK, SHADE, outlined } from "./lettering.js";
import { PlacedView } from "./placement.js";
import { skyJacobian } from "./sky.js";

// Sizes in CSS pixels.
const FONT = 12;
const ARROW = 38;
const EDGE = 16; // distance from the edges of the stage
const NARROW = 600; // width of the stage on a phone
const BAR = { width: 200, height: 10 };
// Lengths of the scale bar in arcseconds.
const LENGTHS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];

/** The overlays that can be chosen, with the names of their boxes. */
export const OVERLAYS = {
  compass: "Compass and scale",
  bar: "Colour bar",
  grid: "RA and Dec grid",
  amplifiers: "Chips and amplifiers",
  flags: "Flagged pixels",
  contours: "Contours",
  footprints: "Footprints of others",
  flagged: "Flagged regions",
};

// Overlays with modules, in the order in which they are drawn.  The modules are loaded after the first
// picture, which does not need them; the class of each draws, and may fetch something first.
const MODULES = {
  amplifiers: "./overlays/amplifiers.js",
  contours: "./overlays/contours.js",
  footprints: "./overlays/footprints.js",
  flagged: "./overlays/flagged_regions.js",
  grid: "./overlays/grid.js",
};

export class Overlays {
  constructor(viewer) {
    this.viewer = viewer;
    this.loaded = {}; // what the modules of overlays draw with, by name
    const boxes = Object.entries(OVERLAYS).map(([name, label]) => this.box(name, label));
    viewer.elements.overlayBoxes.replaceChildren(...boxes);
  }

  get chosen() {
    return this.viewer.settings.overlays;
  }

  has(name) {
    return this.chosen.includes(name);
  }

  box(name, title) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: name, checked: this.has(name) });
    box.addEventListener("change", () => this.toggle(name));
    label.className = "check";
    label.append(box, ` ${title}`);
    return label;
  }

  toggle(name) {
    const { settings, elements } = this.viewer;
    const { overlays } = settings;
    settings.overlays = overlays.includes(name)
      ? overlays.filter((each) => each !== name)
      : [...overlays, name];
    for (const box of elements.overlayBoxes.querySelectorAll("input")) {
      box.checked = settings.overlays.includes(box.value);
    }
    this.viewer.refresh();
    this.viewer.settle();
  }

  /** Fetch anew what depends on the limits and the scale. */
  refresh() {
    if (this.has("contours")) this.viewer.settle();
  }

  /** Fetch what the chosen overlays need; `arrived` is called with each part. */
  async fetch(arrived) {
    const { elements } = this.viewer;
    elements.footprints.hidden = !this.has("footprints");
    elements.flaggedNote.hidden = !this.has("flagged");
    if (this.has("flags")) await this.fetchFlags(arrived);
    await Promise.all(Object.keys(MODULES).map((name) => this.load(name)));
    for (const [name, overlay] of Object.entries(this.loaded)) {
      if (!this.has(name)) continue;
      await overlay.fetch?.();
      arrived();
    }
  }

  async load(name) {
    if (this.loaded[name]) return;
    const { default: Overlay } = await import(MODULES[name]);
    this.loaded[name] ??= new Overlay(this.viewer);
  }

  async fetchFlags(arrived) {
    const { comparison } = this.viewer;
    for (const frame of comparison.frames) {
      const { seen, zoom } = comparison.partOf(frame);
      await frame.fetchDetail(seen, zoom, arrived, frame.flags);
    }
  }

  /** Draw over an image in a pane with a corner on the screen. */
  draw(context, frame, corner) {
    const { viewer } = this;
    const isShown = frame === viewer.frame;
    const placement = isShown ? null : viewer.comparison.placementOf(frame);
    const view = isShown ? viewer.view : new PlacedView(viewer.view, placement);
    context.save();
    context.font = `${FONT * view.density}px system-ui, sans-serif`;
    context.lineJoin = "round";
    for (const name of Object.keys(MODULES)) {
      if (this.has(name)) this.loaded[name]?.draw(context, view, frame, corner);
    }
    if (this.has("compass")) this.drawCompass(context, view, frame);
    if (this.has("bar")) this.drawBar(context, view, frame);
    context.restore();
  }

  /** The rectangles of a pane that something lies over, in screen pixels: labels keep away. */
  taken(view, frame, corner) {
    const { viewer } = this;
    const { canvas, badge, buttons } = viewer.elements;
    const { density, screen } = view;
    const stage = canvas.getBoundingClientRect();
    const rectangles = [badge, buttons].map((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return {
        x0: (left - stage.left) * density - corner.x,
        x1: (right - stage.left) * density - corner.x,
        y0: (top - stage.top) * density - corner.y,
        y1: (bottom - stage.top) * density - corner.y,
      };
    });
    if (frame !== viewer.frame) {
      rectangles.push({ x0: 0, x1: screen.width / 2, y0: 0, y1: 34 * density });
    }
    if (this.has("compass")) {
      const x1 = Math.max((EDGE + 2 * ARROW + 2 * FONT) * density, screen.width / 4);
      const top = screen.height - (EDGE + 26 + 2.5 * ARROW + 2 * FONT) * density;
      rectangles.push({ x0: 0, x1, y0: top, y1: screen.height });
    }
    if (this.has("bar")) {
      const { left, top, width, height } = this.barPlace(view);
      const room = 20 * density; // for the unit above and the values below
      rectangles.push({ x0: left - room, x1: left + width + room, y0: top - room, y1: top + height + room });
    }
    return rectangles;
  }

  /** North and east at the middle of the screen, and how long some arcseconds are there. */
  drawCompass(context, view, frame) {
    const { x, y, zoom } = view.position;
    const jacobian = skyJacobian(frame.shown, x, y);
    if (!jacobian) return;
    const { density, screen } = view;
    const [[a, b], [c, d]] = jacobian;
    const determinant = a * d - b * c;
    const size = ARROW * density;
    const middle = {
      x: EDGE * density + size + FONT * density,
      y: screen.height - EDGE * density - size - FONT * density - 26 * density,
    };
    const directions = { N: [-b / determinant, a / determinant], E: [d / determinant, -c / determinant] };
    const here = view.toScreen(x, y);
    for (const [name, [right, up]] of Object.entries(directions)) {
      const pixels = Math.hypot(right, up);
      const there = view.toScreen(x + right / pixels, y + up / pixels);
      const tip = {
        x: ((there.x - here.x) / zoom) * size,
        y: ((there.y - here.y) / zoom) * size,
      };
      this.line(context, [middle, { x: middle.x + tip.x, y: middle.y + tip.y }]);
      this.text(context, name, middle.x + 1.25 * tip.x, middle.y + 1.25 * tip.y, "center");
    }
    const pixel = 3600 * Math.sqrt(Math.abs(determinant)); // arcseconds
    const most = (screen.width / 5 / zoom) * pixel;
    const length = LENGTHS.findLast((each) => each <= most) ?? LENGTHS[0];
    const label = length < 60 ? `${length}″` : `${length / 60}′`;
    const left = EDGE * density;
    const bottom = screen.height - EDGE * density;
    this.line(context, [
      { x: left, y: bottom },
      { x: left + (length / pixel) * zoom, y: bottom },
    ]);
    this.text(context, label, left, bottom - 10 * density, "left");
  }

  barPlace({ density, screen }) {
    const [width, height] = [BAR.width * density, BAR.height * density];
    const left = screen.width - width - EDGE * density;
    // On a phone the buttons of the stage are at its bottom.
    const below = screen.height - height - (EDGE + FONT + 6) * density;
    const top = screen.width < NARROW * density ? 4 * EDGE * density : below;
    return { left, top, width, height };
  }

  drawBar(context, view, frame) {
    const { density } = view;
    const [look, range] = [this.viewer.lookOf(frame), this.viewer.rangeOf(frame)];
    const { left, top, width, height } = this.barPlace(view);
    const steps = Math.round(width);
    const bytes = new Uint8ClampedArray(look.table.buffer);
    for (let i = 0; i < steps; i += 1) {
      const at = 4 * Math.round((i / (steps - 1)) * (look.table.length - 1));
      context.fillStyle = `rgb(${bytes[at]} ${bytes[at + 1]} ${bytes[at + 2]})`;
      context.fillRect(left + i, top, 1.5, height);
    }
    context.strokeStyle = INK;
    context.lineWidth = density;
    context.strokeRect(left, top, width, height);
    if (!(range.low < range.high)) return;
    for (const value of ticks([range.low, range.high], 3)) {
      const x = left + ((value - range.low) / (range.high - range.low)) * width;
      this.text(context, short(value), x, top + height + 11 * density, "center");
    }
    this.text(context, frame.shown.unit, left, top - 9 * density, "left");
  }

  line(context, points) {
    const { density } = this.viewer.view;
    for (const [style, width] of [[SHADE, 4], [INK, 2]]) {
      context.strokeStyle = style;
      context.lineWidth = width * density;
      context.beginPath();
      for (const { x, y } of points) context.lineTo(x, y);
      context.stroke();
    }
  }

  text(context, content, x, y, align) {
    outlined(context, content, x, y, align, this.viewer.view.density);
  }
}
