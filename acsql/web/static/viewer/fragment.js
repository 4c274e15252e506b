// The settings of the image in the fragment of the URL; tools/address.js has those of the tools.

import { COLOURS, SCALES } from "./colours.js";

export const ALL_FLAGS = 0xffff;
export const DEFAULT_LIMITS = "98";
export const DEFAULT_COLOURS = "grey";
export const DEFAULT_SCALE = { image: "linear", flags: "log" };

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
  };
}

function parsePosition(at, zoom) {
  const [ccdchip, extver, x, y] = at.split(",").map(Number);
  if (![ccdchip, extver, x, y].every(Number.isFinite) || !(zoom > 0)) return null;
  return { ccdchip: ccdchip || null, extver, x, y, zoom };
}
