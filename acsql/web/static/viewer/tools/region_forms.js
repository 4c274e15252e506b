// The forms that flag the selected region, or comment on it: a circle or an upright box, in pixels of
// its extension.

import { chipAt } from "../geometry.js";
import { formatOnImage } from "./regions.js";

const SHAPES = ["circle", "box"];

/** Show the forms for the selected region, if it can be annotated, and fill them in. */
export function updateRegionForms({ elements, frame, own, regions }) {
  const both = elements.regionForms;
  if (!both) return;
  const region = regions.current && regions.onFrame(regions.current);
  // A neighbour that blinks with this image has a page of its own.
  const names = own.extensions;
  const index = names.indexOf(frame.shown?.extname);
  const isOurs = frame.url === own.url && !frame.parameters.minus && index >= 0;
  both.hidden = !(region && isOurs && SHAPES.includes(region.shape) && !region.angle);
  if (both.hidden) return;
  const chip = chipAt(frame.shown, region.points[0].y);
  const points = region.points.map(({ x, y }) => ({ x, y: y - chip.first_row }));
  const plain = { ...region, points, excluded: false, colour: "", label: "" };
  for (const form of both.children) {
    form.elements.region.value = formatOnImage(plain).replace(/,0\)$/, ")");
    form.elements.extension.value = (chip.extver - 1) * names.length + index + 1;
  }
}
