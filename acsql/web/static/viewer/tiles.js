// Tiles of the pyramid of an image, kept while they are likely to be seen again.
//
// Level n has bins of 2 ** n pixels; acsql/images/pyramid.py defines it.

import { fetchCutout, valueAt } from "./cutouts.js";

// Tiles that are kept of all images together: each takes 2 MB, and a screen shows up to 60.
const MOST_TILES = 80;

/** Cutouts by URL, in the order of their last use. */
const kept = new Map();

/** Let the page forget the tiles that were not used for longest, but none that is needed. */
function forget(needed) {
  for (const url of kept.keys()) {
    if (kept.size <= Math.max(MOST_TILES, needed)) return;
    kept.delete(url);
  }
}

/** The pyramid of one extension of an image. */
export class Pyramid {
  /** `urlOf` returns the URL of a page about it; `size` is the number of bins along a tile. */
  constructor(urlOf, { width, height }, size) {
    this.size = size;
    this.overviewUrl = urlOf("overview.png");
    this.url = urlOf("tile.png"); // without the place of a tile
    const largest = Math.ceil(Math.max(width, height) / size);
    this.coarsest = Math.ceil(Math.log2(largest));
    this.pending = new Map(); // requests by URL: a promise, and what aborts it
    this.overview = null; // the only tile of the coarsest level, which is always kept
    this.completing = null; // the request for the exact overview
  }

  /** Fetch the overview: for it the server makes all coarse levels in one pass. */
  async load(signal) {
    this.overview = await fetchCutout(this.overviewUrl, signal);
  }

  /** Fetch the exact overview if it is from a sample; returns whether it was. */
  async complete(signal) {
    if (!this.overview?.sampled) return false;
    this.completing ??= this.load(signal).finally(() => {
      this.completing = null;
    });
    await this.completing;
    return true;
  }

  get(level, column, row) {
    return level === this.coarsest ? this.overview : kept.get(this.urlOf(level, column, row));
  }

  /** The coarsest level on which a bin is no larger than a pixel of the screen. */
  levelAt(zoom) {
    const level = Math.floor(Math.log2(1 / zoom) + 1e-6);
    return Math.min(Math.max(level, 0), this.coarsest);
  }

  urlOf(level, column, row) {
    return `${this.url}&level=${level}&column=${column}&row=${row}`;
  }

  /** The places of the tiles of a level that a region within the image needs. */
  places(level, { x0, x1, y0, y1 }) {
    const side = this.size << level;
    const found = [];
    for (let row = Math.floor(y0 / side); row * side < y1; row += 1) {
      for (let column = Math.floor(x0 / side); column * side < x1; column += 1) {
        found.push([level, column, row]);
      }
    }
    return found;
  }

  /** The tiles to draw of a region, the coarse ones first, which fill seams and what is missing. */
  tiles(level, region) {
    const wanted = this.places(level, region).map((place) => this.get(...place));
    const coarse = wanted.every(Boolean) ? [this.overview] : this.coarser(level, region);
    return [...coarse, ...wanted.filter(Boolean)];
  }

  /** Tiles that do not overlap: those of a level if all are there, else the overview. */
  layer(level, region) {
    const wanted = this.places(level, region).map((place) => this.get(...place));
    return wanted.every(Boolean) ? wanted : [this.overview].filter(Boolean);
  }

  coarser(level, region) {
    const levels = Array.from({ length: this.coarsest - level }, (_, i) => this.coarsest - i);
    const places = levels.flatMap((each) => this.places(each, region));
    return places.map((place) => this.get(...place)).filter(Boolean);
  }

  /** The value of the smallest bin around a pixel, with its tile; undefined without any. */
  read(x, y) {
    for (let level = 0; level <= this.coarsest; level += 1) {
      const side = this.size << level;
      const tile = this.get(level, Math.floor(x / side), Math.floor(y / side));
      const value = valueAt(tile, x, y);
      if (value !== undefined) return { value, tile };
    }
    return undefined;
  }

  /** Fetch what is missing of a region, and nothing else; `arrived` is called for each tile. */
  async fetch(level, region, signal, arrived = () => {}) {
    if (!this.overview) {
      await this.load(signal);
      arrived();
    }
    if (level === this.coarsest) return;
    const wanted = this.places(level, region).map((place) => this.urlOf(...place));
    for (const [url, { abort }] of this.pending) if (!wanted.includes(url)) abort.abort();
    const requests = wanted.map(async (url) => {
      const tile = kept.get(url);
      if (tile) {
        // The last used tile is the last one to be forgotten.
        kept.delete(url);
        kept.set(url, tile);
      } else {
        await this.request(url, signal, wanted.length);
        arrived();
      }
    });
    await Promise.all(requests);
  }

  request(url, signal, needed) {
    const before = this.pending.get(url);
    if (before) return before.promise;
    const abort = new AbortController();
    const load = async () => {
      try {
        kept.set(url, await fetchCutout(url, AbortSignal.any([abort.signal, signal])));
        forget(needed);
      } finally {
        this.pending.delete(url);
      }
    };
    const promise = load();
    this.pending.set(url, { promise, abort });
    return promise;
  }
}
