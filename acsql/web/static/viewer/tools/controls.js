// The controls beside the image: extension, limits, scale, colours, flags, and the buttons.

import { COLOURS, SCALES } from "../colours.js";
import { ALL_FLAGS, DEFAULT_LIMITS } from "../fragment.js";
import { chipName } from "../geometry.js";

const ZOOM_STEP = 1.5;
const BAR_WIDTH = 256; // pixels of the colour bar

export class Controls {
  constructor(viewer) {
    this.viewer = viewer;
    this.elements = viewer.elements;
    fill(this.elements.scale, Object.keys(SCALES));
    fill(this.elements.colours, Object.keys(COLOURS));
    this.tools = [...viewer.section.querySelectorAll("details.tool")];
    for (const tool of this.tools) tool.open = viewer.settings.tools.includes(tool.id);
    this.listen();
  }

  /** Keep in the URL which parts of the panel are open, so that they are at the next image. */
  rememberTools() {
    const { viewer } = this;
    viewer.settings.tools = this.tools.filter(({ open }) => open).map(({ id }) => id);
    viewer.address.write();
  }

  listen() {
    const { viewer, elements } = this;
    for (const select of viewer.section.querySelectorAll(".controls select")) {
      select.addEventListener("change", () => this.choose());
    }
    elements.invert.addEventListener("change", () => this.choose());
    for (const field of [elements.low, elements.high]) {
      field.addEventListener("change", () => this.chooseLimits());
    }
    const onClick = (button, action) => button.addEventListener("click", action);
    onClick(elements.zoomIn, () => viewer.zoomBy(ZOOM_STEP));
    onClick(elements.zoomOut, () => viewer.zoomBy(1 / ZOOM_STEP));
    onClick(elements.fit, () => viewer.fitAll());
    onClick(elements.oneToOne, () => viewer.zoomToPixels());
    onClick(elements.blink, () => viewer.blinkWithin(viewer.filetypes));
    onClick(elements.blinkAround, () => viewer.blinkWithin(viewer.neighbours));
    onClick(elements.allFlags, () => this.chooseFlags(ALL_FLAGS));
    onClick(elements.noFlags, () => this.chooseFlags(0));
    onClick(elements.help, () => viewer.keys.showModal());
    for (const tool of this.tools) tool.addEventListener("toggle", () => this.rememberTools());
    elements.blink.disabled = viewer.filetypes.length < 2;
    elements.blinkAround.disabled = viewer.neighbours.length < 2;
  }

  /** Apply the values of the controls. */
  choose() {
    const { viewer } = this;
    const { limits, scale, colours, invert, extname, extver } = this.elements;
    const { settings, stretch } = viewer;
    stretch.scale = scale.value;
    if (limits.value !== "own") stretch.limits = limits.value;
    else Object.assign(stretch, { limits: "own", ...viewer.range });
    settings.colours = colours.value;
    settings.inverted = invert.checked;
    const choice = { extname: extname.value, extver: extver.disabled ? "" : extver.value };
    if (choice.extname !== settings.choice.extname || choice.extver !== settings.choice.extver) {
      viewer.choose(choice);
    } else if (!viewer.loading) {
      // What is being loaded will be shown with these settings anyway.
      viewer.refresh();
    }
  }

  /** Apply limits that were typed, if they are two numbers in order. */
  chooseLimits() {
    const fields = [this.elements.low, this.elements.high];
    const [low, high] = fields.map(({ value }) => (value.trim() ? Number(value) : NaN));
    const valid = Number.isFinite(low) && Number.isFinite(high) && low <= high;
    for (const field of fields) field.setAttribute("aria-invalid", String(!valid));
    if (!valid) return;
    Object.assign(this.viewer.stretch, { limits: "own", low, high });
    this.viewer.refresh();
  }

  chooseFlags(mask) {
    this.viewer.settings.mask = mask;
    this.viewer.refresh();
  }

  /** Choose the next value of a list, and announce it. */
  chooseNext(select) {
    // Custom limits are skipped.
    const values = [...select.options].map(({ value }) => value).filter((value) => value !== "own");
    select.value = values[(values.indexOf(select.value) + 1) % values.length];
    this.choose();
    const label = select.parentElement.firstChild.textContent.trim();
    this.elements.spoken.textContent = `${label}: ${select.selectedOptions[0].text}`;
  }

  /** Show the settings and what the frame offers. */
  update() {
    const { settings, stretch, range } = this.viewer;
    const { scale, colours, invert, low, high } = this.elements;
    this.updateExtensions();
    this.updateLimits();
    scale.value = stretch.scale;
    colours.value = settings.colours;
    invert.checked = settings.inverted;
    low.value = rounded(range.low);
    high.value = rounded(range.high);
    this.updateFlags();
    this.drawColourBar();
    this.viewer.histogram.update();
  }

  updateExtensions() {
    const { extname, extver } = this.elements;
    const { shown, description } = this.viewer.frame;
    fill(extname, description.planes.map((plane) => plane.extname), shown.extname);
    const { chips } = description.planes.find((plane) => plane.extname === shown.extname);
    const several = chips.length > 1;
    const all = several ? [["", "all"]] : [];
    const single = chips.map((chip) => [String(chip.extver), chipName(chip)]);
    fill(extver, [...all, ...single], several ? shown.extver : String(chips[0].extver));
    extver.disabled = !several;
  }

  updateLimits() {
    const { stretch, frame } = this.viewer;
    const percentages = Object.keys(frame.limits.percentiles).sort((a, b) => b - a);
    const choices = [
      ["minmax", "min – max"],
      ...percentages.map((percent) => [percent, `${percent} %`]),
      ["zscale", "zscale"],
      ["own", "custom"],
    ];
    if (!choices.some(([value]) => value === stretch.limits)) stretch.limits = DEFAULT_LIMITS;
    fill(this.elements.limits, choices, stretch.limits);
  }

  updateFlags() {
    const { flags, flagBoxes } = this.elements;
    const { viewer } = this;
    const { frame, settings } = viewer;
    flags.hidden = !frame.shown.flags && !(frame.flags && viewer.overlays.has("flags"));
    if (!flagBoxes.childElementCount) {
      const meanings = Object.entries(frame.description.flags);
      flagBoxes.append(...meanings.map(([bit, meaning]) => this.flagBox(bit, meaning)));
    }
    for (const box of flagBoxes.querySelectorAll("input")) box.checked = settings.mask & box.value;
  }

  flagBox(bit, meaning) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: bit });
    box.addEventListener("change", () => this.chooseFlags(this.viewer.settings.mask ^ bit));
    label.append(box, ` ${bit} ${meaning}`);
    return label;
  }

  drawColourBar() {
    const { table } = this.viewer.look;
    const step = (table.length - 1) / (BAR_WIDTH - 1);
    const context = this.elements.colourBar.getContext("2d");
    const image = context.createImageData(BAR_WIDTH, 1);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < BAR_WIDTH; i += 1) pixels[i] = table[i * step];
    context.putImageData(image, 0, 0);
  }
}

/** Fill a list with values, or pairs of a value and a text, and choose one. */
function fill(select, choices, value = select.value) {
  const options = choices.map((choice) => {
    const [of, text] = Array.isArray(choice) ? choice : [choice, choice];
    return new Option(text, of);
  });
  select.replaceChildren(...options);
  select.value = value;
}

const rounded = (number) => String(+number.toPrecision(6));
