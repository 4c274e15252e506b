// Cutouts of an image: requested from the server and unpacked into numbers.

// Packing of values, as acsql/images/png.py defines it: blue counts 256ths of a step, or is
// NO_VALUE where a pixel has no value.
const NO_VALUE = 255;
export const BLUE_PER_STEP = 256;
// The step of float32 numbers, each in two pixels.
export const FLOATS = 0;
// Attempts to request a URL whose connections fail, and the milliseconds between two of them.
const MOST_ATTEMPTS = 4;
const BETWEEN_ATTEMPTS = 100;

/** Fetch a URL; a response that is not a success becomes an error with the server's message. */
export async function request(url, signal, options) {
  const response = await fetchWithRetries(url, { signal, ...options });
  if (response.ok) return response;
  const error = await response.json().catch(() => ({}));
  throw new Error(error.message || `the server responded with status ${response.status}`);
}

/**
 * Fetch a URL and its body, and retry if the connection fails: the server closes a connection without
 * a request after some seconds, and a busy browser can send its request on a connection later.
 */
async function fetchWithRetries(url, options) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(url, options);
      const body = await response.arrayBuffer();
      return new Response(body.byteLength ? body : null, response);
    } catch (error) {
      // An abort is no TypeError.  A request that writes could have arrived.
      if (!(error instanceof TypeError) || options.method || attempt === MOST_ATTEMPTS) throw error;
      await new Promise((resume) => setTimeout(resume, BETWEEN_ATTEMPTS));
    }
  }
}

/** Fetch a cutout: its region, and its values, top row first, NaN for pixels without a value. */
export async function fetchCutout(url, signal) {
  const response = await request(url, signal);
  const packing = JSON.parse(response.headers.get("X-Acsql-Cut"));
  // Without these options browsers may change bytes on the way to the canvas and back.
  const bitmap = await createImageBitmap(await response.blob(), {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const { width, height } = bitmap;
  const areFloats = packing.step === FLOATS;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { buffer } = context.getImageData(0, 0, width, height).data;
  const pixels = new Uint32Array(buffer);
  const values = areFloats ? floats(pixels) : unpacked(pixels, packing);
  return { ...packing, width: areFloats ? width / 2 : width, height, values };
}

/** The values of pixels, each a number with the bytes alpha, blue, green and red. */
function unpacked(pixels, { low, step }) {
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < values.length; i += 1) {
    const pixel = pixels[i];
    const blue = (pixel >> 16) & 255;
    const code = (pixel & 255) * 256 + ((pixel >> 8) & 255) + blue / BLUE_PER_STEP;
    values[i] = blue === NO_VALUE ? NaN : low + code * step;
  }
  return values;
}

/** The float32 numbers of pairs of pixels: three bytes in the first one, the last one in the red of the second. */
function floats(pixels) {
  const bits = new Uint32Array(pixels.length / 2);
  for (let i = 0; i < bits.length; i += 1) {
    const [upper, lower] = [pixels[2 * i], pixels[2 * i + 1]];
    bits[i] = ((upper & 255) << 24) | ((upper & 0xff00) << 8) | ((upper >> 8) & 0xff00) | (lower & 255);
  }
  return new Float32Array(bits.buffer);
}

/** The value of a cutout at a pixel of the image, undefined outside of it. */
export function valueAt(cutout, x, y) {
  const { x0, x1, y0, y1, bin, width, height, values } = cutout || {};
  if (!cutout || x < x0 || x >= x1 || y < y0 || y >= y1) return undefined;
  const column = Math.floor((x - x0) / bin);
  const row = Math.floor((y - y0) / bin);
  return values[(height - 1 - row) * width + column];
}
