// The borders of chips, overscan and amplifiers over an image, as acsql/fits/amplifiers.py finds them.

import { outlined } from "../lettering.js";

const COLOUR = "rgb(255 180 84 / 80%)";
const LABEL_COLOUR = "#ffd9a3";

export default class Amplifiers {
  draw(context, view, { shown }) {
    const { width, chips } = shown;
    context.beginPath();
    for (const { first_row: bottom, height, amplifiers } of chips) {
      rectangle(context, view, { x0: 0, x1: width, y0: 0, y1: height }, bottom);
      // What lies outside of the areas of amplifiers is overscan.
      for (const area of Object.values(amplifiers)) rectangle(context, view, area, bottom);
    }
    context.strokeStyle = COLOUR;
    context.lineWidth = view.density;
    context.stroke();
    for (const { first_row: bottom, amplifiers } of chips) {
      for (const [name, { x0, x1, y1 }] of Object.entries(amplifiers)) {
        const at = view.toScreen((x0 + x1) / 2, bottom + y1);
        const y = at.y + 14 * view.density;
        outlined(context, name, at.x, y, "center", view.density, LABEL_COLOUR);
      }
    }
  }
}

function rectangle(context, view, { x0, x1, y0, y1 }, bottom) {
  const [from, to] = [view.toScreen(x0, bottom + y0), view.toScreen(x1, bottom + y1)];
  context.rect(from.x, from.y, to.x - from.x, to.y - from.y);
}
