// Conveniences: every page works without them.
"use strict";

// The arrow keys go to the previous and the next observation.
document.addEventListener("keydown", (event) => {
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  if (!rel || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // There the arrow keys already mean something else: writing, choosing, scrolling.
  if (event.target.closest("input, select, textarea, [tabindex='0']")) return;
  const link = document.querySelector(`.viewer a[rel="${rel}"]`);
  if (link) link.click();
});

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
