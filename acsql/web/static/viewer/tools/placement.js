// Placements: where the pixels of one image lie among those of another, as affine transformations.
//
// A placement [a, b, c, d, e, f] takes x, y of the one to a x + c y + e, b x + d y + f of the other,
// as the transformations of a canvas do.

import { chipAt, fromDetector } from "../geometry.js";
import { positionAt, skyAt, skyJacobian } from "./sky.js";

export const IDENTITY = [1, 0, 0, 1, 0, 0];

/** By the detector: the same pixels of the chip at a position of the reference. */
export function byPixel(shown, reference, { y }) {
  const { ccdchip, extver } = chipAt(reference, y);
  const corner = { ccdchip, extver, x: 0, y: 0 };
  const [from, to] = [fromDetector(shown, corner), fromDetector(reference, corner)];
  return [1, 0, 0, 1, to.x - from.x, to.y - from.y];
}

/** By the sky, exact at a position of the reference; null where an image has no coordinates. */
export function bySky(shown, reference, { x, y }) {
  const sky = skyAt(reference, x, y);
  const there = sky && positionAt(shown, ...sky);
  const [of, onto] = [there && skyJacobian(shown, there.x, there.y), skyJacobian(reference, x, y)];
  if (!of || !onto) return null;
  const [[p, q], [r, s]] = onto;
  const determinant = p * s - q * r;
  const [[k, l], [m, n]] = of;
  const [a, c] = [(s * k - q * m) / determinant, (s * l - q * n) / determinant];
  const [b, d] = [(p * m - r * k) / determinant, (p * n - r * l) / determinant];
  return [a, b, c, d, x - a * there.x - c * there.y, y - b * there.x - d * there.y];
}

export function apply([a, b, c, d, e, f], { x, y }) {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

export function inverse([a, b, c, d, e, f]) {
  const determinant = a * d - b * c;
  const [p, q, r, s] = [d / determinant, -b / determinant, -c / determinant, a / determinant];
  return [p, q, r, s, -p * e - r * f, -q * e - s * f];
}

/** How many pixels of the other one pixel is long. */
export function scaleOf([a, b, c, d]) {
  return Math.sqrt(Math.abs(a * d - b * c));
}

/** The view of an image whose pixels lie among those of the one that is shown. */
export class PlacedView {
  constructor(view, placement) {
    this.view = view;
    this.placement = placement;
    const { zoom } = view.position;
    this.position = {
      ...apply(inverse(placement), view.position),
      zoom: zoom * scaleOf(placement),
    };
  }

  get density() {
    return this.view.density;
  }

  get screen() {
    return this.view.screen;
  }

  toScreen(x, y) {
    const at = apply(this.placement, { x, y });
    return this.view.toScreen(at.x, at.y);
  }

  seen() {
    return bounds(inverse(this.placement), this.view.seen());
  }
}

/** The smallest region around a transformed one. */
export function bounds(placement, { x0, x1, y0, y1 }) {
  const corners = [[x0, y0], [x1, y0], [x0, y1], [x1, y1]];
  const points = corners.map(([x, y]) => apply(placement, { x, y }));
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return { x0: Math.min(...xs), x1: Math.max(...xs), y0: Math.min(...ys), y1: Math.max(...ys) };
}
