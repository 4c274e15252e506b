// Conveniences of all pages, which work without scripts too.
"use strict";

const withoutModifiers = (event) =>
  !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
// Whether keys have a meaning there already: in fields, lists and scrolling areas.
const usesKeys = (target) => target.closest("input, select, textarea, [tabindex='0']");

// The left and right arrow keys, p and n follow the links to the neighbours of an observation.
document.addEventListener("keydown", (event) => {
  const rel = { ArrowLeft: "prev", p: "prev", ArrowRight: "next", n: "next" }[event.key];
  if (!rel || !withoutModifiers(event) || usesKeys(event.target)) return;
  const link = document.querySelector(`.viewer a[rel="${rel}"]`);
  if (link) link.click();
});

// Buttons and links with a shortcut of one key.
document.addEventListener("keydown", (event) => {
  if (event.repeat || !withoutModifiers(event) || usesKeys(event.target)) return;
  const control = document.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  if (control) control.click();
});

// A slash focuses the search box.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || !withoutModifiers(event) || usesKeys(event.target)) return;
  const box = document.getElementById("go");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// The arrow keys, Home and End move the focus among thumbnails.
document.addEventListener("keydown", (event) => {
  if (!/^Arrow|^Home$|^End$/.test(event.key) || !withoutModifiers(event)) return;
  const gallery = document.querySelector(".gallery");
  if (!gallery || usesKeys(event.target)) return;
  const links = [...gallery.querySelectorAll("li > a")];
  const at = links.indexOf(event.target);
  if (at < 0 && event.target !== document.body) return;
  const first = links[0].parentElement.offsetTop;
  const columns = links.findIndex((link) => link.parentElement.offsetTop !== first);
  const across = columns < 0 ? links.length : columns;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  let to = at < 0 ? 0 : at + step;
  if (event.key === "Home") to = 0;
  if (event.key === "End") to = links.length - 1;
  if (!links[to]) return;
  event.preventDefault();
  links[to].focus();
  links[to].scrollIntoView({ block: "nearest" });
});

// Another page of the site, of which parts will be shown; null if the request fails.
const fetchPage = async (address) => {
  const response = await fetch(address);
  if (!response.ok) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html");
};

// Replace a part of this page by that of another page.
const replacePart = (page, id) => {
  const part = document.getElementById(id);
  part.replaceChildren(...page.getElementById(id).childNodes);
  part.querySelectorAll("a[data-more]").forEach(loadOnScroll);
};

// Further thumbnails of a long proposal are loaded when the user scrolls towards them.
const loadOnScroll = (link) => {
  const gallery = document.querySelector(".gallery");
  const watcher = new IntersectionObserver(
    async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      const page = await fetchPage(link.href);
      if (!page) return;
      gallery.append(...page.querySelectorAll(".gallery > li"));
      const next = page.querySelector("a[data-more]");
      if (next) {
        link.href = next.getAttribute("href");
        watcher.observe(link);
      } else {
        link.remove();
      }
    },
    { rootMargin: "1200px" },
  );
  watcher.observe(link);
};
document.querySelectorAll("a[data-more]").forEach(loadOnScroll);

// Suggestions while the user types, in a list of the browser's own.
const suggest = (input) => {
  const list = document.createElement("datalist");
  list.id = `suggestions-${document.querySelectorAll("datalist").length}`;
  input.after(list);
  input.setAttribute("list", list.id);
  let waiting;
  let requested = "";
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = input.value;
      // A text that was chosen from the list needs no suggestions.
      if (typed === requested || [...list.options].some((option) => option.value === typed)) return;
      requested = typed;
      const address = new URL(input.dataset.suggest, document.baseURI);
      address.searchParams.set("text", typed);
      const response = await fetch(address);
      if (!response.ok || input.value !== typed) return;
      const suggestions = await response.json();
      list.replaceChildren(
        ...suggestions.map(({ value, label }) => {
          const option = document.createElement("option");
          option.value = value;
          option.label = label;
          return option;
        }),
      );
    }, 120);
  });
};
document.querySelectorAll("input[data-suggest]").forEach(suggest);

// A button that adds a row for another keyword to the search form.
for (const rows of document.querySelectorAll("[data-rows]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "Add a keyword";
  rows.append(button);
  button.addEventListener("click", () => {
    const row = rows.querySelector(".row:last-of-type") || rows.querySelector(".row");
    const copy = row.cloneNode(true);
    copy.querySelectorAll("datalist").forEach((list) => list.remove());
    for (const input of copy.querySelectorAll("input")) input.value = "";
    button.before(copy);
    const keyword = copy.querySelector("input[data-suggest]");
    suggest(keyword);
    keyword.focus();
  });
}

// Filters that the server applies are updated while the user types and ticks.
for (const inputs of document.querySelectorAll("[data-live]")) {
  const form = inputs.form ?? inputs;
  const ids = inputs.dataset.live.split(" ");
  // Outdated parts cannot be clicked.
  const setInert = (inert) => ids.forEach((id) => (document.getElementById(id).inert = inert));
  let waiting;
  let latest = 0;
  inputs.addEventListener("input", () => {
    clearTimeout(waiting);
    setInert(true);
    waiting = setTimeout(async () => {
      latest += 1;
      const mine = latest;
      const address = new URL(form.action);
      for (const [name, value] of new FormData(form)) {
        if (value) address.searchParams.append(name, value);
      }
      const page = await fetchPage(address).finally(() => mine === latest && setInert(false));
      if (!page || mine !== latest) return;
      ids.forEach((id) => replacePart(page, id));
      history.replaceState(null, "", address);
    }, 120);
  });
}

// Counts that took too long for the page are loaded after it.
for (const link of document.querySelectorAll("a[data-later]")) {
  const label = link.textContent;
  link.textContent = "Counting …";
  fetchPage(link.href).then((page) => {
    if (page) link.dataset.later.split(" ").forEach((id) => replacePart(page, id));
    else link.textContent = label;
  });
}

// The second value of a comparison is shown only for "between".
for (const field of document.querySelectorAll("[data-comparison]")) {
  const operator = field.querySelector("select");
  const upper = field.querySelector(".upper");
  const input = upper.querySelector("input");
  const show = () => {
    upper.hidden = operator.value !== "between" && !input.value;
  };
  operator.addEventListener("change", () => {
    if (operator.value !== "between") input.value = "";
    show();
  });
  show();
}

// On a narrow screen open filters would hide the results.
if (window.matchMedia("(max-width: 45rem)").matches) {
  for (const details of document.querySelectorAll('[data-close-when-narrow="yes"]')) {
    details.open = false;
  }
}

// Escape and a click elsewhere close a menu.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu:not(.wide)[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu:not(.wide)[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
