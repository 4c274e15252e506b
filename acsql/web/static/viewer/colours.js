// From pixel values to colours: scales, colour maps and look-up tables.

// Colour of pixels without a value, as the bytes alpha, blue, green and red.
const NO_VALUE_COLOUR = 0xff5a3c1e;
export const TABLE_SIZE = 65536;

/** Scales of the stretch: from 0 to 1 between the limits, to 0 to 1. */
export const SCALES = {
  linear: (t) => t,
  sqrt: Math.sqrt,
  log: (t) => Math.log10(1000 * t + 1) / Math.log10(1001),
  asinh: (t) => Math.asinh(10 * t) / Math.asinh(10),
};

/** Colour maps: from 0 to 1 to red, green and blue. */
export const COLOURS = {
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
export function lookUpTable(scale, colours, inverted) {
  const table = new Uint32Array(TABLE_SIZE);
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let i = 0; i < TABLE_SIZE; i += 1) {
    const t = SCALES[scale](i / (TABLE_SIZE - 1));
    const rgb = COLOURS[colours](inverted ? 1 - t : t);
    for (let k = 0; k < 3; k += 1) bytes[4 * i + k] = 255 * rgb[k];
    bytes[4 * i + 3] = 255;
  }
  return table;
}

// Flagged pixels over an image: red that the image shines through.
const FLAGGED_COLOUR = 0xb03c3cff;
const FLAGGED_TABLE = new Uint32Array(TABLE_SIZE).fill(FLAGGED_COLOUR, 1);

/** The look of flags over an image: pixels with any flag of a mask have a colour, others none. */
export function flaggedLook(mask) {
  return { low: 0, high: 1, mask, table: FLAGGED_TABLE, name: `flagged ${mask}` };
}

/**
 * The picture of a cutout, a canvas.
 *
 * It is kept with the cutout and drawn again when the look changes.  A look has the limits `low`
 * and `high`, the look-up table, a `mask` for flags, and a `name` that identifies all of these.
 */
export function pictureOf(cutout, look) {
  if (cutout.look === look.name) return cutout.picture;
  const { width, height, values } = cutout;
  const { low, high, table, mask } = look;
  const canvas = cutout.picture || new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const factor = high > low ? (TABLE_SIZE - 1) / (high - low) : 0;
  for (let i = 0; i < pixels.length; i += 1) {
    const value = mask === undefined ? values[i] : values[i] & mask;
    const t = (value - low) * factor;
    // NaN is the only value that differs from itself.
    if (value !== value) pixels[i] = NO_VALUE_COLOUR;
    else pixels[i] = table[t <= 0 ? 0 : t >= TABLE_SIZE ? TABLE_SIZE - 1 : t | 0];
  }
  context.putImageData(image, 0, 0);
  cutout.picture = canvas;
  cutout.look = look.name;
  return canvas;
}
