// Sky coordinates of pixels, and how they are written.

import { chipAt } from "../geometry.js";

// FITS counts the centre of the first pixel as 1, geometry.js its lower left corner as 0.
const FIRST_PIXEL = 0.5;

const radians = (angle) => (angle * Math.PI) / 180;
const degrees = (angle) => (angle * 180) / Math.PI;

/**
 * Right ascension and declination of a pixel in degrees; the first pixel is 1.
 *
 * SIP distortion (Shupe et al. 2005, ASPC 347, 491), then the inverse tangent projection
 * (Calabretta and Greisen 2002, A&A 395, 1077).
 */
export function skyOf(projection, x, y) {
  const u = x - projection.crpix[0];
  const v = y - projection.crpix[1];
  const distortion = (terms) => terms.reduce((sum, [p, q, c]) => sum + c * u ** p * v ** q, 0);
  const right = u + distortion(projection.a);
  const up = v + distortion(projection.b);
  const [xi, eta] = projection.cd.map(([a, b]) => radians(a * right + b * up));
  const [ra0, dec0] = projection.crval.map(radians);
  const across = Math.cos(dec0) - eta * Math.sin(dec0);
  const ra = ra0 + Math.atan2(xi, across);
  const dec = Math.atan2(Math.sin(dec0) + eta * Math.cos(dec0), Math.hypot(xi, across));
  return [((degrees(ra) % 360) + 360) % 360, degrees(dec)];
}

// Rounds in which the distortion is inverted: each makes the error a hundred times smaller.
const ROUNDS = 5;

/** The pixel of a right ascension and declination in degrees, null on the other hemisphere. */
export function pixelOf(projection, ra, dec) {
  const [ra0, dec0] = projection.crval.map(radians);
  const [a, d] = [radians(ra) - ra0, radians(dec)];
  const depth = Math.sin(d) * Math.sin(dec0) + Math.cos(d) * Math.cos(dec0) * Math.cos(a);
  if (depth <= 0) return null;
  const xi = degrees((Math.cos(d) * Math.sin(a)) / depth);
  const eta = degrees(
    (Math.sin(d) * Math.cos(dec0) - Math.cos(d) * Math.sin(dec0) * Math.cos(a)) / depth,
  );
  const [[cd11, cd12], [cd21, cd22]] = projection.cd;
  const determinant = cd11 * cd22 - cd12 * cd21;
  const right = (cd22 * xi - cd12 * eta) / determinant;
  const up = (cd11 * eta - cd21 * xi) / determinant;
  const distortion = (terms, u, v) => terms.reduce((sum, [p, q, c]) => sum + c * u ** p * v ** q, 0);
  let [u, v] = [right, up];
  for (let i = 0; i < ROUNDS; i += 1) {
    [u, v] = [right - distortion(projection.a, u, v), up - distortion(projection.b, u, v)];
  }
  return Number.isFinite(u + v) ? [u + projection.crpix[0], v + projection.crpix[1]] : null;
}

/** Right ascension and declination at a position in an image, null without coordinates. */
export function skyAt(shown, x, y) {
  const chip = chipAt(shown, y);
  if (!chip.projection) return null;
  return skyOf(chip.projection, x + FIRST_PIXEL, y - chip.first_row + FIRST_PIXEL);
}

/** The position in an image of right ascension and declination, on the chip that is nearest. */
export function positionAt(shown, ra, dec) {
  const found = shown.chips.map((chip) => {
    const pixel = chip.projection && pixelOf(chip.projection, ra, dec);
    if (!pixel) return null;
    const row = pixel[1] - FIRST_PIXEL;
    const away = Math.max(-row, row - chip.height, 0);
    return { x: pixel[0] - FIRST_PIXEL, y: row + chip.first_row, away };
  });
  return found.filter(Boolean).sort((a, b) => a.away - b.away)[0] || null;
}

/** Degrees eastwards and northwards per pixel to the right and upwards, null without coordinates. */
export function skyJacobian(shown, x, y) {
  const chip = chipAt(shown, y);
  if (!chip.projection) return null;
  const sky = (dx, dy) =>
    skyOf(chip.projection, x + dx + FIRST_PIXEL, y + dy - chip.first_row + FIRST_PIXEL);
  const [[ra, dec], right, up] = [sky(0, 0), sky(1, 0), sky(0, 1)];
  const east = ([other]) => ((((other - ra + 540) % 360) - 180) * Math.cos(radians(dec)));
  return [
    [east(right), east(up)],
    [right[1] - dec, up[1] - dec],
  ];
}

/** Hours or degrees with minutes and seconds, 12:34:56.789, modulo `turn`. */
export function sexagesimal(number, decimals, turn = Infinity) {
  const parts = 10 ** decimals;
  const total = Math.round(Math.abs(number) * 3600 * parts) % (turn * 3600 * parts);
  const two = (n) => String(n).padStart(2, "0");
  const seconds = Math.floor(total / parts);
  const fraction = String(total % parts).padStart(decimals, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${number < 0 ? "-" : ""}${two(h)}:${two(m)}:${two(s)}${decimals ? `.${fraction}` : ""}`;
}
