// Mounts the plots of a page; without it the numbers stand there as tables.
"use strict";

{
  // BokehJS makes style elements, which the page's policy only takes with its nonce.
  // This script therefore stands before it.
  const { nonce } = document.currentScript;
  const create = document.createElement;
  document.createElement = function (...given) {
    const element = create.apply(this, given);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };

  // The page's own colour tells which theme it has.
  const theme = () => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g);
    return Number(red) + Number(green) + Number(blue) < 384 ? "dark" : "light";
  };

  const mount = async (element) => {
    const address = new URL(element.dataset.plot, document.baseURI);
    address.searchParams.set("theme", theme());
    const answer = await fetch(address);
    if (!answer.ok) return;
    const item = await answer.json();
    element.replaceChildren();
    await Bokeh.embed.embed_item(item, element);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const elements = [...document.querySelectorAll("[data-plot]")];
    const seen = new Set();
    // Only what comes into view is drawn.
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting && !seen.has(target)) {
            seen.add(target);
            mount(target);
          }
        }
      },
      { rootMargin: "200px" },
    );
    for (const element of elements) {
      element.hidden = false;
      watcher.observe(element);
    }
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", () => seen.forEach(mount));
  });
}
