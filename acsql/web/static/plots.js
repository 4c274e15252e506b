// Mounts the plots of a page; without scripts, the page shows their numbers as tables.
"use strict";

{
  // BokehJS creates style elements, which the content security policy allows only with a nonce.
  // This script therefore has to run before BokehJS.
  const { nonce } = document.currentScript;
  const create = document.createElement;
  document.createElement = function (...options) {
    const element = create.apply(this, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };

  // The theme follows from the background of the page.
  const theme = () => {
    const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g);
    return Number(red) + Number(green) + Number(blue) < 384 ? "dark" : "light";
  };

  const mount = async (element) => {
    const address = new URL(element.dataset.plot, document.baseURI);
    address.searchParams.set("theme", theme());
    const response = await fetch(address);
    if (!response.ok) {
      element.role = "note";
      element.ariaLabel = null;
      element.textContent = `The plot could not be drawn (status ${response.status}): the log of the site has the reason.`;
      return;
    }
    const item = await response.json();
    element.replaceChildren();
    const { roots } = await Bokeh.embed.embed_item(item, element);
    linkRows(roots[0].model.document);
  };

  /** Mark the rows of the tables whose observations are selected in the plots. */
  const linkRows = (plots) => {
    const source = plots.get_model_by_name("rows");
    const rows = [...document.querySelectorAll("tr[data-rootname]")];
    if (!source || !rows.length) return;
    source.selected.change.connect(() => {
      const names = new Set(source.selected.indices.map((index) => source.data.rootname[index]));
      for (const row of rows) row.classList.toggle("selected", names.has(row.dataset.rootname));
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    const elements = [...document.querySelectorAll("[data-plot]")];
    const mounted = new Set();
    // Plots are drawn when they come into view.
    const watcher = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (isIntersecting && !mounted.has(target)) {
            mounted.add(target);
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
    dark.addEventListener("change", () => mounted.forEach(mount));
  });
}
