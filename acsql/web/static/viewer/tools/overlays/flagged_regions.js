// The regions of this observation that have a flag, drawn over the image with the names of the flags.

import { request } from "../../cutouts.js";
import { outlined } from "../lettering.js";
import { outline, parseRegion } from "../regions.js";

const COLOUR = "#ff9bd2";

export default class FlaggedRegions {
  constructor(viewer) {
    this.viewer = viewer;
    this.found = null; // flags with their filetypes, extensions and regions
  }

  /** Fetch the flags once. */
  async fetch() {
    if (this.found) return;
    const { section, elements } = this.viewer;
    try {
      const { flags } = await (await request(section.dataset.annotations)).json();
      this.found = flags.filter(({ region }) => region);
      const count = this.found.length;
      const files = [...new Set(this.found.map(({ filetype }) => filetype))].join(", ");
      elements.flaggedNote.textContent = count
        ? `Flagged regions: ${count} (${files})`
        : "No flagged regions";
    } catch (error) {
      elements.flaggedNote.textContent = error.message;
    }
  }

  /** Draw those of the file that is shown; a neighbour has flags of its own. */
  draw(context, view, frame) {
    for (const each of this.found ?? []) {
      const region = each.filetype === frame.name && placed(each, frame);
      if (!region) continue;
      this.viewer.regions.stroke(context, outline(region, view), COLOUR);
      const { x, y } = view.toScreen(region.points[0].x, region.points[0].y);
      outlined(context, each.flag, x, y, "center", view.density, COLOUR);
    }
  }
}

/** The region in pixels of the image; null if its chip is not shown. */
function placed({ extension, region }, { extensions, shown }) {
  const extver = Math.ceil((extension ?? 1) / extensions.length);
  const chip = shown.chips.find((each) => each.extver === extver);
  const onChip = chip && parseRegion(region, null);
  if (!onChip) return null;
  const points = onChip.points.map(({ x, y }) => ({ x, y: y + chip.first_row }));
  return { ...onChip, points };
}
