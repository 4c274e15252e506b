// Regions of an image, and positions that are the same in images of different sizes.
//
// Positions within an image are in pixels from its lower left corner: pixel 0 is from 0 to 1.

/** A region in whole pixels, within the image; null if they do not overlap. */
export function within(region, shown) {
  const inside = {
    x0: Math.max(0, Math.floor(region.x0)),
    x1: Math.min(shown.width, Math.ceil(region.x1)),
    y0: Math.max(0, Math.floor(region.y0)),
    y1: Math.min(shown.height, Math.ceil(region.y1)),
  };
  return inside.x0 < inside.x1 && inside.y0 < inside.y1 ? inside : null;
}

/** The chip in which a row of an image lies, or the one below a gap. */
export function chipAt(shown, y) {
  return shown.chips.findLast((chip) => y >= chip.first_row) || shown.chips[0];
}

/** Whether a position lies on a chip, and not beside the image or between chips. */
export function isOnChip(shown, x, y) {
  const chip = chipAt(shown, y);
  return x >= 0 && x < shown.width && y >= 0 && y < chip.first_row + chip.height;
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
