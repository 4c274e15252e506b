// Filters the keywords of a table while the user types; without scripts, a button does.
"use strict";

for (const element of document.querySelectorAll("[data-only-without-scripts]")) element.hidden = true;
for (const element of document.querySelectorAll("[data-only-with-scripts]")) element.hidden = false;

for (const input of document.querySelectorAll("[data-filters]")) {
  const table = document.getElementById(input.dataset.filters);
  if (!table) continue;
  const status = document.getElementById("filtered");
  const bodies = [...table.tBodies].map((body) => {
    const rows = [...body.rows].filter((row) => !row.classList.contains("section"));
    // The last column of a header has only links.
    const cellsOf = (row) => [...row.cells].filter((cell) => !cell.classList.contains("leads"));
    return {
      body,
      rows: rows.map((row) => [row, cellsOf(row).map((cell) => cell.textContent).join(" ").toLowerCase()]),
    };
  });

  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const { body, rows } of bodies) {
      let here = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) here += 1;
      }
      body.hidden = rows.length > 0 && here === 0;
      shown += here;
      all += rows.length;
    }
    status.textContent = words.length ? `${shown} of ${all}` : "";
  };

  // The filter is part of the URL, so that links and other tabs keep it.
  const storeInUrl = () => {
    if (!input.name) return;
    const withFilter = (address) => {
      const url = new URL(address, location.href);
      if (input.value.trim()) url.searchParams.set(input.name, input.value.trim());
      else url.searchParams.delete(input.name);
      return url.href;
    };
    history.replaceState(history.state, "", withFilter(location.href));
    for (const link of document.querySelectorAll("[data-keeps-filter]")) link.href = withFilter(link.href);
  };

  input.addEventListener("input", filter);
  input.addEventListener("change", storeInUrl);
  input.addEventListener("blur", storeInUrl);
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter();
    storeInUrl();
  });
  // Browsers restore the text of fields when the user goes back.
  filter();
}
