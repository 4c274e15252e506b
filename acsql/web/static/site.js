// Conveniences: every page works without them.
"use strict";

const withoutModifiers = (event) =>
  !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
// There keys already mean something else: writing, choosing, scrolling.
const isTaken = (target) => target.closest("input, select, textarea, [tabindex='0']");

// The arrow keys and n, p go to the previous and the next observation.
document.addEventListener("keydown", (event) => {
  const rel = { ArrowLeft: "prev", p: "prev", ArrowRight: "next", n: "next" }[event.key];
  if (!rel || !withoutModifiers(event) || isTaken(event.target)) return;
  const link = document.querySelector(`.viewer a[rel="${rel}"]`);
  if (link) link.click();
});

// A slash goes to the box.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || !withoutModifiers(event) || isTaken(event.target)) return;
  const box = document.getElementById("go");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// Among thumbnails the arrow keys move, as they lie on the screen.
document.addEventListener("keydown", (event) => {
  if (!/^Arrow|^Home$|^End$/.test(event.key) || !withoutModifiers(event)) return;
  const gallery = document.querySelector(".gallery");
  if (!gallery || isTaken(event.target)) return;
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

// Another page of the site, to take parts of it; null if it cannot be had.
const pageAt = async (address) => {
  const answer = await fetch(address);
  return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
};

// Show a part of this page as another one has it.
const takeOver = (page, id) => {
  const part = document.getElementById(id);
  part.replaceChildren(...page.getElementById(id).childNodes);
  part.querySelectorAll("a[data-more]").forEach(goOn);
};

// A long proposal goes on where one comes to its end.
const goOn = (link) => {
  const gallery = document.querySelector(".gallery");
  const watcher = new IntersectionObserver(
    async (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      const page = await pageAt(link.href);
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
document.querySelectorAll("a[data-more]").forEach(goOn);

// Suggestions while typing: the list that the browser itself offers.
const suggest = (input) => {
  const list = document.createElement("datalist");
  list.id = `suggestions-${document.querySelectorAll("datalist").length}`;
  input.after(list);
  input.setAttribute("list", list.id);
  let waiting;
  let asked = "";
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const typed = input.value;
      // The text that was just taken from the list needs no others.
      if (typed === asked || [...list.options].some((option) => option.value === typed)) return;
      asked = typed;
      const address = new URL(input.dataset.suggest, document.baseURI);
      address.searchParams.set("text", typed);
      const answer = await fetch(address);
      if (!answer.ok || input.value !== typed) return;
      const found = await answer.json();
      list.replaceChildren(
        ...found.map(({ value, label }) => {
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

// One more row for any keyword.
for (const rows of document.querySelectorAll("[data-rows]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.textContent = "One more keyword";
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

// What is filtered on the server follows what is typed and ticked.
for (const inputs of document.querySelectorAll("[data-live]")) {
  const form = inputs.form ?? inputs;
  const ids = inputs.dataset.live.split(" ");
  // Until it fits what is ticked, nothing of it can be clicked.
  const setInert = (inert) => ids.forEach((id) => (document.getElementById(id).inert = inert));
  let waiting;
  let last = 0;
  inputs.addEventListener("input", () => {
    clearTimeout(waiting);
    setInert(true);
    waiting = setTimeout(async () => {
      last += 1;
      const mine = last;
      const address = new URL(form.action);
      for (const [name, value] of new FormData(form)) {
        if (value) address.searchParams.append(name, value);
      }
      const page = await pageAt(address).finally(() => mine === last && setInert(false));
      if (!page || mine !== last) return;
      ids.forEach((id) => takeOver(page, id));
      history.replaceState(null, "", address);
    }, 120);
  });
}

// What could not be counted in time is counted while one looks at the rest.
for (const link of document.querySelectorAll("a[data-later]")) {
  const offer = link.textContent;
  link.textContent = "Counting …";
  pageAt(link.href).then((page) => {
    if (page) link.dataset.later.split(" ").forEach((id) => takeOver(page, id));
    else link.textContent = offer;
  });
}

// The second value of a comparison is shown only where it means something.
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

// On a narrow screen the filters would hide what they filter.
if (window.matchMedia("(max-width: 45rem)").matches) {
  for (const details of document.querySelectorAll('[data-close-when-narrow="yes"]')) {
    details.open = false;
  }
}

// A menu closes with Escape and with a click beside it.
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
