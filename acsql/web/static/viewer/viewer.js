// The viewer: which image is shown and where, and what has to be fetched for it.
//
// It shows the first picture with the modules of this folder alone.  Those of the folder "tools" are
// loaded afterwards, and nothing but `showFirst` works without them.

import { lookUpTable } from "./colours.js";
import { DEFAULT_LIMITS, parseFragment } from "./fragment.js";
import { Frame } from "./frame.js";
import { fromDetector, toDetector } from "./geometry.js";
import { View } from "./view.js";

// Milliseconds without a move after which missing pixels are fetched.
const SETTLED_MS = 90;

export class Viewer {
  constructor(section) {
    this.section = section;
    this.elements = elementsById(section);
    this.keys = document.getElementById("keys");
    this.frames = [...section.querySelectorAll("[data-pixels]")].map((link) => new Frame(link));
    const current = section.querySelector("nav [aria-current]");
    this.own = this.frames.find((frame) => frame.link === current);
    this.frame = this.own;
    this.blinked = new Set([this.own]);
    this.cursor = null; // the pointer on the screen
    this.settings = parseFragment(window.location.hash);
    this.view = new View(this.elements.stage, this.elements.canvas);
  }

  /** Show the image of the page, with nothing over it; returns whether it could be loaded. */
  async showFirst() {
    const { own, view } = this;
    this.showing = own;
    this.setState("loading");
    this.section.setAttribute("aria-busy", "true");
    const loading = own.load(this.settings.choice);
    this.chooseTable(); // takes as long as the pixels do
    try {
      await loading;
    } catch (error) {
      this.report(error);
      return false;
    }
    view.resize();
    this.place(own, own);
    this.reveal();
    view.clear();
    view.context.save();
    view.countPixels();
    own.paint(view.context, view.seen(), view.position.zoom, this.look);
    view.context.restore();
    return true;
  }

  // The frame that is shown.

  async show(frame) {
    const from = this.frame;
    this.resize();
    this.setState("loading");
    this.section.setAttribute("aria-busy", "true");
    this.showing = frame;
    const loading = frame.load(this.settings.choice);
    this.loading = loading;
    // Details of the frame that was shown before are no longer needed.
    this.wait();
    try {
      await loading;
    } catch (error) {
      if (this.loading !== loading) return;
      this.loading = null;
      this.report(error);
      return;
    }
    if (this.loading !== loading) return;
    this.loading = null;
    this.present(frame, from);
  }

  /** Show a frame that is loaded, in the place of another one. */
  present(frame, from = frame) {
    this.elements.problem.hidden = true;
    this.place(frame, from);
    this.frame = frame;
    this.reveal();
    this.resize();
    this.refresh();
    this.regionPanel.update();
    this.settle();
    if (this.comparison.chosen.length) this.comparison.changed();
  }

  /** Keep the same place in view when another frame, extension or chip is shown. */
  place(frame, from) {
    const { shown } = frame;
    const { view, settings } = this;
    if (settings.position) {
      const { zoom, ...onDetector } = settings.position;
      view.position = { ...fromDetector(shown, onDetector), zoom: zoom * view.density };
      // An address may be of another image: stay where this one can be seen.
      view.zoomBy(shown, 1);
      settings.position = null;
    } else if (!view.position || (view.fitted && frame === from)) {
      view.fit(shown);
    } else if (this.placed && this.placed !== shown) {
      view.position = this.comparison.positionIn(shown, this.placed, view.position);
    }
    this.placed = shown;
  }

  reveal() {
    const { canvas, badge } = this.elements;
    document.getElementById("preview")?.remove();
    for (const part of [canvas, badge]) part.hidden = false;
    const away = this.frame !== this.own;
    for (const { link } of this.frames) {
      link.classList.toggle("blinked", away && link === this.frame.link);
    }
    const { extname, extver } = this.frame.shown;
    badge.classList.toggle("blinked", away);
    badge.textContent = `${this.frame.file} ${extname}${extver ? `,${extver}` : ""}`;
  }

  report(error) {
    const { problem, canvas, stage, withoutPixels } = this.elements;
    problem.textContent = error.message;
    problem.hidden = false;
    if (canvas.hidden && !document.getElementById("preview")) {
      stage.insertAdjacentHTML("afterbegin", withoutPixels.textContent);
    }
    this.section.removeAttribute("aria-busy");
    this.setState("failed");
  }

  /** One of loading, ready and failed. */
  setState(state) {
    this.section.dataset.state = state;
  }

  blinkWithin(frames) {
    if (frames.length < 2) return;
    for (const frame of frames) this.blinked.add(frame);
    const now = frames.indexOf(this.showing);
    this.show(frames[(now + 1) % frames.length]);
  }

  get filetypes() {
    return this.frames.filter((frame) => frame === this.own || frame.link.dataset.blink);
  }

  get neighbours() {
    const steps = ["prev", "next"].map((rel) => this.frames.find((frame) => frame.name === rel));
    return [this.own, ...steps.filter(Boolean)];
  }

  // The look: settings of the stretch and the colours.

  get stretch() {
    const { image, flags } = this.settings.stretches;
    return this.frame.shown?.flags ? flags : image;
  }

  get range() {
    return this.rangeOf(this.frame);
  }

  /** The limits of the stretch of a frame, in the unit of its image. */
  rangeOf(frame) {
    const { limits, low, high } = this.stretch;
    if (limits === "own") return { low, high };
    const offered = frame.limits;
    const pair = offered[limits] || offered.percentiles[limits];
    const [from, to] = pair || offered.percentiles[DEFAULT_LIMITS];
    return { low: from, high: to };
  }

  get look() {
    return this.lookOf(this.frame);
  }

  /** How the pixels of a frame become colours, as `pictureOf` takes it. */
  lookOf(frame) {
    const { low, high } = this.rangeOf(frame);
    this.chooseTable();
    const { table, tableName } = this;
    const mask = frame.shown.flags ? this.settings.mask : undefined;
    return { low, high, mask, table, name: [low, high, mask, tableName].join() };
  }

  /** Make the look-up table of the chosen colours and scale, unless it is there. */
  chooseTable() {
    const { colours, inverted } = this.settings;
    const { scale } = this.stretch;
    const name = [scale, colours, inverted].join();
    if (this.tableName === name) return;
    this.table = lookUpTable(scale, colours, inverted);
    this.tableName = name;
  }

  /** Show the settings in the controls and in the URL, and draw with them. */
  refresh() {
    const { extname, extver } = this.frame.shown;
    this.settings.choice = { extname, extver };
    this.controls.update();
    this.draw();
    // Browsers refuse more than a hundred new addresses in half a minute.
    if (!this.histogram.dragged) this.address.write();
    this.overlays.refresh();
  }

  /** Load another extension or chip. */
  choose(choice) {
    this.settings.choice = choice;
    for (const frame of this.frames) frame.reset();
    this.comparison.difference?.reset();
    this.show(this.showing);
  }

  // Moving and zooming.

  resize() {
    if (this.view.resize()) this.resized();
  }

  /** Arrange the panes anew, and keep a whole image in view. */
  resized() {
    if (!this.frame.shown || !this.view.position) return;
    this.view.grid = this.comparison.grid;
    if (this.view.fitted) this.view.fit(this.frame.shown);
    this.moved();
  }

  fitAll() {
    this.view.fit(this.frame.shown);
    this.moved();
  }

  zoomToPixels() {
    this.zoomBy(this.view.density / this.view.position.zoom, this.cursor);
  }

  zoomBy(factor, point) {
    this.view.zoomBy(this.frame.shown, factor, point);
    this.moved();
  }

  moveBy(dx, dy) {
    this.view.moveBy(this.frame.shown, dx, dy);
    this.moved();
  }

  moved() {
    this.draw();
    this.settle();
  }

  /** The position in the image that is read: under the cursor, else in the middle. */
  readPosition() {
    return this.cursor ? this.view.toImage(this.cursor) : this.view.position;
  }

  draw() {
    return this.drawing.request(() => this.readout.update());
  }

  // Fetching what is missing.

  /** Once nothing moves any more, fetch what is missing, and then what blinking will need. */
  settle() {
    this.setState("loading");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.complete(), SETTLED_MS);
  }

  /** Do not settle: more has to be loaded first. */
  wait() {
    this.setState("loading");
    clearTimeout(this.settling);
    this.settling = null;
  }

  async complete() {
    const { frame, settling, view } = this;
    this.address.write();
    try {
      const arrived = () => this.draw();
      // The limits of all pixels differ from those of a sample.
      if (await frame.complete() && this.frame === frame) this.refresh();
      await frame.fetchDetail(view.seen(), view.position.zoom, arrived);
      await this.comparison.fetchDetails(arrived);
      await this.overlays.fetch(arrived);
      await this.draw();
      // Something has moved or changed in the meantime, and will settle again.
      if (this.frame !== frame || this.settling !== settling || this.loading) return;
      this.section.removeAttribute("aria-busy");
      this.setState("ready");
      await this.preload();
    } catch (error) {
      if (error.name !== "AbortError") this.report(error);
    }
  }

  async preload() {
    const { view } = this;
    const { position } = view;
    await this.frame.fetchDetail(view.around(), position.zoom);
    for (const frame of this.frames) {
      const near = frame.link.dataset.blink || frame.link.rel;
      if (frame === this.frame || !(near || this.blinked.has(frame))) continue;
      // Errors of other frames are reported when those are to be shown.
      const loading = frame.load(this.settings.choice);
      const loaded = await loading.then(() => true, () => false);
      if (!loaded || !this.blinked.has(frame) || view.position !== position) continue;
      const { x, y, zoom } = position;
      const there = fromDetector(frame.shown, toDetector(this.frame.shown, x, y));
      await frame.fetchDetail(view.seen({ ...there, zoom }), zoom).catch(() => false);
    }
  }
}

/** The elements of the viewer by their ids in camel case. */
function elementsById(section) {
  const camelCase = (id) => id.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  const elements = [...section.querySelectorAll("[id]")];
  return Object.fromEntries(elements.map((element) => [camelCase(element.id), element]));
}
