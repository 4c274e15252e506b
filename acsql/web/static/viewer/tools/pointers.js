// Mouse, pen and fingers: dragging moves the image, the wheel and pinching zoom.

// Zoom per pixel that the wheel turns, and the pixels of a line where it turns by lines.
const ZOOM_PER_PIXEL = 0.0015;
const PIXELS_PER_LINE = 33;

// What an event on the canvas does: a method.
const METHODS = {
  pointerdown: "press",
  pointermove: "move",
  pointerup: "release",
  pointercancel: "release",
  pointerleave: "leave",
  wheel: "turn",
};

export class Pointers {
  constructor(viewer) {
    this.viewer = viewer;
    this.canvas = viewer.elements.canvas;
    this.pressed = new Map(); // places in the pane by pointer id
    this.corner = { x: 0, y: 0 };
  }

  take(event) {
    this[METHODS[event.type]](event);
  }

  /** The place in the pane of a pointer; while one is pressed, in the pane where it was pressed. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    const point = { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
    if (!this.pressed.size) this.corner = this.viewer.view.cornerAt(point);
    return { x: point.x - this.corner.x, y: point.y - this.corner.y };
  }

  press(event) {
    this.pressed.set(event.pointerId, this.at(event));
    this.viewer.cursor = this.at(event);
    // A second finger pinches, and what the first one has begun to draw was not meant.
    if (this.forRegion) this.viewer.regions.abandon();
    this.forRegion = this.pressed.size === 1 && this.viewer.regions.press(this.viewer.cursor);
    if (!this.forRegion) this.canvas.classList.add("moving");
    this.viewer.draw();
  }

  move(event) {
    const { viewer } = this;
    const now = this.at(event);
    const before = this.pressed.get(event.pointerId);
    viewer.cursor = now;
    if (!before) {
      viewer.draw();
      return;
    }
    const others = [...this.pressed].filter(([id]) => id !== event.pointerId);
    this.pressed.set(event.pointerId, now);
    if (this.forRegion) {
      viewer.regions.move(now);
      viewer.draw();
      return;
    }
    const { zoom } = viewer.view.position;
    if (others.length) this.pinch(before, now, others[0][1]);
    else viewer.moveBy((before.x - now.x) / zoom, (now.y - before.y) / zoom);
  }

  /** Two fingers: the points of the image stay under them. */
  pinch(before, now, other) {
    const distance = (a, b) => Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
    const { zoom } = this.viewer.view.position;
    this.viewer.moveBy((before.x - now.x) / 2 / zoom, (now.y - before.y) / 2 / zoom);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    this.viewer.zoomBy(distance(now, other) / distance(before, other), middle);
  }

  release(event) {
    this.pressed.delete(event.pointerId);
    if (this.pressed.size) return;
    this.canvas.classList.remove("moving");
    if (this.forRegion) this.viewer.regions.release();
    this.forRegion = false;
  }

  leave() {
    if (this.pressed.size) return;
    this.viewer.cursor = null;
    this.viewer.draw();
  }

  turn(event) {
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_PER_LINE : 1;
    this.viewer.zoomBy(Math.exp(-event.deltaY * pixels * ZOOM_PER_PIXEL), this.at(event));
  }
}
