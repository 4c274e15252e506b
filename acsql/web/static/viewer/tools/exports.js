// Exports: the picture as it is shown, the part of the FITS file that is seen, and the permalink.

import { within } from "../geometry.js";
import { saveAs } from "./region_panel.js";

export class Exports {
  constructor(viewer) {
    this.viewer = viewer;
    const { elements } = viewer;
    elements.exportPng.addEventListener("click", () => this.savePng(false));
    elements.exportPlain.addEventListener("click", () => this.savePng(true));
    elements.exportFits.addEventListener("click", () => this.saveFits());
    elements.exportCopy.addEventListener("click", () => this.copyLink());
    elements.exportTool.addEventListener("toggle", () => this.update());
    elements.permalink.addEventListener("focus", () => elements.permalink.select());
  }

  /** Show the address of the view; that of the page may be rewritten at any time. */
  update() {
    const { elements, comparison } = this.viewer;
    elements.permalink.value = window.location.href;
    // A difference is no file of the archive.
    elements.exportFits.disabled = Boolean(comparison.difference);
  }

  /** Save the picture, with or without overlays and regions. */
  savePng(plain) {
    const { drawing, elements, frame } = this.viewer;
    drawing.plain = plain;
    drawing.draw();
    elements.canvas.toBlob((blob) => saveAs(blob, frame.file.replace(/\.fits/g, "") + ".png"));
    drawing.plain = false;
    this.viewer.draw();
  }

  /** Save the part of the file that is on the screen. */
  saveFits() {
    const { frame, view } = this.viewer;
    const region = within(view.seen(), frame.shown);
    if (!region) return;
    const link = document.createElement("a");
    link.href = frame.partUrl("cutout.fits", region);
    link.download = "";
    link.click();
  }

  async copyLink() {
    const { permalink, spoken } = this.viewer.elements;
    this.update();
    permalink.select();
    // Browsers have a clipboard only for pages from https and from this machine.
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(permalink.value);
    spoken.textContent = "The link is copied.";
  }
}
