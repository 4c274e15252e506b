// The footprints of other observations over an image, with a list of links to them.

import { request } from "../../cutouts.js";
import { positionAt } from "../sky.js";

const COLOUR = "rgb(120 200 255 / 75%)";
const POINTED_COLOUR = "#ffd34d";

export default class Footprints {
  constructor(viewer) {
    this.viewer = viewer;
    this.fetching = null; // the promise of them, so that they are asked for and listed once
    this.found = null; // the answer of the server: name, label, address and outlines of each
    this.pointed = null; // the one whose link is pointed at
  }

  fetch() {
    this.fetching ??= this.load();
    return this.fetching;
  }

  async load() {
    const { footprints: url } = this.viewer.section.dataset;
    try {
      this.found = await (await request(url)).json();
    } catch (error) {
      // An image without coordinates has no footprint, and is shown as well as any.
      this.found = { footprints: [], more: false, problem: error.message };
    }
    this.list();
  }

  list() {
    const { footprints, more, problem } = this.found;
    const { footprintList, footprintNote } = this.viewer.elements;
    footprintList.replaceChildren(...footprints.map((each) => this.entry(each)));
    const count = footprints.length;
    const summary = count ? `${count}${more ? " latest" : ""} overlapping` : "No observation overlaps";
    footprintNote.textContent = problem || summary;
  }

  entry(footprint) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    Object.assign(link, { href: footprint.address, textContent: footprint.name });
    const point = (pointed) => () => {
      this.pointed = pointed;
      this.viewer.draw();
    };
    for (const kind of ["pointerenter", "focus"]) link.addEventListener(kind, point(footprint));
    for (const kind of ["pointerleave", "blur"]) link.addEventListener(kind, point(null));
    item.append(link, ` ${footprint.label}`);
    return item;
  }

  draw(context, view, { shown }) {
    if (!this.found) return;
    const others = this.found.footprints.filter((each) => each !== this.pointed);
    this.stroke(context, view, shown, others, COLOUR, 1);
    if (this.pointed) this.stroke(context, view, shown, [this.pointed], POINTED_COLOUR, 2.5);
  }

  stroke(context, view, shown, footprints, colour, width) {
    context.beginPath();
    for (const ring of footprints.flatMap(({ outlines }) => outlines)) {
      const places = ring.map(([ra, dec]) => positionAt(shown, ra, dec));
      // Parts of an outline that are beyond the projection cannot be drawn.
      if (!places.every(Boolean)) continue;
      places.forEach(({ x, y }, index) => {
        const on = view.toScreen(x, y);
        if (index) context.lineTo(on.x, on.y);
        else context.moveTo(on.x, on.y);
      });
    }
    context.strokeStyle = colour;
    context.lineWidth = width * view.density;
    context.stroke();
  }
}
