// Comparison: up to four images side by side in the same place, and blinking of those chosen.

import { Frame } from "../frame.js";
import { fromDetector, toDetector } from "../geometry.js";
import { apply, byPixel, bySky, bounds, inverse, scaleOf, IDENTITY } from "./placement.js";

export const MOST_PANES = 4;
const BLINK_MS = 700;

export class Comparison {
  constructor(viewer) {
    this.viewer = viewer;
    this.elements = viewer.elements;
    this.chosen = []; // the frames beside the one that is shown
    const { elements } = this;
    elements.lock.value = viewer.settings.lock;
    elements.lock.addEventListener("change", () => this.setLock(elements.lock.value));
    elements.other.addEventListener("change", () => this.addTyped());
    elements.blinkChosen.addEventListener("click", () => this.toggleBlinking());
    elements.subtract.addEventListener("click", () => this.toggleDifference());
    const { beside } = viewer.settings;
    const [first] = beside.map((name) => this.add(name.replace(/^-/, "")));
    // Whether the address asks for a difference that is not shown yet.
    this.subtracting = this.chosen.includes(first) && beside[0].startsWith("-");
    this.update();
  }

  /** The frames of all panes, the one that is shown first. */
  get frames() {
    const { frame } = this.viewer;
    const loaded = this.chosen.filter((each) => each !== frame && each.shown);
    return this.blinking || this.difference ? [frame] : [frame, ...loaded];
  }

  /** The names of those chosen, in the address; a minus marks the one that is subtracted. */
  get names() {
    const sign = this.difference || this.subtracting ? "-" : "";
    return this.chosen.map((frame, index) => (index ? "" : sign) + frame.name);
  }

  /** How many panes lie beside and below each other. */
  get grid() {
    const { length } = this.frames;
    if (length > 2) return { columns: 2, rows: 2 };
    const { clientWidth, clientHeight } = this.elements.stage;
    const beside = clientWidth >= clientHeight;
    return beside ? { columns: length, rows: 1 } : { columns: 1, rows: length };
  }

  setLock(lock) {
    this.viewer.settings.lock = lock;
    this.elements.lock.value = lock;
    if (this.difference) this.showDifference(true);
    else this.viewer.moved();
  }

  // Choosing.

  /** Find a frame by its name, `raw`, `next` or `j8bt05njq.flt`, or make it. */
  frameOf(name) {
    const { viewer } = this;
    const [rootname, filetype] = name.toLowerCase().split(".");
    const file = `${rootname}_${filetype}.fits`;
    const known = viewer.frames.find((frame) => frame.name === name || frame.file === file);
    if (known || !/^\w+\.\w+$/.test(name)) return known;
    const link = document.createElement("a");
    const pixels = viewer.own.url.replace(/[^/]+\/[^/]+\/$/, `${rootname}/${filetype}/`);
    Object.assign(link.dataset, { frame: name, pixels, file });
    const frame = new Frame(link);
    viewer.frames.push(frame);
    return frame;
  }

  add(name) {
    const frame = this.frameOf(name);
    const isNew = frame && frame !== this.viewer.own && !this.chosen.includes(frame);
    if (isNew && this.chosen.length < MOST_PANES - 1) {
      this.chosen = [...this.chosen, frame];
    }
    return frame;
  }

  addTyped() {
    const { other } = this.elements;
    const name = other.value.trim().toLowerCase().replace(/_(\w+)\.fits$/, ".$1").replace(/[\s_]+/, ".");
    // A rootname alone is its file of the same type.
    const frame = this.add(/^\w{8,9}$/.test(name) ? `${name}.${this.viewer.own.name}` : name);
    other.setAttribute("aria-invalid", String(!frame));
    if (!frame) return;
    other.value = "";
    this.changed();
  }

  toggle(frame) {
    if (this.chosen.includes(frame)) this.chosen = this.chosen.filter((each) => each !== frame);
    else this.add(frame.name);
    this.changed();
  }

  /** Choose the next image that is not chosen, or none any more. */
  toggleNext() {
    const { viewer } = this;
    const others = viewer.frames.filter((frame) => frame !== viewer.own);
    const next = others.find((frame) => !this.chosen.includes(frame));
    if (next && this.chosen.length < MOST_PANES - 1) this.add(next.name);
    else this.chosen = [];
    this.changed();
  }

  async changed() {
    const { viewer } = this;
    this.update();
    viewer.wait();
    await this.load();
    const isStale = this.difference && this.difference.minus !== this.chosen[0];
    if (this.subtracting || isStale) {
      this.subtracting = false;
      this.showDifference(true);
      return;
    }
    if (this.blinking && !this.chosen.length) {
      this.toggleBlinking();
      return;
    }
    viewer.view.grid = this.grid;
    viewer.resized();
    viewer.address.write();
  }

  /** Load what is chosen; an image that cannot be loaded is no longer chosen. */
  async load() {
    const { viewer } = this;
    for (const frame of this.chosen) {
      try {
        await frame.load(viewer.settings.choice);
      } catch (error) {
        if (error.name === "AbortError") continue;
        this.chosen = this.chosen.filter((each) => each !== frame);
        viewer.frames = viewer.frames.filter((each) => each !== frame || each.link.isConnected);
        viewer.report(error);
        this.update();
      }
    }
  }

  update() {
    const { viewer, elements } = this;
    const boxes = viewer.frames
      .filter((frame) => frame !== viewer.own)
      .map((frame) => this.box(frame));
    elements.compareBoxes.replaceChildren(...boxes);
    elements.blinkChosen.disabled = elements.subtract.disabled = !this.chosen.length;
    elements.subtract.setAttribute("aria-pressed", String(Boolean(this.difference)));
    elements.blinkChosen.setAttribute("aria-pressed", String(Boolean(this.blinking)));
    if (this.chosen.length) elements.compareTool.open = true;
  }

  box(frame) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    const chosen = this.chosen.includes(frame);
    Object.assign(box, { type: "checkbox", checked: chosen });
    box.disabled = !chosen && this.chosen.length >= MOST_PANES - 1;
    box.addEventListener("change", () => this.toggle(frame));
    label.className = "check";
    label.append(box, ` ${frame.file.replace(/\.fits$/, "")}`);
    return label;
  }

  // Blinking.

  /** Show the image and those chosen in turn. */
  toggleBlinking() {
    if (this.blinking) {
      clearInterval(this.blinking);
      this.blinking = null;
      this.viewer.show(this.viewer.own);
    } else {
      this.difference = null;
      this.blinking = setInterval(() => this.next(), BLINK_MS);
    }
    this.changed();
  }

  next() {
    const { viewer } = this;
    if (!viewer.loading) viewer.blinkWithin([viewer.own, ...this.chosen]);
  }

  // Differences.

  toggleDifference() {
    this.showDifference(!this.difference);
  }

  /** Show the image minus the first one chosen, or the image again. */
  async showDifference(wanted) {
    const { viewer } = this;
    const [other] = this.chosen;
    this.difference = wanted && other ? this.differenceFrom(other) : null;
    clearInterval(this.blinking);
    this.blinking = null;
    this.update();
    await viewer.show(this.difference || viewer.own);
    // What cannot be subtracted still lies beside the image.
    if (viewer.section.dataset.state !== "failed") return;
    this.difference = null;
    this.update();
    viewer.draw();
  }

  differenceFrom(other) {
    const { own, settings } = this.viewer;
    const [, rootname, filetype] = /(\w+)\/(\w+)\/$/.exec(other.url);
    const parameters = { minus: `${rootname}.${filetype}`, lock: settings.lock };
    const link = document.createElement("a");
    const file = `${own.file} − ${other.file}`;
    const frame = `difference.${Object.values(parameters)}`;
    Object.assign(link.dataset, { frame, pixels: own.url, file });
    return Object.assign(new Frame(link, parameters), { minus: other });
  }

  // Placing.

  /** Where the pixels of a frame lie among those of the frame that is shown. */
  placementOf(frame, reference = this.viewer.frame, at = this.viewer.view.position) {
    if (frame === reference) return IDENTITY;
    const sky = this.viewer.settings.lock === "sky" && bySky(frame.shown, reference.shown, at);
    return sky || byPixel(frame.shown, reference.shown, at);
  }

  /** The position in an image of the place that is seen at a position of another one. */
  positionIn(shown, other, position) {
    const sky = this.viewer.settings.lock === "sky" && bySky(shown, other, position);
    const { x, y, zoom } = position;
    if (sky) return { ...apply(inverse(sky), position), zoom: zoom * scaleOf(sky) };
    return { ...fromDetector(shown, toDetector(other, x, y)), zoom };
  }

  /** The region of a frame that its pane shows, and its zoom. */
  partOf(frame) {
    const { view } = this.viewer;
    const placement = this.placementOf(frame);
    const seen = bounds(inverse(placement), view.seen());
    return { seen, zoom: view.position.zoom * scaleOf(placement) };
  }

  /** Fetch the details of all panes but the first; `arrived` is called for each tile. */
  async fetchDetails(arrived) {
    for (const frame of this.frames.slice(1)) {
      const { seen, zoom } = this.partOf(frame);
      await frame.fetchDetail(seen, zoom, arrived);
    }
  }
}
