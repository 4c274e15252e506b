// The panel of regions: shapes to draw, the list, statistics and profile of one, and region files.

import { drawChart, node } from "./chart.js";
import { request } from "../cutouts.js";
import { updateRegionForms } from "./region_forms.js";
import { SHAPES, parseRegion } from "./regions.js";

// Milliseconds without a change after which a region is measured.
const SETTLED_MS = 150;
const PROFILED = ["line", "circle", "point"];
const MAX_DIGITS = 6;
const LONGEST_ADDRESS = 8000; // characters of an address that servers accept; longer regions are posted
const MOST_PROBLEMS = 5; // of a region file that are listed
const MOVE_ICON = "M8 1v14M1 8h14M6 3l2-2l2 2M6 13l2 2l2-2M3 6l-2 2l2 2M13 6l2 2l-2 2";

/** The rows of the table of statistics: a name, and the fields of the answer. */
const ROWS = [
  ["pixels", "pixels"],
  ["mean", "mean"],
  ["median", "median"],
  ["std. dev.", "std"],
  ["clipped mean", "clipped_mean"],
  ["clipped median", "clipped_median"],
  ["clipped std.", "clipped_std"],
  ["sum", "total"],
  ["minimum", "minimum"],
  ["maximum", "maximum"],
  ["flagged", "flagged"],
];

export class RegionPanel {
  constructor(viewer) {
    this.viewer = viewer;
    this.tools = viewer.regions;
    this.elements = viewer.elements;
    this.tools.onChange = () => this.update();
    this.addShapes();
    this.listen();
    if (this.tools.list.length) this.elements.regionTool.open = true;
  }

  addShapes() {
    const choices = [["", "Move the image", MOVE_ICON]];
    for (const [shape, icon] of Object.entries(SHAPES)) choices.push([shape, `Draw a ${shape}`, icon]);
    const buttons = choices.map(([shape, title, icon]) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", title });
      button.setAttribute("aria-label", title);
      button.dataset.shape = shape;
      button.append(node("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }));
      button.firstChild.append(node("path", { d: icon }));
      button.addEventListener("click", () => this.tools.choose(shape));
      return button;
    });
    this.elements.regionShapes.replaceChildren(...buttons);
  }

  listen() {
    const { elements, tools } = this;
    elements.regionText.addEventListener("change", () => this.typed());
    elements.regionRemove.addEventListener("click", () => tools.remove());
    elements.regionClear.addEventListener("click", () => tools.set([]));
    elements.regionLoad.addEventListener("click", () => elements.regionFile.click());
    elements.regionFile.addEventListener("change", () => this.load());
    elements.regionSavePixels.addEventListener("click", () => this.save("image"));
    elements.regionSaveSky.addEventListener("click", () => this.save("icrs"));
    elements.regionList.addEventListener("keydown", (event) => this.nudge(event));
  }

  /** Show what there is, and measure the selected region. */
  update() {
    const { elements, tools } = this;
    for (const button of elements.regionShapes.children) {
      button.setAttribute("aria-pressed", String(button.dataset.shape === tools.shape));
    }
    this.updateList();
    if (tools.current || tools.shape) elements.regionTool.open = true;
    const none = !tools.list.length;
    for (const id of ["regionClear", "regionSavePixels", "regionSaveSky"]) {
      elements[id].disabled = none;
    }
    elements.regionRemove.disabled = !tools.current;
    elements.regionText.value = tools.text;
    elements.regionText.setAttribute("aria-invalid", "false");
    updateRegionForms(this.viewer);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.measure(), SETTLED_MS);
  }

  updateList() {
    const { regionList } = this.elements;
    const focused = regionList.contains(document.activeElement);
    const items = this.tools.list.map((region, index) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${index + 1} ${region.excluded ? "−" : ""}${region.label || region.shape}`;
      button.setAttribute("aria-pressed", String(index === this.tools.selected));
      button.addEventListener("click", () => this.tools.select(index));
      item.append(button);
      return item;
    });
    regionList.replaceChildren(...items);
    if (focused) items[this.tools.selected]?.firstChild.focus();
  }

  /** Arrow keys in the list move the selected region by a pixel, with Shift by ten. */
  nudge(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step) return;
    const by = event.shiftKey ? 10 : 1;
    this.tools.moveSelected(step[0] * by, step[1] * by);
    event.preventDefault();
    event.stopPropagation();
  }

  /** Apply a text: it replaces the selected region, or adds one. */
  typed() {
    const { regionText, regionProblem } = this.elements;
    // What names a coordinate system, such as icrs;circle(0:24:05,-72:04:51,2"), is for the server.
    if (regionText.value.includes(";")) {
      this.read(regionText.value);
      return;
    }
    const region = parseRegion(regionText.value);
    regionText.setAttribute("aria-invalid", String(!region));
    if (!region) {
      clearTimeout(this.settling);
      regionProblem.textContent = "Expected a region such as circle(100,200,10)";
      return;
    }
    if (this.tools.current) this.tools.replace(region);
    else this.tools.add(region);
  }

  // Measurements.

  async measure() {
    const { regionStatistics, regionChart, regionProblem } = this.elements;
    const { frame } = this.viewer;
    const region = this.tools.current;
    const text = region ? this.tools.text.replace(/^-| #.*$/g, "") : "";
    const address = region ? frame.partUrl("statistics", { region: text }) : null;
    // What is shown or under way is not asked for again, so that the figures do not flicker.
    if (address && address === this.measured) return;
    this.measured = address;
    this.abort?.abort();
    regionStatistics.replaceChildren();
    delete regionStatistics.dataset.region;
    regionChart.toggleAttribute("hidden", true);
    regionProblem.textContent = "";
    if (!region) return;
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      const ask = async (page) => (await askAbout(frame, page, text, signal)).json();
      // The first profile of a worker takes a second: the statistics do not wait for it.
      const [, profile] = await Promise.all([
        ask("statistics").then((found) => this.showStatistics(found)),
        PROFILED.includes(region.shape) ? ask("profile") : null,
      ]);
      if (profile) this.showProfile(profile);
      regionStatistics.dataset.region = text;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.measured = null;
      regionProblem.textContent = error.message;
    }
  }

  showStatistics(found) {
    const { description, shown } = this.viewer.frame;
    const rows = ROWS.filter(([, field]) => found[field] !== null).map(([name, field]) =>
      this.row(name, figure(found[field])),
    );
    if (found.finite < found.pixels) {
      rows.splice(1, 0, this.row("without value", figure(found.pixels - found.finite)));
    }
    for (const [bit, count] of Object.entries(found.flags || {})) {
      rows.push(this.row(`${bit} ${description.flags[bit] || "flag"}`, figure(count)));
    }
    this.elements.regionStatistics.replaceChildren(...rows.flat());
    this.elements.regionUnit.textContent = shown.unit ? `Values in ${shown.unit}` : "";
  }

  row(name, value) {
    const [term, description] = ["dt", "dd"].map((tag) => document.createElement(tag));
    term.textContent = name;
    description.textContent = value;
    return [term, description];
  }

  showProfile(found) {
    const { regionChart, regionStatistics } = this.elements;
    regionChart.toggleAttribute("hidden", false);
    if (found.values) {
      const series = [{ name: "value", y: found.values }];
      drawChart(regionChart, { x: found.distance, series, across: "pixels along the line", up: "value" });
      return;
    }
    // Mean and total have different units: each is shown as a fraction of its largest value.
    const series = [
      { name: "mean", y: fractions(found.mean, found.sky) },
      { name: "growth", y: fractions(found.total, 0) },
    ];
    drawChart(regionChart, { x: found.radius, series, across: "radius in pixels", up: "fraction" });
    regionStatistics.append(
      ...this.row("centroid", `${(found.x + 1).toFixed(2)}, ${(found.y + 1).toFixed(2)}`),
      ...this.row("FWHM", found.fwhm === null ? "–" : `${found.fwhm.toFixed(2)} pixels`),
      ...this.row("sky per pixel", figure(found.sky)),
      ...this.row("flux without sky", figure(found.total.at(-1) ?? NaN)),
    );
  }

  // Region files.

  async load() {
    const { regionFile } = this.elements;
    const [file] = regionFile.files;
    if (!file) return;
    await this.read(await file.text());
    regionFile.value = "";
  }

  /** Add the regions of a DS9 region file, and say which cannot be. */
  async read(body) {
    const { regionProblem } = this.elements;
    try {
      const url = this.viewer.frame.partUrl("regions", {});
      const answer = await request(url, undefined, { method: "POST", body });
      const { regions, problems } = await answer.json();
      const unknown = this.tools.addLines(regions).map((text) => `${text} cannot be shown`);
      const all = [...problems, ...unknown];
      const more = all.length - MOST_PROBLEMS;
      const listed = all.slice(0, MOST_PROBLEMS).concat(more > 0 ? `${more} more` : []);
      regionProblem.textContent = listed.join("; ");
      clearTimeout(this.settling);
      if (!all.length) this.measure();
    } catch (error) {
      regionProblem.textContent = error.message;
    }
  }

  async save(system) {
    const { frame } = this.viewer;
    try {
      const url = frame.partUrl("regions.reg", { system });
      const body = this.tools.lines.join("\n");
      const answer = await request(url, undefined, { method: "POST", body });
      saveAs(await answer.blob(), frame.file.replace(/\.fits$/, ".reg"));
    } catch (error) {
      this.elements.regionProblem.textContent = error.message;
    }
  }
}

/** Ask for something about a region; long ones are polygons, of which statistics alone are asked. */
function askAbout(frame, page, region, signal) {
  const address = frame.partUrl(page, { region });
  if (address.length <= LONGEST_ADDRESS) return request(address, signal);
  return request(frame.partUrl(page, {}), signal, { method: "POST", body: region });
}

/** Let the browser download a blob as a file. */
export function saveAs(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function figure(number) {
  return Number.isInteger(number) ? String(number) : String(+number.toPrecision(MAX_DIGITS));
}

function fractions(values, zero) {
  const most = Math.max(...values.filter((value) => value !== null)) - zero;
  return values.map((value) => (value === null || !most ? null : (value - zero) / most));
}
