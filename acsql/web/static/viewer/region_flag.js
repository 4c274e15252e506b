// The form that flags the selected region: a circle or an upright box, in pixels of its extension.

import { chipAt } from "./geometry.js";
import { formatOnImage } from "./regions.js";

const SHAPES = ["circle", "box"];

/** Show the form for the selected region, if it can be flagged, and fill it in. */
export function updateFlagForm({ elements, frame, own, regions }) {
  const form = elements.regionFlag;
  if (!form) return;
  const region = regions.current && regions.onFrame(regions.current);
  // A neighbour that blinks with this image has a page of its own.
  const names = own.extensions;
  const index = names.indexOf(frame.shown?.extname);
  const isOurs = frame.url === own.url && !frame.parameters.minus && index >= 0;
  form.hidden = !(region && isOurs && SHAPES.includes(region.shape) && !region.angle);
  if (form.hidden) return;
  const chip = chipAt(frame.shown, region.points[0].y);
  const points = region.points.map(({ x, y }) => ({ x, y: y - chip.first_row }));
  const plain = { ...region, points, excluded: false, label: "" };
  form.elements.region.value = formatOnImage(plain).replace(/,0\)$/, ")");
  form.elements.extension.value = (chip.extver - 1) * names.length + index + 1;
}
