// The address of the page: its fragment has the state of the viewer, so that a view can be sent.

import { ALL_FLAGS, DEFAULT_COLOURS, DEFAULT_LIMITS, DEFAULT_SCALE } from "../fragment.js";
import { toDetector } from "../geometry.js";
import { OVERLAYS } from "./overlays.js";
import { formatRegion, parseRegion } from "./regions.js";

/** Read the settings of the tools from a fragment; what is missing or invalid gets its default. */
export function parseTools(hash) {
  const parameters = new URLSearchParams(hash.slice(1));
  const list = (name, separator = ",") =>
    (parameters.get(name) || "").split(separator).filter(Boolean);
  return {
    beside: list("beside"),
    lock: parameters.get("lock") === "sky" ? "sky" : "pixel",
    overlays: list("overlays").filter((name) => name in OVERLAYS),
    tools: list("tools"),
    regions: list("regions", ";").map(parsePlacedRegion).filter(Boolean),
  };
}

/** A region with its chip: CCDCHIP or 0, EXTVER, and the region in pixels of the detector. */
function parsePlacedRegion(text) {
  const [, ccdchip, extver, shape] = /^(\d+),(\d+),(.*)$/.exec(text) || [];
  const region = shape && parseRegion(shape);
  return region && { ...region, ccdchip: +ccdchip || null, extver: +extver };
}

function formatPlacedRegion(region) {
  const label = region.label.replaceAll(";", ",");
  return [region.ccdchip ?? 0, region.extver, formatRegion({ ...region, label })].join(",");
}

export class Address {
  constructor(viewer) {
    this.viewer = viewer;
  }

  /** Write the state of the viewer into the address, and into the links to other images. */
  write() {
    const { frame, view, settings, section, regions, comparison, exports } = this.viewer;
    const { shown, description } = frame;
    const first = description.planes[0].extname;
    const choice = { extname: shown.extname === first ? "" : shown.extname, extver: shown.extver };
    const { x, y, zoom } = view.position;
    const position = { ...toDetector(shown, x, y), zoom: zoom / view.density };
    const shownPosition = view.fitted ? null : position;
    const own = { choice, position: shownPosition, regions: regions.list, beside: comparison.names };
    const fragment = formatFragment({ ...settings, ...own });
    const { pathname, search } = window.location;
    window.history.replaceState(null, "", pathname + search + fragment);
    exports.update();
    for (const link of section.querySelectorAll("[data-frame]")) link.hash = fragment;
  }
}

/** Write settings as a fragment, without those that have their default. */
function formatFragment(settings) {
  const { choice, colours, inverted, stretches, mask, position } = settings;
  const { beside, lock, overlays, tools, regions } = settings;
  const { limits, scale, low, high } = stretches.image;
  const parameters = new URLSearchParams();
  if (choice.extname) parameters.set("extname", choice.extname);
  if (choice.extver) parameters.set("extver", choice.extver);
  if (limits === "own") {
    parameters.set("low", low);
    parameters.set("high", high);
  } else if (limits !== DEFAULT_LIMITS) parameters.set("limits", limits);
  if (scale !== DEFAULT_SCALE.image) parameters.set("scale", scale);
  if (stretches.flags.scale !== DEFAULT_SCALE.flags) {
    parameters.set("flagscale", stretches.flags.scale);
  }
  if (mask !== ALL_FLAGS) parameters.set("mask", mask);
  if (colours !== DEFAULT_COLOURS) parameters.set("colours", colours);
  if (inverted) parameters.set("invert", "yes");
  if (position) {
    const { ccdchip, extver, x, y, zoom } = position;
    parameters.set("at", [ccdchip ?? 0, extver, x.toFixed(1), y.toFixed(1)].join(","));
    parameters.set("zoom", +zoom.toPrecision(5));
  }
  if (beside.length) parameters.set("beside", beside.join());
  if (lock !== "pixel") parameters.set("lock", lock);
  if (overlays.length) parameters.set("overlays", overlays.join());
  if (tools.length) parameters.set("tools", tools.join());
  if (regions.length) parameters.set("regions", regions.map(formatPlacedRegion).join(";"));
  return parameters.size ? `#${parameters}` : "";
}
