// Regions of an image, and positions that are the same in images of different sizes.
//
// Positions within an image are in pixels from its lower left corner: pixel 0 is from 0 to 1.

/** A region enlarged by a fraction of its size, within the image; null if they do not overlap. */
export function enlarged(region, shown, fraction, grid = 1) {
  const dx = (region.x1 - region.x0) * fraction;
  const dy = (region.y1 - region.y0) * fraction;
  const down = (value) => Math.max(0, Math.floor(value / grid) * grid);
  const up = (value, most) => Math.min(most, Math.ceil(value / grid) * grid);
  const within = {
    x0: down(region.x0 - dx),
    x1: up(region.x1 + dx, shown.width),
    y0: down(region.y0 - dy),
    y1: up(region.y1 + dy, shown.height),
  };
  return within.x0 < within.x1 && within.y0 < within.y1 ? within : null;
}

/** Whether a cutout contains a region. */
export function covers(cutout, { x0, x1, y0, y1 }) {
  return cutout.x0 <= x0 && cutout.x1 >= x1 && cutout.y0 <= y0 && cutout.y1 >= y1;
}

/** The chip in which a row of an image lies. */
export function chipAt(shown, y) {
  return shown.chips.findLast((chip) => y >= chip.first_row) || shown.chips[0];
}

/** The number by which users know a chip. */
export function chipName(chip) {
  return String(chip.ccdchip ?? chip.extver);
}

/** The position on the calibrated detector, which is the same in raw and flt images. */
export function toDetector(shown, x, y) {
  const chip = chipAt(shown, y);
  return {
    ccdchip: chip.ccdchip,
    extver: chip.extver,
    x: x - chip.origin[0],
    y: y - chip.first_row - chip.origin[1],
  };
}

/** The position in an image of a position on the calibrated detector. */
export function fromDetector(shown, position) {
  const { ccdchip, extver } = position;
  const chip =
    shown.chips.find((each) => ccdchip !== null && each.ccdchip === ccdchip) ||
    shown.chips.find((each) => each.extver === extver) ||
    shown.chips[0];
  return { x: position.x + chip.origin[0], y: position.y + chip.first_row + chip.origin[1] };
}
