// The viewer: shows cuts of an image as the server sends them, and stretches them here.
//
// A frame is an image that can be shown: a filetype of this observation, or of a neighbour.  Each
// has an overview of all of it and, once one zooms in, a detail of what is on the screen.
// Positions within an image are in pixels from its lower left corner: pixel 0 is from 0 to 1.

const NO_VALUE = 255; // in blue, as the server packs it
const PARTS = 256; // of a step, which blue counts
const MOST_DIGITS = 7; // of a float32
const BLANK = 0xff5a3c1e; // the colour of no value, as bytes from alpha to red
const ENTRIES = 65536;
const MARGIN = 0.25; // of the screen, beyond each of its sides
const SETTLED_MS = 90;
const SPOKEN_MS = 700;
const BLOCK = 64; // pixels around the cursor that are asked for together
const MOST_BLOCKS = 64;
const LARGEST_ZOOM = 64;
const ALL_FLAGS = 0xffff;

// ---- Pixels

/** Fetch a cut: its values, top row first, NaN where there are none, and where it lies. */
export async function fetchCut(address, signal) {
  const response = await ask(address, signal);
  const place = JSON.parse(response.headers.get("X-Acsql-Cut"));
  // Not a byte may be changed on its way to the canvas and back.
  const picture = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0);
  picture.close();
  const bytes = context.getImageData(0, 0, width, height).data;
  const values = new Float32Array(width * height);
  for (let i = 0, at = 0; i < values.length; i += 1, at += 4) {
    const blue = bytes[at + 2];
    const code = bytes[at] * 256 + bytes[at + 1] + blue / PARTS;
    values[i] = blue === NO_VALUE ? NaN : place.low + code * place.step;
  }
  return { ...place, width, height, values };
}

async function ask(address, signal) {
  const response = await fetch(address, { signal });
  if (response.ok) return response;
  const told = await response.json().catch(() => ({}));
  throw new Error(told.message || `the server answers ${response.status}`);
}

/** The value of a cut at a pixel of the image, undefined outside of it. */
function valueAt(cut, x, y) {
  if (!cut || x < cut.x0 || x >= cut.x1 || y < cut.y0 || y >= cut.y1) return undefined;
  const column = Math.floor((x - cut.x0) / cut.bin);
  const row = Math.floor((y - cut.y0) / cut.bin);
  return cut.values[(cut.height - 1 - row) * cut.width + column];
}

// ---- The sky

/** Right ascension and declination in degrees of a pixel, its first counted as 1. */
export function skyOf(projection, x, y) {
  const u = x - projection.crpix[0];
  const v = y - projection.crpix[1];
  const bent = (terms) => terms.reduce((sum, [p, q, c]) => sum + c * u ** p * v ** q, 0);
  const right = u + bent(projection.a);
  const up = v + bent(projection.b);
  const [xi, eta] = projection.cd.map(([a, b]) => radians(a * right + b * up));
  const [ra0, dec0] = projection.crval.map(radians);
  const across = Math.cos(dec0) - eta * Math.sin(dec0);
  const ra = ra0 + Math.atan2(xi, across);
  const dec = Math.atan2(Math.sin(dec0) + eta * Math.cos(dec0), Math.hypot(xi, across));
  return [((degrees(ra) % 360) + 360) % 360, degrees(dec)];
}

const radians = (angle) => (angle * Math.PI) / 180;
const degrees = (angle) => (angle * 180) / Math.PI;

/** A number of hours or degrees with minutes and seconds: 12:34:56.789. */
export function sexagesimal(number, decimals, turn = Infinity) {
  const parts = 10 ** decimals;
  const total = Math.round(Math.abs(number) * 3600 * parts) % (turn * 3600 * parts);
  const two = (n) => String(n).padStart(2, "0");
  const seconds = Math.floor(total / parts);
  const fraction = String(total % parts).padStart(decimals, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${number < 0 ? "-" : ""}${two(h)}:${two(m)}:${two(s)}.${fraction}`;
}

// ---- Looks

const SCALES = {
  linear: (t) => t,
  sqrt: Math.sqrt,
  log: (t) => Math.log10(1000 * t + 1) / Math.log10(1001),
  asinh: (t) => Math.asinh(10 * t) / Math.asinh(10),
};

const COLOURS = {
  grey: (t) => [t, t, t],
  heat: (t) => [3 * t, 3 * t - 1, 3 * t - 2],
  ice: (t) => [3 * t - 2, 2 * t - 0.6, 2 * t],
  // Green 2011, BASI 39, 289: start 0.5, -1.5 rotations, hue 1, gamma 1.
  cubehelix: (t) => {
    const angle = 2 * Math.PI * (0.5 / 3 + 1 - 1.5 * t);
    const amplitude = (t * (1 - t)) / 2;
    const [c, s] = [amplitude * Math.cos(angle), amplitude * Math.sin(angle)];
    return [t - 0.14861 * c + 1.78277 * s, t - 0.29227 * c - 0.90649 * s, t + 1.97294 * c];
  },
};

/** The colours from the lower to the upper limit, as pixels of a canvas. */
function lookUpTable(scale, colours, invert) {
  const table = new Uint32Array(ENTRIES);
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let i = 0; i < ENTRIES; i += 1) {
    const t = SCALES[scale](i / (ENTRIES - 1));
    const rgb = COLOURS[colours](invert ? 1 - t : t);
    for (let k = 0; k < 3; k += 1) bytes[4 * i + k] = 255 * rgb[k];
    bytes[4 * i + 3] = 255;
  }
  return table;
}

/** Colour a cut: its picture is kept beside it and made again when it is to look otherwise. */
function picture(cut, look) {
  if (cut.look === look.name) return cut.picture;
  const { width, height, values } = cut;
  const { low, high, table, mask } = look;
  const canvas = cut.picture || new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const factor = high > low ? (ENTRIES - 1) / (high - low) : 0;
  for (let i = 0; i < pixels.length; i += 1) {
    const value = mask === undefined ? values[i] : values[i] & mask;
    const t = (value - low) * factor;
    if (value !== value) pixels[i] = BLANK;
    else pixels[i] = table[t <= 0 ? 0 : t >= ENTRIES ? ENTRIES - 1 : t | 0];
  }
  context.putImageData(image, 0, 0);
  cut.picture = canvas;
  cut.look = look.name;
  return canvas;
}

// ---- Frames

/** An image that can be shown, with what was fetched of the extension that is shown. */
class Frame {
  constructor(link) {
    this.link = link;
    this.name = link.dataset.frame;
    this.address = link.dataset.pixels;
    this.file = link.dataset.file;
    this.shown = null;
    this.limits = null;
    this.overview = null;
    this.detail = null;
    this.wanted = null;
    this.forget();
  }

  /** Let something else be loaded; until that is there, what was shown stays. */
  forget() {
    this.fetching?.abort();
    this.fetching = new AbortController();
    this.loading = null;
  }

  /** Fetch what has to be known before anything is drawn. */
  load(choice, screen) {
    if (!this.loading) {
      const loading = this.fetchOverview(choice, screen);
      this.loading = loading;
      // What failed may be tried again.
      loading.catch(() => {
        if (this.loading === loading) this.loading = null;
      });
    }
    return this.loading;
  }

  async fetchOverview(choice, screen) {
    const { signal } = this.fetching;
    this.description ??= await (await ask(this.address, signal)).json();
    const shown = chosen(this.description, choice);
    const binning = this.binningOf(shown, Math.min(screen.width / shown.width, screen.height / shown.height));
    const whole = { x0: 0, x1: shown.width, y0: 0, y1: shown.height };
    const asked = { version: this.description.version, extname: shown.extname, extver: shown.extver };
    const limits = ask(`${this.address}limits?${new URLSearchParams(asked)}`, signal).then((r) => r.json());
    const [overview, told] = await Promise.all([
      fetchCut(this.cutAddress(shown, whole, binning), signal),
      limits,
    ]);
    signal.throwIfAborted();
    Object.assign(this, { shown, overview, limits: told, detail: null });
  }

  /** How many pixels are put in one where there are `zoom` pixels of the screen for each. */
  binningOf(shown, zoom, region) {
    const { most_cells: most, largest_bin: largest } = this.description;
    const { x0, x1, y0, y1 } = region || { x0: 0, x1: shown.width, y0: 0, y1: shown.height };
    let binning = Math.max(1, Math.floor(1 / zoom + 1e-6));
    while (Math.ceil((x1 - x0) / binning) * Math.ceil((y1 - y0) / binning) > most) binning += 1;
    return Math.min(binning, largest);
  }

  cutAddress(shown, region, binning) {
    const { version } = this.description;
    const { extname, extver } = shown;
    const asked = { version, extname, extver, ...region, bin: binning };
    return `${this.address}cut.png?${new URLSearchParams(asked)}`;
  }

  /** Fetch the detail of what is on the screen, unless it is there; true if something came. */
  async fetchDetail(seen, zoom) {
    const { shown, overview, detail } = this;
    const region = around(seen, shown, 0);
    if (!region) return false;
    const binning = this.binningOf(shown, zoom, region);
    if (overview.bin <= binning) return false;
    if (detail && detail.bin <= binning && covers(detail, region)) return false;
    const generous = around(seen, shown, MARGIN, 16 * binning);
    const fits = this.binningOf(shown, zoom, generous) === binning;
    const address = this.cutAddress(shown, fits ? generous : region, binning);
    if (this.wanted?.address === address) return false;
    this.wanted?.control.abort();
    const control = new AbortController();
    this.wanted = { address, control };
    try {
      const found = await fetchCut(address, AbortSignal.any([control.signal, this.fetching.signal]));
      if (this.shown !== shown) return false;
      this.detail = found;
      return true;
    } finally {
      if (this.wanted?.address === address) this.wanted = null;
    }
  }
}

/** The extension and chips of an image that are chosen, or what comes closest. */
function chosen(description, choice) {
  const { planes } = description;
  const plane = planes.find((each) => each.extname === choice.extname) || planes[0];
  const alone = plane.chips.find((chip) => String(chip.extver) === choice.extver);
  if (!alone) return { ...plane, extver: "" };
  const chips = [{ ...alone, first_row: 0 }];
  return { ...plane, chips, height: alone.height, extver: choice.extver };
}

/** A part of the screen's size around what is seen, within the image; null if nothing is. */
function around(seen, shown, margin, grid = 1) {
  const [dx, dy] = [(seen.x1 - seen.x0) * margin, (seen.y1 - seen.y0) * margin];
  const down = (value) => Math.max(0, Math.floor(value / grid) * grid);
  const up = (value, most) => Math.min(most, Math.ceil(value / grid) * grid);
  const region = {
    x0: down(seen.x0 - dx),
    x1: up(seen.x1 + dx, shown.width),
    y0: down(seen.y0 - dy),
    y1: up(seen.y1 + dy, shown.height),
  };
  return region.x0 < region.x1 && region.y0 < region.y1 ? region : null;
}

function covers(cut, region) {
  return cut.x0 <= region.x0 && cut.x1 >= region.x1 && cut.y0 <= region.y0 && cut.y1 >= region.y1;
}

function chipAt(shown, y) {
  return shown.chips.findLast((chip) => y >= chip.first_row) || shown.chips[0];
}

/** The place on the calibrated detector of a position, which is the same in raw and flt. */
function onDetector(shown, x, y) {
  const chip = chipAt(shown, y);
  return {
    ccdchip: chip.ccdchip,
    extver: chip.extver,
    x: x - chip.origin[0],
    y: y - chip.first_row - chip.origin[1],
  };
}

function fromDetector(shown, place) {
  const chip =
    shown.chips.find((each) => place.ccdchip !== null && each.ccdchip === place.ccdchip) ||
    shown.chips.find((each) => each.extver === place.extver) ||
    shown.chips[0];
  return { x: place.x + chip.origin[0], y: place.y + chip.first_row + chip.origin[1] };
}

// ---- The page

class Viewer {
  constructor(section) {
    this.section = section;
    for (const found of section.querySelectorAll("[id]")) {
      this[found.id.replace(/-(.)/g, (_, letter) => letter.toUpperCase())] = found;
    }
    this.keys = document.getElementById("keys");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.frames = [...section.querySelectorAll("[data-pixels]")].map((link) => new Frame(link));
    const links = section.querySelector("nav [aria-current]");
    this.own = this.frames.find((frame) => frame.link === links);
    this.frame = this.own;
    this.pointers = new Map();
    this.blocks = new Map();
    this.cursor = null;
    this.blinked = new Set([this.own]);
    this.readAddress();
    this.fillControls();
    this.listen();
    this.show(this.own);
  }

  // State: all of it is in the fragment of the address, so that a view can be sent to a colleague.

  readAddress() {
    const told = new URLSearchParams(window.location.hash.slice(1));
    const one = (name, choices, usual) => (choices.includes(told.get(name)) ? told.get(name) : usual);
    const number = (name) => (told.get(name) && Number.isFinite(+told.get(name)) ? +told.get(name) : null);
    this.choice = { extname: told.get("extname") || "", extver: told.get("extver") || "" };
    this.colouring = one("colours", Object.keys(COLOURS), "grey");
    this.inverted = told.get("invert") === "yes";
    const own = number("low") !== null && number("high") !== null;
    this.stretches = {
      image: { limits: told.get("limits") || "98", scale: one("scale", Object.keys(SCALES), "linear") },
      flags: { limits: "minmax", scale: one("flagscale", Object.keys(SCALES), "log") },
    };
    if (own) Object.assign(this.stretches.image, { limits: "own", low: number("low"), high: number("high") });
    this.mask = number("mask") ?? ALL_FLAGS;
    const [ccdchip, extver, x, y] = (told.get("at") || "").split(",").map(Number);
    const zoom = number("zoom");
    const known = [ccdchip, extver, x, y].every(Number.isFinite) && zoom > 0;
    this.asked = known ? { ccdchip: ccdchip || null, extver, x, y, zoom } : null;
  }

  writeAddress() {
    const { shown } = this.frame;
    const { limits, scale, low, high } = this.stretches.image;
    const told = new URLSearchParams();
    if (shown.extname !== this.frame.description.planes[0].extname) told.set("extname", shown.extname);
    if (shown.extver) told.set("extver", shown.extver);
    if (limits === "own") {
      told.set("low", low);
      told.set("high", high);
    } else if (limits !== "98") told.set("limits", limits);
    if (scale !== "linear") told.set("scale", scale);
    if (this.stretches.flags.scale !== "log") told.set("flagscale", this.stretches.flags.scale);
    if (this.mask !== ALL_FLAGS) told.set("mask", this.mask);
    if (this.colouring !== "grey") told.set("colours", this.colouring);
    if (this.inverted) told.set("invert", "yes");
    if (!this.fitted) {
      const at = onDetector(shown, this.view.x, this.view.y);
      told.set("at", [at.ccdchip ?? 0, at.extver, at.x.toFixed(1), at.y.toFixed(1)].join(","));
      told.set("zoom", +(this.view.zoom / this.density).toPrecision(5));
    }
    const fragment = told.size ? `#${told}` : "";
    window.history.replaceState(null, "", window.location.pathname + window.location.search + fragment);
    for (const link of this.section.querySelectorAll("[data-frame]")) link.hash = fragment;
  }

  get stretch() {
    return this.frame.shown?.flags ? this.stretches.flags : this.stretches.image;
  }

  get density() {
    // As many pixels as a cut may have are enough for any screen.
    const { clientWidth: width, clientHeight: height } = this.stage;
    return Math.min(window.devicePixelRatio || 1, Math.sqrt(3e6 / Math.max(1, width * height)));
  }

  get screen() {
    return { width: this.canvas.width, height: this.canvas.height };
  }

  // Which frame is shown.

  async show(frame) {
    const from = this.frame;
    this.resize();
    this.section.setAttribute("aria-busy", "true");
    this.section.dataset.state = "loading";
    this.showing = frame;
    const loading = frame.load(this.choice, this.screen);
    this.loading = loading;
    // What was to be fetched for what was shown before is wanted no more.
    clearTimeout(this.settling);
    this.settling = null;
    try {
      await loading;
    } catch (error) {
      if (this.loading !== loading) return;
      this.loading = null;
      this.complain(error);
      return;
    }
    if (this.loading !== loading) return;
    this.loading = null;
    this.problem.hidden = true;
    this.place(frame, from);
    this.frame = frame;
    this.reveal();
    this.refresh();
    this.settle();
  }

  /** Keep what is seen where it is when another frame, extension or chip is shown. */
  place(frame, from) {
    const { shown } = frame;
    if (this.asked) {
      const { zoom, ...at } = this.asked;
      this.view = { ...fromDetector(shown, at), zoom: zoom * this.density };
      this.fitted = false;
      this.asked = null;
    } else if (!this.view || (this.fitted && frame === from)) {
      this.view = this.fitting(shown);
      this.fitted = true;
    } else if (this.seenBefore && this.seenBefore !== shown) {
      const at = onDetector(this.seenBefore, this.view.x, this.view.y);
      this.view = { ...fromDetector(shown, at), zoom: this.view.zoom };
    }
    this.seenBefore = shown;
  }

  reveal() {
    this.preview.hidden = true;
    for (const part of [this.canvas, this.buttons, this.panel]) part.hidden = false;
    const away = this.frame !== this.own;
    for (const { link } of this.frames) link.classList.toggle("blinked", away && link === this.frame.link);
    this.badge.hidden = false;
    this.badge.classList.toggle("blinked", away);
    const { shown } = this.frame;
    this.badge.textContent = `${this.frame.file} ${shown.extname}${shown.extver ? `,${shown.extver}` : ""}`;
    this.resize();
  }

  complain(error) {
    this.problem.textContent = error.message;
    this.problem.hidden = false;
    this.section.removeAttribute("aria-busy");
    this.section.dataset.state = "failed";
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
    const around = ["prev", "next"].map((rel) => this.frames.find((frame) => frame.name === rel));
    return [this.own, ...around.filter(Boolean)];
  }

  // Controls.

  fillControls() {
    fill(this.scale, Object.keys(SCALES));
    fill(this.colours, Object.keys(COLOURS));
    const boxes = [...this.section.querySelectorAll("select")];
    for (const box of boxes) box.addEventListener("change", () => this.choose());
    this.invert.addEventListener("change", () => this.choose());
    for (const box of [this.low, this.high]) box.addEventListener("change", () => this.chooseLimits());
    const click = (button, act) => button.addEventListener("click", () => act.call(this));
    click(this.zoomIn, () => this.zoomBy(1.5));
    click(this.zoomOut, () => this.zoomBy(1 / 1.5));
    click(this.fit, this.fitAll);
    click(this.oneToOne, this.zoomToPixels);
    click(this.blink, () => this.blinkWithin(this.filetypes));
    click(this.blinkAround, () => this.blinkWithin(this.neighbours));
    this.blink.disabled = this.filetypes.length < 2;
    this.blinkAround.disabled = this.neighbours.length < 2;
    click(this.allFlags, () => this.chooseFlags(ALL_FLAGS));
    click(this.noFlags, () => this.chooseFlags(0));
    click(this.help, () => this.keys.showModal());
  }

  /** Take over what the controls say. */
  choose() {
    const { stretch } = this;
    stretch.scale = this.scale.value;
    if (this.limits.value !== "own") stretch.limits = this.limits.value;
    else Object.assign(stretch, { limits: "own", ...this.range() });
    this.colouring = this.colours.value;
    this.inverted = this.invert.checked;
    const extver = this.extver.disabled ? "" : this.extver.value;
    const choice = { extname: this.extname.value, extver };
    if (choice.extname === this.choice.extname && choice.extver === this.choice.extver) {
      // What is on its way will be shown as the controls say.
      if (!this.loading) this.refresh();
      return;
    }
    this.choice = choice;
    for (const frame of this.frames) frame.forget();
    this.show(this.showing);
  }

  chooseLimits() {
    const [low, high] = [this.low, this.high].map((box) => (box.value.trim() ? Number(box.value) : NaN));
    const sound = Number.isFinite(low) && Number.isFinite(high) && low <= high;
    for (const box of [this.low, this.high]) box.setAttribute("aria-invalid", String(!sound));
    if (!sound) return;
    Object.assign(this.stretch, { limits: "own", low, high });
    this.refresh();
  }

  /** The limits of the stretch, in the image's unit. */
  range(frame = this.frame) {
    const { limits, low, high } = this.stretch;
    if (limits === "own") return { low, high };
    const known = frame.limits;
    const [from, to] = known[limits] || known.percentiles[limits] || known.percentiles["98"];
    return { low: from, high: to };
  }

  /** Show in the controls what is shown, and draw. */
  refresh() {
    const { shown, description, limits } = this.frame;
    this.choice = { extname: shown.extname, extver: shown.extver };
    fill(this.extname, description.planes.map((plane) => plane.extname), shown.extname);
    const { chips } = description.planes.find((plane) => plane.extname === shown.extname);
    const all = chips.length > 1 ? [["", "all"]] : [];
    const named = chips.map((chip) => [String(chip.extver), chipName(chip)]);
    fill(this.extver, [...all, ...named], chips.length > 1 ? shown.extver : String(chips[0].extver));
    this.extver.disabled = chips.length < 2;
    const parts = Object.keys(limits.percentiles).sort((a, b) => b - a);
    const ways = [["minmax", "min – max"], ...parts.map((part) => [part, `${part} %`]), ["zscale", "zscale"], ["own", "as typed"]];
    if (!ways.some(([value]) => value === this.stretch.limits)) this.stretch.limits = "98";
    fill(this.limits, ways, this.stretch.limits);
    this.scale.value = this.stretch.scale;
    this.colours.value = this.colouring;
    this.invert.checked = this.inverted;
    const { low, high } = this.range();
    this.low.value = short(low);
    this.high.value = short(high);
    this.fillFlags();
    this.drawColourBar();
    this.draw();
    this.writeAddress();
  }

  fillFlags() {
    this.flags.hidden = !this.frame.shown.flags;
    if (!this.flagBoxes.childElementCount) {
      const flags = Object.entries(this.frame.description.flags);
      this.flagBoxes.append(...flags.map(([bit, meaning]) => this.flagBox(bit, meaning)));
    }
    for (const box of this.flagBoxes.querySelectorAll("input")) box.checked = this.mask & box.value;
  }

  flagBox(bit, meaning) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: bit });
    box.addEventListener("change", () => this.chooseFlags(this.mask ^ bit));
    label.append(box, ` ${bit} ${meaning}`);
    return label;
  }

  chooseFlags(mask) {
    this.mask = mask;
    this.refresh();
  }

  look(frame = this.frame) {
    const { low, high } = this.range(frame);
    const wanted = [this.stretch.scale, this.colouring, this.inverted].join();
    if (this.tableOf !== wanted) {
      this.table = lookUpTable(this.stretch.scale, this.colouring, this.inverted);
      this.tableOf = wanted;
    }
    const mask = frame.shown.flags ? this.mask : undefined;
    return { low, high, mask, table: this.table, name: [low, high, mask, wanted].join() };
  }

  drawColourBar() {
    const { table } = this.look();
    const context = this.colourBar.getContext("2d");
    const image = context.createImageData(256, 1);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < 256; i += 1) pixels[i] = table[i * 257];
    context.putImageData(image, 0, 0);
  }

  // The view: the position in the middle of the screen, and screen pixels for each of the image.

  fitting(shown) {
    const { width, height } = this.screen;
    const zoom = Math.min(width / shown.width, height / shown.height);
    return { x: shown.width / 2, y: shown.height / 2, zoom };
  }

  fitAll() {
    this.view = this.fitting(this.frame.shown);
    this.moved(true);
  }

  zoomToPixels() {
    this.zoomBy(this.density / this.view.zoom, this.cursor);
  }

  /** Zoom, with a point of the screen staying where it is: its middle, if none is given. */
  zoomBy(factor, point) {
    const { width, height } = this.screen;
    const fixed = point || { x: width / 2, y: height / 2 };
    const whole = this.fitting(this.frame.shown).zoom;
    const before = this.toImage(fixed);
    const least = Math.min(whole / 2, this.density);
    const most = Math.max(whole, LARGEST_ZOOM * this.density);
    const zoom = Math.min(Math.max(this.view.zoom * factor, least), most);
    this.view = { ...this.view, zoom };
    const after = this.toImage(fixed);
    this.moveBy(before.x - after.x, before.y - after.y);
  }

  /** Move by pixels of the image; its edge goes no further than to the middle of the screen. */
  moveBy(dx, dy) {
    const { shown } = this.frame;
    this.view.x = Math.min(Math.max(this.view.x + dx, 0), shown.width);
    this.view.y = Math.min(Math.max(this.view.y + dy, 0), shown.height);
    this.moved(false);
  }

  moved(fitted) {
    this.fitted = fitted;
    this.draw();
    this.settle();
  }

  toImage(point) {
    const { width, height } = this.screen;
    const { x, y, zoom } = this.view;
    return { x: x + (point.x - width / 2) / zoom, y: y - (point.y - height / 2) / zoom };
  }

  toScreen(x, y) {
    const { width, height } = this.screen;
    const { view } = this;
    return { x: (x - view.x) * view.zoom + width / 2, y: height / 2 - (y - view.y) * view.zoom };
  }

  /** Once nothing moves any more, fetch what is missing, and then what blinking will need. */
  settle() {
    this.section.dataset.state = "loading";
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.complete(), SETTLED_MS);
  }

  async complete() {
    const { frame, settling } = this;
    this.writeAddress();
    try {
      if (await frame.fetchDetail(this.seen(), this.view.zoom)) this.draw();
      // Something moved or changed in the meantime, and will settle again.
      if (this.frame !== frame || this.settling !== settling || this.loading) return;
      this.section.removeAttribute("aria-busy");
      this.section.dataset.state = "ready";
      await this.preload();
    } catch (error) {
      if (error.name !== "AbortError") this.complain(error);
    }
  }

  async preload() {
    const { view } = this;
    for (const frame of this.frames) {
      const near = frame.link.dataset.blink || frame.link.rel;
      if (frame === this.frame || !(near || this.blinked.has(frame))) continue;
      // What is wrong with another image is told when it is to be shown.
      const there = await frame.load(this.choice, this.screen).then(() => true, () => false);
      if (!there || !this.blinked.has(frame) || this.view !== view) continue;
      const at = fromDetector(frame.shown, onDetector(this.frame.shown, view.x, view.y));
      await frame.fetchDetail(this.seen({ ...view, ...at }), view.zoom).catch(() => false);
    }
  }

  seen({ x, y, zoom } = this.view) {
    const { width, height } = this.screen;
    const [dx, dy] = [width / 2 / zoom, height / 2 / zoom];
    return { x0: x - dx, x1: x + dx, y0: y - dy, y1: y + dy };
  }

  // Drawing.

  resize() {
    const width = Math.max(1, Math.round(this.stage.clientWidth * this.density));
    const height = Math.max(1, Math.round(this.stage.clientHeight * this.density));
    if (this.canvas.width === width && this.canvas.height === height) return;
    Object.assign(this.canvas, { width, height });
    if (!this.frame.shown || !this.view) return;
    if (this.fitted) this.view = this.fitting(this.frame.shown);
    this.draw();
    this.settle();
  }

  draw() {
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.drawNow();
      this.tell();
    });
  }

  drawNow() {
    const { context, frame } = this;
    const { width, height } = this.screen;
    context.fillStyle = "#0a0e13";
    context.fillRect(0, 0, width, height);
    const look = this.look();
    const corner = this.toScreen(0, frame.shown.height);
    const opposite = this.toScreen(frame.shown.width, 0);
    context.save();
    // The last bins may reach beyond the image.
    context.beginPath();
    context.rect(corner.x, corner.y, opposite.x - corner.x, opposite.y - corner.y);
    context.clip();
    for (const cut of [frame.overview, frame.detail]) if (cut) this.drawCut(cut, look);
    context.restore();
    this.drawCursor();
  }

  drawCut(cut, look) {
    const scale = cut.bin * this.view.zoom;
    const top = this.toScreen(cut.x0, cut.y0 + cut.height * cut.bin);
    this.context.imageSmoothingEnabled = scale < 1;
    this.context.drawImage(picture(cut, look), top.x, top.y, cut.width * scale, cut.height * scale);
  }

  /** Frame the pixel that is read, where pixels can be told apart or the keyboard moves them. */
  drawCursor() {
    const { context } = this;
    const { x, y } = this.read();
    const { zoom } = this.view;
    const corner = this.toScreen(Math.floor(x), Math.floor(y) + 1);
    const size = Math.max(zoom, 1);
    const byKeys = !this.cursor && document.activeElement === this.canvas;
    if (zoom < 6 && !byKeys) return;
    for (const [colour, wide] of [["#000", 3], ["#ffd34d", 1]]) {
      context.strokeStyle = colour;
      context.lineWidth = wide * Math.max(1, this.density);
      context.strokeRect(corner.x, corner.y, size, size);
      if (!byKeys || zoom >= 6) continue;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(corner.x + 6 * dx, corner.y + 6 * dy);
        context.lineTo(corner.x + 16 * dx, corner.y + 16 * dy);
      }
      context.stroke();
    }
  }

  // What is under the cursor, or in the middle if there is none.

  read() {
    return this.cursor ? this.toImage(this.cursor) : { x: this.view.x, y: this.view.y };
  }

  tell() {
    const { frame } = this;
    const { shown } = frame;
    const at = this.read();
    const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
    this.atZoom.textContent = `${+((100 * this.view.zoom) / this.density).toPrecision(3)} %`;
    const parts = [this.atChip, this.atPixel, this.atValue, this.atSky, this.atDegrees];
    if (x < 0 || y < 0 || x >= shown.width || y >= shown.height) {
      for (const part of parts) part.textContent = "–";
      this.section.dataset.read = "outside";
      return;
    }
    const chip = chipAt(shown, y);
    const row = y - chip.first_row;
    this.atChip.textContent = chipName(chip);
    this.atPixel.textContent = `${x + 1}, ${row + 1}`;
    this.tellSky(chip.projection, x + 1, row + 1);
    const layer = [frame.detail, frame.overview].find((cut) => valueAt(cut, x, y) !== undefined);
    const cut = this.block(x, y)?.cut || layer;
    if (cut) {
      const binned = cut.bin > 1 ? ` (${cut.bin} × ${cut.bin})` : "";
      this.atValue.textContent = this.words(valueAt(cut, x, y), cut.step) + binned;
      this.section.dataset.read = binned ? "binned" : "exact";
      clearTimeout(this.resting);
      // Fewer pixels lie closer together, and each is known to more digits.
      if (binned || cut.step !== 1) this.resting = setTimeout(() => this.fetchBlock(x, y), SETTLED_MS);
    }
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.speak(), SPOKEN_MS);
  }

  tellSky(projection, x, y) {
    if (!projection) {
      this.atSky.textContent = this.atDegrees.textContent = "not told by the header";
      return;
    }
    const [ra, dec] = skyOf(projection, x, y);
    const sign = dec < 0 ? "" : "+";
    this.atSky.textContent = `${sexagesimal(ra / 15, 3, 24)} ${sign}${sexagesimal(dec, 2)}`;
    this.atDegrees.textContent = `${ra.toFixed(6)} ${sign}${dec.toFixed(6)}`;
  }

  /** A value of a cut as people read it, with its unit or the names of its flags. */
  words(value, step) {
    if (Number.isNaN(value)) return "no value";
    const { shown, description } = this.frame;
    if (!shown.flags) return `${known(value, step / PARTS)} ${shown.unit}`.trim();
    const set = Object.entries(description.flags).filter(([bit]) => value & bit);
    return `${value} ${set.length ? set.map(([, meaning]) => meaning).join(", ") : "good"}`;
  }

  speak() {
    if (document.activeElement !== this.canvas || this.cursor) return;
    const told = [this.atPixel, this.atValue, this.atSky].map((part) => part.textContent);
    this.spoken.textContent = `Pixel ${told[0]}: ${told[1]}; ${told[2]}`;
  }

  blockKey(x, y) {
    const { name, shown } = this.frame;
    return [name, shown.extname, shown.extver, Math.floor(x / BLOCK), Math.floor(y / BLOCK)].join();
  }

  block(x, y) {
    return this.blocks.get(this.blockKey(x, y));
  }

  /** Fetch the pixels themselves around the one that is read. */
  async fetchBlock(x, y) {
    const { frame } = this;
    const key = this.blockKey(x, y);
    if (this.blocks.has(key)) return;
    const block = {};
    this.blocks.set(key, block);
    if (this.blocks.size > MOST_BLOCKS) this.blocks.delete(this.blocks.keys().next().value);
    const [x0, y0] = [x, y].map((value) => Math.floor(value / BLOCK) * BLOCK);
    const region = { x0, x1: x0 + BLOCK, y0, y1: y0 + BLOCK };
    try {
      block.cut = await fetchCut(frame.cutAddress(frame.shown, region, 1), frame.fetching.signal);
      this.tell();
    } catch (error) {
      this.blocks.delete(key);
      if (error.name !== "AbortError") this.complain(error);
    }
  }

  // The hand.

  listen() {
    const { canvas } = this;
    new ResizeObserver(() => this.resize()).observe(this.stage);
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.follow(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => this.release(event));
    }
    canvas.addEventListener("pointerleave", () => this.leave());
    canvas.addEventListener("wheel", (event) => this.roll(event), { passive: false });
    for (const kind of ["focus", "blur"]) canvas.addEventListener(kind, () => this.draw());
    document.addEventListener("keydown", (event) => this.type(event));
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    this.canvas.classList.add("moving");
    this.cursor = this.at(event);
    this.draw();
  }

  follow(event) {
    const now = this.at(event);
    const before = this.pointers.get(event.pointerId);
    this.cursor = now;
    if (!before) {
      this.draw();
      return;
    }
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, now);
    const { zoom } = this.view;
    if (others.length) this.pinch(before, now, others[0][1]);
    else this.moveBy((before.x - now.x) / zoom, (now.y - before.y) / zoom);
  }

  /** Two fingers: the points of the image stay under them. */
  pinch(before, now, other) {
    const distance = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    const { zoom } = this.view;
    this.moveBy((before.x - now.x) / 2 / zoom, (now.y - before.y) / 2 / zoom);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.zoomBy(distance(now, other) / distance(before, other), middle);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.canvas.classList.remove("moving");
  }

  leave() {
    if (this.pointers.size) return;
    this.cursor = null;
    this.draw();
  }

  roll(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    this.zoomBy(Math.exp(-event.deltaY * lines * 0.0015), this.at(event));
  }

  // The keyboard.

  type(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || this.keys.open || !this.frame.shown) return;
    // Somewhere else keys mean something else.
    const { target } = event;
    if (target.closest("input:not([type=checkbox]), select, textarea")) return;
    if (target !== document.body && !this.section.contains(target)) return;
    const act = this.actions(event)[event.key];
    if (!act) return;
    event.preventDefault();
    act.call(this);
  }

  actions({ shiftKey }) {
    const { width, height } = this.screen;
    const { zoom } = this.view;
    const stepX = shiftKey ? 1 : width / zoom / 8;
    const stepY = shiftKey ? 1 : height / zoom / 8;
    const move = (dx, dy) => () => {
      this.cursor = null;
      this.moveBy(dx * stepX, dy * stepY);
    };
    return {
      ArrowLeft: move(-1, 0),
      ArrowRight: move(1, 0),
      ArrowUp: move(0, 1),
      ArrowDown: move(0, -1),
      "+": () => this.zoomBy(1.5, this.cursor),
      "=": () => this.zoomBy(1.5, this.cursor),
      "-": () => this.zoomBy(1 / 1.5, this.cursor),
      0: this.fitAll,
      1: this.zoomToPixels,
      i: () => this.invert.click(),
      c: () => this.next(this.colours),
      s: () => this.next(this.scale),
      l: () => this.next(this.limits),
      e: () => this.next(this.extname),
      b: () => this.blinkWithin(this.filetypes),
      B: () => this.blinkWithin(this.neighbours),
      n: () => this.go("next"),
      p: () => this.go("prev"),
      "?": () => this.keys.showModal(),
    };
  }

  next(box) {
    // Limits as typed are there for who types them.
    const values = [...box.options].map((option) => option.value).filter((value) => value !== "own");
    box.value = values[(values.indexOf(box.value) + 1) % values.length];
    this.choose();
    this.spoken.textContent = `${box.parentElement.firstChild.textContent.trim()}: ${box.selectedOptions[0].text}`;
  }

  go(rel) {
    this.section.querySelector(`a[rel="${rel}"]`)?.click();
  }
}

function chipName(chip) {
  return String(chip.ccdchip ?? chip.extver);
}

/** Fill a box with values, or pairs of a value and a text, and choose one. */
function fill(box, choices, value = box.value) {
  const options = choices.map((choice) => {
    const [of, text] = Array.isArray(choice) ? choice : [choice, choice];
    return new Option(text, of);
  });
  box.replaceChildren(...options);
  box.value = value;
}

const short = (number) => String(+number.toPrecision(6));

/** A number with the digits that are sure, if it is known to some precision. */
function known(number, precision) {
  const leading = (size) => Math.floor(Math.log10(size));
  const digits = leading(Math.abs(number)) - leading(precision);
  return String(+number.toPrecision(Math.min(Math.max(digits, 1), MOST_DIGITS)));
}

const section = document.getElementById("viewer");
if (section) new Viewer(section);
