// The view: which position of the image is in the middle of the screen, and how it is zoomed.

const MAX_ZOOM = 64; // CSS pixels per pixel of the image
// As many pixels as a cutout may have are enough for any screen.
const MAX_SCREEN_PIXELS = 3e6;
// What is fetched on each side of the screen before it is seen, as a fraction of the screen.
const MARGIN = 0.25;
const BACKGROUND = "#0a0e13";

/** The position in the middle of the screen, and the screen pixels for each of the image. */
export class View {
  constructor(stage, canvas) {
    this.stage = stage;
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.position = null; // x, y and zoom; replaced, never changed
    this.grid = { columns: 1, rows: 1 }; // of panes, which all show the same place
    this.fitted = false; // whether the whole image is shown, also after the window is resized
  }

  /** Screen pixels per CSS pixel. */
  get density() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    const most = Math.sqrt(MAX_SCREEN_PIXELS / Math.max(1, width * height));
    return Math.min(window.devicePixelRatio || 1, most);
  }

  /** The size of a pane in screen pixels. */
  get screen() {
    const { columns, rows } = this.grid;
    return { width: this.canvas.width / columns, height: this.canvas.height / rows };
  }

  /** The corner of a pane, of the one in which a point lies or of the one with a number. */
  cornerAt({ x, y }) {
    const { width, height } = this.screen;
    return { x: Math.floor(x / width) * width, y: Math.floor(y / height) * height };
  }

  cornerOf(index) {
    const { width, height } = this.screen;
    const { columns } = this.grid;
    return { x: (index % columns) * width, y: Math.floor(index / columns) * height };
  }

  /** Give the canvas the size of the stage; return whether it changed. */
  resize() {
    const width = Math.max(1, Math.round(this.stage.clientWidth * this.density));
    const height = Math.max(1, Math.round(this.stage.clientHeight * this.density));
    if (this.canvas.width === width && this.canvas.height === height) return false;
    Object.assign(this.canvas, { width, height });
    return true;
  }

  /** The position that shows a whole image. */
  fitting(shown) {
    const { width, height } = this.screen;
    const zoom = Math.min(width / shown.width, height / shown.height);
    return { x: shown.width / 2, y: shown.height / 2, zoom };
  }

  fit(shown) {
    this.position = this.fitting(shown);
    this.fitted = true;
  }

  /** Zoom; a point of the screen, by default its middle, stays where it is. */
  zoomBy(shown, factor, point) {
    const { width, height } = this.screen;
    const fixed = point || { x: width / 2, y: height / 2 };
    const whole = this.fitting(shown).zoom;
    const before = this.toImage(fixed);
    const least = Math.min(whole / 2, this.density);
    const most = Math.max(whole, MAX_ZOOM * this.density);
    const zoom = Math.min(Math.max(this.position.zoom * factor, least), most);
    this.position = { ...this.position, zoom };
    const after = this.toImage(fixed);
    this.moveBy(shown, before.x - after.x, before.y - after.y);
  }

  /** Move by pixels of the image; its edge goes no further than the middle of the screen. */
  moveBy(shown, dx, dy) {
    const { x, y, zoom } = this.position;
    this.position = {
      x: Math.min(Math.max(x + dx, 0), shown.width),
      y: Math.min(Math.max(y + dy, 0), shown.height),
      zoom,
    };
    this.fitted = false;
  }

  toImage(point) {
    const { width, height } = this.screen;
    const { x, y, zoom } = this.position;
    return { x: x + (point.x - width / 2) / zoom, y: y - (point.y - height / 2) / zoom };
  }

  toScreen(x, y) {
    const { width, height } = this.screen;
    const { position } = this;
    return {
      x: (x - position.x) * position.zoom + width / 2,
      y: height / 2 - (y - position.y) * position.zoom,
    };
  }

  /** Empty the canvas. */
  clear() {
    const { width, height } = this.canvas;
    this.context.fillStyle = BACKGROUND;
    this.context.fillRect(0, 0, width, height);
  }

  /** Let the context of the canvas count in pixels of the image, upwards. */
  countPixels() {
    const { zoom } = this.position;
    const origin = this.toScreen(0, 0);
    this.context.transform(zoom, 0, 0, -zoom, origin.x, origin.y);
  }

  /** The region of the image that is on the screen at a position. */
  seen({ x, y, zoom } = this.position) {
    const { width, height } = this.screen;
    const [dx, dy] = [width / 2 / zoom, height / 2 / zoom];
    return { x0: x - dx, x1: x + dx, y0: y - dy, y1: y + dy };
  }

  /** The region that may be on the screen next. */
  around() {
    const { x0, x1, y0, y1 } = this.seen();
    const [dx, dy] = [MARGIN * (x1 - x0), MARGIN * (y1 - y0)];
    return { x0: x0 - dx, x1: x1 + dx, y0: y0 - dy, y1: y1 + dy };
  }
}
