// Texts over an image: white with a dark outline, so that they can be read on any image.

export const INK = "#fff";
export const SHADE = "rgb(0 0 0 / 70%)";

/** Write a text that can be read on any image. */
export function outlined(context, content, x, y, align, density, colour = INK) {
  context.textAlign = align;
  context.textBaseline = "middle";
  context.strokeStyle = SHADE;
  context.lineWidth = 3 * density;
  context.strokeText(content, x, y);
  context.fillStyle = colour;
  context.fillText(content, x, y);
}
