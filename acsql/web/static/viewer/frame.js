// Frames: the images that can be shown, each a filetype of this observation or of a neighbour.

import { flaggedLook, pictureOf } from "./colours.js";
import { fetchCutout, request } from "./cutouts.js";
import { within } from "./geometry.js";
import { Pyramid } from "./tiles.js";

/** An image, and what has been fetched of the extension that is shown. */
export class Frame {
  /** `parameters` are those of a difference; the server subtracts the image that they name. */
  constructor(link, parameters = {}) {
    this.link = link;
    this.parameters = parameters;
    this.name = link.dataset.frame;
    this.url = link.dataset.pixels;
    this.file = link.dataset.file;
    this.extensions = link.dataset.extensions?.split(" "); // the names of those of each chip
    this.shown = null; // the extension and its chips, as `chosen` returns them
    this.pyramid = null; // its tiles
    this.flags = null; // the tiles of its data quality flags, null if it shows these or has none
    this.reset();
  }

  /** Abort all requests; what is shown stays until something else has been loaded. */
  reset() {
    this.abort?.abort();
    this.abort = new AbortController();
    this.loading = null;
  }

  /** Load what has to be known before anything is drawn. */
  load(choice) {
    if (!this.loading) {
      const loading = this.fetchOverview(choice);
      this.loading = loading;
      // After a failure it can be loaded again.
      loading.catch(() => {
        if (this.loading === loading) this.loading = null;
      });
    }
    return this.loading;
  }

  /** The limits between which it can be stretched. */
  get limits() {
    return this.pyramid.overview.limits;
  }

  /** Fetch the overview alone, of a large image from a sample of its pixels. */
  async fetchOverview(choice) {
    const { signal } = this.abort;
    const [description, first] = await Promise.all([
      this.description ?? request(this.url, signal).then((response) => response.json()),
      this.showsFirst(choice) ? fetchCutout(`${this.url}overview.png?sampled=yes`, signal) : null,
    ]);
    if (first && first.version !== description.version) {
      throw new Error(`${this.file} has changed: reload the page`);
    }
    this.description = description;
    const shown = chosen(description, choice);
    const pyramid = this.pyramidOf(shown);
    const quality = description.planes.find((plane) => plane.flags);
    const inFlags = quality && { ...shown, extname: quality.extname };
    // A difference of flags has no meaning.
    const isOther = !shown.flags && !this.parameters.minus;
    const flags = inFlags && isOther ? this.pyramidOf(inFlags) : null;
    if (first) pyramid.overview = first;
    else await pyramid.load(signal);
    signal.throwIfAborted();
    Object.assign(this, { shown, pyramid, flags });
  }

  /** Whether the first extension is chosen, whose overview need not wait for the description. */
  showsFirst({ extname, extver }) {
    return !extname && !extver && !this.parameters.minus;
  }

  pyramidOf(shown) {
    return new Pyramid((page) => this.partUrl(page, {}, shown), shown, this.description.tile);
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

  /** Fetch the exact overview if it is from a sample; returns whether it was. */
  complete() {
    return this.pyramid.complete(this.abort.signal);
  }

  /** Fetch the tiles of a region that are missing; `arrived` is called for each. */
  async fetchDetail(seen, zoom, arrived, pyramid = this.pyramid) {
    const region = within(seen, this.shown);
    if (!region || !pyramid) return;
    await pyramid.complete(this.abort.signal);
    await pyramid.fetch(pyramid.levelAt(zoom), region, this.abort.signal, arrived);
  }

  /** Paint a region in a context that counts in pixels of the image. */
  paint(context, seen, zoom, look) {
    const { shown, pyramid } = this;
    const region = within(seen, shown);
    if (region) paintTiles(context, shown, pyramid.tiles(pyramid.levelAt(zoom), region), look);
  }

  /** Paint the pixels of a region with any flag of a mask. */
  paintFlags(context, seen, zoom, mask) {
    const { shown, flags } = this;
    const region = within(seen, shown);
    if (!region || !flags) return;
    paintTiles(context, shown, flags.layer(flags.levelAt(zoom), region), flaggedLook(mask));
  }
}

function paintTiles(context, { width, chips }, tiles, look) {
  context.save();
  // The last bins may extend beyond the image, and there is nothing between chips.
  context.beginPath();
  for (const chip of chips) context.rect(0, chip.first_row, width, chip.height);
  context.clip();
  for (const tile of tiles) paintTile(context, tile, look);
  context.restore();
}

function paintTile(context, cutout, look) {
  const { x0, y0, bin, height } = cutout;
  context.save();
  context.transform(bin, 0, 0, -bin, x0, y0 + height * bin);
  const { a, b } = context.getTransform();
  context.imageSmoothingEnabled = Math.hypot(a, b) < 1;
  context.drawImage(pictureOf(cutout, look), 0, 0);
  context.restore();
}

/** The chosen extension and chip of an image, or the first if it does not have them. */
function chosen(description, choice) {
  const { planes } = description;
  const found = planes.find((each) => each.extname === choice.extname) || planes[0];
  const plane = { ...found, unit: found.unit.toLowerCase() };
  const alone = plane.chips.find((chip) => String(chip.extver) === choice.extver);
  if (!alone) return { ...plane, extver: "" };
  const chips = [{ ...alone, first_row: 0 }];
  return { ...plane, chips, height: alone.height, extver: choice.extver };
}
