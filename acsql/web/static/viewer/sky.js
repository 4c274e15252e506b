// Sky coordinates of pixels, and how they are written.

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

/** Hours or degrees with minutes and seconds, 12:34:56.789, modulo `turn`. */
export function sexagesimal(number, decimals, turn = Infinity) {
  const parts = 10 ** decimals;
  const total = Math.round(Math.abs(number) * 3600 * parts) % (turn * 3600 * parts);
  const two = (n) => String(n).padStart(2, "0");
  const seconds = Math.floor(total / parts);
  const fraction = String(total % parts).padStart(decimals, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${number < 0 ? "-" : ""}${two(h)}:${two(m)}:${two(s)}.${fraction}`;
}
