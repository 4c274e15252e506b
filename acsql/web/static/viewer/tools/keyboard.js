// Keyboard shortcuts; the dialog "keys" of the page lists them.

const ZOOM_STEP = 1.5;
const SCREEN_PARTS = 8; // an arrow key moves by this part of the screen

/** Do what a key means, if it is a shortcut. */
export function pressKey(viewer, event) {
  if (!isShortcut(viewer, event)) return;
  const action = actions(viewer, event)[event.key];
  // A button that has the focus is pressed by this key.
  if (!action || (event.key === "Enter" && event.target.closest("button, a"))) return;
  event.preventDefault();
  action();
}

/** Whether a key is meant for the viewer, and not for a field or another part of the page. */
function isShortcut(viewer, { altKey, ctrlKey, metaKey, target }) {
  if (altKey || ctrlKey || metaKey || viewer.keys.open) return false;
  if (target.closest("input:not([type=checkbox]), select, textarea")) return false;
  return target === document.body || viewer.section.contains(target);
}

function actions(viewer, { shiftKey }) {
  const { view, controls, elements } = viewer;
  const { width, height } = view.screen;
  const { zoom } = view.position;
  const stepX = shiftKey ? 1 : width / zoom / SCREEN_PARTS;
  const stepY = shiftKey ? 1 : height / zoom / SCREEN_PARTS;
  const move = (dx, dy) => () => {
    viewer.cursor = null;
    viewer.moveBy(dx * stepX, dy * stepY);
  };
  const zoomIn = () => viewer.zoomBy(ZOOM_STEP, viewer.cursor);
  const follow = (rel) => viewer.section.querySelector(`a[rel="${rel}"]`)?.click();
  return {
    ArrowLeft: move(-1, 0),
    ArrowRight: move(1, 0),
    ArrowUp: move(0, 1),
    ArrowDown: move(0, -1),
    "+": zoomIn,
    "=": zoomIn,
    "-": () => viewer.zoomBy(1 / ZOOM_STEP, viewer.cursor),
    0: () => viewer.fitAll(),
    1: () => viewer.zoomToPixels(),
    i: () => elements.invert.click(),
    c: () => controls.chooseNext(elements.colours),
    s: () => controls.chooseNext(elements.scale),
    l: () => controls.chooseNext(elements.limits),
    e: () => controls.chooseNext(elements.extname),
    b: () => viewer.blinkWithin(viewer.filetypes),
    B: () => viewer.blinkWithin(viewer.neighbours),
    n: () => follow("next"),
    p: () => follow("prev"),
    m: () => viewer.comparison.toggleNext(),
    x: () => viewer.comparison.toggleBlinking(),
    d: () => viewer.comparison.toggleDifference(),
    w: () => viewer.comparison.setLock(viewer.settings.lock === "sky" ? "pixel" : "sky"),
    h: () => viewer.overlays.toggle("amplifiers"),
    g: () => viewer.overlays.toggle("grid"),
    o: () => viewer.overlays.toggle("compass"),
    k: () => viewer.overlays.toggle("bar"),
    q: () => viewer.overlays.toggle("flags"),
    f: () => viewer.overlays.toggle("footprints"),
    t: () => viewer.overlays.toggle("flagged"),
    v: () => viewer.overlays.toggle("contours"),
    r: () => viewer.regions.chooseNext(),
    a: () => viewer.regions.place(),
    "[": () => viewer.regions.select(viewer.regions.selected - 1),
    "]": () => viewer.regions.select(viewer.regions.selected + 1),
    Delete: () => viewer.regions.remove(),
    Backspace: () => viewer.regions.remove(),
    Enter: () => viewer.regions.closePolygon(),
    Escape: () => viewer.regions.cancel(),
    "?": () => viewer.keys.showModal(),
  };
}
