// The borders of chips, overscan and amplifiers over an image.
//
// The serial overscan lies on both sides of the calibrated detector (LTV1), and each chip that two
// amplifiers read is read in halves (ACS Instrument Handbook, section 4.3.1: A and B read the upper
// chip of the WFC, C and D the lower one).

import { outlined } from "../lettering.js";

const COLOUR = "rgb(255 180 84 / 80%)";
const LABEL_COLOUR = "#ffd9a3";
// The amplifiers on the left and the right of a chip, by CCDCHIP.
const PAIRS = { 1: ["A", "B"], 2: ["C", "D"] };

export default class Amplifiers {
  draw(context, view, { shown, description }) {
    const { width, chips } = shown;
    for (const chip of chips) {
      const [bottom, top] = [chip.first_row, chip.first_row + chip.height];
      const overscan = Math.max(chip.origin[0], 0);
      const pair = PAIRS[chip.ccdchip] || [];
      const read = pair.filter((name) => description.amplifiers.includes(name));
      const inner = read.length > 1 ? [width / 2] : [];
      const sides = overscan ? [overscan, width - overscan] : [];
      context.beginPath();
      for (const x of [0, ...sides, ...inner, width]) line(context, view, [x, bottom], [x, top]);
      for (const y of [bottom, top]) line(context, view, [0, y], [width, y]);
      context.strokeStyle = COLOUR;
      context.lineWidth = view.density;
      context.stroke();
      read.forEach((name, index) => {
        const at = view.toScreen(((index + 0.5) / read.length) * width, top);
        const y = at.y + 14 * view.density;
        outlined(context, name, at.x, y, "center", view.density, LABEL_COLOUR);
      });
    }
  }
}

function line(context, view, [x0, y0], [x1, y1]) {
  const [from, to] = [view.toScreen(x0, y0), view.toScreen(x1, y1)];
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
}
