// The keywords of a table are filtered while one types; without this a button does it.
"use strict";

for (const element of document.querySelectorAll("[data-only-without-scripts]")) element.hidden = true;
for (const element of document.querySelectorAll("[data-only-with-scripts]")) element.hidden = false;

for (const input of document.querySelectorAll("[data-filters]")) {
  const table = document.getElementById(input.dataset.filters);
  if (!table) continue;
  const status = document.getElementById("filtered");
  const bodies = [...table.tBodies].map((body) => {
    const rows = [...body.rows].filter((row) => !row.classList.contains("section"));
    // The last column of a header leads elsewhere and says nothing.
    const words = (row) => [...row.cells].filter((cell) => !cell.classList.contains("leads"));
    return {
      body,
      rows: rows.map((row) => [row, words(row).map((cell) => cell.textContent).join(" ").toLowerCase()]),
    };
  });

  const filter = () => {
    const asked = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const { body, rows } of bodies) {
      let here = 0;
      for (const [row, text] of rows) {
        row.hidden = !asked.every((word) => text.includes(word));
        if (!row.hidden) here += 1;
      }
      body.hidden = rows.length > 0 && here === 0;
      shown += here;
      all += rows.length;
    }
    status.textContent = asked.length ? `${shown} of ${all}` : "";
  };

  // What is typed belongs to the address, so that it can be sent on and stays on other tabs.
  const remember = () => {
    if (!input.name) return;
    const change = (address) => {
      const url = new URL(address, location.href);
      if (input.value.trim()) url.searchParams.set(input.name, input.value.trim());
      else url.searchParams.delete(input.name);
      return url.href;
    };
    history.replaceState(history.state, "", change(location.href));
    for (const link of document.querySelectorAll("[data-keeps-filter]")) link.href = change(link.href);
  };

  input.addEventListener("input", filter);
  input.addEventListener("change", remember);
  input.addEventListener("blur", remember);
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    filter();
    remember();
  });
  // A browser that goes back fills in what was typed before.
  filter();
}
