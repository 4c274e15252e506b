// The regions on the image: which there are, which is selected, and how pointers draw and move them.

import { inverse } from "./placement.js";
import {
  SHAPES,
  drawn,
  formatOnImage,
  handles,
  moved,
  onDetector,
  onImage,
  outline,
  parseRegion,
  transformed,
} from "./regions.js";

// CSS pixels: how near a pointer has to be, and the size of a region that is placed by a click.
const NEAR = 8;
const DEFAULT_SIZE = 30;
const COLOUR = "#4cff7a";
const SELECTED_COLOUR = "#ffd34d";
const EXCLUDED_COLOUR = "#ff7d6b";

export class RegionTools {
  constructor(viewer) {
    this.viewer = viewer;
    this.list = []; // regions on the detector; replaced, never changed
    this.selected = -1;
    this.shape = ""; // the shape that pointers draw, or none: they move the image
    this.drag = null; // what the pressed pointer does with a place: a function
    this.corners = null; // of the polygon that is being drawn
    this.before = null; // what there was when the pointer was pressed
    this.onChange = () => {};
  }

  get shown() {
    return this.viewer.frame.shown;
  }

  get current() {
    return this.list[this.selected] || null;
  }

  /** The regions in pixels of the image that is shown. */
  get here() {
    return this.list.map((region) => this.onFrame(region));
  }

  /** All regions as text, in pixels of the image that is shown. */
  get lines() {
    return this.here.map(formatOnImage);
  }

  /** The text of the selected region, in pixels of the image that is shown. */
  get text() {
    return this.current ? formatOnImage(this.onFrame(this.current)) : "";
  }

  // Regions lie on the detector of the page's own image; another may be locked to it by the sky.

  get placement() {
    const { own, frame, settings, comparison } = this.viewer;
    if (settings.lock !== "sky" || frame.url === own.url || !own.shown) return null;
    return comparison.placementOf(own);
  }

  onFrame(region) {
    const { placement } = this;
    if (!placement) return onImage(region, this.shown);
    return transformed(onImage(region, this.viewer.own.shown), placement);
  }

  offFrame(region) {
    const { placement } = this;
    if (!placement) return onDetector(region, this.shown);
    return onDetector(transformed(region, inverse(placement)), this.viewer.own.shown);
  }

  // Changes.

  set(list, selected = -1) {
    this.list = list;
    this.selected = selected;
    this.changed();
  }

  changed() {
    this.viewer.draw();
    this.viewer.address.write();
    this.onChange();
  }

  select(index) {
    this.set(this.list, Math.min(Math.max(index, -1), this.list.length - 1));
  }

  /** Add regions of the image that is shown, and select the last one. */
  add(...regions) {
    const added = regions.map((region) => this.offFrame(region));
    this.set([...this.list, ...added], this.list.length + added.length - 1);
  }

  /** Put a region of the image that is shown in the place of the selected one. */
  replace(region) {
    const list = [...this.list];
    list[this.selected] = this.offFrame(region);
    this.set(list, this.selected);
  }

  remove() {
    if (!this.current) return;
    const list = this.list.filter((_, index) => index !== this.selected);
    this.set(list, Math.min(this.selected, list.length - 1));
  }

  moveSelected(dx, dy) {
    if (this.current) this.replace(moved(this.onFrame(this.current), dx, dy));
  }

  /** Add regions from texts in pixels of the image; return those that are not understood. */
  addLines(texts) {
    const regions = texts.map((text) => parseRegion(text));
    const known = regions.filter(Boolean);
    if (known.length) this.add(...known);
    return texts.filter((_, index) => !regions[index]);
  }

  /** Place the chosen shape, or a point, where pixels are read. */
  place() {
    const { view } = this.viewer;
    const at = this.viewer.readPosition();
    const size = (DEFAULT_SIZE * view.density) / view.position.zoom;
    const shape = this.shape || "point";
    if (shape === "polygon") {
      const corners = [[-1, -1], [1, -1], [0, 1]];
      const points = corners.map(([u, v]) => ({ x: at.x + u * size, y: at.y + v * size }));
      this.add({ ...drawn("polygon", at, at), points });
    } else this.add(drawn(shape, at, { x: at.x + size, y: at.y + size / 2 }));
  }

  choose(shape) {
    this.shape = shape;
    this.corners = null;
    this.viewer.elements.canvas.classList.toggle("drawing", Boolean(shape));
    this.changed();
  }

  chooseNext() {
    const shapes = ["", ...Object.keys(SHAPES)];
    this.choose(shapes[(shapes.indexOf(this.shape) + 1) % shapes.length]);
  }

  /** Stop drawing, then deselect. */
  cancel() {
    if (this.shape) this.choose("");
    else this.select(-1);
  }

  // Pointers: each method takes a place on the screen, and press returns whether it is for regions.

  press(point) {
    const { view } = this.viewer;
    const at = view.toImage(point);
    this.before = { list: this.list, selected: this.selected, corners: this.corners };
    if (this.shape === "polygon") this.addCorner(at, point);
    else if (this.shape) this.startDrawing(at);
    else this.grip(at, point);
    return Boolean(this.drag || this.corners);
  }

  move(point) {
    this.drag?.(this.viewer.view.toImage(point));
  }

  release() {
    if (this.drag) {
      this.drag = null;
      this.changed();
    }
  }

  /** Undo what the pointer has done since it was pressed. */
  abandon() {
    const { list, selected, corners } = this.before;
    Object.assign(this, { drag: null, corners });
    this.set(list, selected);
  }

  startDrawing(from) {
    const { view } = this.viewer;
    const size = (DEFAULT_SIZE * view.density) / view.position.zoom;
    const least = (NEAR * view.density) / view.position.zoom / 2;
    this.add(drawn(this.shape, from, { x: from.x + size, y: from.y + size / 2 }));
    this.drag = (to) => {
      if (Math.hypot(to.x - from.x, to.y - from.y) > least) {
        this.redraw(drawn(this.shape, from, to));
      }
    };
  }

  /** Show the selected region as it is dragged; what depends on it follows when it is released. */
  redraw(region) {
    this.list = [...this.list];
    this.list[this.selected] = this.offFrame(region);
    this.viewer.draw();
  }

  /** Begin to drag the handle or the outline that is near, of the selected region first. */
  grip(at, point) {
    const order = [this.selected, ...this.list.keys()].filter((index) => this.list[index]);
    const here = this.here;
    for (const index of order) {
      const region = here[index];
      const held = index === this.selected && this.handleNear(region, point);
      if (!held && !this.isNear(region, point)) continue;
      if (index !== this.selected) this.select(index);
      this.drag = (to) =>
        this.redraw(held ? held.drag(to) : moved(region, to.x - at.x, to.y - at.y));
      return;
    }
  }

  handleNear(region, point) {
    const { view } = this.viewer;
    return handles(region).find(({ x, y }) => {
      const on = view.toScreen(x, y);
      return Math.hypot(on.x - point.x, on.y - point.y) < NEAR * view.density;
    });
  }

  isNear(region, { x, y }) {
    const { view, drawing } = this.viewer;
    const { context } = drawing;
    context.save();
    context.lineWidth = 2 * NEAR * view.density;
    const near = context.isPointInStroke(outline(region, view), x, y);
    context.restore();
    return near;
  }

  /** Add a corner of a polygon; a click on the first or the last one closes it. */
  addCorner(at, point) {
    const { view } = this.viewer;
    const corners = this.corners || [];
    const repeated = [corners[0], corners.at(-1)].some((corner) => {
      if (!corner) return false;
      const on = view.toScreen(corner.x, corner.y);
      return Math.hypot(on.x - point.x, on.y - point.y) < NEAR * view.density;
    });
    if (!repeated) this.corners = [...corners, at];
    else this.closePolygon();
    this.viewer.draw();
  }

  closePolygon() {
    const { corners } = this;
    this.corners = null;
    if (corners?.length > 2) this.add({ ...drawn("polygon", corners[0], corners[0]), points: corners });
  }

  // Drawing.

  draw(context) {
    const { view } = this.viewer;
    const here = this.here;
    here.forEach((region, index) => this.drawRegion(context, region, index === this.selected));
    if (this.current) this.drawHandles(context, here[this.selected]);
    if (this.corners) {
      const [first, ...others] = this.corners.map(({ x, y }) => view.toScreen(x, y));
      const path = new Path2D();
      path.rect(first.x - 3, first.y - 3, 6, 6);
      path.moveTo(first.x, first.y);
      for (const { x, y } of others) path.lineTo(x, y);
      this.stroke(context, path, SELECTED_COLOUR);
    }
  }

  drawRegion(context, region, selected) {
    const { view } = this.viewer;
    const own = CSS.supports("color", region.colour) ? region.colour : COLOUR;
    const colour = region.excluded ? EXCLUDED_COLOUR : own;
    this.stroke(context, outline(region, view), selected ? SELECTED_COLOUR : colour);
    if (!region.label) return;
    const { x, y } = view.toScreen(region.points[0].x, region.points[0].y);
    context.font = `${12 * view.density}px system-ui, sans-serif`;
    context.lineWidth = 3 * view.density;
    context.strokeStyle = "#000";
    context.strokeText(region.label, x + 9 * view.density, y - 9 * view.density);
    context.fillStyle = selected ? SELECTED_COLOUR : colour;
    context.fillText(region.label, x + 9 * view.density, y - 9 * view.density);
  }

  drawHandles(context, region) {
    const { view } = this.viewer;
    const size = 3.5 * view.density;
    context.fillStyle = SELECTED_COLOUR;
    for (const handle of handles(region)) {
      const { x, y } = view.toScreen(handle.x, handle.y);
      context.fillRect(x - size, y - size, 2 * size, 2 * size);
    }
  }

  stroke(context, path, colour) {
    const { density } = this.viewer.view;
    for (const [style, width] of [["rgb(0 0 0 / 60%)", 3.5], [colour, 1.5]]) {
      context.strokeStyle = style;
      context.lineWidth = width * density;
      context.stroke(path);
    }
  }
}
