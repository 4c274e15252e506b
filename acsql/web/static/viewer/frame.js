// Frames: the images that can be shown, each a filetype of this observation or of a neighbour.

import { fetchCutout, request } from "./cutouts.js";
import { covers, enlarged } from "./geometry.js";

// How much larger a detail is than the screen on each side, as a fraction, so that small moves
// need no other.
const MARGIN = 0.25;

/** An image, and what has been fetched of the extension that is shown. */
export class Frame {
  /** `parameters` are those of a difference; the server subtracts the image that they name. */
  constructor(link, parameters = {}) {
    this.link = link;
    this.parameters = parameters;
    this.name = link.dataset.frame;
    this.url = link.dataset.pixels;
    this.file = link.dataset.file;
    this.shown = null; // the extension and its chips, as `chosen` returns them
    this.limits = null;
    this.overview = null; // a cutout of the whole image
    this.detail = null; // a cutout with smaller bins of what is on the screen
    this.pending = null; // the request for the next detail
    this.reset();
  }

  /** Abort all requests; what is shown stays until something else has been loaded. */
  reset() {
    this.abort?.abort();
    this.abort = new AbortController();
    this.loading = null;
  }

  /** Load what has to be known before anything is drawn. */
  load(choice, screen) {
    if (!this.loading) {
      const loading = this.fetchOverview(choice, screen);
      this.loading = loading;
      // After a failure it can be loaded again.
      loading.catch(() => {
        if (this.loading === loading) this.loading = null;
      });
    }
    return this.loading;
  }

  async fetchOverview(choice, screen) {
    const { signal } = this.abort;
    this.description ??= await (await request(this.url, signal)).json();
    const shown = chosen(this.description, choice);
    const { width, height } = shown;
    const binning = this.binningOf(shown, Math.min(screen.width / width, screen.height / height));
    const whole = { x0: 0, x1: width, y0: 0, y1: height };
    const [overview, limits] = await Promise.all([
      fetchCutout(this.cutoutUrl(shown, whole, binning), signal),
      request(this.partUrl("limits", {}, shown), signal).then((response) => response.json()),
    ]);
    signal.throwIfAborted();
    Object.assign(this, { shown, overview, limits, detail: null });
  }

  /** The pixels along a bin where `zoom` pixels of the screen show one of the image. */
  binningOf(shown, zoom, region) {
    const { most_cells: most, largest_bin: largest } = this.description;
    const { x0, x1, y0, y1 } = region || { x0: 0, x1: shown.width, y0: 0, y1: shown.height };
    let binning = Math.max(1, Math.floor(1 / zoom + 1e-6));
    while (Math.ceil((x1 - x0) / binning) * Math.ceil((y1 - y0) / binning) > most) binning += 1;
    return Math.min(binning, largest);
  }

  cutoutUrl(shown, { x0, x1, y0, y1 }, binning) {
    return this.partUrl("cut.png", { x0, x1, y0, y1, bin: binning }, shown);
  }

  /** The URL of something about an extension, by default the one that is shown. */
  partUrl(page, parameters, shown = this.shown) {
    const { version } = this.description;
    const { extname, extver } = shown;
    const query = { version, extname, extver, ...this.parameters, ...parameters };
    return `${this.url}${page}?${new URLSearchParams(query)}`;
  }

  /** Fetch the detail of a region unless it is there; return whether something was fetched. */
  async fetchDetail(seen, zoom) {
    const { shown, overview, detail } = this;
    const region = enlarged(seen, shown, 0);
    if (!region) return false;
    const binning = this.binningOf(shown, zoom, region);
    if (overview.bin <= binning) return false;
    if (detail && detail.bin <= binning && covers(detail, region)) return false;
    const generous = enlarged(seen, shown, MARGIN, 16 * binning);
    const fits = this.binningOf(shown, zoom, generous) === binning;
    const url = this.cutoutUrl(shown, fits ? generous : region, binning);
    if (this.pending?.url === url) return false;
    this.pending?.abort.abort();
    const abort = new AbortController();
    this.pending = { url, abort };
    try {
      const cutout = await fetchCutout(url, AbortSignal.any([abort.signal, this.abort.signal]));
      if (this.shown !== shown) return false;
      this.detail = cutout;
      return true;
    } finally {
      if (this.pending?.url === url) this.pending = null;
    }
  }
}

/** The chosen extension and chip of an image, or the first if it does not have them. */
function chosen(description, choice) {
  const { planes } = description;
  const plane = planes.find((each) => each.extname === choice.extname) || planes[0];
  const alone = plane.chips.find((chip) => String(chip.extver) === choice.extver);
  if (!alone) return { ...plane, extver: "" };
  const chips = [{ ...alone, first_row: 0 }];
  return { ...plane, chips, height: alone.height, extver: choice.extver };
}
