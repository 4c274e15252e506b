// Starts the viewer on its page, as soon as that is parsed and styled, and passes on what is pressed.

import { Viewer } from "./viewer.js";

const POINTER_EVENTS = ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerleave"];

async function start() {
  const section = document.getElementById("viewer");
  if (!section) return;
  const viewer = new Viewer(section);
  // What is pressed before the tools are there waits for them.
  const waiting = [];
  let take = (event) => waiting.push(event);
  listen(viewer.elements.canvas, (event) => take(event));
  if (!(await viewer.showFirst())) return;
  await painted();
  try {
    const { addTools } = await import("./tools/tools.js");
    take = addTools(viewer);
  } catch (error) {
    viewer.report(error);
    throw error;
  }
  waiting.forEach(take);
}

/** Listen to keys, pointers and the wheel. */
function listen(canvas, take) {
  document.addEventListener("keydown", take);
  for (const kind of POINTER_EVENTS) {
    canvas.addEventListener(kind, (event) => {
      if (kind === "pointerdown") canvas.setPointerCapture(event.pointerId);
      take(event);
    });
  }
  const turn = (event) => {
    event.preventDefault();
    take(event);
  };
  canvas.addEventListener("wheel", turn, { passive: false });
}

/** Wait until what was drawn is on the screen, which is not the case while the tab is hidden. */
function painted() {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
  });
}

// Not while the page is parsed: a fetch that takes over a preloaded response then fails now and then.
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
