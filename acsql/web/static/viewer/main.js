// Starts the viewer on its page, as soon as that is parsed.

import { Viewer } from "./viewer.js";

function start() {
  const section = document.getElementById("viewer");
  if (section) new Viewer(section);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
