// The settings of the viewer in the fragment of the URL, so that a view can be sent to others.

import { COLOURS, SCALES } from "./colours.js";
import { OVERLAYS } from "./overlays.js";
import { formatRegion, parseRegion } from "./regions.js";

export const ALL_FLAGS = 0xffff;
export const DEFAULT_LIMITS = "98";
const DEFAULT_COLOURS = "grey";
const DEFAULT_SCALE = { image: "linear", flags: "log" };

/**
 * Read the settings from a fragment; what is missing or invalid gets its default.
 *
 * `position` is where to look first, on the detector and with a zoom in CSS pixels, or null.
 */
export function parseFragment(hash) {
  const parameters = new URLSearchParams(hash.slice(1));
  const text = (name, fallback) => parameters.get(name) || fallback;
  const oneOf = (name, choices, fallback) =>
    choices.includes(parameters.get(name)) ? parameters.get(name) : fallback;
  const number = (name) =>
    parameters.get(name) && Number.isFinite(+parameters.get(name)) ? +parameters.get(name) : null;
  const scales = Object.keys(SCALES);
  const image = {
    limits: text("limits", DEFAULT_LIMITS),
    scale: oneOf("scale", scales, DEFAULT_SCALE.image),
  };
  const [low, high] = [number("low"), number("high")];
  if (low !== null && high !== null && low <= high) Object.assign(image, { limits: "own", low, high });
  const flags = { limits: "minmax", scale: oneOf("flagscale", scales, DEFAULT_SCALE.flags) };
  return {
    choice: { extname: text("extname", ""), extver: text("extver", "") },
    colours: oneOf("colours", Object.keys(COLOURS), DEFAULT_COLOURS),
    inverted: parameters.get("invert") === "yes",
    stretches: { image, flags },
    mask: number("mask") ?? ALL_FLAGS,
    position: parsePosition(text("at", ""), number("zoom")),
    beside: text("beside", "").split(",").filter(Boolean),
    lock: oneOf("lock", ["pixel", "sky"], "pixel"),
    overlays: text("overlays", "").split(",").filter((name) => name in OVERLAYS),
    tools: text("tools", "").split(",").filter(Boolean),
    regions: text("regions", "").split(";").map(parsePlacedRegion).filter(Boolean),
  };
}

function parsePosition(at, zoom) {
  const [ccdchip, extver, x, y] = at.split(",").map(Number);
  if (![ccdchip, extver, x, y].every(Number.isFinite) || !(zoom > 0)) return null;
  return { ccdchip: ccdchip || null, extver, x, y, zoom };
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

/** Write settings as a fragment, without those that have their default. */
export function formatFragment(settings) {
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
